import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createManagedKey, createAlias, deleteAlias, disableKey, openKeys, updateAlias } from '../../src/keys/index.ts'
import { openMemoryStore } from '../../src/storage/index.ts'
import { boundedWork } from '../../src/threads/index.ts'
import { KeyRoom, account, region } from './key-room.ts'

const newRoom = async (): Promise<KeyRoom> => new KeyRoom(await openMemoryStore())

test('Keys.findKey() gives the same entry while nothing changes, and the changed one at once', async () => {
  const room = await newRoom()
  const key = await room.makeKey()

  const again = await room.find(key.key.keyId)
  const changed = await room.change(key, disableKey)

  assert.equal(again, key)
  assert.equal(changed.key.state.kind, 'disabled')
  assert.equal(await room.find(key.key.keyId), changed)
})

test('[C34] another reader of the same store sees a change at its next look', async () => {
  const room = await newRoom()
  const key = await room.makeKey()
  const other = openKeys({ store: room.store, keyRing: room.keyRing })
  await other.findKey(region, key.key.keyId)

  await room.change(key, disableKey)

  assert.equal((await other.findKey(region, key.key.keyId))?.key.state.kind, 'disabled')
})

test('Keys.findKey() finds a key in its own Region only', async () => {
  const room = await newRoom()
  const { key } = await room.makeKey()

  assert.equal(await room.keys.findKey('us-east-1', key.keyId), undefined)
  assert.equal(await room.keys.findKey(region, 'nothing'), undefined)
})

test('Keys.secretMaterial() opens the same material once, and after another start again', async () => {
  const room = await newRoom()
  const { key } = await room.makeKey()
  const material = (await room.keys.secretMaterial(key))!

  const [again, reopened] = [
    await room.keys.secretMaterial(key),
    await openKeys({ store: room.store, keyRing: room.keyRing }).secretMaterial(key),
  ]

  assert.equal(again, material)
  assert.ok(reopened!.key.equals(material.key))
  assert.equal(reopened!.materialId, key.materialId)
})

test('Keys.secretMaterial() has none of another id, and none of another key', async () => {
  const room = await newRoom()
  const [one, other] = [await room.makeKey(), await room.makeKey()]

  assert.equal(await room.keys.secretMaterial(one.key, other.key.materialId), undefined)
  assert.equal(await room.keys.secretMaterial(one.key, ''), undefined)
  assert.ok(!(await room.keys.secretMaterial(one.key))!.key.equals((await room.keys.secretMaterial(other.key))!.key))
})

test('[F58] rotateKey() keeps every older material to decrypt with', async () => {
  const room = await newRoom()
  const key = await room.makeKey()
  const ids = [key.key.materialId]

  for (let count = 0; count < 3; count++) {
    const { key: rotated } = await room.rotate(key)
    ids.push(rotated.materialId)
  }

  const materials = await Promise.all(ids.map(id => room.keys.secretMaterial(key.key, id)))
  assert.equal(new Set(ids).size, 4)
  assert.deepEqual(
    materials.map(material => material?.materialId),
    ids,
  )
})

test('[C34] Keys.findAlias() and aliasesOf() follow an alias that is made, moved and removed', async () => {
  const room = await newRoom()
  const [one, other] = [await room.makeKey(), await room.makeKey()]
  const find = () => room.keys.findAlias(account, region, 'alias/app')
  const namesOf = async (): Promise<readonly (readonly string[])[]> => [
    await room.keys.aliasesOf(one),
    await room.keys.aliasesOf(other),
  ]
  const seen = [await namesOf()]

  await room.makeAlias('alias/app', one)
  seen.push(await namesOf())
  await room.store.commit(updateAlias((await find())!, other, 0, room.now))
  seen.push(await namesOf())
  assert.equal((await find())?.value.keyId, other.key.keyId)
  await room.store.commit(deleteAlias((await find())!))
  seen.push(await namesOf())

  assert.equal(await find(), undefined)
  assert.deepEqual(seen, [
    [[], []],
    [['alias/app'], []],
    [[], ['alias/app']],
    [[], []],
  ])
})

