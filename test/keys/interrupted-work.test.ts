// Due work on keys that a kill cuts off at any of its commits: the next start finishes it (hardening.md, J76 and J77).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dayMillis } from '../../src/base/index.ts'
import { decryptBlob, encryptBlob, parseBlob } from '../../src/crypto/index.ts'
import { enableKeyRotation, materialCollection, scheduleKeyDeletion } from '../../src/keys/index.ts'
import type { KeyEntry } from '../../src/keys/index.ts'
import { openMemoryStore } from '../../src/storage/index.ts'
import type { Store } from '../../src/storage/index.ts'
import { KeyRoom } from './key-room.ts'

interface Death {
  /** At which commit, from 0. */
  readonly at: number
  /** Before the store has it, or when it has and nobody was told. */
  readonly when: 'before' | 'after'
}

/** A store whose process dies at one of its commits. */
function dyingStore(store: Store, { at, when }: Death): Store {
  let commits = 0
  return {
    get: (collection, id) => store.get(collection, id),
    find: (collection, index, key, page) => store.find(collection, index, key, page),
    findUpTo: (collection, index, key, limit) => store.findUpTo(collection, index, key, limit),
    count: (collection, index, key) => store.count(collection, index, key),
    list: (collection, page) => store.list(collection, page),
    async commit(commit) {
      const isLast = commits++ === at
      if (isLast && when === 'before') throw new Error('killed')
      await store.commit(commit)
      if (isLast) throw new Error('killed')
    },
    readOutbox: limit => store.readOutbox(limit),
    lastOutboxSequence: () => store.lastOutboxSequence(),
    removeOutbox: upToSequence => store.removeOutbox(upToSequence),
    onChange: listener => store.onChange(listener),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  }
}

/** The material ids that a key has. */
async function materialsOf({ store }: KeyRoom, { key }: KeyEntry): Promise<readonly string[]> {
  const found = await store.find(materialCollection, 'key', `${key.region}/${key.keyId}`)
  return found.map(({ value }) => value.materialId)
}

for (const when of ['before', 'after'] as const) {
  for (const at of [0, 1, 2, 3]) {
    test(`[J76] [J77] due work that is killed ${when} its commit ${at + 1} is done whole at the next start, each change with one record`, async () => {
      const store = await openMemoryStore()
      const room = new KeyRoom(store)
      const deleted = [await room.makeKey(), await room.makeKey()]
      const rotated = [await room.makeKey(), await room.makeKey()]
      const blobs: Buffer[] = []
      for (const entry of deleted)
        await room.change(entry, key => scheduleKeyDeletion(key, { now: room.now, windowDays: 7 }))
      for (const entry of rotated) {
        const material = (await room.keys.secretMaterial(entry.key))!
        blobs.push(encryptBlob(entry.key.keyId, material, Buffer.from('kept'), undefined, room.random))
        await room.change(entry, key => enableKeyRotation(key, { now: room.now, periodDays: 90 }))
      }
      room.now += 90 * dayMillis

      room.reopen(dyingStore(store, { at, when }))
      await assert.rejects(room.doDueWork(), /killed/)
      room.reopen(store)
      await room.doDueWork()

      assert.equal(await room.doDueWork(), 0)
      assert.deepEqual(new Set(await room.keyIds()), new Set(rotated.map(({ key }) => key.keyId)))
      for (const entry of deleted) assert.deepEqual(await materialsOf(room, entry), [])
      for (const [index, entry] of rotated.entries()) {
        const { key } = (await room.find(entry.key.keyId))!
        const materials = await materialsOf(room, entry)
        assert.deepEqual(new Set(materials), new Set([entry.key.materialId, key.materialId]))
        assert.equal(materials.length, 2)
        const blob = parseBlob(blobs[index]!)!
        const old = (await room.keys.secretMaterial(key, blob.materialId))!
        assert.equal(decryptBlob(blob, old, undefined)?.toString(), 'kept')
      }
      assert.equal((await store.readOutbox(10)).length, 4)
    })
  }
}
