import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { dayMillis } from '../../src/base/index.ts'
import { decryptBlob, encryptBlob, parseBlob } from '../../src/crypto/index.ts'
import {
  cancelKeyDeletion,
  disableKey,
  enableKeyRotation,
  materialCollection,
  newKeyName,
  parseKeyReference,
  putKeyPolicy,
  relatedKeys,
  rotateKey,
  scheduleKeyDeletion,
  tagKey,
  updatePrimaryRegion,
} from '../../src/keys/index.ts'
import type { KeyEntry } from '../../src/keys/index.ts'
import { ConflictError, openMemoryStore, openSqliteStore, put } from '../../src/storage/index.ts'
import { KeyRoom, account, otherRegions, region, start } from './key-room.ts'

const [second, third] = otherRegions
const folder = mkdtempSync(join(tmpdir(), 'postern-regions-'))
after(() => rmSync(folder, { recursive: true }))

const newRoom = async (): Promise<KeyRoom> => new KeyRoom(await openMemoryStore())

/** A primary key, and its copies in other Regions, ready for use. */
async function makeKeyIn(room: KeyRoom, ...others: readonly string[]): Promise<string> {
  const primary = await room.makeKey({ multiRegion: true })
  for (const other of others) await room.replicate(primary, other)
  await room.doDueWork()
  return primary.key.keyId
}

const keyIn = async (room: KeyRoom, keyId: string, at: string): Promise<KeyEntry> => (await room.find(keyId, at))!

async function rotateEvery(room: KeyRoom, keyId: string, periodDays: number): Promise<void> {
  const entry = await keyIn(room, keyId, region)
  const related = await relatedKeys(entry.key, room.keys)
  await room.store.commit({ writes: enableKeyRotation(entry, { now: room.now, periodDays, related }) })
}

async function moveTo(room: KeyRoom, keyId: string, from: string, to: string): Promise<void> {
  const [primary, replica] = [await keyIn(room, keyId, from), await keyIn(room, keyId, to)]
  const related = await relatedKeys(primary.key, room.keys)
  await room.store.commit({ writes: updatePrimaryRegion(primary, replica, related) })
}

function schedule(room: KeyRoom, entry: KeyEntry, windowDays = 7): Promise<KeyEntry> {
  return room.change(entry, key => scheduleKeyDeletion(key, { now: room.now, windowDays }))
}

async function encryptIn(room: KeyRoom, keyId: string, at: string, text: string): Promise<Buffer> {
  const material = (await room.keys.secretMaterial((await keyIn(room, keyId, at)).key))!
  return encryptBlob(keyId, material, Buffer.from(text), undefined, room.random)
}

async function decryptIn(room: KeyRoom, at: string, bytes: Buffer): Promise<string | undefined> {
  const blob = parseBlob(bytes)!
  const { key } = await keyIn(room, blob.keyId, at)
  const material = await room.keys.secretMaterial(key, blob.materialId)
  return material === undefined ? undefined : decryptBlob(blob, material, undefined)?.toString()
}

const statesOf = async (room: KeyRoom, keyId: string): Promise<readonly (string | undefined)[]> =>
  Promise.all([region, second, third].map(async at => (await room.find(keyId, at))?.key.state.kind))

async function wrappedIn(room: KeyRoom, keyId: string, at: string): Promise<readonly string[]> {
  return (await room.store.find(materialCollection, 'key', `${at}/${keyId}`)).map(({ value }) => value.wrapped!)
}

test('newKeyName() gives multi-Region keys ids that requests can name', async () => {
  const room = await newRoom()

  const { keyId, arn } = newKeyName(account, region, room.random, { multiRegion: true })

  assert.match(keyId, /^mrk-[0-9a-f]{32}$/)
  assert.deepEqual(parseKeyReference(arn, { account, region }, { aliases: true }), { kind: 'key', account, keyId })
})

test('a multi-Region key is made alone, as the primary one', async () => {
  const room = await newRoom()

  const { key } = await room.makeKey({ multiRegion: true })

  assert.deepEqual([key.multiRegion, key.regions], [true, { primary: region, replicas: [] }])
  assert.deepEqual(await relatedKeys(key, room.keys), [])
})

