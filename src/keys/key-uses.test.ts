import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openMemoryStore, put, remove } from '../storage/index.ts'
import type { Collection, Store } from '../storage/index.ts'
import { keyCollection } from './key-records.ts'
import type { KeyValue } from './key-records.ts'
import { KeyUses, keyUseCollection } from './key-uses.ts'

const useAt = (at: number) => ({ operation: 'Encrypt', at, eventId: `event ${at}`, requestId: `request ${at}` })
const key = { account: 'a', region: 'r', state: { kind: 'enabled' }, rotation: {} } as unknown as KeyValue

const keyOf = (id: string) => ({ record: { id }, key: { createdAt: 1 } })

async function storeWith(...ids: readonly string[]): Promise<Store> {
  const store = await openMemoryStore()
  await store.commit({ writes: ids.map(id => put(keyCollection, id, key, 'absent')) })
  return store
}

const count = async (store: Store): Promise<number> =>
  (await store.list(keyUseCollection as Collection<unknown>)).length

test('KeyUses tell at once what was noted, and write nothing until they are asked to', async () => {
  const store = await storeWith('r/one')
  const uses = new KeyUses(store)

  uses.note('r/one', useAt(1))
  uses.note('r/one', useAt(2))

  assert.deepEqual(await uses.find(keyOf('r/one')), useAt(2))
  assert.equal(await uses.find(keyOf('r/other')), undefined)
  assert.equal(await count(store), 0)
})

test('KeyUses that were written are there after another start', async () => {
  const store = await storeWith('r/one', 'r/two')
  const uses = new KeyUses(store)
  uses.note('r/one', useAt(1))
  uses.note('r/two', useAt(2))

  await uses.flush()
  await uses.flush()

  const opened = new KeyUses(store)
  assert.deepEqual([await opened.find(keyOf('r/one')), await opened.find(keyOf('r/two'))], [useAt(1), useAt(2)])
})

test('KeyUses write nothing of keys that are gone', async () => {
  const store = await storeWith('r/one', 'r/two')
  const uses = new KeyUses(store)
  uses.note('r/one', useAt(1))
  uses.note('r/two', useAt(1))
  await store.commit({ writes: [remove(keyCollection, 'r/one', 1)] })

  await uses.flush()

  assert.equal(await count(store), 1)
})

test('KeyUses that could not be written are written the next time, unless there are later ones', async () => {
  const store = await storeWith('r/one', 'r/two')
  const failing: Store = Object.assign(Object.create(store) as Store, {
    commit: () => Promise.reject(new Error('The disk is full')),
    get: store.get.bind(store),
  })
  const uses = new KeyUses(failing)
  uses.note('r/one', useAt(1))
  uses.note('r/two', useAt(1))
  const flushing = uses.flush()
  uses.note('r/two', useAt(2))
  await assert.rejects(flushing, /The disk is full/)
  failing.commit = store.commit.bind(store)

  await uses.flush()

  const opened = new KeyUses(store)
  assert.deepEqual([await opened.find(keyOf('r/one')), await opened.find(keyOf('r/two'))], [useAt(1), useAt(2)])
})

test('KeyUses tell since when they are kept: of a key that is younger, since it was made', async () => {
  const store = await storeWith()
  await new KeyUses(store).begin(100)
  const later = new KeyUses(store)
  await later.begin(200)

  assert.equal(await later.trackedSince({ createdAt: 50 }), 100)
  assert.equal(await later.trackedSince({ createdAt: 150 }), 150)
})

test('KeyUses of many keys are written a few at a time: whatever waits comes in between', async () => {
  const ids = Array.from({ length: 1_000 }, (_, index) => `r/${index}`)
  const store = await storeWith(...ids)
  const uses = new KeyUses(store)
  for (const id of ids) uses.note(id, useAt(1))

  let turns = 0
  const timer = setInterval(() => (turns += 1), 0)
  const flushed = uses.flush()
  await new Promise<void>(resolve => setImmediate(resolve))
  const meanwhile = await Promise.all(ids.map(id => uses.find(keyOf(id))))
  const writtenMeanwhile = await count(store)
  await flushed
  clearInterval(timer)

  assert.ok(meanwhile.every(use => use !== undefined))
  assert.ok(writtenMeanwhile < ids.length, `${writtenMeanwhile} are written`)
  assert.ok(turns > 0)
  assert.equal((await store.list(keyUseCollection as Collection<unknown>, { limit: 2_000 })).length, ids.length)
})
