// Names that mean something to JavaScript's objects mean nothing in policies, contexts and tags.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAuthorizer } from '../../src/authorization/index.ts'
import type { AccessFacts, ConditionValues } from '../../src/authorization/index.ts'
import { PolicyDocumentError, compileIdentityPolicy, compileKeyPolicy } from '../../src/policy/index.ts'

const names = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty']
const account = '111122223333'

/** An object that has a member of that name for its own, as JSON gives it. */
const withMember = <T>(name: string, value: T): Readonly<Record<string, T>> =>
  JSON.parse(`{${JSON.stringify(name)}:${JSON.stringify(value)}}`) as Record<string, T>

const policyText = (condition: string, more = ''): string =>
  `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:ListKeys","Resource":"*","Condition":${condition}${more}}]}`

async function allows(condition: string, tags: Readonly<Record<string, string>>, context: ConditionValues = {}) {
  const identity = [compileIdentityPolicy(policyText(condition), { name: 'policy' })]
  const authorizer = createAuthorizer({
    policiesOf: async () => ({ identity }),
    endpointPolicy: async () => undefined,
    isOpenAccount: async () => true,
    organizationMembers: async () => undefined,
  })
  const arn = `arn:aws:iam::${account}:user/ada`
  const facts: AccessFacts = {
    requestId: 'request',
    caller: { kind: 'user', account, arn, userId: 'AIDA', userName: 'ada', accessKeyId: 'AKIA', tags },
    path: { kind: 'public', clientAddress: '192.0.2.1', secureTransport: true },
    region: 'us-west-2',
    now: 0,
  }
  const check = { action: 'kms:ListKeys', resource: { kind: 'none', account }, context } as const
  return (await authorizer.authorize(facts, [check])).allowed
}

for (const name of names) {
  test(`a condition on a key named ${name} holds for that key only`, async () => {
    const condition = `{"StringEquals":{"${name}":"blue"}}`

    assert.equal(await allows(condition, {}), false)
    assert.equal(await allows(condition, {}, withMember(name, 'red')), false)
    assert.equal(await allows(condition, {}, withMember(name, 'blue')), true)
    assert.equal(await allows(`{"Null":{"${name}":"true"}}`, {}), true)
  })

  test(`a tag named ${name} is a tag`, async () => {
    const condition = `{"StringEquals":{"aws:PrincipalTag/${name}":"blue"}}`

    assert.equal(await allows(condition, {}), false)
    assert.equal(await allows(condition, withMember(name, 'blue')), true)
  })

  test(`${name} is no operator, no element and no kind of principal`, () => {
    const refused = [
      () => compileIdentityPolicy(policyText(`{"${name}":{"a":"b"}}`), { name: 'policy' }),
      () => compileIdentityPolicy(policyText('{}', `,"${name}":"x"`), { name: 'policy' }),
      () => compileKeyPolicy(policyText('{}', `,"Principal":{"${name}":"x"}`), { name: 'policy' }),
    ]

    for (const compile of refused) assert.throws(compile, PolicyDocumentError)
  })
}
