// Kills a process that writes to a store and a trail, again and again, and looks at what it left. Arguments: how many kills, the seed.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { SecretBytes, seededRandom } from '../../src/base/index.ts'
import { createKeyRing, openKeyRing, rootKeyOf } from '../../src/seal/index.ts'
import { openSqliteStore } from '../../src/storage/index.ts'
import type { Store } from '../../src/storage/index.ts'
import { openTrail, verifyTrail } from '../../src/trail/index.ts'
import { pairs } from './soak-records.ts'

const root = rootKeyOf(new SecretBytes(Buffer.alloc(32, 7)))
const keyRing = openKeyRing(root, createKeyRing(root, seededRandom(1)), seededRandom(2))

/** Runs the load until a random moment, kills it, and gives what it had acknowledged. */
export async function runAndKill(
  folder: string,
  seed: number,
  random: () => number,
  disk: { readonly durability?: 'written' | 'synced'; readonly variables?: NodeJS.ProcessEnv } = {},
): Promise<readonly string[]> {
  const program = new URL('store-load.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [program, folder, String(seed), disk.durability ?? 'written'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...disk.variables },
  })
  let text = ''
  const ended = new Promise(resolve => child.once('close', resolve))
  const started = new Promise<void>(resolve => {
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      resolve()
    })
  })
  await Promise.race([started, ended])
  assert.ok(text.startsWith('ready'), `the load of seed ${seed} starts again after the kill before it`)
  await delay(random() * 60)
  child.kill('SIGKILL')
  await ended
  // What comes behind the last line end was not said in whole.
  return text.split('\n').slice(1, -1)
}

/** Everything that was acknowledged is there once; nothing is half there; the chain is whole. */
export async function checkWhatIsLeft(folder: string, acknowledged: ReadonlySet<string>): Promise<void> {
  await using store = await openSqliteStore(join(folder, 'postern.db'))
  const directory = join(folder, 'trail')
  const trail = await openTrail({ directory, store, keyRing, durability: 'written', clock: { now: () => 0 } })
  await trail[Symbol.asyncDispose]()
  const report = await verifyTrail({ directory, keyRing, store })
  assert.equal(report.fault, undefined)
  const names = recordedNames(directory)
  assert.equal(new Set(names).size, names.length, 'no record is there twice')
  const recorded = new Set(names)
  for (const name of acknowledged) assert.ok(recorded.has(name), `the record of "${name}" is there`)
  const halves = await allIds(store)
  const changes = new Set(halves.map(id => id.slice(0, -2)))
  assert.equal(halves.length, changes.size * 2, 'no change is half there')
  for (const name of changes) assert.ok(recorded.has(`change ${name}`), `change ${name} has its record`)
  for (const name of recorded) {
    if (name.startsWith('change ')) assert.ok(changes.has(name.slice(7)), `${name} is there and not only its record`)
  }
}

function recordedNames(directory: string): readonly string[] {
  return readdirSync(directory)
    .filter(name => name.endsWith('.log'))
    .flatMap(name => [...readFileSync(join(directory, name), 'utf8').matchAll(/"eventID":"([^"]+)"/g)])
    .map(match => match[1]!)
}

async function allIds(store: Store): Promise<readonly string[]> {
  const ids: string[] = []
  for (;;) {
    const last = ids.at(-1)
    const page = await store.list(pairs, { limit: 1_000, ...(last === undefined ? {} : { after: last }) })
    ids.push(...page.map(record => record.id))
    if (page.length < 1_000) return ids
  }
}

/** Kills the load so many times; a fresh folder now and then keeps the checks short. */
export async function killStore(kills: number, seed: number): Promise<void> {
  const bytes = seededRandom(seed)
  const random = (): number => bytes(4).readUInt32BE() / 2 ** 32
  const killsPerFolder = 25
  let folder = ''
  let acknowledged = new Set<string>()
  let total = 0
  try {
    for (let kill = 0; kill < kills; kill++) {
      if (kill % killsPerFolder === 0) {
        if (folder !== '') rmSync(folder, { recursive: true })
        folder = mkdtempSync(join(tmpdir(), 'postern-kill-'))
        acknowledged = new Set()
      }
      for (const name of await runAndKill(folder, seed + kill, random)) acknowledged.add(name)
      await checkWhatIsLeft(folder, acknowledged)
      total += 1
      if (total % 50 === 0) process.stderr.write(`${total} of ${kills} kills, ${acknowledged.size} acknowledged here\n`)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  const [kills = '1000', seed = String(Date.now() % 1_000_000)] = process.argv.slice(2)
  process.stderr.write(`seed ${seed}\n`)
  await killStore(Number(kills), Number(seed))
  process.stderr.write(`${kills} kills, nothing acknowledged was lost and nothing was half there\n`)
}
