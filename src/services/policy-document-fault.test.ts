import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PrincipalDirectory } from '../accounts/index.ts'
import { policyKinds } from '../policy/index.ts'
import { policyDocumentFault } from './policy-document-fault.ts'

const nobody: PrincipalDirectory = {
  uniqueIdOf: async () => undefined,
  roleIdOf: async () => undefined,
  arnOf: async () => undefined,
}
const ann = 'arn:aws:iam::111122223333:user/ann'
const plain = { Effect: 'Allow', Action: 'kms:*', Resource: '*' }
const policyOf = (statement: object): string => JSON.stringify({ Version: '2012-10-17', Statement: [statement] })

for (const [kind, statement] of [
  ['key', { ...plain, Principal: '*' }],
  ['identity', plain],
  ['endpoint', { ...plain, Principal: { AWS: '111122223333' } }],
  ['trust', { Effect: 'Allow', Principal: { AWS: '111122223333' }, Action: 'sts:AssumeRole' }],
  ['scp', plain],
  ['rcp', { ...plain, Effect: 'Deny', Principal: '*' }],
] as const) {
  test(`policyDocumentFault() finds nothing in a document that ${kind} policies can be`, async () => {
    assert.equal(await policyDocumentFault(kind, policyOf(statement), nobody), undefined)
  })
}

test('policyDocumentFault() has for every kind an error for what is no JSON, and says where', async () => {
  for (const kind of policyKinds) {
    const fault = await policyDocumentFault(kind, '{\n "Statement": [}', nobody)
    assert.match(`${fault?.message} ${fault?.detail}`, /line 2, column 16|\(2,16\)/, kind)
  }
})

for (const [kind, statement, fault] of [
  [
    'key',
    { ...plain, Principal: { AWS: ann } },
    ['MalformedPolicyDocumentException', 'Policy contains a statement with one or more invalid principals.'],
  ],
  ['key', plain, ['MalformedPolicyDocumentException', 'Policy contains a statement with no principal.']],
  [
    'trust',
    { Effect: 'Allow', Principal: { AWS: ann }, Action: 'sts:AssumeRole' },
    ['MalformedPolicyDocument', `Invalid principal in policy: "AWS":"${ann}"`],
  ],
  [
    'identity',
    { Effect: 'Allow', Action: 'kms:*' },
    ['MalformedPolicyDocument', 'Policy statement must contain resources.', 'statement 1 has no Resource'],
  ],
  ['endpoint', { ...plain, Principal: { AWS: ann } }, ['InvalidPolicyDocument', 'UnknownError']],
  [
    'endpoint',
    plain,
    ['InvalidPolicyDocument', 'The Policy Document is not valid. Policy contains a statement with no principal.'],
  ],
  [
    'rcp',
    { ...plain, Principal: '*' },
    [
      'MalformedPolicyDocumentException',
      'The provided policy document does not meet the requirements of the specified policy type.',
      'statement 1 has the Effect "Allow": a resource control policy can only deny',
    ],
  ],
] as const) {
  test(`policyDocumentFault() gives the error of the service for a ${kind} policy: ${fault[1]}`, async () => {
    const [code, message, detail] = fault
    assert.deepEqual(await policyDocumentFault(kind, policyOf(statement), nobody), {
      code,
      message,
      ...(detail === undefined ? {} : { detail }),
    })
  })
}
