import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { SecretBytes, ServiceError, dayMillis } from '../../src/base/index.ts'
import {
  cancelKeyDeletion,
  createKeyForImport,
  defaultKeyPolicy,
  describeKeyAs,
  disableKey,
  importMaterial,
  inOrder,
  keyRecordId,
  materialCollection,
  materialEverywhere,
  newKeyName,
  removeMaterial,
  rotateOnDemand,
  scheduleKeyDeletion,
} from '../../src/keys/index.ts'
import type { KeyEntry, KeyValue, MaterialEverywhere, NewKey, WantedImport } from '../../src/keys/index.ts'
import { openMemoryStore, openSqliteStore } from '../../src/storage/index.ts'
import { KeyRoom, account, otherRegions, region, start } from './key-room.ts'

const [second] = otherRegions
const bytes = (fill: number, length = 32): Buffer => Buffer.alloc(length, fill)

type Choice = Omit<WantedImport, 'plaintext'>

/** A key of imported material in a store of its own. */
class ImportRoom {
  readonly room: KeyRoom
  readonly keyId: string

  private constructor(room: KeyRoom, keyId: string) {
    this.room = room
    this.keyId = keyId
  }

  static async open(wanted: Partial<NewKey> = {}, inRoom?: KeyRoom): Promise<ImportRoom> {
    const room = inRoom ?? new KeyRoom(await openMemoryStore())
    const name = newKeyName(account, region, room.random, { multiRegion: wanted.multiRegion ?? false })
    const whole = {
      account,
      region,
      description: '',
      keySpec: 'SYMMETRIC_DEFAULT',
      keyUsage: 'ENCRYPT_DECRYPT',
      policy: defaultKeyPolicy(account),
      tags: [],
      ...wanted,
    } as const
    await room.store.commit({ writes: createKeyForImport(whole, name, room.now).writes })
    return new ImportRoom(room, name.keyId)
  }

  async entry(at = region): Promise<KeyEntry> {
    return (await this.room.find(this.keyId, at))!
  }

  async key(at = region): Promise<KeyValue> {
    return (await this.entry(at)).key
  }

  async everywhere(at = region): Promise<MaterialEverywhere> {
    return materialEverywhere(await this.entry(at), this.room.keys)
  }

  async import(plaintext: Buffer, choice: Choice = {}, at = region): Promise<string> {
    const wanted = { ...choice, plaintext: new SecretBytes(Buffer.from(plaintext)) }
    const { materialId, writes } = importMaterial(await this.everywhere(at), wanted, this.room)
    await this.room.store.commit({ writes })
    return materialId
  }

  async remove(materialId: string, at = region): Promise<void> {
    const everywhere = await this.everywhere(at)
    const removed = everywhere.here.materials.find(({ value }) => value.materialId === materialId)!
    await this.room.store.commit({ writes: removeMaterial(everywhere, removed), scrub: true })
  }

  async rotate(at = region): Promise<string> {
    const { materialId, writes } = await rotateOnDemand(await this.everywhere(at), this.room)
    await this.room.store.commit({ writes })
    return materialId
  }

  async state(at = region): Promise<string> {
    return (await this.key(at)).state.kind
  }

  /** What is there of each material, in order: its id, whether it is there, and whether it waits. */
  async materials(at = region): Promise<readonly (readonly [id: string, isThere: boolean, isPending: boolean])[]> {
    const found = inOrder(await this.room.keys.materialsOf(await this.key(at)))
    return found.map(({ materialId, wrapped, imported }) => [
      materialId,
      wrapped !== undefined,
      imported?.isPending === true,
    ])
  }

  async opens(materialId: string, at = region): Promise<boolean> {
    return (await this.room.keys.secretMaterial(await this.key(at), materialId)) !== undefined
  }
}

const refusedAs =
  (code: string, message: RegExp = /^/) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof ServiceError)
    assert.equal(error.code, code)
    assert.match(error.message, message)
    return true
  }

test('importMaterial() makes the first material the current one, and the key enabled', async () => {
  const keys = await ImportRoom.open()
  assert.equal(await keys.state(), 'pending-import')

  const id = await keys.import(bytes(1))

  assert.equal(await keys.state(), 'enabled')
  assert.equal((await keys.key()).materialId, id)
  assert.deepEqual(await keys.materials(), [[id, true, false]])
})

test('importMaterial() gives the same material of the same key the same id, and other ids to others', async () => {
  const one = await ImportRoom.open()
  const other = await ImportRoom.open({}, one.room)

  const first = await one.import(bytes(1))

  assert.match(first, /^[0-9a-f]{64}$/)
  assert.equal(await one.import(bytes(1)), first)
  assert.notEqual(await other.import(bytes(1)), first)
})

