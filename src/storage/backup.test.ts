import assert from 'node:assert/strict'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { ConfigError } from '../base/index.ts'
import { restoreBackup } from './backup.ts'
import { openSqliteStore } from './sqlite-store.ts'
import type { SqliteStore } from './sqlite-store.ts'
import { put } from './store.ts'
import type { Collection } from './store.ts'

const pairs: Collection<{ readonly round: number; readonly text: string }> = { name: 'test.pair', indexes: {} }
const root = mkdtempSync(join(tmpdir(), 'postern-backup-'))
after(() => rmSync(root, { recursive: true }))

let files = 0
const newPath = (): string => join(root, `file-${files++}`)

async function openFilled(count: number): Promise<{ readonly path: string; readonly store: SqliteStore }> {
  const path = newPath()
  const store = await openSqliteStore(path)
  const writes = Array.from({ length: count }, (_, index) =>
    put(pairs, `filler ${index}`, { round: 0, text: 'x'.repeat(1_000) }, 'absent'),
  )
  await store.commit({ writes })
  return { path, store }
}

/** A backup of a store with a few records, which is gone. */
async function makeBackup(): Promise<string> {
  const backup = newPath()
  const { store } = await openFilled(20)
  await using _store = store
  await store.backup(backup)
  return backup
}

const isRefusal = (pattern: RegExp) => (error: unknown) => error instanceof ConfigError && pattern.test(error.message)

void test('[J80] a backup that is taken while commits go on holds a moment between two of them', async () => {
  const { store } = await openFilled(3_000)
  await using _store = store
  const [backup, restored] = [newPath(), newPath()]
  const parts: number[] = []
  const copied = store.backup(backup, { progress: part => void parts.push(part) })
  let round = 0
  for (; !existsSync(backup); round++) {
    const writes = ['left', 'right'].map(id => put(pairs, id, { round, text: 'y'.repeat(round) }, 'any'))
    await store.commit({ writes })
    await new Promise(resolve => setImmediate(resolve))
  }
  await copied

  await restoreBackup(backup, restored)
  await using copy = await openSqliteStore(restored)

  const [left, right] = [await copy.get(pairs, 'left'), await copy.get(pairs, 'right')]
  assert.deepEqual(left?.value, right?.value)
  assert.equal((await copy.list(pairs, { limit: 5_000 })).length, left === undefined ? 3_000 : 3_002)
  assert.ok(round > 5, 'commits went on meanwhile')
  assert.ok(
    parts.length > 2 &&
      parts.every((part, index) => part >= 0 && part <= 1 && (index === 0 || part >= parts[index - 1]! - 0.1)),
  )
})

void test('a backup is one file of its own, for its owner alone', async () => {
  const backup = await makeBackup()
  const name = backup.slice(root.length + 1)

  assert.deepEqual(
    readdirSync(root).filter(file => file.startsWith(name)),
    [name],
  )
  assert.equal(statSync(backup).mode & 0o777, 0o600)
})

void test('backup() and restoreBackup() refuse to write over a file', async () => {
  const backup = await makeBackup()
  const { path, store } = await openFilled(1)
  await using _store = store
  const before = readFileSync(backup)

  await assert.rejects(store.backup(backup), isRefusal(/exists/))
  await assert.rejects(restoreBackup(backup, path), isRefusal(/exists/))
  assert.deepEqual(readFileSync(backup), before)
})

void test('backup() and restoreBackup() leave the files of others beside theirs alone', async () => {
  const { store } = await openFilled(1)
  await using _store = store
  const [backup, restored] = [newPath(), newPath()]
  const others = [backup, restored].flatMap(path => ['.partial', '.partial-wal', '.part'].map(end => path + end))
  for (const path of others) writeFileSync(path, 'mine')

  await store.backup(backup)
  await restoreBackup(backup, restored)

  for (const path of others) assert.equal(readFileSync(path, 'utf8'), 'mine')
})

void test('backup() does not write over a file that appears while it copies', async () => {
  const { store } = await openFilled(2_000)
  await using _store = store
  const path = newPath()
  const copied = store.backup(path, { progress: () => writeFileSync(path, 'mine') })

  await assert.rejects(copied, isRefusal(/exists, and is not written over/))

  assert.equal(readFileSync(path, 'utf8'), 'mine')
  assert.deepEqual(
    readdirSync(root).filter(file => join(root, file).startsWith(`${path}.`)),
    [],
  )
})

void test('backup() into a directory that is not there fails in words and leaves nothing', async () => {
  const { store } = await openFilled(1)
  await using _store = store

  await assert.rejects(store.backup(join(root, 'nowhere', 'backup')), isRefusal(/nowhere/))
  assert.equal(existsSync(join(root, 'nowhere')), false)
})

void test('restoreBackup() refuses damaged, foreign, empty, newer and missing files, and leaves nothing', async () => {
  const target = newPath()
  const damaged = await makeBackup()
  const bytes = readFileSync(damaged)
  writeFileSync(damaged, bytes.fill(0xee, 8_192, 12_288))
  const torn = await makeBackup()
  truncateSync(torn, 8_192)
  const foreign = newPath()
  const database = new DatabaseSync(foreign)
  database.exec('CREATE TABLE other (a TEXT)')
  database.close()
  const newer = await makeBackup()
  const database2 = new DatabaseSync(newer)
  database2.exec('PRAGMA user_version = 99')
  database2.close()
  const empty = newPath()
  writeFileSync(empty, '')
  const text = newPath()
  writeFileSync(text, 'no database '.repeat(1_000))

  for (const from of [damaged, torn, foreign, newer, empty, text, newPath(), root]) {
    await assert.rejects(restoreBackup(from, target), ConfigError, from)
    assert.deepEqual(
      readdirSync(root).filter(file => file.startsWith(target.slice(root.length + 1))),
      [],
    )
  }
})

void test('restoreBackup() refuses the file of a store in use: its newest commits are in the log beside it', async () => {
  const { path, store } = await openFilled(1)
  await using _store = store

  await assert.rejects(restoreBackup(path, newPath()), isRefusal(/in use/))
})
