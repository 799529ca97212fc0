import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../base/index.ts'
import { ConflictError, openMemoryStore } from '../storage/index.ts'
import type { Store, StoredRecord } from '../storage/index.ts'
import { groupCollection, principalRecordId, userCollection } from './account-records.ts'
import type { GroupValue, UserValue } from './account-records.ts'
import { createGroup, deleteGroup, joinGroup, leaveGroup } from './group-changes.ts'
import { createUser } from './user-changes.ts'

const needs = { random: seededRandom(20_261_125), now: Date.UTC(2026, 10, 25) }
const account = '111122223333'

interface Members {
  readonly store: Store
  readonly user: () => Promise<StoredRecord<UserValue>>
  readonly group: () => Promise<StoredRecord<GroupValue>>
}

/** A store with a user and a group. */
async function openMembers(): Promise<Members> {
  const store = await openMemoryStore()
  await store.commit({ writes: createUser({ account, userName: 'app', path: '/', tags: [] }, needs).writes })
  await store.commit({ writes: createGroup({ account, groupName: 'Staff', path: '/team/' }, needs).writes })
  return {
    store,
    user: async () => (await store.get(userCollection, principalRecordId(account, 'app')))!,
    group: async () => (await store.get(groupCollection, principalRecordId(account, 'staff')))!,
  }
}

test('createGroup() puts the path into the ARN, and meets a conflict where there is one of that name, in any case', async () => {
  const { store, group } = await openMembers()
  const { value } = await group()

  assert.equal(value.arn, `arn:aws:iam::${account}:group/team/Staff`)
  assert.match(value.groupId, /^AGPA/)
  const again = createGroup({ account, groupName: 'sTAFF', path: '/' }, needs)
  await assert.rejects(store.commit({ writes: again.writes }), ConflictError)
})

test('joinGroup() and leaveGroup() are found by the index of members', async () => {
  const { store, user, group } = await openMembers()
  const members = async (): Promise<number> => store.count(userCollection, 'group', principalRecordId(account, 'Staff'))

  await store.commit({ writes: joinGroup(await user(), await group()) })
  const joined = await members()
  await store.commit({ writes: leaveGroup(await user(), 'Staff') })

  assert.deepEqual([joined, await members()], [1, 0])
})

test('joinGroup() and deleteGroup() decided at once do not both happen, in either order', async () => {
  for (const isFirst of ['join', 'delete']) {
    const { store, user, group } = await openMembers()
    const writes = { join: joinGroup(await user(), await group()), delete: deleteGroup(await group(), false) }
    const [first, second] = isFirst === 'join' ? [writes.join, writes.delete] : [writes.delete, writes.join]

    await store.commit({ writes: first })

    await assert.rejects(store.commit({ writes: second }), ConflictError)
  }
})

test('joinGroup() lets a user be in ten groups and in no eleventh', async () => {
  const { user, group } = await openMembers()
  const record = await user()
  const inGroups = (count: number): StoredRecord<UserValue> => ({
    ...record,
    value: { ...record.value, groupNames: Array.from({ length: count }, (_, index) => `g${index}`) },
  })

  const writes = joinGroup(inGroups(9), await group())

  assert.equal(writes.length, 2)
  const eleventh = await group()
  assert.throws(() => joinGroup(inGroups(10), eleventh), {
    code: 'LimitExceeded',
    message: 'Cannot exceed quota for GroupsPerUser: 10',
  })
})

test('leaveGroup() leaves the other groups', async () => {
  const { user } = await openMembers()
  const record = await user()

  const [write] = leaveGroup({ ...record, value: { ...record.value, groupNames: ['a', 'b', 'c'] } }, 'b')

  assert.ok(write?.kind === 'put')
  assert.deepEqual((write.value as UserValue).groupNames, ['a', 'c'])
})

for (const [what, changed, hasMembers, demand] of [
  ['has members', {}, true, 'must remove users from group first'],
  ['has a policy attached', { attachedPolicyArns: ['arn'] }, false, 'must detach all policies first'],
  ['has an inline policy', { policies: [{ name: 'p', document: '{}' }] }, false, 'must delete policies first'],
] as const) {
  test(`deleteGroup() refuses while the group ${what}`, async () => {
    const { group } = await openMembers()
    const { value, ...record } = await group()

    assert.throws(() => deleteGroup({ ...record, value: { ...value, ...changed } }, hasMembers), {
      code: 'DeleteConflict',
      message: `Cannot delete entity, ${demand}.`,
    })
  })
}
