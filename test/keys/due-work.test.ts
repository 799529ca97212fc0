import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import * as fc from 'fast-check'
import { dayMillis, hourMillis } from '../../src/base/index.ts'
import { decryptBlob, encryptBlob, parseBlob } from '../../src/crypto/index.ts'
import {
  cancelKeyDeletion,
  disableKey,
  enableKey,
  enableKeyRotation,
  materialCollection,
  scheduleKeyDeletion,
} from '../../src/keys/index.ts'
import type { KeyEntry } from '../../src/keys/index.ts'
import { openMemoryStore, openSqliteStore } from '../../src/storage/index.ts'
import { KeyRoom, account, region, start } from './key-room.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-due-'))
after(() => rmSync(folder, { recursive: true }))

const newRoom = async (): Promise<KeyRoom> => new KeyRoom(await openMemoryStore())

function schedule(room: KeyRoom, entry: KeyEntry, windowDays = 7): Promise<KeyEntry> {
  return room.change(entry, key => scheduleKeyDeletion(key, { now: room.now, windowDays }))
}

function rotateEvery(room: KeyRoom, entry: KeyEntry, periodDays = 90): Promise<KeyEntry> {
  return room.change(entry, key => enableKeyRotation(key, { now: room.now, periodDays }))
}

async function wrappedOf(room: KeyRoom, { key }: KeyEntry): Promise<readonly string[]> {
  const found = await room.store.find(materialCollection, 'key', `${key.region}/${key.keyId}`)
  return found.map(({ value }) => value.wrapped!)
}

test('[J79] runDueKeyWork() deletes a key at its millisecond, and not one before', async () => {
  const room = await newRoom()
  const key = await schedule(room, await room.makeKey())

  room.now = start + 7 * dayMillis - 1
  const before = [await room.doDueWork(), await room.find(key.key.keyId)]
  room.now += 1
  const atItsTime = [await room.doDueWork(), await room.find(key.key.keyId)]

  assert.deepEqual([before[0], before[1] === undefined], [0, false])
  assert.deepEqual(atItsTime, [1, undefined])
})

test('runDueKeyWork() deletes the key with its aliases and all of its material, and leaves those of others', async () => {
  const room = await newRoom()
  const [key, other] = [await rotateEvery(room, await room.makeKey()), await room.makeKey()]
  await room.makeAlias('alias/gone', (await room.find(key.key.keyId))!)
  await room.makeAlias('alias/stays', other)
  room.now += 90 * dayMillis
  await room.doDueWork()
  assert.equal((await wrappedOf(room, key)).length, 2)
  await schedule(room, key)
  room.now += 7 * dayMillis

  await room.doDueWork()

  assert.deepEqual(await room.keyIds(), [other.key.keyId])
  assert.equal(await room.keys.findAlias(account, region, 'alias/gone'), undefined)
  assert.equal((await room.keys.findAlias(account, region, 'alias/stays'))?.value.keyId, other.key.keyId)
  assert.deepEqual(await wrappedOf(room, key), [])
  assert.equal((await wrappedOf(room, other)).length, 1)
  assert.equal(await room.keys.secretMaterial(key.key), undefined)
})

test('runDueKeyWork() leaves the record of each change in the outbox, with the change', async () => {
  const room = await newRoom()
  const [deleted, rotated] = [await schedule(room, await room.makeKey()), await rotateEvery(room, await room.makeKey())]
  room.now += 90 * dayMillis

  await room.doDueWork()

  const records = (await room.store.readOutbox(10)).map(({ record }) => record)
  const now = (await room.find(rotated.key.keyId))!
  assert.deepEqual(records, ['record 1', 'record 2'])
  assert.deepEqual(
    room.events.map(event => [event.kind, event.key.keyId]),
    [
      ['deleted', deleted.key.keyId],
      ['rotated', rotated.key.keyId],
    ],
  )
  assert.ok(room.events[1]?.kind === 'rotated')
  assert.deepEqual(
    [room.events[1].previousMaterialId, room.events[1].materialId],
    [rotated.key.materialId, now.key.materialId],
  )
})

test('runDueKeyWork() changes nothing where no record can be made', async () => {
  const room = await newRoom()
  const key = await schedule(room, await room.makeKey())
  room.now += 7 * dayMillis

  const work = room.doDueWork(() => {
    throw new TypeError('no record')
  })

  await assert.rejects(work, /no record/)
  assert.ok(await room.find(key.key.keyId))
})

