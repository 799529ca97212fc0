// Fills a store until its files may not grow, and goes on: run under `ulimit -f`, with the path of the store. Prints what it saw.
import assert from 'node:assert/strict'
import { openSqliteStore, put, remove, StorageError } from '../../src/storage/index.ts'
import type { Collection } from '../../src/storage/index.ts'

const blobs: Collection<{ readonly body: string }> = {
  name: 'test.blob',
  indexes: { body: blob => [blob.body.slice(0, 8)] },
}

await using store = await openSqliteStore(process.argv[2]!)
const kept: string[] = []
let refusal: unknown
while (refusal === undefined) {
  const id = String(kept.length).padStart(5, '0')
  const writes = ['a', 'b'].map(part => put(blobs, `${id}${part}`, { body: part.repeat(20_000) }, 'absent'))
  try {
    await store.commit({ writes, outbox: [id] })
    kept.push(id)
  } catch (error) {
    refusal = error
  }
}
assert.ok(refusal instanceof StorageError)
console.log(refusal.message)

const ids = (await store.list(blobs)).map(record => record.id)
assert.deepEqual(
  ids,
  kept.flatMap(id => [`${id}a`, `${id}b`]),
)
assert.deepEqual(
  (await store.readOutbox(10_000)).map(entry => entry.record),
  kept,
)
assert.equal((await store.find(blobs, 'body', 'b'.repeat(8))).length, kept.length)

// Room is made by removals; then the store takes new records again.
for (const id of ids) await store.commit({ writes: [remove(blobs, id, 1)] }).catch(() => {})
await store.commit({ writes: [put(blobs, 'new', { body: 'small' }, 'absent')] })
assert.equal((await store.get(blobs, 'new'))?.version, 1)
console.log('consistent, and writing again')
