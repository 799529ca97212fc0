import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PrincipalDirectory } from '../../accounts/index.ts'
import { readEndpointPolicy } from './endpoint-policy.ts'

const app = 'arn:aws:iam::111122223333:user/app'
const principals: PrincipalDirectory = {
  uniqueIdOf: async arn => (arn === app ? 'AIDAAPP' : undefined),
  roleIdOf: async () => undefined,
  arnOf: async () => undefined,
}

const complete = { Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' }

const policyOf = (...statements: readonly object[]): string => JSON.stringify({ Statement: statements })

function without(name: keyof typeof complete): object {
  return Object.fromEntries(Object.entries(complete).filter(([element]) => element !== name))
}

for (const [what, text] of [
  ['without a statement', policyOf()],
  ['without Statement', '{}'],
  ['without Principal', policyOf(without('Principal'))],
  ['without Action', policyOf(complete, without('Action'))],
  ['without Resource', policyOf(without('Resource'))],
  ['with NotPrincipal instead of Principal', policyOf({ ...without('Principal'), Effect: 'Deny', NotPrincipal: '*' })],
] as const) {
  test(`readEndpointPolicy() refuses a document ${what}`, async () => {
    await assert.rejects(readEndpointPolicy(text, principals), {
      code: 'InvalidPolicyDocument',
      message: /^The Policy Document is not valid\. /,
    })
  })
}

test('readEndpointPolicy() takes NotAction and NotResource, which need no Action and Resource', async () => {
  await readEndpointPolicy(policyOf({ ...without('Action'), NotAction: 'kms:Decrypt' }), principals)
  await readEndpointPolicy(policyOf({ ...without('Resource'), NotResource: 'arn:aws:kms:*:*:key/1' }), principals)
})

test('readEndpointPolicy() says where the syntax is wrong', async () => {
  await assert.rejects(readEndpointPolicy('{\n "Statement": [,]}', principals), {
    code: 'InvalidPolicyDocument',
    message: 'The Policy Document is not valid. Syntax error at position (2,16)',
  })
})

const like = (changed: object): string => policyOf({ ...complete, ...changed })
const under = (operator: string, key: string, value: string): string =>
  like({ Condition: { [operator]: { [key]: value } } })

for (const [what, text] of [
  ['with a wildcard for an account', under('StringLike', 'aws:PrincipalAccount', '11112222*')],
  ['with a wildcard for a VPC', under('StringLike', 'aws:SourceVpc', 'vpc-0123*')],
  ['with a number for an account', under('NumericEquals', 'aws:principalaccount', '111122223333')],
  ['with a short text before a wildcard', under('StringLike', 'aws:PrincipalTag/team', 'blue*')],
  ['with a wildcard alone', under('StringNotLike', 'aws:PrincipalTag/team', '*')],
  ['with one long and one short text beside wildcards', under('StringLike', 'aws:userid', 'AROAEXAMPLE*ab*')],
  ['with account and wildcard in a resource', like({ Resource: 'arn:aws:kms:us-west-2:1111*:key/*' })],
  ['with account and wildcard in an ARN', under('ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::1111222233*:role/a')],
] as const) {
  test(`readEndpointPolicy() refuses a document ${what}`, async () => {
    await assert.rejects(readEndpointPolicy(text, principals), {
      code: 'InvalidPolicyDocument',
      message: /^The Policy Document is not valid\. Statement 1 /,
    })
  })
}

for (const [what, text] of [
  ['with six characters before each wildcard', under('StringLike', 'aws:userid', 'AROAEXAMPLE:*')],
  ['with six characters behind a wildcard', under('StringLike', 'aws:PrincipalTag/mail', '*@example.com')],
  ['with a wildcard for the account of an ARN', under('ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::*:role/a*')],
  ['with an account compared whole', under('StringEquals', 'aws:PrincipalAccount', '111122223333')],
] as const) {
  test(`readEndpointPolicy() takes a document ${what}`, async () => {
    assert.equal((await readEndpointPolicy(text, principals)).policy, text)
  })
}

test('readEndpointPolicy() binds whom it names, and refuses whom there is not', async () => {
  const { boundPrincipals } = await readEndpointPolicy(like({ Principal: { AWS: app } }), principals)
  const nobody = readEndpointPolicy(like({ Principal: { AWS: `${app}s` } }), principals)

  assert.deepEqual(boundPrincipals, { [app]: 'AIDAAPP' })
  await assert.rejects(nobody, { code: 'InvalidPolicyDocument', message: 'UnknownError' })
})