test('[F57] importMaterial() refuses other material than that which was imported, and changes nothing', async () => {
  const keys = await ImportRoom.open()
  const id = await keys.import(bytes(1))

  await assert.rejects(keys.import(bytes(2)), refusedAs('IncorrectKeyMaterialException', /is not associated/))
  await keys.remove(id)
  await assert.rejects(keys.import(bytes(2)), refusedAs('IncorrectKeyMaterialException', /is not associated/))

  assert.equal(await keys.state(), 'pending-import')
  assert.deepEqual(await keys.materials(), [[id, false, false]])
})

for (const keySpec of ['HMAC_256', 'ECC_NIST_P256'] as const)
  test(`[F57] the first material of a key of ${keySpec} is its only one`, async () => {
    const keyUsage = keySpec === 'HMAC_256' ? 'GENERATE_VERIFY_MAC' : 'SIGN_VERIFY'
    const keys = await ImportRoom.open({ keySpec, keyUsage })
    const id = await keys.import(bytes(1))

    await assert.rejects(keys.import(bytes(2)), refusedAs('IncorrectKeyMaterialException'))
    assert.equal(await keys.import(bytes(1)), id)
  })

test('importMaterial() refuses an id that is not that of the material', async () => {
  const keys = await ImportRoom.open()
  const id = await keys.import(bytes(1))
  const next = await keys.import(bytes(2), { kind: 'new' })

  await assert.rejects(
    keys.import(bytes(1), { materialId: next }),
    refusedAs('IncorrectKeyMaterialException', /is not the key material/),
  )

  assert.equal(await keys.import(bytes(1), { materialId: id }), id)
})

test('new material waits for its rotation, is the only one that does, and is not what the key has already', async () => {
  const keys = await ImportRoom.open()
  const first = await keys.import(bytes(1))
  const next = await keys.import(bytes(2), { kind: 'new' })

  const third = keys.import(bytes(3), { kind: 'new' })
  const again = keys.import(bytes(1), { kind: 'new' })

  await assert.rejects(
    third,
    refusedAs(
      'KMSInvalidStateException',
      new RegExp(`because another key material \\(id: ${next}\\) is pending rotation`),
    ),
  )
  await assert.rejects(again, refusedAs('IncorrectKeyMaterialException', /already associated/))
  assert.equal((await keys.key()).materialId, first)
  assert.deepEqual(await keys.materials(), [
    [first, true, false],
    [next, true, true],
  ])
})

test('[F58] rotateOnDemand() takes up the material that waits, and the older one still opens', async () => {
  const keys = await ImportRoom.open()
  const first = await keys.import(bytes(1))
  const next = await keys.import(bytes(2), { kind: 'new' })

  assert.equal(await keys.rotate(), next)

  assert.equal((await keys.key()).materialId, next)
  assert.ok(await keys.opens(first))
  assert.ok(await keys.opens(next))
  await assert.rejects(
    keys.rotate(),
    refusedAs('KMSInvalidStateException', /^No available key material pending rotation for the key: arn:/),
  )
})

test('material that waits for its rotation does not change what a key is, wherever it goes', async () => {
  const keys = await ImportRoom.open()
  const first = await keys.import(bytes(1))
  const next = await keys.import(bytes(2), { kind: 'new', validTo: start + 1 })
  keys.room.now += 1
  assert.equal(await keys.state(), 'enabled')
  await assert.rejects(keys.rotate(), refusedAs('KMSInvalidStateException', /^No available key material/))

  await keys.remove(next)

  assert.equal(await keys.state(), 'enabled')
  assert.deepEqual(await keys.materials(), [[first, true, false]])
  // It never belonged to the key: something else can take its place.
  await keys.import(bytes(3), { kind: 'new' })
})

test('a key is pending import while any of its materials is missing, and enabled when the last is back', async () => {
  const keys = await ImportRoom.open()
  const first = await keys.import(bytes(1))
  await keys.import(bytes(2), { kind: 'new' })
  const second_ = await keys.rotate()

  await keys.remove(first)
  await keys.remove(second_)
  assert.equal(await keys.state(), 'pending-import')
  await keys.import(bytes(1))
  assert.equal(await keys.state(), 'pending-import')
  await keys.import(bytes(2))

  assert.equal(await keys.state(), 'enabled')
  assert.equal((await keys.key()).materialId, second_)
})

test('[F57] a key is of no use from the millisecond on in which its material expires, before anybody removes it', async () => {
  const keys = await ImportRoom.open()
  const id = await keys.import(bytes(1), { validTo: start + dayMillis })
  const material = (await keys.room.keys.secretMaterial(await keys.key()))!
  keys.room.now = start + dayMillis - 1
  assert.equal(await keys.state(), 'enabled')
  assert.equal((await keys.room.keys.secretMaterial(await keys.key()))!.key, material.key)

  keys.room.now = start + dayMillis

  assert.equal(await keys.state(), 'pending-import')
  await assert.rejects(keys.opens(id), refusedAs('KMSInvalidStateException', /is pending import\.$/))
  assert.equal((await keys.materials())[0]![1], true)
})

