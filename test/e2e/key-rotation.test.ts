// Rotation on demand and by schedule, as clients see it.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyRotationCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  GetKeyRotationStatusCommand,
  ListKeyRotationsCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms'
import type { CreateKeyCommandInput, ListKeyRotationsCommandInput } from '@aws-sdk/client-kms'
import { dayMillis } from '../../src/base/index.ts'
import { startPostern, trailText } from '../start-postern.ts'
import { refused } from './refused.ts'

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const { kms } = postern.clients(await postern.administrator())

const Plaintext = Buffer.from('text')

async function newKey(input: CreateKeyCommandInput = {}): Promise<string> {
  return (await kms.send(new CreateKeyCommand(input))).KeyMetadata!.KeyId!
}

const rotate = (KeyId: string) => kms.send(new RotateKeyOnDemandCommand({ KeyId }))
const encrypt = (KeyId: string) => kms.send(new EncryptCommand({ KeyId, Plaintext }))
const statusOf = (KeyId: string) => kms.send(new GetKeyRotationStatusCommand({ KeyId }))
const list = (KeyId: string, input: Partial<ListKeyRotationsCommandInput> = {}) =>
  kms.send(new ListKeyRotationsCommand({ KeyId, ...input }))
const currentOf = async (KeyId: string) =>
  (await kms.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata!.CurrentKeyMaterialId!

test('[F58] RotateKeyOnDemand makes new material, and every older ciphertext still opens', async () => {
  const key = await newKey()
  const made: { readonly blob: Uint8Array; readonly material: string }[] = []
  for (let count = 0; count < 4; count++) {
    made.push({ blob: (await encrypt(key)).CiphertextBlob!, material: await currentOf(key) })
    const { KeyId } = await rotate(key)
    assert.match(KeyId!, new RegExp(`^arn:aws:kms:us-west-2:\\d{12}:key/${key}$`))
  }

  for (const { blob, material } of made) {
    const opened = await kms.send(new DecryptCommand({ CiphertextBlob: blob }))
    assert.deepEqual(Buffer.from(opened.Plaintext!), Plaintext)
    assert.equal(opened.KeyMaterialId, material)
  }
  assert.equal(new Set([...made.map(({ material }) => material), await currentOf(key)]).size, 5)
})

test('ListKeyRotations lists rotations in their order, in pages, with the first material where it is asked for', async () => {
  const key = await newKey()
  const ids = [await currentOf(key)]
  for (let count = 0; count < 3; count++) {
    await rotate(key)
    ids.push(await currentOf(key))
  }

  const whole = await list(key)
  const all = await list(key, { IncludeKeyMaterial: 'ALL_KEY_MATERIAL' })
  const pages: (string | undefined)[] = []
  let Marker: string | undefined
  do {
    const page = await list(key, { Limit: 1, ...(Marker === undefined ? {} : { Marker }) })
    assert.equal(page.Rotations!.length, 1)
    pages.push(page.Rotations![0]!.KeyMaterialId)
    Marker = page.NextMarker
    assert.equal(page.Truncated, Marker !== undefined)
  } while (Marker !== undefined)

  assert.deepEqual(
    whole.Rotations!.map(({ KeyMaterialId }) => KeyMaterialId),
    ids.slice(1),
  )
  assert.deepEqual(pages, ids.slice(1))
  assert.deepEqual(
    all.Rotations!.map(({ KeyMaterialId, KeyMaterialState }) => [KeyMaterialId, KeyMaterialState]),
    ids.map((id, index) => [id, index === 3 ? 'CURRENT' : 'NON_CURRENT']),
  )
  const [first] = all.Rotations!
  assert.deepEqual([first!.RotationDate, first!.RotationType, first!.ImportState], [undefined, undefined, undefined])
  const [rotation] = whole.Rotations!
  assert.deepEqual([rotation!.KeyId, rotation!.RotationType], [key, 'ON_DEMAND'])
  assert.ok(Math.abs(rotation!.RotationDate!.getTime() - Date.now()) < 60_000)
})

test('a marker is good for its own key and list only', async () => {
  const [key, other] = [await newKey(), await newKey()]
  for (const each of [key, key, other, other]) await rotate(each)
  const { NextMarker: Marker = assert.fail() } = await list(key, { Limit: 1 })

  await refused(list(other, { Marker }), 'InvalidMarkerException')
  await refused(list(key, { Marker, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' }), 'InvalidMarkerException')
  await refused(list(key, { Marker: 'made-up' }), 'InvalidMarkerException')
})

test('rotation on demand leaves the schedule of automatic rotation as it is', async () => {
  const key = await newKey()
  await kms.send(new EnableKeyRotationCommand({ KeyId: key, RotationPeriodInDays: 90 }))
  const before = await statusOf(key)

  await rotate(key)

  const { $metadata: _, ...after_ } = await statusOf(key)
  assert.deepEqual(after_.NextRotationDate, before.NextRotationDate)
  assert.equal(after_.RotationPeriodInDays, 90)
  assert.ok(Math.abs(after_.NextRotationDate!.getTime() - Date.now() - 90 * dayMillis) < 60_000)
  // A rotation on demand has ended when it is answered: none is ever under way.
  assert.equal(after_.OnDemandRotationStartDate, undefined)
})

test('GetKeyRotationStatus tells the period only while rotation is on, and nothing is on of a key to be deleted', async () => {
  const key = await newKey()
  const told = async () => {
    const { KeyRotationEnabled, RotationPeriodInDays, NextRotationDate, KeyId } = await statusOf(key)
    assert.match(KeyId!, /^arn:/)
    return [KeyRotationEnabled, RotationPeriodInDays, NextRotationDate === undefined]
  }

  assert.deepEqual(await told(), [false, undefined, true])
  await kms.send(new EnableKeyRotationCommand({ KeyId: key }))
  assert.deepEqual(await told(), [true, 365, false])
  await kms.send(new EnableKeyRotationCommand({ KeyId: key, RotationPeriodInDays: 2_560 }))
  assert.deepEqual(await told(), [true, 2_560, false])
  await kms.send(new DisableKeyRotationCommand({ KeyId: key }))
  assert.deepEqual(await told(), [false, undefined, true])
  await kms.send(new EnableKeyRotationCommand({ KeyId: key }))
  await kms.send(new ScheduleKeyDeletionCommand({ KeyId: key }))
  assert.deepEqual(await told(), [false, undefined, true])
})

for (const days of [89, 2_561])
  test(`EnableKeyRotation refuses a period of ${days} days`, async () => {
    const call = kms.send(new EnableKeyRotationCommand({ KeyId: await newKey(), RotationPeriodInDays: days }))
    await refused(call, 'ValidationException', 'rotationPeriodInDays')
  })

test('keys that are not for symmetric encryption are not rotated, and keys of imported material only on demand', async () => {
  const [pair, mac, imported] = [
    await newKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }),
    await newKey({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }),
    await newKey({ Origin: 'EXTERNAL' }),
  ]

  for (const KeyId of [pair, mac]) {
    await refused(rotate(KeyId), 'UnsupportedOperationException')
    await refused(kms.send(new EnableKeyRotationCommand({ KeyId })), 'UnsupportedOperationException')
    await kms.send(new DisableKeyRotationCommand({ KeyId }))
    assert.equal((await statusOf(KeyId)).KeyRotationEnabled, false)
    assert.deepEqual((await list(KeyId)).Rotations, [])
  }
  const text = 'origin is EXTERNAL which is not valid for this operation.'
  const ofImported = { KeyId: imported }
  await refused(kms.send(new EnableKeyRotationCommand(ofImported)), 'UnsupportedOperationException', text)
  await refused(kms.send(new DisableKeyRotationCommand(ofImported)), 'UnsupportedOperationException', text)
  await refused(statusOf(imported), 'UnsupportedOperationException', text)
  await refused(rotate(imported), 'KMSInvalidStateException', 'is pending import.')
})

test('a rotation on demand leaves its own record beside that of the request', async () => {
  const key = await newKey()
  const previous = await currentOf(key)
  await rotate(key)

  const lines = trailText(postern).split('\n')
  const records = lines
    .filter(line => line.includes(key) && /"eventName":"Rotate/.test(line))
    .map(line => (JSON.parse(line) as { readonly event: Record<string, unknown> }).event)

  const [done, asked] = ['RotateKey', 'RotateKeyOnDemand'].map(name =>
    records.find(({ eventName }) => eventName === name),
  )
  assert.equal(done!['eventType'], 'AwsServiceEvent')
  assert.deepEqual(done!['serviceEventDetails'], {
    rotationType: 'ON_DEMAND',
    keyOrigin: 'AWS_KMS',
    previousKeyMaterialId: previous,
    currentKeyMaterialId: await currentOf(key),
    keyId: key,
  })
  assert.equal(asked!['eventType'], 'AwsApiCall')
  assert.deepEqual([asked!['requestParameters'], asked!['responseElements']], [{ keyId: key }, { keyId: key }])
})
