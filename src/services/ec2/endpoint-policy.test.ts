import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requireEndpointPolicy } from './endpoint-policy.ts'

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
  test(`requireEndpointPolicy() refuses a document ${what}`, () => {
    assert.throws(() => requireEndpointPolicy(text), {
      code: 'InvalidPolicyDocument',
      message: /^The Policy Document is not valid\. /,
    })
  })
}

test('requireEndpointPolicy() takes NotAction and NotResource, which need no Action and Resource', () => {
  requireEndpointPolicy(policyOf({ ...without('Action'), NotAction: 'kms:Decrypt' }))
  requireEndpointPolicy(policyOf({ ...without('Resource'), NotResource: 'arn:aws:kms:*:*:key/1' }))
})

test('requireEndpointPolicy() says where the syntax is wrong', () => {
  assert.throws(() => requireEndpointPolicy('{\n "Statement": [,]}'), {
    code: 'InvalidPolicyDocument',
    message: 'The Policy Document is not valid. Syntax error at position (2,16)',
  })
})