test('runDueKeyWork() removes material that has expired, with a record, and only that', async () => {
  const keys = await ImportRoom.open()
  const first = await keys.import(bytes(1), { validTo: start + 2 * dayMillis, description: 'kept' })
  await keys.import(bytes(2), { kind: 'new', validTo: start + dayMillis })
  const next = await keys.rotate()
  const waiting = await keys.import(bytes(3), { kind: 'new', validTo: start + dayMillis })

  keys.room.now = start + dayMillis - 1
  assert.equal(await keys.room.doDueWork(), 0)
  keys.room.now = start + dayMillis
  while ((await keys.room.doDueWork()) > 0);

  assert.deepEqual(await keys.materials(), [
    [first, true, false],
    [next, false, false],
  ])
  const events = keys.room.events.map(event => event.kind === 'expired' && event.materialId)
  assert.deepEqual(new Set(events), new Set([next, waiting]))
  const records = await keys.room.store.readOutbox(10)
  assert.equal(records.length, 2)
  assert.equal(await keys.state(), 'pending-import')
})

test('material that was imported anew before it expired is not removed', async () => {
  const keys = await ImportRoom.open()
  const id = await keys.import(bytes(1), { validTo: start + dayMillis, description: 'kept' })
  await keys.import(bytes(1), { validTo: start + 3 * dayMillis })

  keys.room.now = start + 2 * dayMillis

  assert.equal(await keys.room.doDueWork(), 0)
  assert.equal(await keys.state(), 'enabled')
  const [material] = await keys.room.keys.materialsOf(await keys.key())
  assert.equal(material!.value.materialId, id)
  assert.deepEqual(material!.value.imported, { isPending: false, description: 'kept', validTo: start + 3 * dayMillis })
})

for (const before of ['enabled', 'disabled'] as const)
  test(`a clock that was wrong leaves nothing behind: a key that was ${before} is so again`, async () => {
    const keys = await ImportRoom.open()
    await keys.import(bytes(1), { validTo: start + dayMillis })
    if (before === 'disabled') await keys.room.change(await keys.entry(), disableKey)
    keys.room.now = start + 400 * dayMillis
    const described = await keys.room.change(await keys.entry(), entry => describeKeyAs(entry, 'new'))
    assert.equal(described.key.state.kind, 'pending-import')

    keys.room.now = start

    assert.equal(await keys.state(), before)
  })

test('a disabled key whose material comes back is enabled, and one that was imported anew stays disabled', async () => {
  const keys = await ImportRoom.open()
  const id = await keys.import(bytes(1))
  await keys.room.change(await keys.entry(), disableKey)
  await keys.import(bytes(1))
  assert.equal(await keys.state(), 'disabled')

  await keys.remove(id)
  assert.equal(await keys.state(), 'pending-import')
  await keys.import(bytes(1))

  assert.equal(await keys.state(), 'enabled')
})

test('a key that is to be deleted stays so without its material, and waits for it when the deletion is cancelled', async () => {
  const keys = await ImportRoom.open()
  const id = await keys.import(bytes(1))
  await keys.room.change(await keys.entry(), entry => scheduleKeyDeletion(entry, { now: start, windowDays: 7 }))

  await keys.remove(id)
  assert.equal(await keys.state(), 'pending-deletion')
  await keys.room.change(await keys.entry(), cancelKeyDeletion)

  assert.equal(await keys.state(), 'pending-import')
})

test('rotateOnDemand() rotates 25 times, and an automatic rotation counts for none of them', async () => {
  const room = new KeyRoom(await openMemoryStore())
  const key = await room.makeKey()
  await room.rotate(key)
  const rotate = async (): Promise<void> => {
    const entry = (await room.find(key.key.keyId))!
    const { writes } = await rotateOnDemand(await materialEverywhere(entry, room.keys), room)
    await room.store.commit({ writes })
  }
  for (let count = 1; count <= 25; count++) await rotate()

  await assert.rejects(
    rotate(),
    refusedAs('LimitExceededException', /^The on-demand rotations limit has been reached for the given keyId\./),
  )

  assert.equal((await room.keys.materialsOf(key.key)).length, 27)
})

test('[F58] the wrapped bytes of removed material are in no record', async () => {
  const keys = await ImportRoom.open()
  const id = await keys.import(bytes(1))
  const before = await keys.room.store.list(materialCollection)

  await keys.remove(id)

  const [record] = await keys.room.store.list(materialCollection)
  assert.ok(before[0]!.value.wrapped!.length > 32)
  assert.equal('wrapped' in record!.value, false)
  assert.equal(record!.value.key, keyRecordId(region, keys.keyId))
})

