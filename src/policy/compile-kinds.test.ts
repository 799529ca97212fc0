import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import {
  compileEndpointPolicy,
  compileIdentityPolicy,
  compileKeyPolicy,
  compileResourceControlPolicy,
  compileServiceControlPolicy,
} from './compile-kinds.ts'
import { decide } from './decide.ts'
import { PolicyDocumentError } from './policy-document-error.ts'
import type { Question } from './question.ts'

const source = { name: 'test' }
const statement = { Effect: 'Allow', Action: 'kms:*', Resource: '*' }
const withPrincipal = { ...statement, Principal: '*' }
const document = (...statements: readonly object[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements })

/** The fault of a document that must be refused. */
function faultOf(compile: typeof compileKeyPolicy, text: string): string {
  try {
    compile(text, source)
  } catch (error) {
    assert.ok(error instanceof PolicyDocumentError)
    return error.reason.kind
  }
  return 'none'
}

const malformed: Readonly<Record<string, string>> = {
  'no JSON': 'Version: 2012',
  'a trailing comma': `${document(withPrincipal).slice(0, -1)},}`,
  'a text': '"Allow"',
  'a list': '[]',
  'a name twice': '{"Version":"2012-10-17","Version":"2012-10-17","Statement":[]}',
  'nesting of 1,000 levels': `${'['.repeat(1_000)}${']'.repeat(1_000)}`,
  nothing: '',
}

for (const [what, text] of Object.entries(malformed)) {
  test(`compileKeyPolicy() refuses ${what} as a syntax error`, () => {
    assert.equal(faultOf(compileKeyPolicy, text), 'syntax')
  })
}

const wrong: Readonly<Record<string, object>> = {
  'no Effect': { Principal: '*', Action: 'kms:*', Resource: '*' },
  'the Effect "allow"': { ...withPrincipal, Effect: 'allow' },
  'an unknown element': { ...withPrincipal, Actions: 'kms:*' },
  'an unknown operator': { ...withPrincipal, Condition: { StringSortOf: { a: 'b' } } },
  'Action and NotAction': { ...withPrincipal, NotAction: 'kms:*' },
  'a condition that is a text': { ...withPrincipal, Condition: 'x' },
}

for (const [what, each] of Object.entries(wrong)) {
  test(`[C29] compileKeyPolicy() refuses a statement with ${what}`, () => {
    assert.equal(faultOf(compileKeyPolicy, document(each)), 'element')
  })
}

test('a document needs a principal in each statement where it has a resource of its own, and none where it has an owner', () => {
  assert.equal(faultOf(compileKeyPolicy, document(statement)), 'no-principal')
  assert.equal(faultOf(compileEndpointPolicy, document(withPrincipal, statement)), 'no-principal')
  assert.equal(faultOf(compileIdentityPolicy, document(withPrincipal)), 'principal-not-allowed')
  assert.equal(faultOf(compileIdentityPolicy, document(statement)), 'none')
})

test('[C30] a principal with a wildcard in it, of no account or of no form is refused', () => {
  for (const principal of [
    'arn:aws:iam::111122223333:user/a*',
    'arn:aws:iam::111122223333:user/*/a',
    'arn:aws:iam::111122223333:role/a?/a',
    'arn:aws:iam::111122223333:role/a b/a',
    'arn:aws:iam::111122223333:role/a/',
    'alice',
    'arn:aws:s3:::bucket',
    'arn:aws:iam::1:root',
    '',
  ]) {
    const text = document({ ...withPrincipal, Principal: { AWS: principal } })
    assert.equal(faultOf(compileKeyPolicy, text), 'invalid-principal', principal)
  }
})

test('[C38] a document is refused past its length', () => {
  const long = (length: number): string => document({ ...withPrincipal, Sid: 'x'.repeat(length) })

  assert.equal(faultOf(compileKeyPolicy, long(32_768)), 'too-long')
  assert.equal(faultOf(compileEndpointPolicy, long(20_480)), 'too-long')
  assert.equal(faultOf(compileKeyPolicy, long(32_500)), 'none')
})

