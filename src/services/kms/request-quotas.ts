import type { kms } from '../../wire/index.ts'

/** So many requests a second that an account may send in a Region: all operations of a class share them. */
export interface QuotaClass {
  /** An operation, or what several have in common: `symmetric`, `GenerateDataKeyPair-RSA_2048`. */
  readonly name: string
  /** What AWS gives every account. */
  readonly awsPerSecond: number
  /** What is given here where the operator says nothing. */
  readonly standardPerSecond: number
}

/** By AWS's table; https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html */
const cryptographic: readonly QuotaClass[] = [
  { name: 'symmetric', awsPerSecond: 100_000, standardPerSecond: 1_000_000 },
  { name: 'RSA', awsPerSecond: 1_000, standardPerSecond: 10_000 },
  { name: 'ECC', awsPerSecond: 1_000, standardPerSecond: 100_000 },
  { name: 'ML-DSA', awsPerSecond: 1_000, standardPerSecond: 100_000 },
  // AWS's table does not have it yet.
  { name: 'ML-KEM', awsPerSecond: 1_000, standardPerSecond: 100_000 },
]

const pairRates: Readonly<Record<string, number>> = {
  RSA_2048: 20,
  RSA_3072: 4,
  RSA_4096: 1,
  ECC_NIST_P256: 100,
  ECC_NIST_P384: 100,
  ECC_NIST_P521: 100,
  ECC_SECG_P256K1: 100,
  ECC_NIST_EDWARDS25519: 100,
}

const operationRates: Readonly<Record<string, number>> = {
  CancelKeyDeletion: 5,
  ConnectCustomKeyStore: 5,
  CreateAlias: 5,
  CreateCustomKeyStore: 5,
  CreateGrant: 50,
  CreateKey: 5,
  DeleteAlias: 15,
  DeleteCustomKeyStore: 5,
  DeleteImportedKeyMaterial: 15,
  DescribeCustomKeyStores: 5,
  DescribeKey: 2_000,
  DisableKey: 5,
  DisableKeyRotation: 5,
  DisconnectCustomKeyStore: 5,
  EnableKey: 5,
  EnableKeyRotation: 15,
  GetKeyLastUsage: 5,
  GetKeyPolicy: 1_000,
  GetKeyRotationStatus: 1_000,
  GetParametersForImport: 1,
  GetPublicKey: 2_000,
  ImportKeyMaterial: 15,
  ListAliases: 500,
  ListGrants: 100,
  ListKeyPolicies: 100,
  ListKeys: 500,
  ListKeyRotations: 100,
  ListResourceTags: 2_000,
  ListRetirableGrants: 100,
  PutKeyPolicy: 15,
  ReplicateKey: 5,
  RetireGrant: 50,
  RevokeGrant: 50,
  RotateKeyOnDemand: 5,
  ScheduleKeyDeletion: 15,
  TagResource: 10,
  UntagResource: 5,
  UpdateAlias: 5,
  UpdateCustomKeyStore: 5,
  UpdateKeyDescription: 5,
  UpdatePrimaryRegion: 5,
}

// Of what AWS gives: enough that only what has gone wrong, or means harm, comes to it.
const generosity = 200

const ofRates = (rates: Readonly<Record<string, number>>, prefix = ''): readonly QuotaClass[] =>
  Object.entries(rates).map(([name, rate]) => ({
    name: `${prefix}${name}`,
    awsPerSecond: rate,
    standardPerSecond: generosity * rate,
  }))

/** All classes of requests that have a quota of their own. */
export const quotaClasses: readonly QuotaClass[] = [
  ...cryptographic,
  ...ofRates(pairRates, 'GenerateDataKeyPair-'),
  ...ofRates(operationRates),
]

const positions = new Map(quotaClasses.map(({ name }, position) => [name, position]))
const symmetric = positions.get('symmetric')!
/** Of a request for a pair of a kind that there is not. */
const somePair = positions.get('GenerateDataKeyPair-ECC_NIST_P256')!

/** Whose class is that of the key that they use. */
const byKey: ReadonlySet<string> = new Set([
  'Decapsulate',
  'Decrypt',
  'DeriveSharedSecret',
  'Encapsulate',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateMac',
  'ReEncrypt',
  'Sign',
  'Verify',
  'VerifyMac',
])

/** Where the class of a request stands among `quotaClasses`; `by-key` where its key decides that. */
export function quotaOfOperation(operation: string, input: unknown): number | 'by-key' {
  if (byKey.has(operation)) return 'by-key'
  if (operation.startsWith('GenerateDataKeyPair')) {
    const { KeyPairSpec: spec } = (input ?? {}) as Partial<kms.GenerateDataKeyPairRequest>
    return positions.get(`GenerateDataKeyPair-${spec}`) ?? somePair
  }
  // GenerateRandom counts as what uses a symmetric key.
  return positions.get(operation) ?? symmetric
}

const byFamily: readonly (readonly [prefix: string, position: number])[] = [
  ['RSA_', positions.get('RSA')!],
  ['ECC_', positions.get('ECC')!],
  ['SM2', positions.get('ECC')!],
  ['ML_DSA_', positions.get('ML-DSA')!],
  ['ML_KEM_', positions.get('ML-KEM')!],
]

/** Where the class of a cryptographic operation stands, by the spec of its key; absent where there is no such key, or it may not be used. */
export function quotaOfKey(keySpec: string | undefined): number {
  if (keySpec !== undefined) for (const [prefix, position] of byFamily) if (keySpec.startsWith(prefix)) return position
  return symmetric
}
