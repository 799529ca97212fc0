// What a power cut leaves. Needs `cc` and fails without it. scripts/soak/power-cut.sh cuts by the thousand.
import assert from 'node:assert/strict'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { openSqliteStore } from '../../src/storage/index.ts'
import { chanceOf, cutOften, cutStore, linesOf, runOn } from './power-cut.ts'
import type { Check } from './power-cut.ts'
import { cutServer } from './power-cut-server.ts'
import { RecordingDisk } from './recording-disk.ts'
import { secretOf, secrets } from './secrets.ts'

const seed = 20_261_124

test('[G62] [J76] a power cut at any act loses nothing that the store or the trail promised, and leaves nothing half done', () =>
  cutStore(seed, { lines: 120, cuts: 8 }))

for (const durability of ['written', 'synced'] as const) {
  test(`[G62] a power cut of a server whose trail is ${durability} loses no answered change${durability === 'synced' ? ', and no answered request’s record' : ''}`, () =>
    cutServer(seed, durability, { turns: 4, cuts: 3 }))
}

test('[G62] what a commit left in the page cache alone, because its process was killed in it, is on the disk before it counts', async () => {
  using disk = new RecordingDisk()
  const program = new URL('killed-in-commit.ts', import.meta.url)
  await runOn(disk, program, [disk.folder], 1)
  await runOn(disk, program, [disk.folder], 2)
  let checked = 0
  const check: Check = async (folder, log) => {
    if (!log.said.includes('found\n')) return
    checked += 1
    await using store = await openSqliteStore(join(folder, 'postern.db'))
    assert.notEqual(await store.get(secrets, 'half way'), undefined)
  }

  await cutOften(disk, check, { cuts: 400, survivals: ['none'], chance: chanceOf(seed) })

  assert.ok(checked > 0)
})

/** Records whose secret is in one of the files. */
function secretsIn(folder: string): ReadonlySet<string> {
  const files = readdirSync(folder).map(name => readFileSync(join(folder, name)))
  const ids = Array.from({ length: 60 }, (_, index) => `secret ${index}`)
  return new Set(ids.filter(id => files.some(bytes => bytes.includes(secretOf(id).slice(16, 48)))))
}

test('[J77] a kill or a power cut at any act of a removal leaves a secret whole, or nowhere from the next start on; one that is said to be gone is nowhere at all', async () => {
  using disk = new RecordingDisk()
  await runOn(disk, new URL('scrub-writer.ts', import.meta.url), [disk.folder], 42)
  const check: Check = async (folder, log) => {
    const left = secretsIn(folder)
    for (const line of linesOf(log)) if (line.startsWith('gone ')) assert.ok(!left.has(line.slice(5)), line)
    await using store = await openSqliteStore(join(folder, 'postern.db'))
    const there = (await store.list(secrets)).map(({ id }) => id)
    const recorded = (await store.readOutbox(100)).map(({ record }) => record)
    assert.equal(there.length + recorded.length, 60, 'each is there, or recorded as gone')
    assert.equal(store.scrubRemains, undefined)
    assert.deepEqual([...secretsIn(folder)].toSorted(), there.toSorted())
  }
  const options = { cuts: 30, survivals: ['none', 'first', 'any', 'all'], chance: chanceOf(seed) } as const

  await cutOften(disk, check, options, log => log.said.startsWith('ready'))
})

/** Everything that was said to be done is there, whole. */
const isKept: Check = async (folder, log) => {
  const rows = linesOf(log).filter(line => line.startsWith('row '))
  for (const line of linesOf(log)) {
    if (/^(ready|done|row .*)$/.test(line)) continue
    assert.ok(existsSync(join(folder, line)), `${line} is there`)
    assert.equal(readFileSync(join(folder, line), 'utf8'), 'whole')
  }
  if (rows.length === 0) return
  const database = new DatabaseSync(join(folder, 'rows.db'))
  const count = database.prepare('SELECT count(*) AS n FROM rows').get()?.['n'] as number
  database.close()
  assert.ok(count >= rows.length, `${count} rows of ${rows.length}`)
}

async function cutWriter(fault: string): Promise<void> {
  using disk = new RecordingDisk()
  await runOn(disk, new URL('careless-writer.ts', import.meta.url), [disk.folder, fault], 22)
  const options = { cuts: 40, survivals: ['none', 'first', 'any', 'all'], chance: chanceOf(seed) } as const
  await cutOften(disk, isKept, options, log => log.said.startsWith('ready'))
}

for (const fault of [
  'file not synced',
  'name not synced',
  'rename before sync',
  'folder above not synced',
  'database not synced',
]) {
  test(`a power cut finds out a writer whose fault is: ${fault}`, async () => {
    await assert.rejects(cutWriter(fault), /^Error: A cut at act \d+ of \d+ that leaves "(none|first|any)"/)
  })
}

for (const writer of ['files', 'folders', 'database']) {
  test(`a power cut finds no fault with a writer of ${writer} that syncs what it writes`, () => cutWriter(writer))
}
