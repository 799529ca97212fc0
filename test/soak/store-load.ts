// A write-heavy load on a store and a trail, to be killed at any moment. Prints a line for each thing that was acknowledged.
// Arguments: the folder, the seed, the trail's durability.
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { SecretBytes, seededRandom, systemClock } from '../../src/base/index.ts'
import { createKeyRing, openKeyRing, rootKeyOf } from '../../src/seal/index.ts'
import { openSqliteStore, put } from '../../src/storage/index.ts'
import { openTrail } from '../../src/trail/index.ts'
import { pairs, soakEvent } from './soak-records.ts'

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

async function change(name: string): Promise<void> {
  // Two records and the record of the change, all or nothing.
  const writes = ['a', 'b'].map(half => put(pairs, `${name}.${half}`, { text: name.repeat(20) }, 'absent'))
  await store.commit({ writes, outbox: [soakEvent(`change ${name}`)] })
  await trail.drainOutbox()
  say(`change ${name}`)
}

async function call(name: string): Promise<void> {
  await trail.append([{ line: soakEvent(`call ${name}`) }])
  say(`call ${name}`)
}

for (let turn = 0; ; turn++) {
  const names = Array.from({ length: 1 + (random(1)[0]! % 6) }, (_, index) => `${seedText}.${turn}.${index}`)
  await Promise.all(names.map(name => (random(1)[0]! < 100 ? change(name) : call(name))))
}