test('runDueKeyWork() deletes no key whose deletion was cancelled', async () => {
  const room = await newRoom()
  const key = await schedule(room, await room.makeKey())
  await room.change(key, cancelKeyDeletion)
  room.now += 30 * dayMillis

  assert.equal(await room.doDueWork(), 0)
  assert.equal((await room.find(key.key.keyId))?.key.state.kind, 'disabled')
})

test('runDueKeyWork() leaves a key whose deletion is cancelled while it works', async () => {
  const room = await newRoom()
  const key = await schedule(room, await room.makeKey())
  room.now += 7 * dayMillis
  const cancelled = cancelKeyDeletion((await room.find(key.key.keyId))!)
  const pending: Promise<void>[] = []

  // The record is made just before the commit: what comes in then is committed first.
  const done = await room.doDueWork(() => {
    pending.push(room.store.commit({ writes: cancelled }))
    return 'record'
  })
  await Promise.all(pending)

  assert.equal(done, 0)
  assert.equal((await room.find(key.key.keyId))?.key.state.kind, 'disabled')
  assert.deepEqual(await room.store.readOutbox(1), [])
})

test('[F58] a scheduled deletion happens after a restart, and leaves the wrapped material in no file and no later backup', async () => {
  const path = join(folder, 'restart.db')
  const files = (): readonly string[] => readdirSync(folder).filter(name => name.startsWith('restart.db'))
  const remains = (wrapped: string): readonly string[] =>
    files().filter(name => {
      const bytes = readFileSync(join(folder, name))
      const [, base64 = ''] = wrapped.split('.')
      return Array.from({ length: base64.length - 31 }, (_, at) => base64.slice(at, at + 31)).some(part =>
        bytes.includes(part),
      )
    })
  const room = new KeyRoom(await openSqliteStore(path))
  const [key, other] = [await rotateEvery(room, await room.makeKey()), await room.makeKey()]
  room.now += 90 * dayMillis
  await room.doDueWork()
  await schedule(room, key)
  const wrapped = await wrappedOf(room, key)
  const [kept = ''] = await wrappedOf(room, other)
  assert.deepEqual([wrapped.length, ...wrapped.map(text => remains(text).length > 0)], [2, true, true])
  await room.store[Symbol.asyncDispose]()
  const store = await openSqliteStore(path)
  room.reopen(store)
  room.now += 7 * dayMillis

  const done = await room.doDueWork()

  await store.backup(join(folder, 'restart.db-backup'))
  assert.ok(files().includes('restart.db-backup'))
  const whileOpen = wrapped.map(remains)
  await room.store[Symbol.asyncDispose]()
  assert.equal(done, 1)
  assert.deepEqual(whileOpen, [[], []])
  assert.deepEqual(wrapped.map(remains), [[], []])
  assert.ok(remains(kept).length > 0)
})

test('[F58] runDueKeyWork() rotates a key when its time has come; old ciphertexts open, new ones have the new material', async () => {
  const room = await newRoom()
  const before = await rotateEvery(room, await room.makeKey())
  const material = (await room.keys.secretMaterial(before.key))!
  const old = encryptBlob(before.key.keyId, material, Buffer.from('old'), undefined, room.random)

  room.now += 90 * dayMillis - 1
  const early = await room.doDueWork()
  room.now += 1
  const onTime = await room.doDueWork()

  const { key } = (await room.find(before.key.keyId))!
  const blob = parseBlob(old)!
  const oldMaterial = (await room.keys.secretMaterial(key, blob.materialId))!
  assert.deepEqual([early, onTime], [0, 1])
  assert.notEqual(key.materialId, before.key.materialId)
  assert.equal((await room.keys.secretMaterial(key))?.materialId, key.materialId)
  assert.equal(decryptBlob(blob, oldMaterial, undefined)?.toString(), 'old')
  assert.equal(decryptBlob(blob, (await room.keys.secretMaterial(key))!, undefined), undefined)
  assert.equal(key.rotation.nextAt, start + 180 * dayMillis)
})

