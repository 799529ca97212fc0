// Kills a process that writes to a store and a trail, again and again, and looks at what it left. Arguments: how many kills, the seed.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { SecretBytes, seededRandom } from '../../src/base/index.ts'
import { createKeyRing, openKeyRing, rootKeyOf } from '../../src/seal/index.ts'
import { openSqliteStore } from '../../src/storage/index.ts'
import type { Store, StoredRecord } from '../../src/storage/index.ts'
import { openTrail, verifyTrail } from '../../src/trail/index.ts'
import { pairs, secretOf } from './soak-records.ts'

const root = rootKeyOf(new SecretBytes(Buffer.alloc(32, 7)))
const keyRing = openKeyRing(root, createKeyRing(root, seededRandom(1)), seededRandom(2))

/** Runs the load until a random moment, kills it, and gives what it had acknowledged. */
export async function runAndKill(
  folder: string,
  seed: number,
  random: () => number,
  disk: {
    readonly durability?: 'written' | 'synced'
    readonly variables?: NodeJS.ProcessEnv
    /** Kill it at a random moment of its start instead of after that. */
    readonly atStart?: boolean
  } = {},
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
  if (disk.atStart === true) await delay(random() * 500)
  else {
    await Promise.race([started, ended])
    assert.ok(text.startsWith('ready'), `the load of seed ${seed} starts again after the kill before it`)
    await delay(random() * 60)
  }
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
  const left = await allPairs(store)
  const expected = new Map(names.flatMap(lastActs))
  for (const [name] of [...expected].filter(([, act]) => act.startsWith('drop '))) expected.delete(name)
  assert.deepEqual(left, expected, 'the pairs are as the records say, neither more nor less, and none is half there')
  const files = ['postern.db', 'postern.db-wal'].map(name => join(folder, name)).filter(existsSync)
  const bytes = Buffer.concat(files.map(path => readFileSync(path)))
  const gone = names.filter(name => /^(make|update) /.test(name) && expected.get(name.split(' ')[1]!) !== name)
  for (const act of gone) assert.ok(bytes.indexOf(secretOf(act)) === -1, `what ${act} wrote is in no file any more`)
}

// By name, in the order of the records.
const lastActs = (act: string): readonly (readonly [string, string])[] =>
  act.startsWith('call ') ? [] : [[act.split(' ')[1]!, act]]

/** The pairs by name, with the act that made each what it is. */
async function allPairs(store: Store): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  const halves = await allHalves(store)
  for (const { id, value } of halves) {
    const name = id.slice(0, -2)
    assert.equal(value.secret, secretOf(value.act))
    assert.equal(found.get(name) ?? value.act, value.act, `pair ${name} is the same in both halves`)
    found.set(name, value.act)
  }
  assert.equal(halves.length, found.size * 2, 'no pair is half there')
  return found
}

function recordedNames(directory: string): readonly string[] {
  return readdirSync(directory)
    .filter(name => name.endsWith('.log'))
    .toSorted()
    .flatMap(name => [...readFileSync(join(directory, name), 'utf8').matchAll(/"eventID":"([^"]+)"/g)])
    .map(match => match[1]!)
}

async function allHalves(
  store: Store,
): Promise<readonly StoredRecord<{ readonly act: string; readonly secret: string }>[]> {
  const halves: StoredRecord<{ readonly act: string; readonly secret: string }>[] = []
  for (;;) {
    const last = halves.at(-1)
    const page = await store.list(pairs, { limit: 1_000, ...(last === undefined ? {} : { after: last.id }) })
    halves.push(...page)
    if (page.length < 1_000) return halves
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
      const durability = random() < 0.5 ? 'written' : 'synced'
      const atStart = random() < 0.2
      for (const name of await runAndKill(folder, seed + kill, random, { durability, atStart })) acknowledged.add(name)
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
