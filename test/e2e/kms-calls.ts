// One working call of every operation of KMS by the AWS SDK, with what each needs made before it.
import { generateKeyPairSync, publicEncrypt, randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import * as sdk from '@aws-sdk/client-kms'
import type { KMSClient } from '@aws-sdk/client-kms'
import type { ReferenceProxy } from '../reference-proxy.ts'

/** An answer, by its members. */
export type Answer = Readonly<Record<string, unknown>> & {
  readonly $metadata: { readonly httpStatusCode?: number; readonly requestId?: string }
}

type CommandClass = new (input: object) => Parameters<KMSClient['send']>[0]

/** The operations that the SDK has. */
export const sdkOperations: readonly string[] = Object.keys(sdk)
  .map(name => /^([A-Z]\w+)Command$/.exec(name)?.[1])
  .filter(name => name !== undefined)
  .sort()

const message = Buffer.from('a message')
const EncryptionContext = { order: '17' }
const peer = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'der', type: 'spki' })

const signing = { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }
const authenticating = { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }
const agreeing = { KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' }
const encapsulating = { KeySpec: 'ML_KEM_768', KeyUsage: 'ENCAPSULATE_DECAPSULATE' }

/** What calls lead to outside of the Region. */
export interface Elsewhere {
  readonly region: string
  /** A client of the same caller there. */
  readonly kms: KMSClient
  /** The proxy of external key stores. */
  readonly proxy: ReferenceProxy
}

/** Somebody who calls KMS, by one door. */
export class KmsCaller {
  readonly #kms: KMSClient
  readonly #elsewhere: Elsewhere
  readonly #leavings: (() => Promise<unknown>)[] = []

  constructor(kms: KMSClient, elsewhere: Elsewhere) {
    this.#kms = kms
    this.#elsewhere = elsewhere
  }

  get otherRegion(): string {
    return this.#elsewhere.region
  }

  async send(name: string, input: object): Promise<Answer> {
    const Command = (sdk as unknown as Readonly<Record<string, CommandClass>>)[`${name}Command`]!
    return (await this.#kms.send(new Command(input))) as unknown as Answer
  }

  /** Makes what the operation needs, calls it, and takes away what would be in the way of the next. */
  async call(name: string): Promise<Answer> {
    const prepare = calls[name]
    if (prepare === undefined) throw new Error(`There is no call of ${name} here`)
    try {
      return await this.send(name, await prepare(this))
    } finally {
      for (const leave of this.#leavings.splice(0).reverse()) await leave()
    }
  }

  async newKey(kind: object = {}): Promise<string> {
    const { KeyMetadata } = await this.send('CreateKey', kind)
    return (KeyMetadata as { readonly KeyId: string }).KeyId
  }

  async member<T = Uint8Array>(name: string, member: string, input: object): Promise<T> {
    return (await this.send(name, input))[member] as T
  }

  async newBlob(KeyId: string): Promise<Uint8Array> {
    return this.member('Encrypt', 'CiphertextBlob', { KeyId, Plaintext: message, EncryptionContext })
  }

  async newAlias(): Promise<string> {
    const AliasName = `alias/a-${randomBytes(8).toString('hex')}`
    await this.send('CreateAlias', { AliasName, TargetKeyId: await this.newKey() })
    return AliasName
  }

  async newGrant(KeyId: string): Promise<string> {
    return this.member<string>('CreateGrant', 'GrantId', await this.grantOn(KeyId))
  }

  async grantOn(KeyId: string): Promise<object> {
    const { Arn } = await this.member<{ readonly Arn: string }>('DescribeKey', 'KeyMetadata', { KeyId })
    const principal = `arn:aws:iam::${Arn.split(':')[4]}:root`
    return { KeyId, GranteePrincipal: principal, RetiringPrincipal: principal, Operations: ['Decrypt'] }
  }

  /** What imports material into a new key. */
  async importInput(): Promise<{ readonly KeyId: string }> {
    const KeyId = await this.newKey({ Origin: 'EXTERNAL' })
    const given = await this.send('GetParametersForImport', {
      KeyId,
      WrappingAlgorithm: 'RSAES_OAEP_SHA_256',
      WrappingKeySpec: 'RSA_2048',
    })
    const key = {
      key: Buffer.from(given['PublicKey'] as Uint8Array),
      format: 'der',
      type: 'spki',
      oaepHash: 'sha256',
    } as const
    const EncryptedKeyMaterial = publicEncrypt(key, randomBytes(32))
    const { ImportToken } = given
    const input = { KeyId, ImportToken, EncryptedKeyMaterial, ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' }
    return input
  }

  storeInput(): object {
    const { credentials, uriEndpoint, uriPath } = this.#elsewhere.proxy
    const { accessKeyId, secretAccessKey } = credentials[0]!
    return {
      CustomKeyStoreName: `store-${randomBytes(4).toString('hex')}`,
      CustomKeyStoreType: 'EXTERNAL_KEY_STORE',
      XksProxyConnectivity: 'PUBLIC_ENDPOINT',
      XksProxyUriEndpoint: uriEndpoint,
      XksProxyUriPath: uriPath,
      XksProxyAuthenticationCredential: { AccessKeyId: accessKeyId, RawSecretAccessKey: secretAccessKey },
    }
  }

  /** Makes a custom key store that is gone after the call, connected or not. */
  async newStore(options: { readonly connected?: boolean } = {}): Promise<string> {
    const id = await this.member<string>('CreateCustomKeyStore', 'CustomKeyStoreId', this.storeInput())
    if (options.connected === true) {
      await this.send('ConnectCustomKeyStore', { CustomKeyStoreId: id })
      await this.#stateOf(id)
    }
    this.#leavings.push(() => this.#removeStore(id))
    return id
  }

  /** Takes away every custom key store after the call. */
  leaveNoStores(): void {
    this.#leavings.push(async () => {
      for (const { CustomKeyStoreId } of await this.#stores()) await this.#removeStore(CustomKeyStoreId)
    })
  }

  async #removeStore(id: string): Promise<void> {
    const state = await this.#stateOf(id)
    if (state === undefined) return
    if (state !== 'DISCONNECTED') await this.send('DisconnectCustomKeyStore', { CustomKeyStoreId: id })
    await this.#stateOf(id)
    await this.send('DeleteCustomKeyStore', { CustomKeyStoreId: id })
  }

  async #stores(): Promise<readonly { readonly CustomKeyStoreId: string; readonly ConnectionState: string }[]> {
    return this.member('DescribeCustomKeyStores', 'CustomKeyStores', {})
  }

  /** The state of a store once it has settled; absent where it is gone. */
  async #stateOf(id: string): Promise<string | undefined> {
    for (const end = Date.now() + 20_000; Date.now() < end; await delay(20)) {
      const state = (await this.#stores()).find(({ CustomKeyStoreId }) => CustomKeyStoreId === id)?.ConnectionState
      if (state === undefined || !state.endsWith('ING')) return state
    }
    throw new Error('A custom key store did not settle')
  }

  /** Makes a key with a replica in the other Region, ready for use. */
  async newReplicated(): Promise<string> {
    const KeyId = await this.newKey({ MultiRegion: true })
    await this.send('ReplicateKey', { KeyId, ReplicaRegion: this.otherRegion })
    for (const end = Date.now() + 20_000; Date.now() < end; await delay(20)) {
      const { KeyMetadata } = await this.#elsewhere.kms.send(new sdk.DescribeKeyCommand({ KeyId }))
      if (KeyMetadata!.KeyState === 'Enabled') return KeyId
    }
    throw new Error('A replica was not ready')
  }
}

/** Makes what an operation needs, and gives its input. */
type Prepare = (caller: KmsCaller) => Promise<object> | object

/** A call that needs a key alone. */
const onKey =
  (kind: object = {}, more: object = {}): Prepare =>
  async caller => ({ KeyId: await caller.newKey(kind), ...more })

const signature = { Message: message, SigningAlgorithm: 'ECDSA_SHA_256' }
const code = { Message: message, MacAlgorithm: 'HMAC_SHA_256' }
const encapsulation = { EncapsulationAlgorithm: 'ML_KEM' }

/** A call of each operation. */
export const calls: Readonly<Record<string, Prepare>> = {
  async CancelKeyDeletion(caller) {
    const KeyId = await caller.newKey()
    await caller.send('ScheduleKeyDeletion', { KeyId })
    return { KeyId }
  },
  ConnectCustomKeyStore: async caller => ({ CustomKeyStoreId: await caller.newStore() }),
  CreateAlias: async caller => ({
    AliasName: `alias/a-${randomBytes(8).toString('hex')}`,
    TargetKeyId: await caller.newKey(),
  }),
  CreateCustomKeyStore(caller) {
    caller.leaveNoStores()
    return caller.storeInput()
  },
  CreateGrant: async caller => caller.grantOn(await caller.newKey()),
  CreateKey: () => ({ Description: 'a key' }),
  async Decapsulate(caller) {
    const input = { KeyId: await caller.newKey(encapsulating), ...encapsulation }
    const SharedSecretCiphertextBlob = await caller.member('Encapsulate', 'SharedSecretCiphertextBlob', input)
    return { ...input, SharedSecretCiphertextBlob }
  },
  Decrypt: async caller => ({ CiphertextBlob: await caller.newBlob(await caller.newKey()), EncryptionContext }),
  DeleteAlias: async caller => ({ AliasName: await caller.newAlias() }),
  DeleteCustomKeyStore: async caller => ({ CustomKeyStoreId: await caller.newStore() }),
  async DeleteImportedKeyMaterial(caller) {
    const input = await caller.importInput()
    await caller.send('ImportKeyMaterial', input)
    return { KeyId: input.KeyId }
  },
  DeriveSharedSecret: onKey(agreeing, { KeyAgreementAlgorithm: 'ECDH', PublicKey: peer }),
  DescribeCustomKeyStores: () => ({}),
  DescribeKey: onKey(),
  DisableKey: onKey(),
  DisableKeyRotation: onKey(),
  DisconnectCustomKeyStore: async caller => ({ CustomKeyStoreId: await caller.newStore({ connected: true }) }),
  EnableKey: onKey(),
  EnableKeyRotation: onKey(),
  Encapsulate: onKey(encapsulating, encapsulation),
  Encrypt: onKey({}, { Plaintext: message }),
  GenerateDataKey: onKey({}, { KeySpec: 'AES_256' }),
  GenerateDataKeyPair: onKey({}, { KeyPairSpec: 'ECC_NIST_P384' }),
  GenerateDataKeyPairWithoutPlaintext: onKey({}, { KeyPairSpec: 'ML_KEM_512' }),
  GenerateDataKeyWithoutPlaintext: onKey({}, { NumberOfBytes: 64 }),
  GenerateMac: onKey(authenticating, code),
  GenerateRandom: () => ({ NumberOfBytes: 32 }),
  GetKeyLastUsage: onKey(),
  GetKeyPolicy: onKey(),
  GetKeyRotationStatus: onKey(),
  GetParametersForImport: onKey(
    { Origin: 'EXTERNAL' },
    { WrappingAlgorithm: 'RSA_AES_KEY_WRAP_SHA_256', WrappingKeySpec: 'RSA_2048' },
  ),
  GetPublicKey: onKey(signing),
  ImportKeyMaterial: caller => caller.importInput(),
  ListAliases: () => ({}),
  ListGrants: onKey(),
  ListKeyPolicies: onKey(),
  ListKeyRotations: onKey(),
  ListKeys: () => ({}),
  ListResourceTags: onKey(),
  async ListRetirableGrants(caller) {
    const grant = (await caller.grantOn(await caller.newKey())) as { readonly RetiringPrincipal: string }
    return { RetiringPrincipal: grant.RetiringPrincipal }
  },
  async PutKeyPolicy(caller) {
    const KeyId = await caller.newKey()
    return { KeyId, Policy: await caller.member<string>('GetKeyPolicy', 'Policy', { KeyId }) }
  },
  async ReEncrypt(caller) {
    const CiphertextBlob = await caller.newBlob(await caller.newKey())
    return { CiphertextBlob, SourceEncryptionContext: EncryptionContext, DestinationKeyId: await caller.newKey() }
  },
  ReplicateKey: async caller => ({
    KeyId: await caller.newKey({ MultiRegion: true }),
    ReplicaRegion: caller.otherRegion,
  }),
  async RetireGrant(caller) {
    const KeyId = await caller.newKey()
    return { KeyId, GrantId: await caller.newGrant(KeyId) }
  },
  async RevokeGrant(caller) {
    const KeyId = await caller.newKey()
    return { KeyId, GrantId: await caller.newGrant(KeyId) }
  },
  RotateKeyOnDemand: onKey(),
  ScheduleKeyDeletion: onKey({}, { PendingWindowInDays: 7 }),
  Sign: onKey(signing, signature),
  TagResource: onKey({}, { Tags: [{ TagKey: 'team', TagValue: 'blue' }] }),
  UntagResource: onKey({ Tags: [{ TagKey: 'team', TagValue: 'blue' }] }, { TagKeys: ['team'] }),
  UpdateAlias: async caller => ({ AliasName: await caller.newAlias(), TargetKeyId: await caller.newKey() }),
  UpdateCustomKeyStore: async caller => ({
    CustomKeyStoreId: await caller.newStore(),
    NewCustomKeyStoreName: `store-${randomBytes(4).toString('hex')}`,
  }),
  UpdateKeyDescription: onKey({}, { Description: 'another' }),
  UpdatePrimaryRegion: async caller => ({ KeyId: await caller.newReplicated(), PrimaryRegion: caller.otherRegion }),
  async Verify(caller) {
    const input = { KeyId: await caller.newKey(signing), ...signature }
    return { ...input, Signature: await caller.member('Sign', 'Signature', input) }
  },
  async VerifyMac(caller) {
    const input = { KeyId: await caller.newKey(authenticating), ...code }
    return { ...input, Mac: await caller.member('GenerateMac', 'Mac', input) }
  },
}
