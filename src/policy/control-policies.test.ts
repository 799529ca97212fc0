import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  compileResourceControlPolicy,
  compileServiceControlPolicy,
  fullAccessResourcePolicy,
  fullAccessServicePolicy,
} from './compile-kinds.ts'
import { decide } from './decide.ts'
import type { Layers, Question } from './question.ts'

const source = { name: 'test' }
const document = (...statements: readonly object[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements })
const allow = { Effect: 'Allow', Action: 'kms:*', Resource: '*' }
const deny = { Effect: 'Deny', Principal: '*', Action: 'kms:*', Resource: '*' }

const messageOf = (compile: typeof compileServiceControlPolicy, text: string): string => {
  try {
    compile(text, source)
    return 'compiles'
  } catch (error) {
    return (error as Error).message.replace('Policy statement must contain valid elements: ', '')
  }
}

test('compileServiceControlPolicy() takes all that AWS takes: conditions, resources and exceptions in both effects', () => {
  for (const statement of [
    allow,
    { ...allow, Effect: 'Deny' },
    { ...allow, Condition: { StringEquals: { 'aws:PrincipalArn': 'arn:aws:iam::111122223333:role/a' } } },
    { ...allow, Resource: 'arn:aws:kms:*:*:key/*' },
    { Effect: 'Allow', NotAction: 'iam:*', Resource: '*' },
    { Effect: 'Deny', Action: 's3:*', NotResource: 'arn:aws:s3:::bucket/*' },
    { Effect: 'Deny', Action: 'kms:*Key*', Resource: '*' },
    { Effect: 'Deny', Action: '*', Resource: '*' },
  ])
    assert.equal(messageOf(compileServiceControlPolicy, document(statement)), 'compiles', JSON.stringify(statement))
})

const refusedServicePolicies: readonly (readonly [what: string, text: string, message: string])[] = [
  ['a Principal', document({ ...allow, Principal: '*' }), 'statement 1 must not have a Principal.'],
  ['a NotPrincipal', document(allow, { ...allow, NotPrincipal: '*' }), 'statement 2 must not have a Principal.'],
  ['no Version', JSON.stringify({ Statement: [allow] }), 'the document needs the Version "2012-10-17".'],
  [
    'an old Version',
    JSON.stringify({ Version: '2008-10-17', Statement: [allow] }),
    'the document needs the Version "2012-10-17".',
  ],
  ['no Action', document({ Effect: 'Deny', Resource: '*' }), 'statement 1 has no Action.'],
  ['no Resource', document({ Effect: 'Deny', Action: '*' }), 'statement 1 has no Resource.'],
  [
    'a Sid with underscores',
    document({ ...allow, Sid: 'deny_all' }),
    'statement 1 has a Sid that is not of letters and digits.',
  ],
  ['more than 10,240 characters', document(allow).padEnd(10_241), 'Policy is longer than 10240 characters.'],
]

for (const [what, text, message] of refusedServicePolicies)
  test(`compileServiceControlPolicy() refuses ${what}`, () => {
    assert.equal(messageOf(compileServiceControlPolicy, text), message)
  })

test('compileResourceControlPolicy() takes denials of named services for everybody', () => {
  for (const statement of [
    deny,
    { ...deny, Action: ['s3:*', 'kms:Decrypt', 'sts:Assume*'] },
    { ...deny, Condition: { StringNotEqualsIfExists: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } } },
    { Effect: 'Deny', Principal: '*', Action: 'kms:*', NotResource: 'arn:aws:kms:*:*:key/1' },
  ])
    assert.equal(messageOf(compileResourceControlPolicy, document(statement)), 'compiles', JSON.stringify(statement))
})

const refusedResourcePolicies: readonly (readonly [what: string, text: string, message: string])[] = [
  [
    'the Effect "Allow"',
    document(deny, { ...deny, Effect: 'Allow' }),
    'statement 2 has the Effect "Allow": a resource control policy can only deny.',
  ],
  [
    'a Principal that names somebody',
    document({ ...deny, Principal: { AWS: '111122223333' } }),
    'statement 1 has a Principal other than "*": say who is meant in a Condition, by aws:PrincipalArn or aws:PrincipalAccount.',
  ],
  [
    'a NotPrincipal',
    document({ Effect: 'Deny', NotPrincipal: '*', Action: 'kms:*', Resource: '*' }),
    'statement 1 has a NotPrincipal: write "Principal": "*", and a Condition.',
  ],
  [
    'no Principal',
    document({ Effect: 'Deny', Action: 'kms:*', Resource: '*' }),
    'Policy contains a statement with no principal.',
  ],
  [
    'a NotAction',
    document({ Effect: 'Deny', Principal: '*', NotAction: 'kms:*', Resource: '*' }),
    'statement 1 has a NotAction: write Action.',
  ],
  [
    'the Action "*"',
    document({ ...deny, Action: ['kms:*', '*'] }),
    'statement 1 has the Action "*": name the service, as in "kms:*".',
  ],
  [
    'an Action with a wildcard for the service',
    document({ ...deny, Action: 'k?s:Decrypt' }),
    'statement 1 has the Action "k?s:Decrypt": name the service, as in "kms:*".',
  ],
  ['no Version', JSON.stringify({ Statement: [deny] }), 'the document needs the Version "2012-10-17".'],
  ['more than 5,120 characters', document(deny).padEnd(5_121), 'Policy is longer than 5120 characters.'],
]

for (const [what, text, message] of refusedResourcePolicies)
  test(`compileResourceControlPolicy() refuses ${what}`, () => {
    assert.equal(messageOf(compileResourceControlPolicy, text), message)
  })

const question = (kind: Question['principal']['kind'], layers: Partial<Layers>): Question => ({
  principal: {
    kind,
    account: '111122223333',
    arn: 'arn:aws:iam::111122223333:x/a',
    issuerArn: 'arn:aws:iam::111122223333:x/a',
  },
  action: 'kms:ListKeys',
  resource: {
    kind: 'none',
    account: '111122223333',
    arn: 'arn:aws:kms:us-west-2:111122223333:',
    crossAccount: false,
  },
  context: new Map(),
  identityContext: new Map(),
  layers: { identity: [fullAccessServicePolicy], ...layers },
})

for (const kind of ['root', 'user', 'role-session', 'federated-user', 'web-identity', 'service'] as const)
  test(`a resource control policy denies a caller of kind ${kind}, and the one that AWS attaches lets it pass`, () => {
    const denying = compileResourceControlPolicy(document(deny), source)
    const refusedBy = (...resourceControl: readonly (typeof denying)[]): string | undefined =>
      decide(question(kind, { resourceControl })).results.find(
        ({ layer, outcome }) => layer === 'resource-control' && outcome !== 'allow',
      )?.outcome

    assert.equal(refusedBy(fullAccessResourcePolicy), undefined)
    assert.equal(refusedBy(fullAccessResourcePolicy, denying), 'explicit-deny')
    assert.equal(refusedBy(), 'implicit-deny')
  })
