import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SecretBytes, ServiceError, dayMillis, seededRandom } from '../../src/base/index.ts'
import {
  cancelKeyDeletion,
  createKey,
  defaultKeyPolicy,
  describeKeyAs,
  disableKey,
  disableKeyRotation,
  enableKey,
  enableKeyRotation,
  materialCollection,
  newKeyName,
  putKeyPolicy,
  scheduleKeyDeletion,
  tagKey,
  untagKey,
} from '../../src/keys/index.ts'
import type { MaterialValue } from '../../src/keys/index.ts'
import { createKeyRing, openKeyRing, rootKeyOf } from '../../src/seal/index.ts'
import { ConflictError, openMemoryStore, put } from '../../src/storage/index.ts'
import { KeyRoom, account, region, start } from './key-room.ts'

const newRoom = async (): Promise<KeyRoom> => new KeyRoom(await openMemoryStore())

test('createKey() makes an enabled key with material that is stored wrapped', async () => {
  const room = await newRoom()
  const random = seededRandom(5)
  const material = Buffer.from(seededRandom(5)(32))
  const name = newKeyName(account, region, room.random)
  const wanted = { account, region, description: 'd', policy: defaultKeyPolicy(account), tags: [] }

  const symmetric = { ...wanted, keySpec: 'SYMMETRIC_DEFAULT', keyUsage: 'ENCRYPT_DECRYPT' } as const
  const { key, writes } = await createKey(symmetric, name, {
    random,
    work: room.work,
    keyRing: room.keyRing,
    now: start,
  })

  const text = JSON.stringify(writes)
  assert.deepEqual([key.state, key.rotation], [{ kind: 'enabled' }, { enabled: false, periodDays: 365 }])
  assert.equal(key.arn, `arn:aws:kms:${region}:${account}:key/${key.keyId}`)
  assert.match(key.materialId!, /^[0-9a-f]{64}$/)
  for (const form of ['hex', 'base64', 'latin1'] as const) assert.ok(!text.includes(material.toString(form)), form)
})

test('createKey() refuses tags that are not allowed, and makes no material for them', async () => {
  const room = await newRoom()

  await assert.rejects(room.makeKey({ tags: [{ key: 'aws:x', value: '' }] }), /reserved/)

  assert.deepEqual(await room.store.list(materialCollection), [])
})

test('newKeyName() gives a random version 4 UUID and its ARN', () => {
  const { keyId, arn } = newKeyName(account, region, seededRandom(1))

  assert.match(keyId, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.equal(arn, `arn:aws:kms:${region}:${account}:key/${keyId}`)
})

test('a key is enabled, disabled, scheduled for deletion, and disabled when that is cancelled', async () => {
  const room = await newRoom()
  const key = await room.makeKey()

  const states = [
    await room.change(key, disableKey),
    await room.change(key, enableKey),
    await room.change(key, entry => scheduleKeyDeletion(entry, { now: start, windowDays: 8 })),
    await room.change(key, cancelKeyDeletion),
  ].map(entry => entry.key.state)

  assert.deepEqual(states, [
    { kind: 'disabled' },
    { kind: 'enabled' },
    { kind: 'pending-deletion', deleteAt: start + 8 * dayMillis, windowDays: 8 },
    { kind: 'disabled' },
  ])
})

for (const windowDays of [7, 30])
  test(`scheduleKeyDeletion() takes a window of ${windowDays} days`, async () => {
    const room = await newRoom()

    assert.equal(scheduleKeyDeletion(await room.makeKey(), { now: start, windowDays }).length, 1)
  })

for (const windowDays of [-1, 0, 6, 31])
  test(`scheduleKeyDeletion() refuses a window of ${windowDays} days`, async () => {
    const room = await newRoom()
    const key = await room.makeKey()

    assert.throws(
      () => scheduleKeyDeletion(key, { now: start, windowDays }),
      (error: unknown) => error instanceof ServiceError && error.code === 'ValidationException',
    )
  })

test('enableKeyRotation() starts with a year, takes a period, and begins it anew only where it changes', async () => {
  const room = await newRoom()
  const key = await room.makeKey()
  const at = (days: number): number => start + days * dayMillis

  const rotations = [
    await room.change(key, entry => enableKeyRotation(entry, { now: start })),
    await room.change(key, entry => enableKeyRotation(entry, { now: at(10), periodDays: 90 })),
    await room.change(key, entry => enableKeyRotation(entry, { now: at(20), periodDays: 90 })),
    await room.change(key, entry => enableKeyRotation(entry, { now: at(30) })),
    await room.change(key, disableKeyRotation),
  ].map(entry => entry.key.rotation)

  assert.deepEqual(rotations, [
    { enabled: true, periodDays: 365, nextAt: at(365) },
    { enabled: true, periodDays: 90, nextAt: at(100) },
    { enabled: true, periodDays: 90, nextAt: at(100) },
    { enabled: true, periodDays: 90, nextAt: at(100) },
    { enabled: false, periodDays: 365 },
  ])
})

test('description, tags and policy are changed one by one, and leave the rest as it was', async () => {
  const room = await newRoom()
  const key = await room.makeKey()
  const policy = `${defaultKeyPolicy(account)}\n`

  await room.change(key, entry => describeKeyAs(entry, 'new'))
  await room.change(key, entry => tagKey(entry, [{ key: 'a', value: '1' }]))
  await room.change(key, entry => tagKey(entry, [{ key: 'b', value: '2' }]))
  await room.change(key, entry => untagKey(entry, ['a']))
  const changed = await room.change(key, entry => putKeyPolicy(entry, policy))

  assert.deepEqual(changed.key, {
    ...key.key,
    description: 'new',
    tags: [{ key: 'b', value: '2' }],
    policy,
    boundPrincipals: {},
  })
})

test('of two changes that started from the same key, the second meets a conflict', async () => {
  const room = await newRoom()
  const key = await room.makeKey()
  const [disabling, describing] = [disableKey(key), describeKeyAs(key, 'late')]

  await room.store.commit({ writes: disabling })

  await assert.rejects(room.store.commit({ writes: describing }), ConflictError)
  assert.deepEqual((await room.find(key.key.keyId))?.key, { ...key.key, state: { kind: 'disabled' } })
})

test('[J78] material that was moved to another key, or altered, does not open', async () => {
  const room = await newRoom()
  const [key, other] = [await room.makeKey(), await room.makeKey()]
  const [own, foreign] = await Promise.all(
    [key, other].map(async ({ key: { keyId } }) => {
      const [record] = await room.store.find(materialCollection, 'key', `${region}/${keyId}`)
      return record!
    }),
  )
  const store = (value: MaterialValue, version: number): Promise<void> =>
    room.store.commit({ writes: [put(materialCollection, own!.id, value, version)] })

  await store({ ...own!.value, wrapped: foreign!.value.wrapped! }, 1)
  await assert.rejects(room.keys.secretMaterial(key.key), /Cannot unwrap a stored secret/)

  await store(own!.value, 2)
  assert.equal((await room.keys.secretMaterial(key.key))?.materialId, key.key.materialId)
})

test('key material opens in no other installation', async () => {
  const room = await newRoom()
  const key = await room.makeKey()
  const root = rootKeyOf(new SecretBytes(room.random(32)))
  const [{ value } = assert.fail()] = await room.store.list(materialCollection)

  const other = openKeyRing(root, createKeyRing(root, room.random))

  const binding = ['key material', account, region, key.key.keyId, key.key.materialId!]
  assert.equal(room.keyRing.unwrap(value.wrapped!, binding).length, 32)
  assert.throws(() => other.unwrap(value.wrapped!, binding))
})
