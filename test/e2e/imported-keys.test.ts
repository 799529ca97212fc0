// Keys with imported material: wrapped with OpenSSL's command line, imported, used, rotated, expired and deleted by the AWS SDK.
import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync, publicEncrypt, randomBytes, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import {
  CreateKeyCommand,
  DecryptCommand,
  DeleteImportedKeyMaterialCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GenerateMacCommand,
  GetParametersForImportCommand,
  GetPublicKeyCommand,
  ImportKeyMaterialCommand,
  ListKeyRotationsCommand,
  ReplicateKeyCommand,
  RotateKeyOnDemandCommand,
  SignCommand,
} from '@aws-sdk/client-kms'
import type {
  CreateKeyCommandInput,
  ImportKeyMaterialCommandInput,
  ImportKeyMaterialCommandOutput,
  KeyMetadata,
} from '@aws-sdk/client-kms'
import { dayMillis } from '../../src/base/index.ts'
import { startPostern, trailText } from '../start-postern.ts'
import { wrapByOpenssl } from '../wrap-material.ts'
import { refused } from './refused.ts'

const there = 'eu-west-1'
const postern = await startPostern({ words: ['--region', there] })
after(() => postern[Symbol.asyncDispose]())
let { kms } = postern.clients(await postern.administrator())

const Plaintext = Buffer.from('text')

async function newKey(input: CreateKeyCommandInput = {}): Promise<string> {
  return (await kms.send(new CreateKeyCommand({ Origin: 'EXTERNAL', ...input }))).KeyMetadata!.KeyId!
}