const question = (policyText: string, resource = 'a'.repeat(2_000)): Question => ({
  principal: {
    kind: 'user',
    account: '111122223333',
    arn: 'arn:aws:iam::111122223333:user/a',
    issuerArn: 'arn:aws:iam::111122223333:user/a',
  },
  action: 'kms:Decrypt',
  resource: {
    kind: 'named',
    account: '111122223333',
    arn: `arn:aws:kms:us-west-2:111122223333:${resource}`,
    crossAccount: false,
  },
  context: new Map([['aws:useragent', 'a'.repeat(5_000)]]),
  identityContext: new Map(),
  layers: { identity: [compileIdentityPolicy(policyText, source)] },
})

/** What this thread has taken of the processor: what other programs take does not count. */
function cpuMillis(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}

test('[C38] decide() is quick for policies full of wildcards', () => {
  const stars = 'a*'.repeat(1_000)
  const text = document({
    ...statement,
    Resource: [`arn:aws:kms:*:*:${stars}b`],
    Condition: { StringLike: { 'aws:UserAgent': [`${stars}b`] } },
  })
  const asked = question(text)
  const started = cpuMillis()

  const { allowed } = decide(asked)

  assert.equal(allowed, false)
  assert.ok(cpuMillis() - started < 100)
})

const slowPatterns: Readonly<Record<string, string>> = {
  'single wildcards alone': '?'.repeat(15_000),
  'single wildcards behind a variable': `\${aws:PrincipalAccount}${'?'.repeat(15_000)}`,
  'single wildcards between letters': `*${'a?'.repeat(2_000)}b*`,
  'both kinds': `${'*?a'.repeat(4_000)}b`,
  'a long piece that nearly fits everywhere': `*b${'a'.repeat(2_000)}*`,
}

for (const [what, pattern] of Object.entries(slowPatterns)) {
  test(`[C38] decide() is quick for a pattern of ${what}`, () => {
    const text = document({ ...statement, Condition: { StringLike: { 'aws:UserAgent': pattern } } })
    const context = new Map([
      ['aws:useragent', 'a'.repeat(8_000)],
      ['aws:principalaccount', '111122223333'],
    ])
    const started = cpuMillis()

    const { allowed } = decide({ ...question(text, 'key/a'), context })

    assert.equal(allowed, false)
    assert.ok(cpuMillis() - started < 100)
  })
}

test('an identity policy has plain Sids, each once; a key policy may have others', () => {
  const sids = (...given: readonly string[]): string => document(...given.map(Sid => ({ ...statement, Sid })))

  assert.equal(faultOf(compileIdentityPolicy, sids('a', 'a')), 'duplicate-sid')
  assert.equal(faultOf(compileIdentityPolicy, sids('with blanks')), 'malformed-sid')
  assert.equal(faultOf(compileIdentityPolicy, sids('a', 'b', '', '')), 'none')
  assert.equal(faultOf(compileKeyPolicy, document({ ...withPrincipal, Sid: 'Enable IAM User Permissions' })), 'none')
})

test('[C30] every name of a principal list is checked, also beside one that stands for all', () => {
  for (const Principal of [
    { AWS: ['*', 'garbage'] },
    { AWS: '*', Nonsense: 'x' },
    { AWS: 'arn:aws:iam::111122223333:user//a' },
  ]) {
    assert.equal(faultOf(compileKeyPolicy, document({ ...withPrincipal, Principal })), 'invalid-principal')
  }
})

test('a principal may have any path that IAM takes', () => {
  for (const path of ['/', '/a/b/', '/a:b/', '/a//b/', '/<&"\'>/', '/%2F/', '/../']) {
    const Principal = { AWS: [`arn:aws:iam::111122223333:user${path}a`, `arn:aws:iam::111122223333:role${path}a`] }
    assert.equal(faultOf(compileKeyPolicy, document({ ...withPrincipal, Principal })), 'none', path)
  }
})

test('[C31] an action with a letter that only looks like another is refused', () => {
  assert.equal(faultOf(compileEndpointPolicy, document({ ...withPrincipal, Action: 'kms:Disable\u212aey' })), 'element')
})

test('any text is compiled or refused with a PolicyDocumentError', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), text => {
      for (const compile of [
        compileKeyPolicy,
        compileIdentityPolicy,
        compileEndpointPolicy,
        compileServiceControlPolicy,
        compileResourceControlPolicy,
      ])
        faultOf(compile, text)
    }),
    { seed: 20_261_124, numRuns: 300 },
  )
})