test('replicateKey() makes a whole copy that is only said to be under way, and due work says that it is ready', async () => {
  const room = await newRoom()
  const primary = await room.makeKey({ multiRegion: true, tags: [{ key: 'a', value: 'b' }], description: 'first' })

  const made = (await room.replicate(primary, second)).key
  const materialWhileMade = await wrappedIn(room, made.keyId, second)
  const done = await room.doDueWork()

  const [one, two] = [await keyIn(room, made.keyId, region), await keyIn(room, made.keyId, second)]
  assert.deepEqual([made.state.kind, materialWhileMade.length, done], ['creating', 1, 1])
  assert.deepEqual([one.key.state.kind, two.key.state.kind], ['enabled', 'enabled'])
  assert.deepEqual(one.key.regions, { primary: region, replicas: [second] })
  assert.deepEqual(two.key.regions, one.key.regions)
  assert.equal(two.key.materialId, one.key.materialId)
  assert.deepEqual([two.key.tags, two.key.description], [[], ''])
  assert.equal(two.key.arn, `arn:aws:kms:${second}:${account}:key/${made.keyId}`)
  assert.deepEqual(
    room.events.map(event => event.kind),
    ['synchronized'],
  )
})

test('what was begun with a key is finished after a restart, and once', async () => {
  const path = join(folder, 'begun.db')
  const room = new KeyRoom(await openSqliteStore(path))
  const primary = await room.makeKey({ multiRegion: true })
  const { keyId } = primary.key
  await room.replicate(primary, second)
  await room.store[Symbol.asyncDispose]()
  room.reopen(await openSqliteStore(path))

  const whileBegun = await statesOf(room, keyId)
  const done = [await room.doDueWork(), await room.doDueWork()]

  assert.deepEqual(whileBegun, ['enabled', 'creating', undefined])
  assert.deepEqual(await statesOf(room, keyId), ['enabled', 'enabled', undefined])
  assert.deepEqual(done, [1, 0])
  await room.store[Symbol.asyncDispose]()
})

test('a ciphertext of one Region opens in the others, before and after a rotation', async () => {
  const room = await newRoom()
  const keyId = await makeKeyIn(room, second, third)
  const old = await encryptIn(room, keyId, second, 'old')

  await room.rotate(await keyIn(room, keyId, region))

  const fresh = await encryptIn(room, keyId, third, 'new')
  for (const at of [region, second, third]) {
    assert.equal(await decryptIn(room, at, old), 'old')
    assert.equal(await decryptIn(room, at, fresh), 'new')
  }
  assert.notEqual(parseBlob(old)!.materialId, parseBlob(fresh)!.materialId)
})

test('a replica that is made after rotations has all of the material, each with its id and time', async () => {
  const room = await newRoom()
  const primary = await room.makeKey({ multiRegion: true })
  const { keyId } = primary.key
  const old = await encryptIn(room, keyId, region, 'old')
  room.now += dayMillis
  await room.rotate(primary)
  room.now += dayMillis

  await room.replicate(primary, second)

  assert.equal(await decryptIn(room, second, old), 'old')
  const about = async (at: string): Promise<unknown> =>
    (await room.keys.materialsOf((await keyIn(room, keyId, at)).key)).map(({ value }) => [
      value.materialId,
      value.createdAt,
    ])
  assert.deepEqual(await about(second), await about(region))
})

test('[J78] the wrapped material of one Region does not open in another', async () => {
  const room = await newRoom()
  const keyId = await makeKeyIn(room, second)
  const [here] = await room.keys.materialsOf((await keyIn(room, keyId, region)).key)
  const [there] = await room.keys.materialsOf((await keyIn(room, keyId, second)).key)

  const moved = { ...there!.value, wrapped: here!.value.wrapped! }
  await room.store.commit({ writes: [put(materialCollection, there!.id, moved, there!.version)] })

  assert.notEqual(here!.value.wrapped, there!.value.wrapped!)
  await assert.rejects(async () => room.keys.secretMaterial((await keyIn(room, keyId, second)).key))
})

for (const [keySpec, keyUsage] of [
  ['HMAC_256', 'GENERATE_VERIFY_MAC'],
  ['ECC_NIST_P256', 'SIGN_VERIFY'],
  ['RSA_2048', 'ENCRYPT_DECRYPT'],
] as const) {
  test(`a ${keySpec} key has one material in all Regions`, async () => {
    const room = await newRoom()
    const primary = await room.makeKey({ multiRegion: true, keySpec, keyUsage })

    const replica = await room.replicate(primary, second)

    const secretOf = async ({ key }: KeyEntry): Promise<Buffer> => {
      if (keyUsage === 'GENERATE_VERIFY_MAC') return (await room.keys.secretMaterial(key))!.key.export()
      return Buffer.from((await room.keys.keyPair(key))!.publicKey.export({ type: 'spki', format: 'der' }))
    }
    assert.deepEqual(await secretOf(replica), await secretOf(primary))
  })
}

