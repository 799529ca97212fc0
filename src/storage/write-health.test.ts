import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { openSqliteStore } from './sqlite-store.ts'
import { StorageError } from './storage-error.ts'
import { put } from './store.ts'
import type { Collection } from './store.ts'
import { WriteHealth } from './write-health.ts'

const notes: Collection<{ readonly text: string }> = { name: 'test.note', indexes: {} }
const directory = mkdtempSync(join(tmpdir(), 'postern-health-'))
after(() => rmSync(directory, { recursive: true }))

/** A disk that can be full, and counts how often it was asked. */
class Disk {
  isFull = false
  probes = 0
  now = 0
  readonly health = new WriteHealth(
    () => {
      this.probes += 1
      this.write()
    },
    () => this.now,
  )

  write(): void {
    if (this.isFull) throw new StorageError('Cannot write: the disk is full')
  }
}

test('[J76] WriteHealth is not well from the first failed write on, and well again once a small one goes through', () => {
  const disk = new Disk()
  const before = disk.health.isWell()
  disk.isFull = true
  assert.throws(() => disk.health.watch(() => disk.write()), StorageError)

  const atOnce = disk.health.isWell()
  disk.now += 10_000
  const stillFull = disk.health.isWell()
  disk.isFull = false
  disk.now += 10_000
  const after = disk.health.isWell()

  assert.deepEqual([before, atOnce, stillFull, after], [true, false, false, true])
})

test('WriteHealth asks a disk in trouble at most every two seconds, and one that is well never', () => {
  const disk = new Disk()
  for (let asked = 0; asked < 100; asked++) disk.health.isWell()
  assert.equal(disk.probes, 0)
  disk.isFull = true
  assert.throws(() => disk.health.watch(() => disk.write()), StorageError)

  for (; disk.now < 10_000; disk.now += 10) disk.health.isWell()

  assert.equal(disk.probes, 4)
})

test('WriteHealth is well after a write that goes through by itself, and whatever our own mistakes are', () => {
  const disk = new Disk()
  disk.isFull = true
  assert.throws(() => disk.health.watch(() => disk.write()), StorageError)
  disk.isFull = false

  disk.health.watch(() => disk.write())
  assert.throws(() =>
    disk.health.watch(() => {
      throw new TypeError('a mistake')
    }),
  )

  assert.equal(disk.health.isWell(), true)
  assert.equal(disk.probes, 0)
})

test('[J76] a store that cannot be written is not well, and is well again by itself; its small writes leave nothing', async () => {
  let now = 0
  await using store = await openSqliteStore(join(directory, 'store.db'), { stopwatch: () => now })
  const other = new DatabaseSync(join(directory, 'store.db'))
  other.exec('BEGIN IMMEDIATE')
  await assert.rejects(store.commit({ writes: [put(notes, 'a', { text: '' }, 'absent')] }), StorageError)

  const held = store.isWell()
  now += 5_000
  const stillHeld = store.isWell()
  other.exec('ROLLBACK')
  now += 5_000
  const free = store.isWell()

  const left = other.prepare('SELECT count(*) AS n FROM records').get()?.['n']
  other.close()
  assert.deepEqual([held, stillHeld, free], [false, false, true])
  assert.deepEqual([left, store.commitCount()], [0, 0])
})
