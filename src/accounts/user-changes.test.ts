import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../base/index.ts'
import { ConflictError, openMemoryStore, put } from '../storage/index.ts'
import type { Store, StoredRecord } from '../storage/index.ts'
import { accessKeyCollection, principalRecordId, userCollection } from './account-records.ts'
import type { AccessKeyValue, UserValue } from './account-records.ts'
import { createUser, deleteUser, moveUser } from './user-changes.ts'

const needs = { random: seededRandom(20_261_125), now: Date.UTC(2026, 10, 25) }
const account = '111122223333'
const userId = principalRecordId(account, 'app')

function userRecord(changed: Partial<UserValue> = {}): StoredRecord<UserValue> {
  const { user } = createUser({ account, userName: 'app', path: '/team/', tags: [] }, needs)
  return { id: userId, version: 3, value: { ...user, ...changed } }
}

const accessKey = (accessKeyId: string): AccessKeyValue => ({
  accessKeyId,
  account,
  userName: 'app',
  status: 'Active',
  createdAt: needs.now,
  wrappedSecret: 'wrapped',
})

/** A store with a user that has two access keys. */
async function storeOfUser(): Promise<Store> {
  const store = await openMemoryStore()
  const accessKeyIds = ['AKIA1', 'AKIA2']
  const { value } = userRecord({ accessKeyIds, groupNames: ['staff'], tags: [{ key: 'a', value: 'b' }] })
  await store.commit({
    writes: [
      put(userCollection, userId, value, 'absent'),
      ...accessKeyIds.map(id => put(accessKeyCollection, id, accessKey(id), 'absent')),
    ],
  })
  return store
}

async function move(store: Store, place: { readonly path: string; readonly userName: string }): Promise<void> {
  const user = (await store.get(userCollection, userId))!
  const keys = await Promise.all(user.value.accessKeyIds.map(id => store.get(accessKeyCollection, id)))
  await store.commit({ writes: moveUser(user, place, keys as readonly StoredRecord<AccessKeyValue>[]) })
}

test('createUser() puts the path into the ARN, and expects that there is no such user', () => {
  const { user, writes } = createUser({ account, userName: 'App', path: '/team/', tags: [] }, needs)

  assert.equal(user.arn, `arn:aws:iam::${account}:user/team/App`)
  assert.match(user.userId, /^AIDA/)
  assert.deepEqual(
    writes.map(({ id, expect }) => [id, expect]),
    [[`${account}/app`, 'absent']],
  )
})

test('[C33] a deleted user who is made again has another unique id, no keys and no policies', () => {
  const first = userRecord()

  const { user } = createUser({ account, userName: 'app', path: '/team/', tags: [] }, needs)

  assert.equal(user.arn, first.value.arn)
  assert.notEqual(user.userId, first.value.userId)
  assert.deepEqual([user.policies, user.accessKeyIds], [[], []])
})

for (const [what, changed, message] of [
  ['is in a group', { groupNames: ['g'] }, 'must remove users from group first'],
  ['has a policy attached', { attachedPolicyArns: ['arn'] }, 'must detach all policies first'],
  ['has an inline policy', { policies: [{ name: 'p', document: '{}' }] }, 'must delete policies first'],
  ['has an access key', { accessKeyIds: ['AKIA'] }, 'must delete access keys first'],
] as const) {
  test(`[C33] deleteUser() refuses while the user ${what}, so that none outlives it`, () => {
    assert.throws(() => deleteUser(userRecord(changed)), {
      code: 'DeleteConflict',
      message: `Cannot delete entity, ${message}.`,
    })
  })
}

test('deleteUser() removes a user that has nothing left, as it was read', () => {
  const emptied = userRecord({
    groupNames: [],
    attachedPolicyArns: [],
    boundaryArn: 'arn',
    tags: [{ key: 'a', value: '' }],
  })

  const writes = deleteUser(emptied)

  assert.deepEqual(
    writes.map(({ kind, id, expect }) => [kind, id, expect]),
    [['delete', userId, 3]],
  )
})

test('moveUser() renames and moves a user with its access keys, and all else stays', async () => {
  await using store = await storeOfUser()
  const { value: before } = (await store.get(userCollection, userId))!

  await move(store, { path: '/ops/', userName: 'worker' })

  const { value: after } = (await store.get(userCollection, `${account}/worker`))!
  const arn = `arn:aws:iam::${account}:user/ops/worker`
  assert.deepEqual(after, { ...before, userName: 'worker', path: '/ops/', arn })
  assert.equal(await store.get(userCollection, userId), undefined)
  for (const id of before.accessKeyIds)
    assert.deepEqual((await store.get(accessKeyCollection, id))!.value, { ...accessKey(id), userName: 'worker' })
  const found = await store.find(userCollection, 'userId', before.userId)
  assert.deepEqual(
    found.map(({ id }) => id),
    [`${account}/worker`],
  )
})

test('moveUser() changes the case of a name in place', async () => {
  await using store = await storeOfUser()

  await move(store, { path: '/team/', userName: 'APP' })

  const { value } = (await store.get(userCollection, userId))!
  assert.deepEqual([value.userName, value.arn], ['APP', `arn:aws:iam::${account}:user/team/APP`])
})

test('moveUser() meets a conflict where the name is taken, in any case, and moves nothing', async () => {
  await using store = await storeOfUser()
  const { user, writes } = createUser({ account, userName: 'Taken', path: '/', tags: [] }, needs)
  await store.commit({ writes })

  await assert.rejects(move(store, { path: '/', userName: 'tAKEN' }), ConflictError)

  assert.deepEqual((await store.get(userCollection, `${account}/taken`))!.value, user)
  assert.equal((await store.get(accessKeyCollection, 'AKIA1'))!.value.userName, 'app')
})

test('moveUser() meets a conflict where a key was made or removed meanwhile', async () => {
  await using store = await storeOfUser()
  const user = (await store.get(userCollection, userId))!
  const writes = moveUser(user, { path: '/', userName: 'worker' }, [])
  await store.commit({
    writes: [put(userCollection, userId, { ...user.value, accessKeyIds: ['AKIA1'] }, user.version)],
  })

  await assert.rejects(store.commit({ writes }), ConflictError)
})