test('the rotation of a key is one in all of its Regions: its setting, its material and its next time', async () => {
  const room = await newRoom()
  const keyId = await makeKeyIn(room, second, third)
  await rotateEvery(room, keyId, 90)
  room.now += 90 * dayMillis

  const done = await room.doDueWork()

  const keys = await Promise.all([region, second, third].map(async at => (await keyIn(room, keyId, at)).key))
  assert.equal(done, 1)
  for (const key of keys) {
    assert.equal(key.materialId, keys[0]!.materialId)
    assert.deepEqual(key.rotation, { enabled: true, periodDays: 90, nextAt: start + 180 * dayMillis })
    assert.equal((await wrappedIn(room, keyId, key.region)).length, 2)
  }
  assert.deepEqual(
    room.events.slice(-2).map(event => [event.kind, event.key.region]),
    [
      ['rotated', region],
      ['synchronized', region],
    ],
  )
})

test('no rotation is due at a replica, also where the primary key is out of use', async () => {
  const room = await newRoom()
  const keyId = await makeKeyIn(room, second)
  await rotateEvery(room, keyId, 90)
  await room.change(await keyIn(room, keyId, region), disableKey)
  room.now += 100 * dayMillis

  assert.equal(await room.doDueWork(), 0)
})

test('a change of what is shared that leaves a Region out is refused', async () => {
  const room = await newRoom()
  const keyId = await makeKeyIn(room, second)
  const entry = await keyIn(room, keyId, region)

  assert.throws(() => enableKeyRotation(entry, { now: room.now }), /leaves out eu-west-1/)
  await assert.rejects(rotateKey(entry, room), /leaves out eu-west-1/)
})

test('policy, tags and use of one Region leave those of the others as they were', async () => {
  const room = await newRoom()
  const keyId = await makeKeyIn(room, second)
  const before = (await keyIn(room, keyId, region)).key

  const replica = await keyIn(room, keyId, second)
  await room.change(replica, key => putKeyPolicy(key, before.policy.replace('key-default-1', 'other')))
  await room.change(replica, key => tagKey(key, [{ key: 'a', value: 'b' }]))
  await room.change(replica, disableKey)

  assert.deepEqual((await keyIn(room, keyId, region)).key, before)
})

test('of a replication and a rotation that began at once, one meets a conflict and nothing of it is written', async () => {
  const room = await newRoom()
  const primary = await room.makeKey({ multiRegion: true })
  const { keyId } = primary.key

  const rotation = await rotateKey(primary, room)
  await room.replicate(primary, second)
  const late = room.store.commit({ writes: rotation.writes })

  await assert.rejects(late, ConflictError)
  assert.equal((await wrappedIn(room, keyId, region)).length, 1)
  assert.equal((await keyIn(room, keyId, second)).key.materialId, (await keyIn(room, keyId, region)).key.materialId)
})

test('replications, rotations and changes of the primary Region in any order at once leave all Regions in step', async () => {
  const room = await newRoom()
  const keyId = await makeKeyIn(room, second)
  const untilDone = async (work: () => Promise<unknown>): Promise<void> => {
    for (;;) {
      try {
        await work()
        return
      } catch (error) {
        if (!(error instanceof ConflictError)) throw error
      }
    }
  }
  const rotate = async (): Promise<unknown> => room.rotate(await keyIn(room, keyId, region))

  await Promise.all([
    untilDone(rotate),
    untilDone(async () => room.replicate(await keyIn(room, keyId, region), third)),
    untilDone(rotate),
    untilDone(() => moveTo(room, keyId, region, second)),
    untilDone(() => room.doDueWork()),
  ])
  while ((await room.doDueWork()) > 0);

  const keys = await Promise.all(
    [region, second, third].map(async at => (await room.find(keyId, at))?.key).filter(key => key !== undefined),
  )
  assert.equal(keys.length, 3)
  for (const key of keys) {
    assert.ok(key !== undefined)
    assert.deepEqual(
      [key.regions, key.materialId, key.rotation],
      [keys[0]!.regions, keys[0]!.materialId, keys[0]!.rotation],
    )
    assert.equal((await wrappedIn(room, keyId, key.region)).length, (await wrappedIn(room, keyId, region)).length)
  }
})

test('updatePrimaryRegion() changes the two keys in one commit; what rotates is the new primary key', async () => {
  const room = await newRoom()
  const keyId = await makeKeyIn(room, second, third)
  await rotateEvery(room, keyId, 90)

  await moveTo(room, keyId, region, second)

  assert.deepEqual(await statesOf(room, keyId), ['updating', 'updating', 'enabled'])
  assert.equal(await room.doDueWork(), 1)
  assert.deepEqual(await statesOf(room, keyId), ['enabled', 'enabled', 'enabled'])
  for (const at of [region, second, third])
    assert.deepEqual((await keyIn(room, keyId, at)).key.regions, { primary: second, replicas: [region, third] })
  room.now += 90 * dayMillis
  await room.doDueWork()
  assert.equal(room.events.find(event => event.kind === 'rotated')?.key.region, second)
})

