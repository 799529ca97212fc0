import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SecretBytes, seededRandom } from '../base/index.ts'
import { createKeyRing, openKeyRing, rootKeyOf } from '../seal/index.ts'
import { openMemoryStore } from '../storage/index.ts'
import type { StoredRecord } from '../storage/index.ts'
import { createAccessKey, createAccount } from './account-changes.ts'
import { groupCollection, userCollection } from './account-records.ts'
import type { UserValue } from './account-records.ts'
import { openAccounts } from './accounts.ts'
import type { Credential } from './credentials.ts'
import { createGroup, joinGroup, leaveGroup } from './group-changes.ts'
import { putInlinePolicy } from './holder-changes.ts'
import { createUser, moveUser } from './user-changes.ts'

const account = '111122223333'
const now = Date.UTC(2026, 10, 25)
const document = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:ListKeys","Resource":"*"}]}'

async function openInstallation() {
  const random = seededRandom(20_261_125)
  const root = rootKeyOf(new SecretBytes(random(32)))
  const keyRing = openKeyRing(root, createKeyRing(root, random), random)
  const store = await openMemoryStore()
  const accounts = openAccounts({ store, keyRing, random, clock: { now: () => now } })
  const needs = { random, now, keyRing }
  await store.commit({ writes: createAccount(account, 'First', needs).writes })
  const find = async (userName: string): Promise<StoredRecord<UserValue>> =>
    (await accounts.identities.findUser(account, userName))!
  const make = async (userName: string): Promise<StoredRecord<UserValue>> => {
    await store.commit({ writes: createUser({ account, userName, path: '/', tags: [] }, needs).writes })
    return find(userName)
  }
  const rename = async (userName: string, newName: string): Promise<void> => {
    const user = await find(userName)
    const keys = await Promise.all(user.value.accessKeyIds.map(async id => (await accounts.findAccessKey(id))!))
    await store.commit({ writes: moveUser(user, { path: '/', userName: newName }, keys) })
  }
  return { store, accounts, needs, find, make, rename }
}

const countPolicies = async (
  { accounts }: Awaited<ReturnType<typeof openInstallation>>,
  { caller }: Credential,
): Promise<number> => (await accounts.policiesOf(caller)).identity.length

test('the access key of a renamed user is of the user under its new name, at once', async () => {
  const { store, accounts, needs, find, make, rename } = await openInstallation()
  const { accessKey, writes } = createAccessKey(await make('ann'), needs)
  await store.commit({ writes })
  const before = await accounts.findCredential(accessKey.accessKeyId, undefined)

  await rename('ann', 'bob')

  const { caller } = await accounts.findCredential(accessKey.accessKeyId, undefined)
  const { arn, userId } = (await find('bob')).value
  assert.deepEqual([caller.arn, caller.userId], [arn, userId])
  assert.equal(caller.userId, before.caller.userId)
  assert.equal(await accounts.identities.findUser(account, 'ann'), undefined)
})

test('[C33] the sessions of a renamed user go on as its own, and are never those of who has the old name now', async () => {
  const installation = await openInstallation()
  const { store, accounts, make, find, rename } = installation
  const { userName, userId } = (await make('ann')).value
  const holder = { account, userName, userId }
  const sessions = [
    accounts.issueSession({ kind: 'user', ...holder }, 3_600),
    accounts.issueSession(
      { kind: 'federated-user', ...holder, name: 'guest', limits: { documents: [], policyArns: [] } },
      3_600,
    ),
  ]

  await rename('ann', 'bob')
  const other = await make('ann')
  await store.commit({
    writes: putInlinePolicy({ collection: userCollection, record: other }, { name: 'p', document }),
  })

  for (const { accessKeyId, sessionToken } of sessions) {
    const credential = await accounts.findCredential(accessKeyId, sessionToken)
    const { caller } = credential
    const of = caller.kind === 'federated-user' ? caller.issuer : caller
    assert.deepEqual([of.arn, of.userId], [(await find('bob')).value.arn, userId])
    assert.equal(await countPolicies(installation, credential), 0)
  }
})

test('[C33] a caller that was established before it was renamed has none of the policies of who took its name', async () => {
  const installation = await openInstallation()
  const { store, accounts, needs, make, rename } = installation
  const { accessKey, writes } = createAccessKey(await make('ann'), needs)
  await store.commit({ writes })
  const credential = await accounts.findCredential(accessKey.accessKeyId, undefined)

  await rename('ann', 'bob')
  const other = await make('ann')
  await store.commit({
    writes: putInlinePolicy({ collection: userCollection, record: other }, { name: 'p', document }),
  })

  assert.equal(await countPolicies(installation, credential), 0)
})

test('the policies of a group are those of its members as long as they are in it, renamed or not', async () => {
  const installation = await openInstallation()
  const { store, accounts, needs, find, make, rename } = installation
  const { accessKey, writes } = createAccessKey(await make('ann'), needs)
  await store.commit({ writes })
  const { group, writes: made } = createGroup({ account, groupName: 'Staff', path: '/' }, needs)
  await store.commit({ writes: made })
  const stored = (await accounts.identities.findGroup(account, group.groupName))!
  await store.commit({ writes: joinGroup(await find('ann'), stored) })
  const counted = async (): Promise<number> =>
    countPolicies(installation, await accounts.findCredential(accessKey.accessKeyId, undefined))
  const without = await counted()

  const record = (await accounts.identities.findGroup(account, 'staff'))!
  await store.commit({ writes: putInlinePolicy({ collection: groupCollection, record }, { name: 'p', document }) })
  const member = await counted()
  await rename('ann', 'bob')
  const renamed = await counted()
  await store.commit({ writes: leaveGroup(await find('bob'), 'Staff') })

  assert.deepEqual([without, member, renamed, await counted()], [0, 1, 1, 0])
})