test('an alias is of one account and Region', async () => {
  const room = await newRoom()
  await room.makeAlias('alias/app', await room.makeKey())

  assert.equal(await room.keys.findAlias('444455556666', region, 'alias/app'), undefined)
  assert.equal(await room.keys.findAlias(account, 'us-east-1', 'alias/app'), undefined)
  assert.equal(await room.keys.findAlias(account, region, 'alias/APP'), undefined)
})

test('an alias cannot be made for a key that was changed meanwhile', async () => {
  const room = await newRoom()
  const key = await room.makeKey()
  await room.change(key, disableKey)

  await assert.rejects(room.store.commit(createAlias('alias/app', key, { alias: undefined, aliasesOfKey: 0 }, 0)))

  assert.equal(await room.keys.findAlias(account, region, 'alias/app'), undefined)
})

test('[C32] Keys.listKeys() and listAliases() show those of one account and Region, page by page', async () => {
  const room = await newRoom()
  const made = [await room.makeKey(), await room.makeKey(), await room.makeKey()]
  const foreign = await room.makeKey({ account: '444455556666' })
  const ids = made.map(({ record }) => record.id).sort()
  for (const name of ['alias/b', 'alias/a']) await room.makeAlias(name, made[0]!)
  await room.makeAlias('alias/c', made[1]!)
  const names = (records: readonly { readonly value: { readonly aliasName: string } }[]): readonly string[] =>
    records.map(({ value }) => value.aliasName)

  const page = await room.keys.listKeys(account, region, { limit: 2 })
  const rest = await room.keys.listKeys(account, region, { after: page.at(-1)!.id })
  const foreignKeys = await room.keys.listKeys('444455556666', region, {})

  assert.deepEqual(
    [...page, ...rest].map(({ id }) => id),
    ids,
  )
  assert.deepEqual(
    foreignKeys.map(({ id }) => id),
    [foreign.record.id],
  )
  assert.deepEqual(names(await room.keys.listAliases(account, region, {})), ['alias/a', 'alias/b', 'alias/c'])
  assert.deepEqual(names(await room.keys.listAliases(account, region, { keyId: made[0]!.key.keyId })), [
    'alias/a',
    'alias/b',
  ])
  assert.deepEqual(names(await room.keys.listAliases('444455556666', region, {})), [])
})

test('Keys works with caches that hold almost nothing', async () => {
  const room = await newRoom()
  const made = [await room.makeKey(), await room.makeKey(), await room.makeKey()]
  for (const [index, entry] of made.entries()) await room.makeAlias(`alias/${index}`, entry)
  const small = openKeys({ store: room.store, keyRing: room.keyRing, capacity: 1 })

  for (const turn of [1, 2]) {
    for (const [index, entry] of made.entries()) {
      const { key } = entry
      assert.deepEqual((await small.findKey(region, key.keyId))?.key, key, `turn ${turn}`)
      assert.deepEqual(await small.aliasesOf(entry), [`alias/${index}`])
      assert.equal((await small.secretMaterial(key))?.materialId, key.materialId)
    }
  }
})

test('Keys.countCustomerKeys() counts the keys of one account and Region, and none that a service has made for it', async () => {
  const room = await newRoom()
  const counted = (most: number): Promise<number> => room.keys.countCustomerKeys(account, region, most)
  for (const name of ['alias/a', 'alias/b']) await room.makeAlias(name, await room.makeKey())
  await room.makeKey({ account: '444455556666' })
  const { now, random, keyRing } = room
  const place = { account, region, serviceName: 's3.amazonaws.com', viaService: 's3.us-west-2.amazonaws.com' }
  const { writes } = await createManagedKey(place, { now, random, keyRing, work: boundedWork(1) })
  await room.store.commit({ writes })

  assert.equal(await counted(3), 2)
  assert.equal(await counted(1), 2)
  // Far from the limit it does not matter.
  assert.equal(await counted(10), 3)
})
