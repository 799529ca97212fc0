import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { ConfigError } from '../base/index.ts'
import { openSqliteStore } from './sqlite-store.ts'
import { StorageError } from './storage-error.ts'
import { put } from './store.ts'
import type { Collection } from './store.ts'

const notes: Collection<{ readonly text: string }> = { name: 'test.note', indexes: { text: note => [note.text] } }
const directory = mkdtempSync(join(tmpdir(), 'postern-sqlite-'))
after(() => rmSync(directory, { recursive: true }))

let files = 0
const newPath = (): string => join(directory, `store-${files++}.db`)

void test('openSqliteStore() finds again what an earlier one has committed', async () => {
  const path = newPath()
  {
    await using store = await openSqliteStore(path)
    await store.commit({ writes: [put(notes, 'a', { text: 'kept' }, 'absent')], outbox: ['record'] })
  }

  await using store = await openSqliteStore(path)

  assert.equal((await store.get(notes, 'a'))?.value.text, 'kept')
  assert.equal((await store.readOutbox(1))[0]?.record, 'record')
})

void test('openSqliteStore() keeps all its files from other users', async () => {
  const path = newPath()
  await using store = await openSqliteStore(path)
  await store.commit({ writes: [put(notes, 'a', { text: 'kept' }, 'absent')] })

  for (const file of [path, `${path}-wal`, `${path}-shm`]) assert.equal(statSync(file).mode & 0o777, 0o600, file)
})

void test('openSqliteStore() takes the rights of others from a file that had them', async () => {
  const path = newPath()
  writeFileSync(path, '', { mode: 0o666 })

  await using store = await openSqliteStore(path)

  assert.equal(store.commitCount(), 0)
  assert.equal(statSync(path).mode & 0o777, 0o600)
})

void test('openSqliteStore() refuses a file that a newer Postern has written, and leaves it as it is', async () => {
  const path = newPath()
  await (await openSqliteStore(path))[Symbol.asyncDispose]()
  alter(path, 'PRAGMA user_version = 99')
  const before = readFileSync(path)

  await assert.rejects(
    openSqliteStore(path),
    error => error instanceof ConfigError && /newer Postern/.test(error.message),
  )
  assert.deepEqual(readFileSync(path), before)
})

void test('openSqliteStore() refuses a database of something else, and leaves it as it is', async () => {
  const path = newPath()
  alter(path, 'CREATE TABLE browser_history (url TEXT); PRAGMA user_version = 1')
  const before = readFileSync(path)

  await assert.rejects(
    openSqliteStore(path),
    error => error instanceof ConfigError && /no store of Postern/.test(error.message),
  )
  assert.ok(!readFileSync(path).includes('index_entries') && before.includes('browser_history'))
})

void test('openSqliteStore() refuses a file that is no database, a directory, and a symbolic link', async () => {
  const [text, link] = [newPath(), newPath()]
  writeFileSync(text, 'This is no database at all. '.repeat(100))
  symlinkSync(text, link)

  await assert.rejects(openSqliteStore(text), StorageError)
  for (const path of [directory, link, join(directory, 'nowhere', 'store.db')])
    await assert.rejects(openSqliteStore(path), ConfigError)
})

void test('[J78] a damaged record is an error that names it, never another value', async () => {
  const path = newPath()
  await using store = await openSqliteStore(path)
  await store.commit({ writes: [put(notes, 'a', { text: 'kept' }, 'absent')] })
  alter(path, `UPDATE records SET value = substr(value, 2)`)

  await assert.rejects(store.get(notes, 'a'), error => error instanceof StorageError && error.message.includes('"a"'))
})

void test('[J78] commitCount() tells an older copy that was put in the place of a store', async () => {
  const path = newPath()
  const copy = newPath()
  let seen: number
  {
    await using store = await openSqliteStore(path)
    await store.commit({ writes: [] })
    await store.backup(copy)
    await store.commit({ writes: [] })
    await assert.rejects(store.commit({ writes: [put(notes, 'a', { text: '' }, 1)] }))
    await store.removeOutbox(0)
    seen = store.commitCount()
  }

  await using older = await openSqliteStore(copy)

  assert.equal(seen, 2)
  assert.ok(older.commitCount() < seen)
})

void test('commit() says so when another process holds the file, and works once it has let go', async () => {
  const path = newPath()
  await using store = await openSqliteStore(path)
  const other = new DatabaseSync(path)
  other.exec('BEGIN IMMEDIATE')
  const commit = { writes: [put(notes, 'a', { text: 'kept' }, 'absent')] }

  await assert.rejects(
    store.commit(commit),
    error => error instanceof StorageError && /another process/.test(error.message),
  )
  other.close()
  await store.commit(commit)

  assert.equal(store.commitCount(), 1)
})

void test('a disposed store refuses everything', async () => {
  const store = await openSqliteStore(newPath())
  await store[Symbol.asyncDispose]()
  await store[Symbol.asyncDispose]()

  await assert.rejects(store.get(notes, 'a'))
  await assert.rejects(store.commit({ writes: [] }))
})

function alter(path: string, sql: string): void {
  const database = new DatabaseSync(path)
  database.exec(sql)
  database.close()
}
