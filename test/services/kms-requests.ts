// Typical requests of KMS, and what they are about.
import type { Authorizer } from '../../src/authorization/index.ts'
import { dayMillis } from '../../src/base/index.ts'
import type { NetworkPath } from '../../src/base/index.ts'
import { encryptBlob } from '../../src/crypto/index.ts'
import { defaultKeyPolicy, openKeys } from '../../src/keys/index.ts'
import type { KeyEntry } from '../../src/keys/index.ts'
import { kmsService } from '../../src/services/index.ts'
import { boundedWork } from '../../src/threads/index.ts'
import { makeHardware, startEnclave } from '../attestation.ts'
import { account, region, start } from '../iam/iam-room.ts'
import type { IamRoom } from '../iam/iam-room.ts'
import { noPrincipals } from '../no-principals.ts'
import { openBench } from './service-bench.ts'
import type { ServiceBench, TypicalRequest } from './service-bench.ts'
import { ways } from './typical-callers.ts'

const root = `arn:aws:iam::${account}:root`
const topic = `arn:aws:sns:${region}:${account}:topic`
const EncryptionContext = { order: '17' }
const otherRegion = 'eu-west-1'
const Tags = [{ TagKey: 'team', TagValue: 'blue' }]
const Plaintext = Buffer.from('text')
const byService: NetworkPath = ways.find(({ kind }) => kind === 'service')!

const of = (...inputs: readonly object[]): readonly TypicalRequest[] => inputs.map(input => ({ input }))

/** The same by a service that acts for the caller. */
const viaService = (input: object): TypicalRequest => ({ input, path: byService })

// It is asked when policies are saved, which is not what requests ask permission for.
const authorizer: Authorizer = {
  authorize: async () => ({ allowed: true, decisions: [], refusedByEndpointOnly: false }),
}

