import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Membership } from '../accounts/index.ts'
import { SecretBytes, seededRandom } from '../base/index.ts'
import type { UserCaller } from '../base/index.ts'
import { compileIdentityPolicy, compileServiceControlPolicy } from '../policy/index.ts'
import type { CompiledPolicy } from '../policy/index.ts'
import { createKeyRing, openKeyRing, rootKeyOf } from '../seal/index.ts'
import type { AccessCheck, AccessFacts } from './access.ts'
import { createAuthorizer } from './authorize.ts'
import { RefusalMessages } from './refusal-messages.ts'

const account = '111122223333'
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
  path: { kind: 'public', clientAddress: '203.0.113.7', secureTransport: true },
  region: 'us-west-2',
  now: Date.UTC(2026, 10, 25),
}
const check: AccessCheck = { action: 'ec2:CreateVpc', resource: { kind: 'none', account } }
const random = seededRandom(20_261_125)
const root = rootKeyOf(new SecretBytes(random(32)))
const messages = new RefusalMessages(openKeyRing(root, createKeyRing(root, random), random), random)

const documentOf = (...statements: readonly object[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements })
const allow = { Effect: 'Allow', Action: '*', Resource: '*' }
const deny = { Sid: 'Secret', Effect: 'Deny', Action: 'ec2:*', Resource: '*' }
const [allowing, denying] = [documentOf(allow), documentOf(allow, deny)]

/** What the encoded message of a refusal says. */
async function decodedOf(identity: string, serviceControl: string): Promise<{ readonly [member: string]: unknown }> {
  const policies: readonly CompiledPolicy[] = [compileServiceControlPolicy(serviceControl, { name: 'limit' })]
  const membership: Membership = {
    organizationId: 'o-a1b2c3d4e5',
    path: 'o-a1b2c3d4e5/r-ab12/',
    managementAccount: '444455556666',
    serviceControl: [{ name: 'the root', policies }],
  }
  const authorizer = createAuthorizer({
    policiesOf: async () => ({ identity: [compileIdentityPolicy(identity, { name: 'inline' })] }),
    endpointPolicy: async () => undefined,
    isOpenAccount: async () => true,
    organizationMembers: async () => new Map([[account, membership]]),
  })
  const verdict = await authorizer.authorize(facts, [check])
  return JSON.parse(messages.decode(messages.encode(verdict, caller), account)!) as Record<string, unknown>
}

test("RefusalMessages.encode() tells of the statement of the caller's own policies that denied", async () => {
  const { explicitDeny, matchedStatements } = await decodedOf(denying, allowing)

  assert.equal(explicitDeny, true)
  assert.match(JSON.stringify(matchedStatements), /"statementId":"Secret"/)
})

test('RefusalMessages.encode() tells a member only that a policy of its organization denied, and nothing that is in it', async () => {
  const { explicitDeny, matchedStatements } = await decodedOf(allowing, denying)

  assert.equal(explicitDeny, true)
  assert.deepEqual(matchedStatements, { items: [] })
})
