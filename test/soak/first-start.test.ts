// A first start that is killed instead of any write, cut or sync: the next one goes on from what it left. Needs a C compiler.
// scripts/soak/first-start.sh kills it at every act.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { cleanVariables, freePorts, program, run, serveWords } from '../start-postern.ts'
import { buildDiskShim } from '../storage/disk-shim.ts'

const shim = buildDiskShim()
after(() => rmSync(shim.folder, { recursive: true }))
const ports = await freePorts()

/** Starts a server; gives the signal that ended it, or `undefined` where it serves, and ends it then. */
async function start(folder: string, variables: Readonly<Record<string, string>> = {}) {
  const dataDirectory = join(folder, 'data')
  const words = [program, ...serveWords({ dataDirectory, rootKey: join(folder, 'root.key'), ports })]
  const child = spawn(process.execPath, words, {
    env: { ...cleanVariables(), ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let error = ''
  child.stderr.on('data', (chunk: Buffer) => (error += chunk.toString()))
  // The welcome: it serves.
  child.stdout.once('data', () => child.kill('SIGTERM'))
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>(resolve =>
    child.once('close', (...how) => resolve(how)),
  )
  return { code, signal, error }
}

/** The acts at which a start is killed: with POSTERN_SOAK_RUNS the first so many, else some of different kinds. */
const acts = Array.from({ length: Number(process.env['POSTERN_SOAK_RUNS'] ?? 0) }, (_, index) => index + 1)

for (const act of acts.length > 0 ? acts : [20, 35, 38]) {
  test(`[J77] a first start that is killed at its act ${act} on the disk is finished by the next one`, async () => {
    const folder = mkdtempSync(join(shim.folder, 'start-'))
    const variables = { LD_PRELOAD: shim.path, SHIM_DIR: folder, SHIM_FAIL_AT: String(act), SHIM_FAIL_WITH: 'kill' }

    const killed = await start(folder, variables)
    const next = await start(folder)

    assert.equal(killed.signal, 'SIGKILL')
    assert.equal(next.code, 0, next.error)
    const words = ['trail', 'verify', '--data-dir', join(folder, 'data'), '--root-key', join(folder, 'root.key')]
    const verified = await run(process.execPath, [program, ...words], cleanVariables())
    assert.equal(verified.status, 0, verified.error)
  })
}
