// Every operation that is served, in every state that a key can be in, against AWS's table.
import assert from 'node:assert/strict'
import { generateKeyPairSync, publicEncrypt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { SecretBytes, ServiceError, accountRootArn } from '../../src/base/index.ts'
import { encapsulate, encryptBlob, generateMac, publicKeyDer, sign } from '../../src/crypto/index.ts'
import {
  defaultKeyPolicy,
  disableKey,
  keyCollection,
  scheduleKeyDeletion,
  sealImportToken,
  updatePrimaryRegion,
} from '../../src/keys/index.ts'
import type { KeyEntry, KeyState, KeyValue } from '../../src/keys/index.ts'
import { kmsService } from '../../src/services/index.ts'
import { openMemoryStore, put } from '../../src/storage/index.ts'
import type { Write } from '../../src/storage/index.ts'
import { KeyRoom, account, otherRegions, region } from '../keys/key-room.ts'
import { performAsRoot } from './perform-as-root.ts'

type State =
  | 'Enabled'
  | 'Disabled'
  | 'PendingDeletion'
  | 'PendingReplicaDeletion'
  | 'PendingImport'
  | 'Unavailable'
  | 'Creating'
  | 'Updating'

interface StateTable {
  readonly withoutKey: readonly string[]
  readonly operations: Readonly<Record<string, Readonly<Record<State, string>>>>
}

const table = JSON.parse(
  readFileSync(join(import.meta.dirname, '../vectors/kms-key-states.json'), 'utf8'),
) as StateTable

const states: readonly State[] = [
  'Enabled',
  'Disabled',
  'PendingDeletion',
  'PendingReplicaDeletion',
  'PendingImport',
  'Unavailable',
  'Creating',
  'Updating',
]
const kindOf: Readonly<Record<State, KeyState['kind']>> = {
  Enabled: 'enabled',
  Disabled: 'disabled',
  PendingDeletion: 'pending-deletion',
  PendingReplicaDeletion: 'pending-replica-deletion',
  PendingImport: 'pending-import',
  Unavailable: 'unavailable',
  Creating: 'creating',
  Updating: 'updating',
}

/** What a request can name. */
interface Given {
  /** The key in the state that is tried. */
  readonly keyId: string
  /** Another key, enabled. */
  readonly otherId: string
  /** A ciphertext of the key, and one of the other. */
  readonly blob: Buffer
  readonly otherBlob: Buffer
  /** A grant on the key. */
  readonly grantId: string
  /** Its material, wrapped for an import, and the token that opens it. */
  readonly token: Buffer
  readonly wrapped: Buffer
  /** What a key of another kind has made of `message`, and its public key. */
  readonly proof: Buffer
}

type KeyKind = Pick<KeyValue, 'keySpec' | 'keyUsage'>

const message = Buffer.from('text')
const signing = { keySpec: 'ECC_NIST_P256', keyUsage: 'SIGN_VERIFY' } as const
const authenticating = { keySpec: 'HMAC_256', keyUsage: 'GENERATE_VERIFY_MAC' } as const
const agreeing = { keySpec: 'ECC_NIST_P256', keyUsage: 'KEY_AGREEMENT' } as const
const encapsulating = { keySpec: 'ML_KEM_512', keyUsage: 'ENCAPSULATE_DECAPSULATE' } as const

/** The kinds of keys that operations are for, where that is not a symmetric one. */
const kinds: ReadonlyMap<string, KeyKind> = new Map<string, KeyKind>([
  ['Decapsulate', encapsulating],
  ['DeriveSharedSecret', agreeing],
  ['Encapsulate', encapsulating],
  ['GenerateMac', authenticating],
  ['GetPublicKey', signing],
  ['Sign', signing],
  ['Verify', signing],
  ['VerifyMac', authenticating],
])

const rootArn = accountRootArn(account)

const keyOnly = ({ keyId }: Given): object => ({ KeyId: keyId })

// One good request of each operation; the alias alias/app is the key's, alias/other the other's.
const requests: Readonly<Record<string, (given: Given) => object>> = {
  CancelKeyDeletion: keyOnly,
  CreateAlias: ({ keyId }) => ({ AliasName: 'alias/new', TargetKeyId: keyId }),
  CreateGrant: ({ keyId }) => ({ KeyId: keyId, GranteePrincipal: rootArn, Operations: ['Decrypt'] }),
  Decapsulate: ({ keyId, proof }) => ({
    KeyId: keyId,
    EncapsulationAlgorithm: 'ML_KEM',
    SharedSecretCiphertextBlob: proof,
  }),
  Decrypt: ({ blob }) => ({ CiphertextBlob: blob }),
  DeleteAlias: () => ({ AliasName: 'alias/app' }),
  DeleteImportedKeyMaterial: keyOnly,
  DeriveSharedSecret: ({ keyId, proof }) => ({ KeyId: keyId, KeyAgreementAlgorithm: 'ECDH', PublicKey: proof }),
  DescribeKey: keyOnly,
  DisableKey: keyOnly,
  DisableKeyRotation: keyOnly,
  EnableKey: keyOnly,
  EnableKeyRotation: keyOnly,
  Encapsulate: ({ keyId }) => ({ KeyId: keyId, EncapsulationAlgorithm: 'ML_KEM' }),
  Encrypt: ({ keyId }) => ({ KeyId: keyId, Plaintext: Buffer.from('text') }),
  GenerateDataKey: ({ keyId }) => ({ KeyId: keyId, KeySpec: 'AES_256' }),
  GenerateDataKeyPair: ({ keyId }) => ({ KeyId: keyId, KeyPairSpec: 'ECC_NIST_P256' }),
  GenerateDataKeyPairWithoutPlaintext: ({ keyId }) => ({ KeyId: keyId, KeyPairSpec: 'ECC_NIST_P256' }),
  GenerateDataKeyWithoutPlaintext: ({ keyId }) => ({ KeyId: keyId, NumberOfBytes: 32 }),
  GenerateMac: ({ keyId }) => ({ KeyId: keyId, MacAlgorithm: 'HMAC_SHA_256', Message: message }),
  GetKeyLastUsage: keyOnly,
  GetKeyPolicy: keyOnly,
  GetKeyRotationStatus: keyOnly,
  GetParametersForImport: ({ keyId }) => ({
    KeyId: keyId,
    WrappingAlgorithm: 'RSAES_OAEP_SHA_256',
    WrappingKeySpec: 'RSA_2048',
  }),
  GetPublicKey: keyOnly,
  ImportKeyMaterial: ({ keyId, token, wrapped }) => ({
    KeyId: keyId,
    ImportToken: token,
    EncryptedKeyMaterial: wrapped,
    ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
  }),
  ListAliases: keyOnly,
  ListGrants: keyOnly,
  ListKeyPolicies: keyOnly,
  ListKeyRotations: keyOnly,
  ListResourceTags: keyOnly,
  PutKeyPolicy: ({ keyId }) => ({
    KeyId: keyId,
    Policy: defaultKeyPolicy(account),
    BypassPolicyLockoutSafetyCheck: true,
  }),
  ReEncrypt: ({ blob, otherId }) => ({ CiphertextBlob: blob, DestinationKeyId: otherId }),
  ReplicateKey: ({ keyId }) => ({ KeyId: keyId, ReplicaRegion: thirdRegion }),
  RetireGrant: ({ keyId, grantId }) => ({ KeyId: keyId, GrantId: grantId }),
  RevokeGrant: ({ keyId, grantId }) => ({ KeyId: keyId, GrantId: grantId }),
  RotateKeyOnDemand: keyOnly,
  ScheduleKeyDeletion: keyOnly,
  Sign: ({ keyId }) => ({ KeyId: keyId, SigningAlgorithm: 'ECDSA_SHA_256', Message: message }),
  TagResource: ({ keyId }) => ({ KeyId: keyId, Tags: [{ TagKey: 'a', TagValue: 'b' }] }),
  UntagResource: ({ keyId }) => ({ KeyId: keyId, TagKeys: ['a'] }),
  UpdateAlias: ({ keyId }) => ({ AliasName: 'alias/other', TargetKeyId: keyId }),
  UpdateKeyDescription: ({ keyId }) => ({ KeyId: keyId, Description: 'new' }),
  UpdatePrimaryRegion: ({ keyId }) => ({ KeyId: keyId, PrimaryRegion: secondRegion }),
  Verify: ({ keyId, proof }) => ({
    KeyId: keyId,
    SigningAlgorithm: 'ECDSA_SHA_256',
    Message: message,
    Signature: proof,
  }),
  VerifyMac: ({ keyId, proof }) => ({ KeyId: keyId, MacAlgorithm: 'HMAC_SHA_256', Message: message, Mac: proof }),
}

const [secondRegion, thirdRegion] = otherRegions
const ofMultiRegionKeys = new Set(['ReplicateKey', 'UpdatePrimaryRegion'])
const statesOfMultiRegionKeys = new Set<State>(['PendingReplicaDeletion', 'Creating', 'Updating'])

/** A key that is in another Region too: the primary one, but for the state that only replicas are ever in. */
async function multiRegionKey(room: KeyRoom, state: State, kind: Partial<KeyKind>): Promise<KeyEntry> {
  const isReplica = state === 'Creating' || state === 'Updating'
  const [from, to] = isReplica ? [secondRegion, region] : [region, secondRegion]
  const primary = await room.makeKey({ ...kind, multiRegion: true, region: from })
  await room.replicate(primary, to)
  if (state !== 'Creating') await room.doDueWork()
  const { keyId } = primary.key
  if (state === 'Updating') {
    const [old, replica] = [(await room.find(keyId, from))!, (await room.find(keyId, to))!]
    await room.store.commit({ writes: updatePrimaryRegion(old, replica, [replica]) })
  }
  return (await room.find(keyId))!
}

/** Puts a key into a state by hand: a primary key that has a replica does not come into this one. */
function inDeletion({ record, key }: KeyEntry, deleteAt: number): readonly Write[] {
  return [
    put(keyCollection, record.id, { ...key, state: { kind: 'pending-deletion', deleteAt, windowDays: 7 } }, 'any'),
  ]
}

const ofImportedKeys = new Set(['DeleteImportedKeyMaterial', 'GetParametersForImport', 'ImportKeyMaterial'])
const wrappingPair = generateKeyPairSync('rsa', { modulusLength: 2_048 })

/** Makes of a key one whose material was imported, all of it or not. */
function asImported({ record, key }: KeyEntry, isComplete: boolean): readonly Write[] {
  const { state } = key
  const imported: KeyValue = {
    ...key,
    origin: 'EXTERNAL',
    imported: { isComplete },
    state: isComplete ? state : { kind: 'pending-import' },
  }
  return [put(keyCollection, record.id, imported, record.version)]
}

/** The material of a key as it comes for an import. */
async function wrapAgain(room: KeyRoom, { key }: KeyEntry): Promise<Pick<Given, 'token' | 'wrapped'>> {
  const material = (await room.keys.secretMaterial(key))!
  const privateKeyDer = new SecretBytes(wrappingPair.privateKey.export({ format: 'der', type: 'pkcs8' }))
  const algorithm = 'RSAES_OAEP_SHA_256'
  const token = sealImportToken(key, { privateKeyDer, algorithm, validTo: room.now + 1 }, room.keyRing)
  return { token, wrapped: publicEncrypt({ key: wrappingPair.publicKey, oaepHash: 'sha256' }, material.key.export()) }
}

/** What a key of that kind has made of the message, or its public key. */
async function proofOf({ keys, work }: KeyRoom, { key }: KeyEntry): Promise<Buffer> {
  if (key.keyUsage === 'GENERATE_VERIFY_MAC')
    return generateMac((await keys.secretMaterial(key))!, 'HMAC_SHA_256', message)
  const pair = (await keys.keyPair(key))!
  if (key.keyUsage === 'KEY_AGREEMENT') return publicKeyDer(pair)
  if (key.keyUsage === 'ENCAPSULATE_DECAPSULATE') return encapsulate(pair).ciphertext
  return sign(pair, key.keySpec, { algorithm: 'ECDSA_SHA_256', message, form: 'RAW' }, work)
}

/** Puts a key into a custom key store that is not connected. */
function inStore({ record, key }: KeyEntry): readonly Write[] {
  const elsewhere: KeyValue = { ...key, origin: 'EXTERNAL_KEY_STORE', customKeyStoreId: 'cks-0', xksKeyId: 'a' }
  return [put(keyCollection, record.id, elsewhere, record.version)]
}

/** A service with one key in the state that is tried. */
class Kms {
  readonly room: KeyRoom
  readonly key: KeyEntry
  readonly given: Given

  private constructor(room: KeyRoom, key: KeyEntry, given: Given) {
    this.room = room
    this.key = key
    this.given = given
  }

  /** A service with that key alone. */
  static async of(room: KeyRoom, key: KeyEntry): Promise<Kms> {
    const none = Buffer.alloc(0)
    const { keyId } = key.key
    const given = {
      keyId,
      otherId: keyId,
      blob: none,
      otherBlob: none,
      grantId: '',
      token: none,
      wrapped: none,
      proof: none,
    }
    return new Kms(room, key, given)
  }

  static async withKey(state: State, name: string): Promise<Kms> {
    const room = new KeyRoom(await openMemoryStore())
    const isMultiRegion = ofMultiRegionKeys.has(name) || statesOfMultiRegionKeys.has(state)
    const kind = kinds.get(name)
    const key = isMultiRegion ? await multiRegionKey(room, state, kind ?? {}) : await room.makeKey(kind)
    const other = await room.makeKey()
    await room.makeAlias('alias/app', key)
    await room.makeAlias('alias/other', other)
    const blobOf = async (entry: KeyEntry): Promise<Buffer> => {
      const material = (await room.keys.secretMaterial(entry.key))!
      return encryptBlob(entry.key.keyId, material, Buffer.from('text'), undefined, room.random)
    }
    // What keys of another kind have none of is the other's.
    const symmetric = kind === undefined ? key : other
    const given = {
      keyId: key.key.keyId,
      otherId: other.key.keyId,
      blob: await blobOf(symmetric),
      otherBlob: await blobOf(other),
      grantId: (await room.makeGrant(key, { operations: ['DescribeKey'] })).grantId,
      ...(await wrapAgain(room, symmetric)),
      proof: kind === undefined ? Buffer.alloc(0) : await proofOf(room, key),
    }
    if (ofImportedKeys.has(name) || state === 'PendingImport')
      await room.change(key, entry => asImported(entry, state !== 'PendingImport'))
    if (state === 'Disabled') await room.change(key, disableKey)
    if (state === 'PendingDeletion' && isMultiRegion) await room.change(key, entry => inDeletion(entry, room.now))
    else if (state === 'PendingDeletion' || state === 'PendingReplicaDeletion')
      await room.change(key, entry => scheduleKeyDeletion(entry, { now: room.now, windowDays: 7 }))
    if (state === 'Unavailable') await room.change(key, inStore)
    return new Kms(room, key, given)
  }

  /** Does an operation and commits it: `ok`, or the error as the table words it. */
  async answer(name: string, input: object): Promise<string> {
    try {
      await performAsRoot(this.room, name, input)
      return 'ok'
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error
      const text = error.message.replace(this.key.key.arn, '{keyArn}')
      return text === '' ? error.code : `${error.code}: ${text}`
    }
  }

  async state(): Promise<KeyState['kind'] | undefined> {
    return (await this.room.find(this.given.keyId))?.key.state.kind
  }
}

test('every operation that is served is in the table of key states, or uses no key', () => {
  const unknown = [...kmsService.operations.keys()].filter(
    name => table.operations[name] === undefined && !table.withoutKey.includes(name),
  )

  assert.deepEqual(unknown, [])
})

const served = [...kmsService.operations.keys()].filter(name => table.operations[name] !== undefined)

for (const name of served) {
  for (const state of states) {
    const expected = table.operations[name]![state].replace('{origin}', 'EXTERNAL_KEY_STORE')
    // Keys of that kind are in no such state.
    if (expected === 'n/a') continue
    test(`${name} of a key that is ${state} answers ${expected}`, async () => {
      const kms = await Kms.withKey(state, name)
      const request = requests[name]?.(kms.given) ?? assert.fail('a request is missing here')

      assert.equal(await kms.answer(name, request), expected)
    })
  }
}

for (const state of states) {
  const expected = table.operations['ReEncrypt']![state]
  test(`ReEncrypt to a key that is ${state} answers ${expected}`, async () => {
    const kms = await Kms.withKey(state, 'ReEncrypt')
    const { otherBlob, keyId } = kms.given

    assert.equal(await kms.answer('ReEncrypt', { CiphertextBlob: otherBlob, DestinationKeyId: keyId }), expected)
  })
}

// The states that the operations lead to; any other operation leaves a key as it is.
const leadsTo: Readonly<Record<string, KeyState['kind']>> = {
  CancelKeyDeletion: 'disabled',
  DisableKey: 'disabled',
  EnableKey: 'enabled',
  ScheduleKeyDeletion: 'pending-deletion',
  UpdatePrimaryRegion: 'updating',
}

/** Where a change of its material leads a key. */
function byMaterial(name: string, state: State): KeyState['kind'] | undefined {
  if (name === 'ImportKeyMaterial' && state === 'PendingImport') return 'enabled'
  const losesIt = name === 'DeleteImportedKeyMaterial' && (state === 'Enabled' || state === 'Disabled')
  return losesIt ? 'pending-import' : undefined
}

for (const name of served) {
  test(`${name} leaves the key ${leadsTo[name] ?? 'in the state in which it was'}, and as it was where it is refused`, async () => {
    for (const state of states) {
      if (table.operations[name]![state] === 'n/a') continue
      const kms = await Kms.withKey(state, name)

      const answer = await kms.answer(name, requests[name]!(kms.given))

      const unchanged = kindOf[state]
      const leads = answer === 'ok' ? (leadsTo[name] ?? byMaterial(name, state)) : undefined
      // Out of use or not, it is unavailable as long as its store is.
      const isStill = state === 'Unavailable' && leads !== 'pending-deletion'
      assert.equal(await kms.state(), isStill ? unchanged : (leads ?? unchanged), state)
    }
  })
}

// What is asked before the state, and what after it.

const text = { Message: message, SigningAlgorithm: 'ECDSA_SHA_256' }

for (const [name, kind, more] of [
  ['Decapsulate', signing, { EncapsulationAlgorithm: 'ML_KEM', SharedSecretCiphertextBlob: Buffer.alloc(768) }],
  ['DeriveSharedSecret', signing, { KeyAgreementAlgorithm: 'ECDH', PublicKey: Buffer.alloc(8) }],
  ['Encapsulate', agreeing, { EncapsulationAlgorithm: 'ML_KEM' }],
  ['Encrypt', authenticating, { Plaintext: message }],
  ['GenerateDataKey', authenticating, { KeySpec: 'AES_256' }],
  ['GenerateDataKeyPair', signing, { KeyPairSpec: 'RSA_4096' }],
  ['GenerateDataKeyPairWithoutPlaintext', signing, { KeyPairSpec: 'RSA_4096' }],
  ['GenerateDataKeyWithoutPlaintext', encapsulating, { NumberOfBytes: 8 }],
  ['GenerateMac', signing, { MacAlgorithm: 'HMAC_SHA_256', Message: message }],
  ['Sign', { keySpec: 'RSA_2048', keyUsage: 'ENCRYPT_DECRYPT' }, { ...text, SigningAlgorithm: 'RSASSA_PSS_SHA_256' }],
  ['Sign', authenticating, text],
  ['Verify', agreeing, { ...text, Signature: Buffer.alloc(8) }],
  ['VerifyMac', encapsulating, { MacAlgorithm: 'HMAC_SHA_256', Message: message, Mac: Buffer.alloc(32) }],
] as const) {
  test(`[F56] ${name} with a key for ${kind.keyUsage} answers InvalidKeyUsageException, disabled or not`, async () => {
    const room = new KeyRoom(await openMemoryStore())
    const kms = await Kms.of(room, await room.makeKey(kind))
    const request = { ...more, KeyId: kms.key.key.keyId }
    const expected = `InvalidKeyUsageException: {keyArn} key usage is ${kind.keyUsage} which is not valid for ${name}.`

    assert.equal(await kms.answer(name, request), expected)
    await room.change(kms.key, disableKey)
    assert.equal(await kms.answer(name, request), expected)
  })
}

for (const [name, kind, more, expected] of [
  [
    'Sign',
    signing,
    { ...text, SigningAlgorithm: 'ECDSA_SHA_384' },
    'InvalidKeyUsageException: Algorithm ECDSA_SHA_384 is incompatible with key spec ECC_NIST_P256.',
  ],
  [
    'Sign',
    signing,
    { ...text, MessageType: 'DIGEST' },
    'ValidationException: Digest is invalid length for algorithm ECDSA_SHA_256.',
  ],
  ['GetPublicKey', authenticating, {}, 'UnsupportedOperationException'],
  ['GetPublicKey', { keySpec: 'SYMMETRIC_DEFAULT', keyUsage: 'ENCRYPT_DECRYPT' }, {}, 'UnsupportedOperationException'],
  ['EnableKeyRotation', signing, {}, 'UnsupportedOperationException'],
  ['EnableKeyRotation', authenticating, {}, 'UnsupportedOperationException'],
  ['RotateKeyOnDemand', encapsulating, {}, 'UnsupportedOperationException'],
] as const) {
  test(`${name} on a key of ${kind.keySpec} answers ${expected}, and its state before that`, async () => {
    const room = new KeyRoom(await openMemoryStore())
    const kms = await Kms.of(room, await room.makeKey(kind))
    const request = { ...more, KeyId: kms.key.key.keyId }

    assert.equal(await kms.answer(name, request), expected)
    await room.change(kms.key, entry => scheduleKeyDeletion(entry, { now: room.now, windowDays: 7 }))
    assert.equal(await kms.answer(name, request), 'KMSInvalidStateException: {keyArn} is pending deletion.')
  })
}

test('DisableKeyRotation and GetKeyRotationStatus are answered for keys that have no rotation', async () => {
  const room = new KeyRoom(await openMemoryStore())
  const kms = await Kms.of(room, await room.makeKey(signing))

  assert.equal(await kms.answer('DisableKeyRotation', { KeyId: kms.key.key.keyId }), 'ok')
  assert.equal(await kms.answer('GetKeyRotationStatus', { KeyId: kms.key.key.keyId }), 'ok')
})

for (const [from, to, expected] of [
  [signing, agreeing, 'key usage SIGN_VERIFY to a CMK with key usage KEY_AGREEMENT. The key usage'],
  [
    undefined,
    { keySpec: 'RSA_2048', keyUsage: 'ENCRYPT_DECRYPT' },
    'key type SYMMETRIC to a CMK with key type ASYMMETRIC. The key type',
  ],
  [authenticating, signing, 'key usage GENERATE_VERIFY_MAC to a CMK with key usage SIGN_VERIFY. The key usage'],
] as const) {
  test(`UpdateAlias goes from no key to one of another kind: ${expected}`, async () => {
    const room = new KeyRoom(await openMemoryStore())
    const current = await room.makeKey(from)
    const kms = await Kms.of(room, await room.makeKey(to))
    await room.makeAlias('alias/app', current)

    const answer = await kms.answer('UpdateAlias', { AliasName: 'alias/app', TargetKeyId: kms.key.key.keyId })

    assert.equal(
      answer,
      `ValidationException: Alias alias/app cannot be changed from a CMK with ${expected} of the current CMK and the new CMK must be the same.`,
    )
  })
}

test('UpdateAlias goes from a key to one of another spec that is for the same', async () => {
  const room = new KeyRoom(await openMemoryStore())
  const kms = await Kms.of(room, await room.makeKey({ keySpec: 'ML_DSA_44', keyUsage: 'SIGN_VERIFY' }))
  await room.makeAlias('alias/app', await room.makeKey(signing))

  assert.equal(await kms.answer('UpdateAlias', { AliasName: 'alias/app', TargetKeyId: kms.key.key.keyId }), 'ok')
})

for (const name of ['GenerateDataKeyPair', 'GenerateDataKeyPairWithoutPlaintext']) {
  test(`${name} with a key in a custom key store is refused, and its state before that`, async () => {
    const room = new KeyRoom(await openMemoryStore())
    const key = await room.makeKey()
    const kms = await Kms.of(room, key)
    await room.change(key, entry => [
      put(keyCollection, entry.record.id, { ...entry.key, origin: 'EXTERNAL_KEY_STORE' }, entry.record.version),
    ])
    const request = { KeyId: key.key.keyId, KeyPairSpec: 'RSA_2048' }

    assert.equal(
      await kms.answer(name, request),
      'UnsupportedOperationException: {keyArn} origin is EXTERNAL_KEY_STORE which is not valid for this operation.',
    )
    await room.change(key, disableKey)
    assert.equal(await kms.answer(name, request), 'DisabledException: {keyArn} is disabled.')
  })
}
