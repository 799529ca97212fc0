import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OrganizationMembers } from '../accounts/index.ts'
import type { UserCaller } from '../base/index.ts'
import { compileEndpointPolicy, compileIdentityPolicy, compileKeyPolicy } from '../policy/index.ts'
import type { AccessCheck, AccessFacts } from './access.ts'
import { createAuthorizer } from './authorize.ts'
import type { PrincipalPolicies } from '../accounts/index.ts'

const [account, other] = ['111122223333', '444455556666']
const caller: UserCaller = {
  kind: 'user',
  account,
  arn: `arn:aws:iam::${account}:user/alice`,
  userId: 'AIDAEXAMPLE',
  userName: 'alice',
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  tags: {},
}
const facts: AccessFacts = {
  requestId: 'test',
  caller,
  path: {
    kind: 'endpoint',
    endpointId: 'vpce-1',
    endpointAccount: account,
    vpcId: 'vpc-1',
    region: 'us-west-2',
    service: 'kms',
    clientAddress: '10.0.0.4',
  },
  region: 'us-west-2',
  now: Date.UTC(2026, 10, 25),
}
const statement = (Effect: string, more: object = {}): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect, Action: '*', Resource: '*', ...more }] })
const arn = 'arn:aws:iam::111122223333:policy/denying'
const allowing = compileIdentityPolicy(statement('Allow'), { name: 'allowing', arn: 'arn:aws:iam::aws:policy/All' })
const denying = compileIdentityPolicy(statement('Deny'), { name: 'denying', arn })
const inline = compileIdentityPolicy(statement('Deny'), { name: 'inline' })
const everybody = { Principal: '*' }

const keyOf = (owner: string, effect = 'Allow'): AccessCheck => ({
  action: 'kms:Decrypt',
  resource: {
    kind: 'key',
    account: owner,
    arn: `arn:aws:kms:us-west-2:${owner}:key/1`,
    policy: compileKeyPolicy(statement(effect, everybody), { name: 'key policy', arn: 'arn:never' }),
    context: {},
    tags: {},
    aliases: [],
    crossAccount: true,
  },
})

/** How the refusal ends: with what stands behind the kind of the policy. */
async function endOf(
  policies: PrincipalPolicies,
  check: AccessCheck = keyOf(account),
  { endpoint = 'Allow', members }: { readonly endpoint?: string; readonly members?: OrganizationMembers } = {},
): Promise<string> {
  const authorizer = createAuthorizer({
    policiesOf: async () => policies,
    endpointPolicy: async () =>
      compileEndpointPolicy(statement(endpoint, everybody), { name: 'endpoint policy', arn: 'arn:never' }),
    isOpenAccount: async () => true,
    organizationMembers: async () => members,
  })
  const { refusal } = await authorizer.authorize(facts, [check])
  return refusal!.message.replace(/^.* (?=an?\b)|^.*(?=because)/, '')
}

const members = (...ids: readonly string[]): OrganizationMembers =>
  new Map(
    ids.map(id => [id, { organizationId: 'o-a1b2c3d4e5', path: 'o-a1b2c3d4e5/r-ab12/', managementAccount: other }]),
  )

test('a refusal names the policy that denies, whichever layer it is of', async () => {
  assert.equal(await endOf({ identity: [allowing, denying] }), `an identity-based policy: ${arn}`)
  assert.equal(await endOf({ identity: [allowing], boundary: denying }), `a permissions boundary: ${arn}`)
  assert.equal(await endOf({ identity: [allowing], session: [allowing, denying] }), `a session policy: ${arn}`)
})

test('a refusal names no policy that has no ARN, and never those of keys and endpoints', async () => {
  const permitted = { identity: [allowing] }

  assert.equal(await endOf({ identity: [allowing, inline] }), 'an identity-based policy')
  assert.equal(await endOf(permitted, keyOf(account, 'Deny')), 'a resource-based policy')
  assert.equal(await endOf(permitted, keyOf(account), { endpoint: 'Deny' }), 'a VPC endpoint policy')
})

test('a refusal names no policy where none denies but one does not allow', async () => {
  const silent = compileIdentityPolicy(statement('Allow', { Action: 's3:*' }), { name: 'silent', arn })
  const listing: AccessCheck = { action: 'kms:ListKeys', resource: { kind: 'none', account } }

  assert.equal(
    await endOf({ identity: [allowing], boundary: silent }, listing),
    'because no permissions boundary allows the kms:ListKeys action',
  )
})

test('a refusal on a resource of another account names the policy in the same organization only', async () => {
  const policies = { identity: [allowing, denying] }

  assert.equal(await endOf(policies, keyOf(other)), 'an identity-based policy')
  assert.equal(await endOf(policies, keyOf(other), { members: members(account) }), 'an identity-based policy')
  assert.equal(await endOf(policies, keyOf(other), { members: members(other) }), 'an identity-based policy')
  assert.equal(
    await endOf(policies, keyOf(other), { members: members(account, other) }),
    `an identity-based policy: ${arn}`,
  )
})
