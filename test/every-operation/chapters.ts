// What a user does with KMS, in chapters that need nothing of each other and that together call every operation. What comes
// back is checked by node:crypto, so that a client which loses or changes bytes is noticed.
import assert from 'node:assert/strict'
import {
  createPrivateKey,
  createPublicKey,
  createHmac,
  diffieHellman,
  encapsulate,
  generateKeyPairSync,
  publicEncrypt,
  randomBytes,
  sign,
  verify,
} from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { ReferenceProxy } from '../reference-proxy.ts'
import type { Call, InputOf } from './call.ts'

/** Where the chapters play. */
export interface Place {
  /** The ARN that grants and policies name. */
  readonly principal: string
  /** Served beside the first. */
  readonly otherRegion: string
  /** That the server knows. */
  readonly proxy: ReferenceProxy
}

export interface Chapter {
  readonly title: string
  readonly play: (call: Call, place: Place) => Promise<void>
}

const context = { purpose: 'test', ключ: 'значение' }
const secret = Buffer.from('A secret of 27 bytes, or so')

const publicKeyOf = (der: Uint8Array): KeyObject =>
  createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' })
const privateKeyOf = (der: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' })

async function makeKey(call: Call, input: InputOf<'CreateKey'> = {}): Promise<string> {
  return (await call('CreateKey', input)).KeyMetadata!.Arn!
}

async function stateOf(call: Call, key: string, region?: string): Promise<string> {
  return (await call('DescribeKey', { KeyId: key }, region)).KeyMetadata!.KeyState!
}

/** Waits as clients do: by asking. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 60_000; !(await holds()); await delay(50))
    assert.ok(Date.now() < deadline, 'it did not come about')
}

const refusedAs = (name: string, call: Promise<unknown>): Promise<void> =>
  assert.rejects(call, (error: Error) => {
    assert.equal(error.name, name, error.message)
    return true
  })

const same = (one: Uint8Array | undefined, other: Uint8Array | undefined): void =>
  assert.equal(Buffer.from(one!).toString('hex'), Buffer.from(other!).toString('hex'))

async function encrypts(call: Call): Promise<void> {
  const key = await makeKey(call, { Description: 'a key', Tags: [{ TagKey: 'team', TagValue: 'a b' }] })
  const other = await makeKey(call)
  const given = { KeyId: key, EncryptionContext: context }

  const { CiphertextBlob } = await call('Encrypt', { ...given, Plaintext: secret })
  const opened = await call('Decrypt', { CiphertextBlob: CiphertextBlob!, EncryptionContext: context })
  const moved = await call('ReEncrypt', {
    CiphertextBlob: CiphertextBlob!,
    SourceEncryptionContext: context,
    DestinationKeyId: other,
  })
  const reopened = await call('Decrypt', { CiphertextBlob: moved.CiphertextBlob!, KeyId: other })

  same(opened.Plaintext, secret)
  same(reopened.Plaintext, secret)
  assert.deepEqual([opened.KeyId, moved.SourceKeyId, moved.KeyId], [key, key, other])
  await refusedAs('InvalidCiphertextException', call('Decrypt', { CiphertextBlob: CiphertextBlob! }))
  const used = await call('GetKeyLastUsage', { KeyId: key })
  assert.ok(used.TrackingStartDate)
}

async function generatesDataKeys(call: Call): Promise<void> {
  const given = { KeyId: await makeKey(call), EncryptionContext: context }
  const open = async (CiphertextBlob: Uint8Array | undefined): Promise<Uint8Array> =>
    (await call('Decrypt', { CiphertextBlob: CiphertextBlob!, EncryptionContext: context })).Plaintext!

  const dataKey = await call('GenerateDataKey', { ...given, KeySpec: 'AES_256' })
  const closed = await call('GenerateDataKeyWithoutPlaintext', { ...given, NumberOfBytes: 64 })
  const pair = await call('GenerateDataKeyPair', { ...given, KeyPairSpec: 'ECC_NIST_P256' })
  const closedPair = await call('GenerateDataKeyPairWithoutPlaintext', { ...given, KeyPairSpec: 'RSA_2048' })

  same(await open(dataKey.CiphertextBlob), dataKey.Plaintext)
  assert.equal((await open(closed.CiphertextBlob)).length, 64)
  same(await open(pair.PrivateKeyCiphertextBlob), pair.PrivateKeyPlaintext)
  isPair(pair.PrivateKeyPlaintext!, pair.PublicKey!)
  isPair(await open(closedPair.PrivateKeyCiphertextBlob), closedPair.PublicKey!)
}

function isPair(privateKey: Uint8Array, publicKey: Uint8Array): void {
  const signature = sign('sha256', secret, privateKeyOf(privateKey))
  assert.ok(verify('sha256', secret, publicKeyOf(publicKey), signature))
}

async function isNamed(call: Call): Promise<void> {
  const key = await makeKey(call)
  const other = await makeKey(call)
  const alias = `alias/by/${randomBytes(4).toString('hex')}`

  await call('CreateAlias', { AliasName: alias, TargetKeyId: key })
  await call('UpdateAlias', { AliasName: alias, TargetKeyId: other })
  const { Aliases } = await call('ListAliases', { KeyId: other })
  const { Keys } = await call('ListKeys', {})
  await call('UpdateKeyDescription', { KeyId: other, Description: 'described anew' })
  const { KeyMetadata } = await call('DescribeKey', { KeyId: alias })
  await call('DeleteAlias', { AliasName: alias })

  assert.deepEqual(
    Aliases!.map(({ AliasName }) => AliasName),
    [alias],
  )
  assert.ok([key, other].every(arn => Keys!.some(({ KeyArn }) => KeyArn === arn)))
  assert.deepEqual([KeyMetadata!.Arn, KeyMetadata!.Description], [other, 'described anew'])
  await refusedAs('NotFoundException', call('DescribeKey', { KeyId: alias }))
}

async function hasTagsAndPolicy(call: Call, { principal }: Place): Promise<void> {
  const key = await makeKey(call)
  const statement = { Sid: 'all', Effect: 'Allow', Principal: { AWS: principal }, Action: 'kms:*', Resource: '*' }
  const policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] })

  await call('TagResource', {
    KeyId: key,
    Tags: ['one', 'two'].map(name => ({ TagKey: name, TagValue: `of ${name}` })),
  })
  await call('UntagResource', { KeyId: key, TagKeys: ['one'] })
  const { Tags } = await call('ListResourceTags', { KeyId: key })
  await call('PutKeyPolicy', { KeyId: key, PolicyName: 'default', Policy: policy })
  const { PolicyNames } = await call('ListKeyPolicies', { KeyId: key })
  const read = await call('GetKeyPolicy', { KeyId: key })

  assert.deepEqual(Tags, [{ TagKey: 'two', TagValue: 'of two' }])
  assert.deepEqual(PolicyNames, ['default'])
  assert.equal(read.Policy, policy)
}

async function livesAndEnds(call: Call): Promise<void> {
  const key = await makeKey(call)

  await call('DisableKey', { KeyId: key })
  await refusedAs('DisabledException', call('Encrypt', { KeyId: key, Plaintext: secret }))
  await call('EnableKey', { KeyId: key })
  const deletion = await call('ScheduleKeyDeletion', { KeyId: key, PendingWindowInDays: 7 })
  await refusedAs('KMSInvalidStateException', call('Encrypt', { KeyId: key, Plaintext: secret }))
  await call('CancelKeyDeletion', { KeyId: key })

  assert.equal(deletion.KeyState, 'PendingDeletion')
  assert.equal(await stateOf(call, key), 'Disabled')
}

async function rotates(call: Call): Promise<void> {
  const key = await makeKey(call)
  const { CiphertextBlob } = await call('Encrypt', { KeyId: key, Plaintext: secret })

  await call('EnableKeyRotation', { KeyId: key, RotationPeriodInDays: 90 })
  const status = await call('GetKeyRotationStatus', { KeyId: key })
  await call('RotateKeyOnDemand', { KeyId: key })
  const rotations = async () => (await call('ListKeyRotations', { KeyId: key })).Rotations!
  await until(async () => (await rotations()).length > 0)
  await call('DisableKeyRotation', { KeyId: key })
  const opened = await call('Decrypt', { CiphertextBlob: CiphertextBlob! })

  assert.deepEqual([status.KeyRotationEnabled, status.RotationPeriodInDays], [true, 90])
  assert.equal((await rotations())[0]!.RotationType, 'ON_DEMAND')
  same(opened.Plaintext, secret)
}

async function isGranted(call: Call, { principal }: Place): Promise<void> {
  const key = await makeKey(call)
  const input: InputOf<'CreateGrant'> = {
    KeyId: key,
    GranteePrincipal: principal,
    RetiringPrincipal: principal,
    Operations: ['Encrypt', 'Decrypt'],
    Constraints: { EncryptionContextSubset: context },
  }

  const one = await call('CreateGrant', { ...input, Name: 'one' })
  const two = await call('CreateGrant', { ...input, Name: 'two' })
  await call('Encrypt', {
    KeyId: key,
    Plaintext: secret,
    EncryptionContext: context,
    GrantTokens: [one.GrantToken!, two.GrantToken!],
  })
  const listed = await call('ListGrants', { KeyId: key })
  const retirable = await call('ListRetirableGrants', { RetiringPrincipal: principal })
  await call('RetireGrant', { GrantToken: one.GrantToken! })
  await call('RevokeGrant', { KeyId: key, GrantId: two.GrantId! })
  const left = await call('ListGrants', { KeyId: key })

  const namesOf = ({ Grants }: typeof listed) => new Set(Grants!.map(({ Name }) => Name))
  assert.deepEqual(namesOf(listed), new Set(['one', 'two']))
  assert.deepEqual(listed.Grants![0]!.Constraints!.EncryptionContextSubset, context)
  assert.ok([one, two].every(made => retirable.Grants!.some(({ GrantId }) => GrantId === made.GrantId)))
  assert.deepEqual(left.Grants, [])
}

async function signs(call: Call): Promise<void> {
  const key = await makeKey(call, { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' })
  const given = { KeyId: key, Message: secret, SigningAlgorithm: 'ECDSA_SHA_256' } as const

  const { PublicKey } = await call('GetPublicKey', { KeyId: key })
  const { Signature } = await call('Sign', given)
  const verified = await call('Verify', { ...given, Signature: Signature! })

  assert.equal(verified.SignatureValid, true)
  assert.ok(verify('sha256', secret, publicKeyOf(PublicKey!), Signature!))
  const spoilt = { ...given, Message: Buffer.from('another message'), Signature: Signature! }
  await refusedAs('KMSInvalidSignatureException', call('Verify', spoilt))
}

async function authenticates(call: Call): Promise<void> {
  const key = await makeKey(call, { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' })
  const given = { KeyId: key, Message: secret, MacAlgorithm: 'HMAC_SHA_256' } as const

  const { Mac } = await call('GenerateMac', given)
  const verified = await call('VerifyMac', { ...given, Mac: Mac! })
  const random = await call('GenerateRandom', { NumberOfBytes: 33 })

  assert.equal(verified.MacValid, true)
  assert.equal(Mac!.length, 32)
  assert.equal(random.Plaintext!.length, 33)
  const wrong = createHmac('sha256', secret).digest()
  await refusedAs('KMSInvalidMacException', call('VerifyMac', { ...given, Mac: wrong }))
}

async function agrees(call: Call): Promise<void> {
  const key = await makeKey(call, { KeySpec: 'ECC_NIST_P384', KeyUsage: 'KEY_AGREEMENT' })
  const mine = generateKeyPairSync('ec', { namedCurve: 'P-384' })

  const { PublicKey } = await call('GetPublicKey', { KeyId: key })
  const { SharedSecret } = await call('DeriveSharedSecret', {
    KeyId: key,
    KeyAgreementAlgorithm: 'ECDH',
    PublicKey: mine.publicKey.export({ format: 'der', type: 'spki' }),
  })

  same(SharedSecret, diffieHellman({ privateKey: mine.privateKey, publicKey: publicKeyOf(PublicKey!) }))
}

async function encapsulates(call: Call): Promise<void> {
  const key = await makeKey(call, { KeySpec: 'ML_KEM_768', KeyUsage: 'ENCAPSULATE_DECAPSULATE' })
  const given = { KeyId: key, EncapsulationAlgorithm: 'ML_KEM' } as const
  const open = async (blob: Uint8Array) =>
    (await call('Decapsulate', { ...given, SharedSecretCiphertextBlob: blob })).SharedSecret

  const { PublicKey } = await call('GetPublicKey', { KeyId: key })
  const made = await call('Encapsulate', given)
  const elsewhere = encapsulate(publicKeyOf(PublicKey!))

  same(await open(made.SharedSecretCiphertextBlob!), made.SharedSecret)
  same(await open(elsewhere.ciphertext), elsewhere.sharedKey)
}

async function importsMaterial(call: Call): Promise<void> {
  const key = await makeKey(call, { Origin: 'EXTERNAL' })
  const material = randomBytes(32)

  const parameters = await call('GetParametersForImport', {
    KeyId: key,
    WrappingAlgorithm: 'RSAES_OAEP_SHA_256',
    WrappingKeySpec: 'RSA_2048',
  })
  const wrapped = publicEncrypt({ key: publicKeyOf(parameters.PublicKey!), oaepHash: 'sha256' }, material)
  await call('ImportKeyMaterial', {
    KeyId: key,
    ImportToken: parameters.ImportToken!,
    EncryptedKeyMaterial: wrapped,
    ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
  })
  await call('Encrypt', { KeyId: key, Plaintext: secret })
  await call('DeleteImportedKeyMaterial', { KeyId: key })

  assert.equal(await stateOf(call, key), 'PendingImport')
}

async function isMultiRegion(call: Call, { otherRegion }: Place): Promise<void> {
  const key = await makeKey(call, { MultiRegion: true })
  const firstRegion = key.split(':')[3]!
  const replica = key.replace(firstRegion, otherRegion)
  const { CiphertextBlob } = await call('Encrypt', { KeyId: key, Plaintext: secret })

  const replicated = await call('ReplicateKey', { KeyId: key, ReplicaRegion: otherRegion })
  await until(async () => (await stateOf(call, replica, otherRegion)) === 'Enabled')
  const opened = await call('Decrypt', { CiphertextBlob: CiphertextBlob!, KeyId: replica }, otherRegion)
  await call('UpdatePrimaryRegion', { KeyId: key, PrimaryRegion: otherRegion })
  await until(async () => (await stateOf(call, key)) === 'Enabled')
  const { KeyMetadata } = await call('DescribeKey', { KeyId: replica }, otherRegion)

  assert.equal(replicated.ReplicaKeyMetadata!.Arn, replica)
  same(opened.Plaintext, secret)
  assert.equal(KeyMetadata!.MultiRegionConfiguration!.MultiRegionKeyType, 'PRIMARY')
}

async function hasAStore(call: Call, { proxy }: Place): Promise<void> {
  const name = `store-${randomBytes(4).toString('hex')}`
  const { CustomKeyStoreId } = await call('CreateCustomKeyStore', {
    CustomKeyStoreName: 'to be renamed',
    CustomKeyStoreType: 'EXTERNAL_KEY_STORE',
    XksProxyConnectivity: 'PUBLIC_ENDPOINT',
    XksProxyUriEndpoint: proxy.uriEndpoint,
    XksProxyUriPath: proxy.uriPath,
    XksProxyAuthenticationCredential: {
      AccessKeyId: proxy.credentials[0]!.accessKeyId,
      RawSecretAccessKey: proxy.credentials[0]!.secretAccessKey,
    },
  })
  const given = { CustomKeyStoreId: CustomKeyStoreId! }
  const store = async () => (await call('DescribeCustomKeyStores', given)).CustomKeyStores![0]!
  const becomes = (state: string) => until(async () => (await store()).ConnectionState === state)

  await call('UpdateCustomKeyStore', { ...given, NewCustomKeyStoreName: name })
  await call('ConnectCustomKeyStore', given)
  await becomes('CONNECTED')
  await refusedAs('CustomKeyStoreInvalidStateException', call('DeleteCustomKeyStore', given))
  await call('DisconnectCustomKeyStore', given)
  await becomes('DISCONNECTED')
  const { CustomKeyStoreName } = await store()
  await call('DeleteCustomKeyStore', given)

  assert.equal(CustomKeyStoreName, name)
  await refusedAs('CustomKeyStoreNotFoundException', call('DescribeCustomKeyStores', given))
}

/** Together they call every operation. */
export const chapters: readonly Chapter[] = [
  { title: 'a key encrypts, decrypts and re-encrypts', play: encrypts },
  { title: 'data keys and data key pairs are whole', play: generatesDataKeys },
  { title: 'a key is described and named', play: isNamed },
  { title: 'a key has tags and a policy', play: hasTagsAndPolicy },
  { title: 'a key is disabled, enabled, and its deletion scheduled and cancelled', play: livesAndEnds },
  { title: 'a key rotates', play: rotates },
  { title: 'a key is granted', play: isGranted },
  { title: 'a key signs', play: signs },
  { title: 'a key authenticates', play: authenticates },
  { title: 'a key agrees', play: agrees },
  { title: 'a key encapsulates', play: encapsulates },
  { title: 'a key takes material from elsewhere', play: importsMaterial },
  { title: 'a key is in two Regions', play: isMultiRegion },
  { title: 'an external key store is made, connected and deleted', play: hasAStore },
]