/** A multi-Region key with tags, aliases and grants, another one, one of one Region, and a ciphertext of the first. */
export async function kmsBench(room: IamRoom): Promise<ServiceBench> {
  const { store, random, keyRing } = room
  const keys = openKeys({ store, keyRing, regions: [region, otherRegion] })
  const hardware = await makeHardware(start)
  const Recipient = {
    AttestationDocument: startEnclave(hardware).attest(start),
    KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
  }
  const needs = {
    keys,
    authorizer,
    principals: noPrincipals,
    attestationRoots: [hardware.rootDer],
    random,
    work: boundedWork(1),
    clock: { now: () => start },
  }
  const make = async <Output>(name: string, input: object): Promise<Output> => {
    const { output, commit } = await (await kmsService.operations.get(name)!.prepare(input, room.scope(), needs)).run()
    if (commit !== undefined) await store.commit(commit)
    return output as Output
  }
  const newKey = async (kind: object = {}): Promise<KeyEntry> => {
    const { KeyMetadata } = await make<{ KeyMetadata: { KeyId: string } }>('CreateKey', { Tags, ...kind })
    return (await keys.findKey(region, KeyMetadata.KeyId))!
  }
  const [key, other, ofOneRegion] = [
    await newKey({ MultiRegion: true }),
    await newKey({ MultiRegion: true }),
    await newKey(),
  ]
  const [KeyId, otherId] = [key.key.keyId, other.key.keyId]
  await make('ReplicateKey', { KeyId, ReplicaRegion: otherRegion })
  await make('CreateAlias', { AliasName: 'alias/app', TargetKeyId: KeyId })
  await make('CreateAlias', { AliasName: 'alias/other', TargetKeyId: otherId })
  const constrained = {
    KeyId,
    GranteePrincipal: root,
    Operations: ['Decrypt', 'RetireGrant'],
    Constraints: { EncryptionContextSubset: EncryptionContext },
  }
  const { GrantId } = await make<{ GrantId: string }>('CreateGrant', constrained)
  const material = (await keys.secretMaterial(key.key))!
  const CiphertextBlob = encryptBlob(KeyId, material, Plaintext, EncryptionContext, random)
  const byAlias = { KeyId: 'alias/app' }
  /** Requests on a key of another kind: by its id, by an alias, and by a service. */
  const onKeyOf = async (
    kind: object,
    input: (keyId: string) => Promise<object>,
  ): Promise<readonly TypicalRequest[]> => {
    const { keyId } = (await newKey({ MultiRegion: true, ...kind })).key
    const AliasName = `alias/${keyId}`
    await make('CreateAlias', { AliasName, TargetKeyId: keyId })
    const whole = await input(keyId)
    return [...of({ ...whole, KeyId: keyId }, { ...whole, KeyId: AliasName }), viaService({ ...whole, KeyId: keyId })]
  }
  const signature = { Message: Plaintext, SigningAlgorithm: 'ECDSA_SHA_256' }
  const signing = { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }
  const code = { Message: Plaintext, MacAlgorithm: 'HMAC_SHA_256' }
  const authenticating = { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }
  const agreeing = { KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' }
  const encapsulating = { KeySpec: 'ML_KEM_512', KeyUsage: 'ENCAPSULATE_DECAPSULATE' }
  const encapsulation = { EncapsulationAlgorithm: 'ML_KEM' }
  const keyOnly = [{ input: { KeyId } }, viaService({ KeyId })]
  const both = (input: object): readonly TypicalRequest[] => [
    ...of({ ...input, KeyId }, { ...input, ...byAlias }, { ...input, ...byAlias, EncryptionContext }),
    viaService({ ...input, KeyId }),
  ]
  const forImport = { KeyId, WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' }
  const imported = { KeyId, ImportToken: Buffer.from('token'), EncryptedKeyMaterial: Buffer.from('wrapped') }
  return openBench(room, kmsService, needs, {
    CancelKeyDeletion: keyOnly,
    ConnectCustomKeyStore: of({ CustomKeyStoreId: 'cks-0' }),
    CreateAlias: [
      { input: { AliasName: 'alias/new', TargetKeyId: KeyId } },
      viaService({ AliasName: 'alias/new', TargetKeyId: KeyId }),
    ],
    CreateCustomKeyStore: of({ CustomKeyStoreName: 'store', CustomKeyStoreType: 'EXTERNAL_KEY_STORE' }),
    CreateGrant: [
      ...of(
        { KeyId, GranteePrincipal: root, RetiringPrincipal: root, Operations: ['Decrypt'] },
        {
          KeyId,
          GranteeServicePrincipal: 'backup.example.internal',
          RetiringServicePrincipal: 'backup.example.internal',
          Operations: ['Decrypt'],
          Constraints: { SourceArn: topic, EncryptionContextEquals: EncryptionContext },
        },
      ),
      viaService(constrained),
    ],
    CreateKey: [
      ...of({}, { Tags, MultiRegion: true, BypassPolicyLockoutSafetyCheck: true, Policy: defaultKeyPolicy(account) }),
      viaService({}),
    ],
    Decapsulate: await onKeyOf(encapsulating, async keyId => {
      const made = await make<{ SharedSecretCiphertextBlob: Buffer }>('Encapsulate', { ...encapsulation, KeyId: keyId })
      return { ...encapsulation, SharedSecretCiphertextBlob: made.SharedSecretCiphertextBlob }
    }),
    Decrypt: [
      ...of(
        { CiphertextBlob, EncryptionContext },
        { CiphertextBlob, ...byAlias },
        { CiphertextBlob, KeyId },
        { CiphertextBlob, Recipient },
      ),
      viaService({ CiphertextBlob }),
    ],
    DeleteAlias: [{ input: { AliasName: 'alias/app' } }, viaService({ AliasName: 'alias/app' })],
    DeleteCustomKeyStore: of({ CustomKeyStoreId: 'cks-0' }),
    DeriveSharedSecret: await onKeyOf(agreeing, async keyId => {
      const { PublicKey } = await make<{ PublicKey: Buffer }>('GetPublicKey', { KeyId: keyId })
      return { KeyAgreementAlgorithm: 'ECDH', PublicKey, Recipient }
    }),
    DescribeCustomKeyStores: of({}, { CustomKeyStoreId: 'cks-0' }),
    DeleteImportedKeyMaterial: keyOnly,
    DescribeKey: [...of(byAlias), ...keyOnly, ...of({ KeyId: ofOneRegion.key.keyId })],
    DisableKey: keyOnly,
    DisableKeyRotation: keyOnly,
    DisconnectCustomKeyStore: of({ CustomKeyStoreId: 'cks-0' }),
    EnableKey: keyOnly,
    EnableKeyRotation: [...of({ KeyId, RotationPeriodInDays: 180 }), ...keyOnly],
    Encapsulate: await onKeyOf(encapsulating, async () => encapsulation),
    Encrypt: both({ Plaintext }),
    GenerateDataKey: [...both({ KeySpec: 'AES_256' }), ...of({ KeyId, KeySpec: 'AES_256', Recipient })],
    GenerateDataKeyPair: [
      ...both({ KeyPairSpec: 'ECC_NIST_P256' }),
      ...of({ KeyId, KeyPairSpec: 'ECC_NIST_P256', Recipient }),
    ],
    GenerateDataKeyPairWithoutPlaintext: both({ KeyPairSpec: 'ECC_NIST_P256' }),
    GenerateDataKeyWithoutPlaintext: both({ KeySpec: 'AES_256' }),
    GenerateMac: await onKeyOf(authenticating, async () => code),
    GenerateRandom: of({ NumberOfBytes: 8 }, { NumberOfBytes: 8, Recipient }),
    GetKeyLastUsage: keyOnly,
    GetKeyPolicy: keyOnly,
    GetKeyRotationStatus: keyOnly,
    GetParametersForImport: [{ input: forImport }, viaService(forImport)],
    ImportKeyMaterial: [
      ...of(
        { ...imported, ValidTo: start + dayMillis },
        { ...imported, ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo: start + dayMillis },
      ),
      viaService(imported),
    ],
    GetPublicKey: await onKeyOf(signing, async () => ({})),
    ListAliases: of({}),
    ListGrants: keyOnly,
    ListKeyPolicies: keyOnly,
    ListKeyRotations: keyOnly,
    ListKeys: of({}),
    ListResourceTags: keyOnly,
    ListRetirableGrants: of({ RetiringPrincipal: root }),
    PutKeyPolicy: [
      ...of({ KeyId, Policy: defaultKeyPolicy(account), BypassPolicyLockoutSafetyCheck: true }),
      ...of({ KeyId, Policy: defaultKeyPolicy(account) }),
      viaService({ KeyId, Policy: defaultKeyPolicy(account) }),
    ],
    ReEncrypt: [
      ...of(
        { CiphertextBlob, DestinationKeyId: otherId, SourceEncryptionContext: EncryptionContext },
        {
          CiphertextBlob,
          SourceKeyId: 'alias/app',
          DestinationKeyId: 'alias/other',
          DestinationEncryptionContext: EncryptionContext,
        },
      ),
      viaService({ CiphertextBlob, DestinationKeyId: otherId }),
    ],
    ReplicateKey: [
      ...of({
        KeyId,
        ReplicaRegion: otherRegion,
        Tags,
        BypassPolicyLockoutSafetyCheck: true,
        Policy: defaultKeyPolicy(account),
      }),
      viaService({ KeyId, ReplicaRegion: otherRegion }),
    ],
    RetireGrant: [{ input: { KeyId, GrantId } }, viaService({ KeyId, GrantId })],
    RevokeGrant: [{ input: { KeyId, GrantId } }, viaService({ KeyId, GrantId })],
    RotateKeyOnDemand: keyOnly,
    ScheduleKeyDeletion: [...of({ KeyId, PendingWindowInDays: 7 }), ...keyOnly],
    Sign: await onKeyOf(signing, async () => signature),
    TagResource: [{ input: { KeyId, Tags } }, viaService({ KeyId, Tags })],
    UntagResource: [{ input: { KeyId, TagKeys: ['team'] } }, viaService({ KeyId, TagKeys: ['team'] })],
    UpdateAlias: [
      { input: { AliasName: 'alias/app', TargetKeyId: otherId } },
      viaService({ AliasName: 'alias/app', TargetKeyId: otherId }),
    ],
    UpdateCustomKeyStore: of({ CustomKeyStoreId: 'cks-0', NewCustomKeyStoreName: 'other' }),
    UpdateKeyDescription: [{ input: { KeyId, Description: 'd' } }, viaService({ KeyId, Description: 'd' })],
    UpdatePrimaryRegion: [
      ...of({ KeyId, PrimaryRegion: otherRegion }),
      viaService({ KeyId, PrimaryRegion: otherRegion }),
    ],
    Verify: await onKeyOf(signing, async keyId => {
      const { Signature } = await make<{ Signature: Buffer }>('Sign', { ...signature, KeyId: keyId })
      return { ...signature, Signature }
    }),
    VerifyMac: await onKeyOf(authenticating, async keyId => {
      const { Mac } = await make<{ Mac: Buffer }>('GenerateMac', { ...code, KeyId: keyId })
      return { ...code, Mac }
    }),
  })
}
