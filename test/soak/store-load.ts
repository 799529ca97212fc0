// A write-heavy load on a store and a trail, to be killed at any moment. Prints a line for each thing that was acknowledged.
// Arguments: the folder, the seed, the trail's durability.
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { SecretBytes, seededRandom, systemClock } from '../../src/base/index.ts'
import { createKeyRing, openKeyRing, rootKeyOf } from '../../src/seal/index.ts'
import { openSqliteStore, put, remove } from '../../src/storage/index.ts'
import type { Write } from '../../src/storage/index.ts'
import { openTrail } from '../../src/trail/index.ts'
import { pairs, secretOf, soakEvent } from './soak-records.ts'

const [folder = '', seedText = '', durability = 'written'] = process.argv.slice(2)
const random = seededRandom(Number(seedText))
const root = rootKeyOf(new SecretBytes(Buffer.alloc(32, 7)))
const keyRing = openKeyRing(root, createKeyRing(root, seededRandom(1)), seededRandom(2))
const store = await openSqliteStore(join(folder, 'postern.db'))
const trail = await openTrail({
  directory: join(folder, 'trail'),
  store,
  keyRing,
  durability: durability === 'synced' ? 'synced' : 'written',
  clock: systemClock,
  segmentBytes: 20_000,
})

/** Straight to the pipe, so that what was said before the kill arrives. */
const say = (text: string): void => void writeSync(1, `${text}\n`)
say('ready')

/** Names of the pairs that this run has made and that nothing is being done to. */
const idle: string[] = []
const halvesOf = (name: string): readonly string[] => [`${name}.a`, `${name}.b`]

// Two records and the record of the change, all or nothing.
async function change(act: string, writes: readonly Write[], scrub: boolean): Promise<void> {
  await store.commit({ writes, outbox: [soakEvent(act)], scrub })
  await trail.drainOutbox()
  say(act)
}

async function make(name: string): Promise<void> {
  const value = { act: `make ${name}`, secret: secretOf(`make ${name}`) }
  await change(
    value.act,
    halvesOf(name).map(id => put(pairs, id, value, 'absent')),
    false,
  )
  idle.push(name)
}

async function update(name: string, stamp: string): Promise<void> {
  const act = `update ${name} ${stamp}`
  const value = { act, secret: secretOf(act) }
  await change(
    act,
    halvesOf(name).map(id => put(pairs, id, value, 'any')),
    true,
  )
  idle.push(name)
}

async function drop(name: string): Promise<void> {
  await change(
    `drop ${name}`,
    halvesOf(name).map(id => remove(pairs, id, 'any')),
    true,
  )
}

async function call(name: string): Promise<void> {
  await trail.append([{ line: soakEvent(`call ${name}`) }])
  say(`call ${name}`)
}

function act(name: string): Promise<void> {
  const choice = random(1)[0]!
  if (choice < 150) return call(name)
  const other = choice < 200 ? undefined : idle.shift()
  if (other === undefined) return make(name)
  return choice < 230 ? update(other, name) : drop(other)
}

for (let turn = 0; ; turn++) {
  const names = Array.from({ length: 1 + (random(1)[0]! % 6) }, (_, index) => `${seedText}.${turn}.${index}`)
  await Promise.all(names.map(act))
}
