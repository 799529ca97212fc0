// A replica that was deleted, and is made again: nothing of the first one is the second one's, though both have one name.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dayMillis } from '../../src/base/index.ts'
import { scheduleKeyDeletion } from '../../src/keys/index.ts'
import type { KeyEntry } from '../../src/keys/index.ts'
import { openMemoryStore } from '../../src/storage/index.ts'
import type { Commit, Store } from '../../src/storage/index.ts'
import { KeyRoom, otherRegions } from '../keys/key-room.ts'
import { performAsRoot } from './perform-as-root.ts'

const [there] = otherRegions

/** ReplicateKey by the account's root, as far as its answer or its refusal. */
function replicate(room: KeyRoom, KeyId: string): Promise<unknown> {
  return performAsRoot(room, 'ReplicateKey', { KeyId, ReplicaRegion: there })
}

async function makeReplica(room: KeyRoom): Promise<KeyEntry> {
  const primary = await room.makeKey({ multiRegion: true })
  await room.replicate(primary, there)
  await room.doDueWork()
  return (await room.find(primary.key.keyId, there))!
}

async function scheduleDeletion(room: KeyRoom, replica: KeyEntry): Promise<void> {
  await room.change(replica, entry => scheduleKeyDeletion(entry, { now: room.now, windowDays: 7 }))
  room.now += 7 * dayMillis
}

/** A store that dies when the grants of a deleted key are to be removed. */
function dyingStore(store: Store): Store {
  return Object.assign(Object.create(store) as Store, {
    get: store.get.bind(store),
    find: store.find.bind(store),
    findUpTo: store.findUpTo.bind(store),
    count: store.count.bind(store),
    list: store.list.bind(store),
    onChange: store.onChange.bind(store),
    async commit(commit: Commit) {
      if (commit.writes.some(({ kind, collection }) => kind === 'delete' && collection.name === 'keys.grant'))
        throw new Error('killed')
      await store.commit(commit)
    },
  })
}

test('ReplicateKey makes no replica in a Region while grants of an earlier one are left there: they would permit things with the new one', async () => {
  const store = await openMemoryStore()
  const room = new KeyRoom(store)
  const replica = await makeReplica(room)
  await room.makeGrant(replica)
  await scheduleDeletion(room, replica)
  room.reopen(dyingStore(store))
  await assert.rejects(room.doDueWork(), /killed/)
  room.reopen(store)
  const { keyId } = replica.key
  assert.equal(await room.find(keyId, there), undefined)

  await assert.rejects(replicate(room, keyId), { code: 'AlreadyExistsException' })
  await room.doDueWork()
  await replicate(room, keyId)

  const again = (await room.find(keyId, there))!
  assert.equal(again.key.state.kind, 'creating')
  assert.equal(await room.keys.grants.count(again.key), 0)
})

test('GetKeyLastUsage tells nothing of an earlier replica of the same name', async () => {
  const room = new KeyRoom(await openMemoryStore())
  const replica = await makeReplica(room)
  await scheduleDeletion(room, replica)
  // It was used as long as it could be, and that is still to be written down.
  room.keys.uses.note(replica.record.id, {
    operation: 'Encrypt',
    at: room.now - 8 * dayMillis,
    eventId: 'e',
    requestId: 'r',
  })
  await room.doDueWork()
  await replicate(room, replica.key.keyId)
  await room.keys.uses.flush()

  const again = (await room.find(replica.key.keyId, there))!

  assert.equal(await room.keys.uses.find(again), undefined)
})
