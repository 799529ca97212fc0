// A disk on which any one act fails: what was acknowledged is there, what failed is there in whole or not at all. Needs `cc`.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openSqliteStore } from '../../src/storage/index.ts'
import type { Collection } from '../../src/storage/index.ts'
import { buildDiskShim } from './disk-shim.ts'

const shim = buildDiskShim()
after(() => rmSync(shim.folder, { recursive: true }))
const parts: Collection<{ readonly text: string }> = { name: 'test.part', indexes: {} }
const load = fileURLToPath(new URL('failing-load.ts', import.meta.url))
const { EIO, ENOSPC, EINTR } = constants.errno

interface Outcome {
  readonly done: readonly number[]
  readonly failed: readonly number[]
}

/** Runs the load on a disk that fails so; gives what it was told, or nothing where it could not even start. */
async function runOn(directory: string, failure: Readonly<Record<string, string>>): Promise<Outcome> {
  const path = join(directory, 'store.db')
  const child = spawn(process.execPath, [load, path], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, LD_PRELOAD: shim.path, SHIM_DIR: directory, ...failure },
  })
  let text = ''
  let errors = ''
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  const status = await new Promise(resolve => child.once('close', resolve))
  assert.ok(status === 0 || /StorageError|ConfigError/.test(errors), errors)
  const turns = (word: string): readonly number[] =>
    [...text.matchAll(new RegExp(`^${word} (\\d)$`, 'gm'))].map(match => Number(match[1]))
  return { done: turns('done'), failed: turns('failed') }
}

/** What the next start finds, on a disk that works. */
async function whatIsThere(
  directory: string,
): Promise<{ readonly ids: readonly string[]; readonly outbox: readonly number[] }> {
  await using store = await openSqliteStore(join(directory, 'store.db'))
  const ids = (await store.list(parts)).map(({ id }) => id)
  const outbox = (await store.readOutbox(100)).map(({ record }) => Number(record.slice('change '.length)))
  return { ids, outbox }
}

async function check(name: string, failure: Readonly<Record<string, string>>): Promise<Outcome> {
  const directory = join(shim.folder, name)
  mkdirSync(directory)
  const outcome = await runOn(directory, failure)
  const { ids, outbox } = await whatIsThere(directory)
  const message = `${name}: ${JSON.stringify({ outcome, ids, outbox })}`
  for (const turn of outcome.done) assert.ok(outbox.includes(turn), message)
  // A change is there if and only if its record is, with all that it wrote and without what it removed.
  const removed = new Set(outbox.filter(turn => turn % 3 === 2).map(turn => turn - 1))
  const expected = outbox.flatMap(turn => (removed.has(turn) ? [] : [`${turn}a`, `${turn}b`]))
  assert.deepEqual(ids, expected.toSorted(), message)
  rmSync(directory, { recursive: true })
  return outcome
}

// Opening a new store takes 33 acts, the load after it some 300.
for (const [what, code, step] of [
  ['EIO', EIO, 17],
  ['ENOSPC', ENOSPC, 29],
  ['EINTR', EINTR, 61],
  ['a short write', 'short', 61],
] as const) {
  test(`[J76] a store that meets ${what} at a write, cut or sync has each change in whole or not at all, and goes on`, async () => {
    const outcomes: Outcome[] = []

    for (let act = 3; act < 320; act += step) {
      outcomes.push(await check(`${code}-${act}`, { SHIM_FAIL_AT: String(act), SHIM_FAIL_WITH: String(code) }))
    }

    const failed = outcomes.filter(outcome => outcome.failed.length > 0)
    if (code === EIO || code === ENOSPC) assert.ok(failed.length > 0, 'something did fail')
    for (const outcome of failed) assert.ok(outcome.done.length > 0, 'it goes on after it')
  })
}

test('[J76] on a disk that fails for good, nothing is acknowledged from then on, and what was before is there', async () => {
  for (const act of [60, 100]) {
    const failure = { SHIM_FAIL_AT: String(act), SHIM_FAIL_WITH: String(EIO), SHIM_FAIL_ON: '1' }

    const { done, failed } = await check(`for-good-${act}`, failure)

    assert.ok(failed.length > 0 && Math.max(-1, ...done) < Math.min(...failed))
  }
})