test('a primary key waits for its last replica to be gone, and its waiting period begins then', async () => {
  const room = await newRoom()
  const keyId = await makeKeyIn(room, second, third)
  await schedule(room, await keyIn(room, keyId, region), 10)
  await schedule(room, await keyIn(room, keyId, second), 7)
  await schedule(room, await keyIn(room, keyId, third), 8)
  const waiting = await keyIn(room, keyId, region)

  room.now = start + 7 * dayMillis
  await room.doDueWork()
  const afterOne = await keyIn(room, keyId, region)
  room.now = start + 8 * dayMillis
  await room.doDueWork()
  const afterBoth = await keyIn(room, keyId, region)
  room.now = start + 18 * dayMillis - 1
  await room.doDueWork()
  const early = await room.find(keyId, region)
  room.now += 1
  await room.doDueWork()

  assert.deepEqual(waiting.key.state, { kind: 'pending-replica-deletion', windowDays: 10 })
  assert.deepEqual([afterOne.key.state.kind, afterOne.key.regions!.replicas], ['pending-replica-deletion', [third]])
  assert.deepEqual(afterBoth.key.state, {
    kind: 'pending-deletion',
    deleteAt: start + 18 * dayMillis,
    windowDays: 10,
  })
  assert.deepEqual(afterBoth.key.regions!.replicas, [])
  assert.notEqual(early, undefined)
  assert.deepEqual(await statesOf(room, keyId), [undefined, undefined, undefined])
})

test('replicas whose deletion is due at once are all deleted in the end', async () => {
  const room = await newRoom()
  const keyId = await makeKeyIn(room, second, third)
  for (const at of [region, second, third]) await schedule(room, await keyIn(room, keyId, at))
  room.now += 7 * dayMillis

  while ((await room.doDueWork()) > 0);

  assert.deepEqual(await statesOf(room, keyId), ['pending-deletion', undefined, undefined])
})

test('a deletion that is cancelled while replicas are there leaves the primary key disabled, and it stays', async () => {
  const room = await newRoom()
  const keyId = await makeKeyIn(room, second)
  await schedule(room, await keyIn(room, keyId, region))
  await schedule(room, await keyIn(room, keyId, second))
  await room.change(await keyIn(room, keyId, region), cancelKeyDeletion)
  room.now += 60 * dayMillis

  await room.doDueWork()
  await room.doDueWork()

  assert.deepEqual(await statesOf(room, keyId), ['disabled', undefined, undefined])
})

test('a replica that is being made can be deleted, and is not ready for use in between', async () => {
  const room = await newRoom()
  const primary = await room.makeKey({ multiRegion: true })
  await schedule(room, await room.replicate(primary, second))

  await room.doDueWork()

  assert.deepEqual(await statesOf(room, primary.key.keyId), ['enabled', 'pending-deletion', undefined])
})

test('[F58] the deletion of a replica leaves its wrapped material in no file, and the others as they were', async () => {
  const path = join(folder, 'wiped.db')
  const room = new KeyRoom(await openSqliteStore(path))
  const keyId = await makeKeyIn(room, second)
  await room.rotate(await keyIn(room, keyId, region))
  const [here, there] = [await wrappedIn(room, keyId, region), await wrappedIn(room, keyId, second)]
  const isInFiles = (wrapped: string): boolean =>
    readdirSync(folder)
      .filter(name => name.startsWith('wiped.db'))
      .some(name => readFileSync(join(folder, name)).includes(wrapped.split('.')[1]!.slice(0, 40)))
  assert.deepEqual([...here, ...there].map(isInFiles), [true, true, true, true])
  const old = await encryptIn(room, keyId, second, 'old')
  await schedule(room, await keyIn(room, keyId, second))
  room.now += 7 * dayMillis

  await room.doDueWork()

  assert.deepEqual(there.map(isInFiles), [false, false])
  assert.deepEqual(here.map(isInFiles), [true, true])
  assert.equal(await decryptIn(room, region, old), 'old')
  await schedule(room, await keyIn(room, keyId, region))
  room.now += 7 * dayMillis
  await room.doDueWork()
  assert.deepEqual(here.map(isInFiles), [false, false])
  await room.store[Symbol.asyncDispose]()
})