/** A multi-Region key with a replica, and material in both. */
async function inTwoRegions(): Promise<{ readonly keys: ImportRoom; readonly first: string }> {
  const keys = await ImportRoom.open({ multiRegion: true })
  await keys.room.replicate(await keys.entry(), second)
  await keys.room.doDueWork()
  const first = await keys.import(bytes(1))
  assert.equal(await keys.state(second), 'pending-import')
  await keys.import(bytes(1), {}, second)
  return { keys, first }
}

test('material of a multi-Region key is imported at the primary key first, and then the same in each Region', async () => {
  const keys = await ImportRoom.open({ multiRegion: true })
  await keys.room.replicate(await keys.entry(), second)
  await keys.room.doDueWork()
  await assert.rejects(
    keys.import(bytes(1), {}, second),
    refusedAs('UnsupportedOperationException', /is not a multi-region primary key\.$/),
  )

  const id = await keys.import(bytes(1))
  await assert.rejects(keys.import(bytes(2), {}, second), refusedAs('IncorrectKeyMaterialException'))
  await assert.rejects(keys.import(bytes(2), { kind: 'new' }, second), refusedAs('UnsupportedOperationException'))
  assert.equal(await keys.import(bytes(1), {}, second), id)

  assert.equal(await keys.state(second), 'enabled')
  assert.equal((await keys.key(second)).materialId, id)
})

test('a replica of a key with imported material knows what is wanted there', async () => {
  const keys = await ImportRoom.open({ multiRegion: true })
  const id = await keys.import(bytes(1), { description: 'said', validTo: start + dayMillis })

  await keys.room.replicate(await keys.entry(), second)
  await keys.room.doDueWork()

  assert.equal(await keys.state(second), 'pending-import')
  assert.deepEqual(await keys.materials(second), [[id, false, false]])
  await keys.import(bytes(1), {}, second)
  assert.equal(await keys.state(second), 'enabled')
})

test('rotateOnDemand() of a multi-Region key waits until the new material is everywhere, and rotates it there', async () => {
  const { keys } = await inTwoRegions()
  const next = await keys.import(bytes(2), { kind: 'new' })
  await assert.rejects(keys.rotate(), refusedAs('KMSInvalidStateException', /^No available key material/))
  await keys.import(bytes(2), {}, second)
  await assert.rejects(
    keys.rotate(second),
    refusedAs('UnsupportedOperationException', /is not a multi-region primary key\.$/),
  )

  assert.equal(await keys.rotate(), next)

  for (const at of [region, second]) {
    assert.equal((await keys.key(at)).materialId, next)
    assert.equal(await keys.state(at), 'enabled')
    assert.ok(await keys.opens(next, at))
  }
})

test('what waits for its rotation is deleted in all Regions at the primary key, and in one at a replica', async () => {
  const { keys, first } = await inTwoRegions()
  const next = await keys.import(bytes(2), { kind: 'new' })
  await keys.import(bytes(2), {}, second)

  await keys.remove(next, second)
  assert.deepEqual((await keys.materials(second))[1], [next, false, true])
  assert.deepEqual((await keys.materials())[1], [next, true, true])
  await keys.remove(next)

  for (const at of [region, second]) assert.deepEqual(await keys.materials(at), [[first, true, false]])
})

test('material that is deleted in one Region stays in the others', async () => {
  const { keys, first } = await inTwoRegions()

  await keys.remove(first)

  assert.equal(await keys.state(), 'pending-import')
  assert.equal(await keys.state(second), 'enabled')
  assert.ok(await keys.opens(first, second))
})

const folder = mkdtempSync(join(tmpdir(), 'postern-imported-'))
after(() => rmSync(folder, { recursive: true }))

/** What is in the files of a store, as text. */
const textOf = (name: string): string =>
  readdirSync(folder)
    .filter(file => file.startsWith(name))
    .map(file => readFileSync(join(folder, file), 'latin1'))
    .join('')

for (const [how, lose] of [
  ['deleted', (keys: ImportRoom, id: string) => keys.remove(id)],
  [
    'expired',
    async (keys: ImportRoom) => {
      keys.room.now += 2 * dayMillis
      assert.equal(await keys.room.doDueWork(), 1)
    },
  ],
] as const)
  test(`[F58] the wrapped bytes of material that was ${how} are in no file of the store`, async () => {
    await using store = await openSqliteStore(join(folder, `${how}.db`))
    const keys = await ImportRoom.open({}, new KeyRoom(store))
    const id = await keys.import(bytes(1), { validTo: start + dayMillis })
    const [{ value } = assert.fail()] = await store.list(materialCollection)
    const part = value.wrapped!.slice(-40, -8)
    assert.ok(textOf(how).includes(part))

    await lose(keys, id)

    assert.ok(!textOf(how).includes(part))
    assert.ok(textOf(how).includes(id))
  })