async function describe(KeyId: string, client = kms): Promise<KeyMetadata> {
  return (await client.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata!
}

interface Wrapping {
  readonly algorithm?: string
  readonly spec?: string
}

/** What a wrapped import needs. */
async function wrap(KeyId: string, material: Uint8Array, { algorithm, spec }: Wrapping = {}, client = kms) {
  const WrappingAlgorithm = (algorithm ?? 'RSAES_OAEP_SHA_256') as 'RSAES_OAEP_SHA_256'
  const WrappingKeySpec = (spec ?? 'RSA_2048') as 'RSA_2048'
  const parameters = await client.send(new GetParametersForImportCommand({ KeyId, WrappingAlgorithm, WrappingKeySpec }))
  const EncryptedKeyMaterial = wrapByOpenssl(parameters.PublicKey!, WrappingAlgorithm, material)
  return { KeyId, ImportToken: parameters.ImportToken!, EncryptedKeyMaterial }
}

type Choice = Partial<ImportKeyMaterialCommandInput>

async function importInto(
  KeyId: string,
  material: Uint8Array,
  choice: Choice & Wrapping = {},
): Promise<ImportKeyMaterialCommandOutput> {
  const { algorithm, spec, ...input } = choice
  const wrapped = await wrap(KeyId, material, {
    ...(algorithm === undefined ? {} : { algorithm }),
    ...(spec === undefined ? {} : { spec }),
  })
  const forEver = input.ValidTo === undefined ? ({ ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' } as const) : {}
  return kms.send(new ImportKeyMaterialCommand({ ...wrapped, ...forEver, ...input }))
}

const encrypt = (KeyId: string) => kms.send(new EncryptCommand({ KeyId, Plaintext }))
const decrypt = (CiphertextBlob: Uint8Array) => kms.send(new DecryptCommand({ CiphertextBlob }))
const newMaterial = 'NEW_KEY_MATERIAL'

function pkcs8Of({ privateKey }: { readonly privateKey: KeyObject }): Buffer {
  return privateKey.export({ format: 'der', type: 'pkcs8' })
}

async function rotationsOf(
  KeyId: string,
  IncludeKeyMaterial: 'ALL_KEY_MATERIAL' | 'ROTATIONS_ONLY' = 'ROTATIONS_ONLY',
) {
  const { Rotations = [] } = await kms.send(new ListKeyRotationsCommand({ KeyId, IncludeKeyMaterial }))
  return Rotations.map(rotation => ({
    id: rotation.KeyMaterialId,
    state: rotation.KeyMaterialState,
    imported: rotation.ImportState,
    type: rotation.RotationType,
    said: rotation.KeyMaterialDescription,
  }))
}

type TrailRecord = Readonly<Record<string, unknown>>

/** The records of that name about a key, as far as they are written. */
function eventsOf(keyId: string, name: string): readonly TrailRecord[] {
  return trailText(postern)
    .split('\n')
    .filter(line => line.includes(`"eventName":"${name}"`) && line.includes(keyId))
    .map(line => (JSON.parse(line) as { readonly event: TrailRecord }).event)
}

async function eventually(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, 'It happens in time')
    await delay(100)
  }
}

test('CreateKey with origin EXTERNAL makes a key that waits for its material', async () => {
  const metadata = await describe(await newKey())

  assert.equal(metadata.KeyState, 'PendingImport')
  assert.equal(metadata.Enabled, false)
  assert.equal(metadata.Origin, 'EXTERNAL')
  for (const absent of ['CurrentKeyMaterialId', 'ExpirationModel', 'ValidTo'] as const)
    assert.equal(metadata[absent], undefined, absent)
})

for (const spec of ['RSA_2048', 'RSA_3072', 'RSA_4096']) {
  for (const algorithm of [
    'RSAES_OAEP_SHA_1',
    'RSAES_OAEP_SHA_256',
    'RSA_AES_KEY_WRAP_SHA_1',
    'RSA_AES_KEY_WRAP_SHA_256',
  ]) {
    test(`ImportKeyMaterial takes what OpenSSL wrapped by ${algorithm} under ${spec}`, async () => {
      const key = await newKey()

      const { KeyMaterialId } = await importInto(key, randomBytes(32), { algorithm, spec })

      const metadata = await describe(key)
      assert.equal(metadata.KeyState, 'Enabled')
      assert.equal(metadata.CurrentKeyMaterialId, KeyMaterialId)
      assert.equal(metadata.ExpirationModel, 'KEY_MATERIAL_DOES_NOT_EXPIRE')
      const opened = await decrypt((await encrypt(key)).CiphertextBlob!)
      assert.deepEqual(Buffer.from(opened.Plaintext!), Plaintext)
      assert.equal(opened.KeyMaterialId, KeyMaterialId)
    })
  }
}

for (const spec of ['ECC_NIST_P256', 'ECC_NIST_P384', 'ECC_NIST_P521', 'ECC_SECG_P256K1'] as const) {
  const curves = {
    ECC_NIST_P256: 'P-256',
    ECC_NIST_P384: 'P-384',
    ECC_NIST_P521: 'P-521',
    ECC_SECG_P256K1: 'secp256k1',
  }
  const algorithms = {
    ECC_NIST_P256: 'sha256',
    ECC_NIST_P384: 'sha384',
    ECC_NIST_P521: 'sha512',
    ECC_SECG_P256K1: 'sha256',
  }
  test(`an imported key of ${spec} signs what its public key verifies`, async () => {
    const pair = generateKeyPairSync('ec', { namedCurve: curves[spec] })
    const key = await newKey({ KeySpec: spec, KeyUsage: 'SIGN_VERIFY' })
    await importInto(key, pkcs8Of(pair), { algorithm: 'RSA_AES_KEY_WRAP_SHA_256' })

    const SigningAlgorithm = `ECDSA_SHA_${algorithms[spec].slice(3)}` as 'ECDSA_SHA_256'
    const { Signature } = await kms.send(new SignCommand({ KeyId: key, Message: Plaintext, SigningAlgorithm }))

    assert.ok(verify(algorithms[spec], Plaintext, pair.publicKey, Signature!))
    const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId: key }))
    assert.deepEqual(Buffer.from(PublicKey!), pair.publicKey.export({ format: 'der', type: 'spki' }))
  })
}