test('runDueKeyWork() rotates once after a long standstill, not once for each period that was missed', async () => {
  const room = await newRoom()
  const key = await rotateEvery(room, await room.makeKey())
  room.now += 1_000 * dayMillis

  const done = [await room.doDueWork(), await room.doDueWork()]

  assert.deepEqual(done, [1, 0])
  assert.equal((await wrappedOf(room, key)).length, 2)
})

test('runDueKeyWork() rotates no key that is disabled or waits for its deletion, and catches up when it is enabled', async () => {
  const room = await newRoom()
  const [disabled, pending] = [
    await rotateEvery(room, await room.makeKey()),
    await rotateEvery(room, await room.makeKey()),
  ]
  await room.change(disabled, disableKey)
  room.now += 89 * dayMillis
  await schedule(room, pending, 30)
  room.now += dayMillis

  const whileDisabled = await room.doDueWork()
  await room.change(disabled, enableKey)
  const afterwards = await room.doDueWork()

  assert.deepEqual([whileDisabled, afterwards], [0, 1])
  assert.equal((await wrappedOf(room, pending)).length, 1)
})

test('runDueKeyWork() does what is due in turns, all of it in the end', async () => {
  const room = await newRoom()
  for (let count = 0; count < 120; count++) await schedule(room, await room.makeKey())
  room.now += 7 * dayMillis

  const done = [await room.doDueWork(), await room.doDueWork(), await room.doDueWork()]

  assert.deepEqual(done, [100, 20, 0])
  assert.deepEqual(await room.keyIds(), [])
})

test('[J79] runDueKeyWork() deletes no key early, however the clock jumps', async () => {
  const jump = fc.constantFrom(-hourMillis, -1, 0, 1_000, hourMillis, 3 * dayMillis, 8 * dayMillis, -365 * dayMillis)
  const windows = fc.array(fc.integer({ min: 7, max: 30 }), { minLength: 1, maxLength: 4 })

  const isNeverEarly = fc.asyncProperty(windows, fc.array(jump, { maxLength: 12 }), async (days, jumps) => {
    const room = await newRoom()
    const due = new Map<string, number>()
    for (const windowDays of days) {
      const { key } = await schedule(room, await room.makeKey(), windowDays)
      due.set(key.keyId, start + windowDays * dayMillis)
    }
    let latest = room.now
    for (const by of jumps) {
      room.now += by
      latest = Math.max(latest, room.now)
      await room.doDueWork()
      const alive = new Set(await room.keyIds())
      for (const [keyId, at] of due) assert.equal(alive.has(keyId), at > latest)
    }
  })

  await fc.assert(isNeverEarly, { seed: 20_261_124, numRuns: 30 })
})

test('runDueKeyWork() deletes many keys of a large store in a few passes through its file, and lets others in between', async () => {
  const path = join(folder, 'many.db')
  const room = new KeyRoom(await openSqliteStore(path, { scrubThreadBytes: 0 }))
  const wrapped: string[] = []
  for (let count = 0; count < 100; count++) {
    const entry = await schedule(room, await room.makeKey())
    wrapped.push(...(await wrappedOf(room, entry)))
  }
  room.now += 7 * dayMillis
  let turns = 0
  const timer = setInterval(() => (turns += 1), 1)
  const started = performance.now()

  const done = await room.doDueWork()

  const elapsed = performance.now() - started
  clearInterval(timer)
  await room.store[Symbol.asyncDispose]()
  const bytes = readFileSync(path)
  assert.equal(done, 100)
  assert.ok(turns > 10, `${turns} turns`)
  // A pass takes a thread's start, some 50 ms, at least: one for each key would be five seconds.
  assert.ok(elapsed < 3_000, `${elapsed} ms`)
  for (const text of wrapped) assert.ok(!bytes.includes(text.slice(2, 50)))
})

test('runDueKeyWork() rotates and finishes many keys with requests in between', async () => {
  const room = await newRoom()
  for (let made = 0; made < 20; made++) {
    await rotateEvery(room, await room.makeKey())
    await room.replicate(await room.makeKey({ multiRegion: true }), 'eu-west-1')
  }
  room.now += 90 * dayMillis
  let turns = 0
  let isDone = false
  const count = (): void => {
    turns += 1
    if (!isDone) setImmediate(count)
  }
  setImmediate(count)

  const done = await room.doDueWork()
  isDone = true

  assert.equal(done, 40)
  assert.ok(turns >= 40, `${turns} turns of the event loop`)
})
