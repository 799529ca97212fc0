// Commits on a disk that fails at one act, and goes on: run under the disk's shim, with the path of the store. Says what it was told.
import { openSqliteStore, put, remove, StorageError } from '../../src/storage/index.ts'
import type { Collection } from '../../src/storage/index.ts'

const parts: Collection<{ readonly text: string }> = { name: 'test.part', indexes: { text: part => [part.text] } }

const store = await openSqliteStore(process.argv[2]!)
for (let turn = 0; turn < 8; turn++) {
  const name = `change ${turn}`
  const writes = ['a', 'b'].map(half => put(parts, `${turn}${half}`, { text: `${half}${'x'.repeat(3_000)}` }, 'absent'))
  // Every third one scrubs what the one before has made: the log is emptied, and sometimes the file written anew.
  const isScrub = turn % 3 === 2
  const removals = isScrub ? ['a', 'b'].map(half => remove(parts, `${turn - 1}${half}`, 'any')) : []
  try {
    await store.commit({ writes: [...writes, ...removals], outbox: [name], ...(isScrub ? { scrub: true } : {}) })
    console.log(`done ${turn}`)
  } catch (error) {
    if (!(error instanceof StorageError)) throw error
    console.log(`failed ${turn}`)
  }
}
