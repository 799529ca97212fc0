import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recordCache } from './record-cache.ts'
import { openMemoryStore } from './sqlite-store.ts'
import { put, remove } from './store.ts'
import type { Collection, Store, StoredRecord } from './store.ts'

interface Named {
  readonly name: string
}

const named: Collection<Named> = { name: 'test.named', indexes: {} }
const nameOf = (record: StoredRecord<Named>): string => record.value.name

/** A memory store that counts reads and can hold them back until it is told to answer. */
async function openCountedStore() {
  const store = await openMemoryStore()
  const held: (() => void)[] = []
  const counted = { reads: 0, isHolding: false }
  const wrapped = Object.create(store) as Store
  wrapped.commit = store.commit.bind(store)
  wrapped.onChange = store.onChange.bind(store)
  wrapped.get = async <T>(collection: Collection<T>, id: string) => {
    counted.reads++
    const record = await store.get(collection, id)
    if (counted.isHolding) await new Promise<void>(resolve => held.push(resolve))
    return record
  }
  const release = () => {
    counted.isHolding = false
    for (const answer of held.splice(0)) answer()
  }
  return { store: wrapped, counted, release }
}

const write = async (store: Store, id: string, name: string) =>
  store.commit({ writes: [put(named, id, { name }, 'any')] })

void test('get() reads a record once and then answers from memory', async () => {
  const { store, counted } = await openCountedStore()
  const cache = recordCache(store, named, nameOf, { capacity: 10 })
  await write(store, 'a', 'Ada')

  const answers = [await cache.get('a'), await cache.get('a'), cache.peek('a')]

  assert.deepEqual(answers, ['Ada', 'Ada', 'Ada'])
  assert.equal(counted.reads, 1)
})

void test('get() shares one read between concurrent misses of an id', async () => {
  const { store, counted } = await openCountedStore()
  const cache = recordCache(store, named, nameOf, { capacity: 10 })
  await write(store, 'a', 'Ada')

  assert.deepEqual(await Promise.all([cache.get('a'), cache.get('a'), cache.get('a')]), ['Ada', 'Ada', 'Ada'])
  assert.equal(counted.reads, 1)
})

void test('get() reads once that a record is missing, and finds it as soon as it is made', async () => {
  const { store, counted } = await openCountedStore()
  const cache = recordCache(store, named, nameOf, { capacity: 10 })

  assert.deepEqual([await cache.get('a'), await cache.get('a')], [undefined, undefined])
  assert.equal(counted.reads, 1)
  await write(store, 'a', 'Ada')
  assert.equal(await cache.get('a'), 'Ada')
  await store.commit({ writes: [remove(named, 'a', 'any')] })
  assert.equal(await cache.get('a'), undefined)
})

void test('a read that found nothing and was under way when its record was made is not kept', async () => {
  const { store, counted, release } = await openCountedStore()
  const cache = recordCache(store, named, nameOf, { capacity: 10 })
  counted.isHolding = true
  const early = cache.get('a')
  await new Promise(resolve => setImmediate(resolve))

  await write(store, 'a', 'Ada')
  release()

  assert.equal(await early, undefined)
  assert.equal(await cache.get('a'), 'Ada')
})

void test('[C36] asking for ids that are not there pushes no value out, and only so many of them are remembered', async () => {
  const { store, counted } = await openCountedStore()
  const cache = recordCache(store, named, nameOf, { capacity: 2 })
  await write(store, 'a', 'Ada')
  await cache.get('a')

  for (let index = 0; index < 10; index++) await cache.get(`guess ${index}`)

  assert.equal(cache.peek('a'), 'Ada')
  counted.reads = 0
  for (const index of [9, 8, 7]) await cache.get(`guess ${index}`)
  assert.equal(counted.reads, 1)
})

void test('the id that is not there and was asked for least lately is forgotten first', async () => {
  const { store, counted } = await openCountedStore()
  const cache = recordCache(store, named, nameOf, { capacity: 2 })
  for (const id of ['a', 'b', 'a', 'c']) await cache.get(id)
  counted.reads = 0

  await cache.get('a')
  assert.equal(counted.reads, 0)
  await cache.get('b')
  assert.equal(counted.reads, 1)
})

void test('peek() finds nothing stale once a commit has resolved', async () => {
  const { store } = await openCountedStore()
  const cache = recordCache(store, named, nameOf, { capacity: 10 })
  await write(store, 'a', 'Ada')
  await cache.get('a')

  await write(store, 'a', 'Grace')

  assert.equal(cache.peek('a'), undefined)
  assert.equal(await cache.get('a'), 'Grace')
  await store.commit({ writes: [remove(named, 'a', 'any')] })
  assert.equal(await cache.get('a'), undefined)
})

void test('a read that was under way when its record changed is not kept, and not joined by later callers', async () => {
  const { store, counted, release } = await openCountedStore()
  const cache = recordCache(store, named, nameOf, { capacity: 10 })
  await write(store, 'a', 'Ada')
  counted.isHolding = true
  const early = cache.get('a')
  await new Promise(resolve => setImmediate(resolve))

  await write(store, 'a', 'Grace')
  const late = cache.get('a')
  await new Promise(resolve => setImmediate(resolve))
  release()

  assert.deepEqual(await Promise.all([early, late]), ['Ada', 'Grace'])
  assert.equal(cache.peek('a'), 'Grace')
})

void test('changes of other collections and ids leave a value in memory', async () => {
  const { store, counted } = await openCountedStore()
  const cache = recordCache(store, named, nameOf, { capacity: 10 })
  await write(store, 'a', 'Ada')
  await cache.get('a')

  await write(store, 'b', 'Barbara')
  await store.commit({ writes: [put({ name: 'test.other', indexes: {} }, 'a', {}, 'any')] })

  assert.equal(cache.peek('a'), 'Ada')
  assert.equal(counted.reads, 1)
})

void test('the least recently used value goes first when the capacity is passed', async () => {
  const { store } = await openCountedStore()
  const cache = recordCache(store, named, nameOf, { capacity: 2 })
  for (const id of ['a', 'b', 'c']) await write(store, id, id)
  await cache.get('a')
  await cache.get('b')
  cache.peek('a')

  await cache.get('c')

  assert.deepEqual(
    ['a', 'b', 'c'].map(id => cache.peek(id)),
    ['a', undefined, 'c'],
  )
})

void test('an error of derive reaches the caller and is not remembered', async () => {
  const { store } = await openCountedStore()
  let isBroken = true
  const derive = (record: StoredRecord<Named>) => {
    if (isBroken) throw new Error('broken')
    return record.value.name
  }
  const cache = recordCache(store, named, derive, { capacity: 2 })
  await write(store, 'a', 'Ada')

  await assert.rejects(cache.get('a'), /broken/)
  isBroken = false
  assert.equal(await cache.get('a'), 'Ada')
})

void test('ids that are names of prototypes are ids like any other', async () => {
  const { store } = await openCountedStore()
  const cache = recordCache(store, named, nameOf, { capacity: 2 })

  assert.equal(await cache.get('__proto__'), undefined)
  await write(store, '__proto__', 'Ada')
  assert.equal(await cache.get('__proto__'), 'Ada')
  assert.equal(cache.peek('constructor'), undefined)
})
