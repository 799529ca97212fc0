import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServiceError, dayMillis, minuteMillis } from '../../src/base/index.ts'
import {
  enableKeyRotation,
  inOrder,
  materialCollection,
  materialEverywhere,
  rotateOnDemand,
  rotationOf,
} from '../../src/keys/index.ts'
import type { KeyEntry, MaterialRotation } from '../../src/keys/index.ts'
import { openMemoryStore, put } from '../../src/storage/index.ts'
import { KeyRoom, otherRegions, region, start } from './key-room.ts'

const newRoom = async (): Promise<KeyRoom> => new KeyRoom(await openMemoryStore())

async function rotate(room: KeyRoom, { key: { keyId } }: Pick<KeyEntry, 'key'>, at = region): Promise<string> {
  const everywhere = await materialEverywhere((await room.find(keyId, at))!, room.keys)
  const { materialId, writes } = await rotateOnDemand(everywhere, room)
  await room.store.commit({ writes })
  return materialId
}

async function rotationsOf(room: KeyRoom, { key }: KeyEntry): Promise<readonly (MaterialRotation | undefined)[]> {
  const ordered = inOrder(await room.keys.materialsOf(key))
  return ordered.map(material => rotationOf(material, ordered))
}

test('rotateOnDemand() is refused 20 minutes before an automatic rotation, and while that is overdue', async () => {
  const room = await newRoom()
  const key = await room.makeKey()
  await room.change(key, entry => enableKeyRotation(entry, { now: start, periodDays: 90 }))
  const due = start + 90 * dayMillis
  const refused = (error: unknown): boolean =>
    error instanceof ServiceError && error.code === 'ConflictException' && error.message.includes('next 20 minutes')

  room.now = due - 20 * minuteMillis - 1
  await rotate(room, key)
  for (const now of [due - 20 * minuteMillis, due, due + dayMillis]) {
    room.now = now
    await assert.rejects(rotate(room, key), refused)
  }

  await room.doDueWork()
  await rotate(room, key)
  assert.deepEqual(
    (await rotationsOf(room, key)).map(rotation => rotation?.type),
    [undefined, 'ON_DEMAND', 'AUTOMATIC', 'ON_DEMAND'],
  )
})

test('rotateOnDemand() leaves the date of the next automatic rotation, which moves it by its period', async () => {
  const room = await newRoom()
  const key = await room.makeKey()
  const nextAt = async (): Promise<number | undefined> => (await room.find(key.key.keyId))?.key.rotation.nextAt
  await room.change(key, entry => enableKeyRotation(entry, { now: start, periodDays: 90 }))
  room.now += dayMillis

  await rotate(room, key)
  assert.equal(await nextAt(), start + 90 * dayMillis)
  room.now = start + 90 * dayMillis
  await room.doDueWork()

  assert.equal(await nextAt(), start + 180 * dayMillis)
})

test('rotateOnDemand() rotates a multi-Region key in all Regions at once, at the primary key only', async () => {
  const room = await newRoom()
  const [second] = otherRegions
  const key = await room.makeKey({ multiRegion: true })
  await room.replicate(key, second)
  await room.doDueWork()
  await assert.rejects(rotate(room, key, second), /is not a multi-region primary key\.$/)

  const materialId = await rotate(room, key)

  for (const at of [region, second]) {
    const entry = (await room.find(key.key.keyId, at))!
    assert.equal(entry.key.materialId, materialId)
    assert.deepEqual(await rotationsOf(room, entry), [undefined, { at: start, type: 'ON_DEMAND' }])
  }
})

test('materials that an older release stored, which wrote down no rotations, were rotated to automatically', async () => {
  const room = await newRoom()
  const key = await room.makeKey()
  for (const days of [1, 2]) {
    room.now = start + days * dayMillis
    await room.rotate(key)
  }
  for (const { id, value, version } of await room.store.list(materialCollection)) {
    const { rotation: _, ...old } = value
    await room.store.commit({ writes: [put(materialCollection, id, old, version)] })
  }

  assert.deepEqual(await rotationsOf(room, key), [
    undefined,
    { at: start + dayMillis, type: 'AUTOMATIC' },
    { at: start + 2 * dayMillis, type: 'AUTOMATIC' },
  ])
  await rotate(room, (await room.find(key.key.keyId))!)
})
