import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { compileTrustPolicy } from './compile-kinds.ts'
import { decide } from './decide.ts'
import { PolicyDocumentError } from './policy-document-error.ts'
import type { PrincipalFacts } from './principal.ts'

const source = { name: 'test' }
const account = '111122223333'
const alice = `arn:aws:iam::${account}:user/alice`
const statement = { Effect: 'Allow', Principal: { AWS: alice }, Action: 'sts:AssumeRole' }

const document = (...statements: readonly object[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements })

/** What a document is refused with. */
function refusalOf(text: string): string {
  try {
    compileTrustPolicy(text, source)
  } catch (error) {
    assert.ok(error instanceof PolicyDocumentError)
    return error.message
  }
  return 'none'
}

const without = (name: string): object =>
  Object.fromEntries(Object.entries(statement).filter(([element]) => element !== name))

const refused: readonly (readonly [what: string, text: string, message: string])[] = [
  ['no statement', '{}', 'Policy has no statement.'],
  ['an empty list of statements', document(), 'Policy has no statement.'],
  ['no Effect', document(without('Effect')), 'Missing required field Effect'],
  ['an unknown Effect', document({ ...statement, Effect: 'Maybe' }), 'Invalid effect: Maybe'],
  ['no Principal', document(without('Principal')), 'Missing required field Principal'],
  [
    'an empty Principal',
    document({ ...statement, Principal: {} }),
    'Missing required field Principal cannot be empty!',
  ],
  ['the Principal "*"', document({ ...statement, Principal: '*' }), 'Principal must be a JSON object.'],
  [
    'an unknown kind of principals',
    document({ ...statement, Principal: { CanonicalUser: 'x' } }),
    'Invalid principal in policy: "CanonicalUser"',
  ],
  [
    'a principal with a wildcard in it',
    document({ ...statement, Principal: { AWS: [alice, `${alice}*`] } }),
    `Invalid principal in policy: "AWS":"${alice}*"`,
  ],
  [
    'a service that is none',
    document({ ...statement, Principal: { Service: 'EC2' } }),
    'Invalid principal in policy: "SERVICE":"EC2"',
  ],
  [
    'an allowing NotPrincipal',
    document({ ...without('Principal'), NotPrincipal: { AWS: alice } }),
    'Allow with NotPrincipal is not allowed.',
  ],
  [
    'a denying NotPrincipal',
    document({ ...without('Principal'), Effect: 'Deny', NotPrincipal: { AWS: alice } }),
    'AssumeRole policy must not contain NotPrincipal field.',
  ],
  ['no Action', document(without('Action')), 'Missing required field Action'],
  ['an empty list of actions', document({ ...statement, Action: [] }), 'Missing required field Action'],
  ['a Resource', document({ ...statement, Resource: '*' }), 'Has prohibited field Resource'],
  ['a NotResource', document({ ...statement, NotResource: '*' }), 'AssumeRole policy must not contain resources.'],
  [
    'a Sid twice',
    document({ ...statement, Sid: 'a' }, { ...statement, Sid: 'a' }),
    'Policy contains two statements with the same Sid.',
  ],
  ...['*', 'iam:*', 'sts:GetSessionToken', 'sts:TagSessions', 's*:AssumeRole', 'sts:Get*'].map(
    action =>
      [
        `the action ${action}`,
        document(statement, { ...statement, Action: ['sts:AssumeRole', action] }),
        'AssumeRole policy may only specify STS AssumeRole actions.',
      ] as const,
  ),
  [
    'a NotAction of another service',
    document({ ...without('Action'), NotAction: 'iam:GetRole' }),
    'AssumeRole policy may only specify STS AssumeRole actions.',
  ],
]

for (const [what, text, message] of refused) {
  test(`compileTrustPolicy() refuses ${what}`, () => {
    assert.equal(refusalOf(text), message)
  })
}

test('compileTrustPolicy() takes what may go with assuming a role, without regard to case and with wildcards behind "sts:"', () => {
  for (const Action of [
    'STS:assumerole',
    ['sts:AssumeRoleWithWebIdentity', 'sts:AssumeRoleWithSAML', 'sts:TagSession', 'sts:SetSourceIdentity'],
    'sts:AssumeRole*',
    'sts:*',
  ]) {
    assert.equal(refusalOf(document({ ...statement, Action })), 'none')
  }
  assert.equal(refusalOf(document({ ...statement, Principal: { AWS: '*' } })), 'none')
  assert.equal(refusalOf(document({ ...statement, Sid: 'with blanks' })), 'none')
  assert.equal(refusalOf(JSON.stringify({ Statement: statement })), 'none')
})

const principal = (name: string): PrincipalFacts => {
  const arn = `arn:aws:iam::${account}:user/${name}`
  return { kind: 'user', account, arn, issuerArn: arn }
}

function isAllowed(text: string, who: PrincipalFacts, action = 'sts:AssumeRole'): boolean {
  return decide({
    principal: who,
    action,
    resource: { kind: 'role', account, arn: `arn:aws:iam::${account}:role/a/b`, crossAccount: true },
    context: new Map(),
    identityContext: new Map(),
    layers: { resource: compileTrustPolicy(text, source), identity: [] },
  }).allowed
}

test('a trust policy is about its own role: it permits whom it names what it names', () => {
  assert.equal(isAllowed(document(statement), principal('alice')), true)
  assert.equal(isAllowed(document(statement), principal('bob')), false)
  assert.equal(isAllowed(document(statement), principal('alice'), 'sts:TagSession'), false)
})

test('a denying statement of a trust policy is about its role too', () => {
  const deny = { ...statement, Effect: 'Deny', Principal: { AWS: '*' } }

  assert.equal(isAllowed(document(statement, deny), principal('alice')), false)
})

test('any text is a trust policy or refused with a PolicyDocumentError', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc
          .record({ Effect: fc.jsonValue(), Principal: fc.jsonValue(), Action: fc.jsonValue() })
          .map(value => document(value)),
      ),
      text => {
        refusalOf(text)
      },
    ),
    { seed: 20_261_125, numRuns: 500 },
  )
})