test('an imported RSA key decrypts what its public key encrypts, and its material is final', async () => {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const key = await newKey({ KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' })
  await importInto(key, pkcs8Of(pair), { algorithm: 'RSA_AES_KEY_WRAP_SHA_1', spec: 'RSA_3072' })

  const CiphertextBlob = publicEncrypt({ key: pair.publicKey, oaepHash: 'sha256' }, Plaintext)
  const input = { KeyId: key, CiphertextBlob, EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' } as const

  assert.deepEqual(Buffer.from((await kms.send(new DecryptCommand(input))).Plaintext!), Plaintext)
  const other = pkcs8Of(generateKeyPairSync('rsa', { modulusLength: 2_048 }))
  await refused(importInto(key, other, { algorithm: 'RSA_AES_KEY_WRAP_SHA_1' }), 'IncorrectKeyMaterialException')
})

test('an imported HMAC key makes the codes that its bytes make', async () => {
  const material = randomBytes(64)
  const key = await newKey({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' })
  await importInto(key, material)

  const { Mac } = await kms.send(
    new GenerateMacCommand({ KeyId: key, Message: Plaintext, MacAlgorithm: 'HMAC_SHA_256' }),
  )

  assert.deepEqual(Buffer.from(Mac!), createHmac('sha256', material).update(Plaintext).digest())
})

for (const [why, spec, material] of [
  ['of 31 bytes', 'SYMMETRIC_DEFAULT', randomBytes(31)],
  ['of 33 bytes', 'SYMMETRIC_DEFAULT', randomBytes(33)],
  ['of 16 bytes', 'SYMMETRIC_DEFAULT', randomBytes(16)],
  ['that is shorter than its hash', 'HMAC_512', randomBytes(63)],
  ['on another curve', 'ECC_NIST_P256', pkcs8Of(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }))],
  ['that is no private key', 'ECC_NIST_P256', randomBytes(100)],
] as const)
  test(`[F57] ImportKeyMaterial refuses material of a key of ${spec} ${why}`, async () => {
    const KeyUsage = { S: 'ENCRYPT_DECRYPT', H: 'GENERATE_VERIFY_MAC', E: 'SIGN_VERIFY' } as const
    const key = await newKey({ KeySpec: spec, KeyUsage: KeyUsage[spec[0] as 'S'] })

    await refused(importInto(key, material), 'IncorrectKeyMaterialException')

    assert.equal((await describe(key)).KeyState, 'PendingImport')
  })

test('[F57] ImportKeyMaterial refuses an RSA key of 1,024 bits, and one with exponent 3', async () => {
  const key = await newKey({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' })
  for (const options of [{ modulusLength: 1_024 }, { modulusLength: 2_048, publicExponent: 3 }]) {
    const weak = pkcs8Of(generateKeyPairSync('rsa', options))
    await refused(importInto(key, weak, { algorithm: 'RSA_AES_KEY_WRAP_SHA_256' }), 'IncorrectKeyMaterialException')
  }
})

test('[F57] ImportKeyMaterial refuses what was wrapped in another way, for another token, or not at all', async () => {
  const key = await newKey()
  const material = randomBytes(32)
  const [one, other] = [await wrap(key, material), await wrap(key, material)]
  const bySha1 = await wrap(key, material, { algorithm: 'RSAES_OAEP_SHA_1' })
  const byAes = await wrap(key, material, { algorithm: 'RSA_AES_KEY_WRAP_SHA_256' })
  const keepFor = (token: Uint8Array, wrapped: Uint8Array) =>
    kms.send(
      new ImportKeyMaterialCommand({
        KeyId: key,
        ImportToken: token,
        EncryptedKeyMaterial: wrapped,
        ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
      }),
    )

  for (const [token, wrapped] of [
    [one.ImportToken, other.EncryptedKeyMaterial],
    [bySha1.ImportToken, one.EncryptedKeyMaterial],
    [one.ImportToken, byAes.EncryptedKeyMaterial],
    [byAes.ImportToken, one.EncryptedKeyMaterial],
    [byAes.ImportToken, byAes.EncryptedKeyMaterial.subarray(0, -8)],
    [one.ImportToken, one.EncryptedKeyMaterial.subarray(1)],
    [one.ImportToken, material],
  ] as const)
    await refused(keepFor(token, wrapped), 'InvalidCiphertextException')

  await keepFor(one.ImportToken, one.EncryptedKeyMaterial)
})

test('[F57] ImportKeyMaterial refuses the token of another key, and what is no token', async () => {
  const [key, other] = [await newKey(), await newKey()]
  const wrapped = await wrap(key, randomBytes(32))
  const keep = (changes: Choice) =>
    kms.send(new ImportKeyMaterialCommand({ ...wrapped, ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE', ...changes }))

  await refused(keep({ KeyId: other }), 'InvalidImportTokenException')
  await refused(keep({ ImportToken: randomBytes(2_000) }), 'InvalidImportTokenException')
  const altered = Buffer.from(wrapped.ImportToken)
  altered[100]! ^= 1
  await refused(keep({ ImportToken: altered }), 'InvalidImportTokenException')
})

test('ImportKeyMaterial holds dates and models to what AWS takes', async () => {
  const key = await newKey()
  const material = randomBytes(32)
  const later = (days: number): Date => new Date(Date.now() + days * dayMillis)
  const expiring = 'KEY_MATERIAL_EXPIRES'

  for (const [choice, text] of [
    [{ ExpirationModel: expiring }, 'A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES'],
    [{ ExpirationModel: expiring, ValidTo: later(-1) }, 'future'],
    [{ ExpirationModel: expiring, ValidTo: later(366) }, '365 days'],
    [{ ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE', ValidTo: later(1) }, 'must not be set'],
    [{ ImportType: newMaterial, KeyMaterialId: 'a'.repeat(64) }, 'KeyMaterialId'],
  ] as const)
    await refused(importInto(key, material, choice), 'ValidationException', text)

  await importInto(key, material, { ValidTo: later(364) })
  assert.equal((await describe(key)).ExpirationModel, expiring)
})

test('GetParametersForImport refuses the wrappings that AWS refuses, and other keys', async () => {
  const [key, own] = [await newKey(), await newKey({ Origin: 'AWS_KMS' })]
  const rsa = await newKey({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' })
  const p521 = await newKey({ KeySpec: 'ECC_NIST_P521', KeyUsage: 'SIGN_VERIFY' })
  const unsupported = (KeyId: string, wrapping: Wrapping, text: string): Promise<void> =>
    refused(wrap(KeyId, randomBytes(32), wrapping), 'UnsupportedOperationException', text)

  await unsupported(key, { algorithm: 'RSAES_PKCS1_V1_5' }, 'RSAES_PKCS1_V1_5')
  await unsupported(key, { algorithm: 'SM2PKE', spec: 'SM2' }, 'SM2PKE')
  await unsupported(key, { spec: 'SM2' }, 'SM2')
  await unsupported(rsa, { algorithm: 'RSAES_OAEP_SHA_256', spec: 'RSA_4096' }, 'RSAES_OAEP_SHA_256')
  await unsupported(p521, { algorithm: 'RSAES_OAEP_SHA_1', spec: 'RSA_2048' }, 'RSA_2048')
  await unsupported(own, {}, 'origin is AWS_KMS which is not valid for this operation.')
})

test('CreateKey with origin EXTERNAL refuses specs whose material cannot be imported', async () => {
  for (const [KeySpec, KeyUsage] of [
    ['ML_DSA_44', 'SIGN_VERIFY'],
    ['ECC_NIST_EDWARDS25519', 'SIGN_VERIFY'],
    ['ML_KEM_768', 'ENCAPSULATE_DECAPSULATE'],
  ] as const)
    await refused(newKey({ KeySpec, KeyUsage: KeyUsage as 'SIGN_VERIFY' }), 'UnsupportedOperationException', KeySpec)
})

test('[F57] material that expires is of no use within a second, is deleted with a record, and can come back', async () => {
  const key = await newKey()
  const material = randomBytes(32)
  const ends = Math.ceil(Date.now() / 1_000) * 1_000 + 3_000
  const { KeyMaterialId } = await importInto(key, material, { ValidTo: new Date(ends) })
  const { CiphertextBlob } = await encrypt(key)
  assert.equal((await describe(key)).ValidTo!.getTime(), ends)

  await delay(Math.max(0, ends - Date.now()) + 50)

  await refused(encrypt(key), 'KMSInvalidStateException', 'is pending import.')
  await refused(decrypt(CiphertextBlob!), 'KMSInvalidStateException', 'is pending import.')
  assert.ok(Date.now() - ends < 1_000, 'within a second')
  const { KeyState, ExpirationModel, ValidTo, CurrentKeyMaterialId } = await describe(key)
  assert.deepEqual([KeyState, ExpirationModel, ValidTo], ['PendingImport', undefined, undefined])
  assert.equal(CurrentKeyMaterialId, KeyMaterialId)
  await eventually(() => eventsOf(key, 'DeleteExpiredKeyMaterial').length === 1)
  const [event] = eventsOf(key, 'DeleteExpiredKeyMaterial')
  assert.deepEqual(event!['serviceEventDetails'], { keyId: key })
  await importInto(key, material)
  assert.deepEqual(Buffer.from((await decrypt(CiphertextBlob!)).Plaintext!), Plaintext)
})

test('DeleteImportedKeyMaterial makes a key useless until the same material is back', async () => {
  const key = await newKey()
  const material = randomBytes(32)
  await kms.send(new DeleteImportedKeyMaterialCommand({ KeyId: key }))
  const { KeyMaterialId } = await importInto(key, material)
  const { CiphertextBlob } = await encrypt(key)

  const deleted = await kms.send(new DeleteImportedKeyMaterialCommand({ KeyId: key }))

  assert.equal(deleted.KeyMaterialId, KeyMaterialId)
  assert.match(deleted.KeyId!, /^arn:aws:kms:us-west-2:/)
  await refused(encrypt(key), 'KMSInvalidStateException', 'is pending import.')
  await refused(importInto(key, randomBytes(32)), 'IncorrectKeyMaterialException')
  assert.equal((await describe(key)).CurrentKeyMaterialId, KeyMaterialId)
  await importInto(key, material)
  assert.deepEqual(Buffer.from((await decrypt(CiphertextBlob!)).Plaintext!), Plaintext)
  const absent = new DeleteImportedKeyMaterialCommand({ KeyId: key, KeyMaterialId: 'a'.repeat(64) })
  await refused(kms.send(absent), 'NotFoundException')
})

test('[F58] a key is rotated to imported material, and ListKeyRotations tells of both', async () => {
  const key = await newKey()
  const first = (await importInto(key, randomBytes(32), { KeyMaterialDescription: 'the first' })).KeyMaterialId!
  const { CiphertextBlob } = await encrypt(key)
  const rotate = () => kms.send(new RotateKeyOnDemandCommand({ KeyId: key }))
  await refused(rotate(), 'KMSInvalidStateException', 'No available key material pending rotation for the key: arn:')
  const next = (await importInto(key, randomBytes(32), { ImportType: newMaterial })).KeyMaterialId!
  assert.deepEqual(await rotationsOf(key), [])
  assert.deepEqual(await rotationsOf(key, 'ALL_KEY_MATERIAL'), [
    { id: first, state: 'CURRENT', imported: 'IMPORTED', type: undefined, said: 'the first' },
    { id: next, state: 'PENDING_ROTATION', imported: 'IMPORTED', type: undefined, said: undefined },
  ])

  await rotate()

  assert.equal((await describe(key)).CurrentKeyMaterialId, next)
  assert.equal((await decrypt(CiphertextBlob!)).KeyMaterialId, first)
  assert.equal((await decrypt((await encrypt(key)).CiphertextBlob!)).KeyMaterialId, next)
  const current = { id: next, state: 'CURRENT', imported: 'IMPORTED', type: 'ON_DEMAND', said: undefined }
  assert.deepEqual(await rotationsOf(key), [current])
  const old = { id: first, state: 'NON_CURRENT', imported: 'IMPORTED', type: undefined, said: 'the first' }
  assert.deepEqual(await rotationsOf(key, 'ALL_KEY_MATERIAL'), [old, current])
  const [event] = eventsOf(key, 'RotateKey')
  assert.deepEqual(event!['serviceEventDetails'], {
    rotationType: 'ON_DEMAND',
    keyOrigin: 'EXTERNAL',
    previousKeyMaterialId: first,
    currentKeyMaterialId: next,
    keyId: key,
  })
})

test('material of a multi-Region key is imported in each Region before the key is rotated to it', async () => {
  const key = await newKey({ MultiRegion: true })
  await importInto(key, randomBytes(32))
  await kms.send(new ReplicateKeyCommand({ KeyId: key, ReplicaRegion: there }))
  const replica = postern.clients(await postern.administrator(), { region: there }).kms
  await eventually(async () => (await describe(key, replica)).KeyState === 'PendingImport')
  const material = randomBytes(32)
  const rotate = () => kms.send(new RotateKeyOnDemandCommand({ KeyId: key }))
  const ofNext = async () => (await rotationsOf(key, 'ALL_KEY_MATERIAL')).at(-1)

  const { KeyMaterialId } = await importInto(key, material, { ImportType: newMaterial })
  assert.equal((await ofNext())!.state, 'PENDING_MULTI_REGION_IMPORT_AND_ROTATION')
  await refused(rotate(), 'KMSInvalidStateException', 'No available key material pending rotation')
  const wrapped = await wrap(key, material, {}, replica)
  const forEver = { ...wrapped, ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' } as const
  await refused(
    replica.send(new ImportKeyMaterialCommand({ ...forEver, ImportType: newMaterial })),
    'UnsupportedOperationException',
    'is not a multi-region primary key.',
  )
  // The token is of the key in one Region.
  await refused(kms.send(new ImportKeyMaterialCommand(forEver)), 'InvalidImportTokenException')
  await replica.send(new ImportKeyMaterialCommand(forEver))
  assert.equal((await ofNext())!.state, 'PENDING_ROTATION')

  await rotate()

  assert.equal((await describe(key)).CurrentKeyMaterialId, KeyMaterialId)
  const copy = await describe(key, replica)
  assert.deepEqual([copy.CurrentKeyMaterialId, copy.KeyState], [KeyMaterialId, 'PendingImport'])
})

test('what was imported is in no answer, record or log, and the records tell what AWS’s tell', async () => {
  const key = await newKey()
  const material = randomBytes(32)
  const wrapped = await wrap(key, material)
  const ends = new Date(Date.UTC(new Date().getUTCFullYear() + 1, 0, 1, 5, 47, 45))
  const choice = { ValidTo: ends, KeyMaterialDescription: 'for the test', ImportType: newMaterial } as const

  const { KeyMaterialId } = await kms.send(new ImportKeyMaterialCommand({ ...wrapped, ...choice }))

  const [event] = eventsOf(key, 'ImportKeyMaterial')
  assert.deepEqual(event!['requestParameters'], {
    keyId: key,
    validTo: `Jan 1, ${ends.getUTCFullYear()}, 5:47:45 AM`,
    expirationModel: 'KEY_MATERIAL_EXPIRES',
    importType: newMaterial,
    keyMaterialDescription: 'for the test',
  })
  const arn = (await describe(key)).Arn
  assert.deepEqual(event!['responseElements'], { keyId: arn, keyMaterialId: KeyMaterialId })
  assert.deepEqual(eventsOf(key, 'GetParametersForImport')[0]!['requestParameters'], {
    keyId: key,
    wrappingAlgorithm: 'RSAES_OAEP_SHA_256',
    wrappingKeySpec: 'RSA_2048',
  })
  for (const secret of [material, wrapped.ImportToken, wrapped.EncryptedKeyMaterial])
    for (const form of ['base64', 'hex'] as const)
      assert.ok(!`${trailText(postern)}${postern.log}`.includes(Buffer.from(secret).toString(form).slice(0, 40)))
})

test('a key and the parameters of an import survive a restart', async () => {
  const [used, waiting] = [await newKey(), await newKey()]
  await importInto(used, randomBytes(32))
  const { CiphertextBlob } = await encrypt(used)
  const wrapped = await wrap(waiting, randomBytes(32), { algorithm: 'RSA_AES_KEY_WRAP_SHA_256' })

  await postern.stop()
  await postern.start()
  ;({ kms } = postern.clients(await postern.administrator()))

  assert.deepEqual(Buffer.from((await decrypt(CiphertextBlob!)).Plaintext!), Plaintext)
  await kms.send(new ImportKeyMaterialCommand({ ...wrapped, ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' }))
  assert.equal((await describe(waiting)).KeyState, 'Enabled')
})
