/** What a key may be used for; one usage for its whole life. */
export type KeyUsage =
  | 'ENCRYPT_DECRYPT'
  | 'SIGN_VERIFY'
  | 'GENERATE_VERIFY_MAC'
  | 'KEY_AGREEMENT'
  | 'ENCAPSULATE_DECAPSULATE'

/** The algorithms of encryption. */
export type EncryptionAlgorithm = 'SYMMETRIC_DEFAULT' | 'RSAES_OAEP_SHA_1' | 'RSAES_OAEP_SHA_256'

/** The algorithms of signatures. */
export type SigningAlgorithm =
  | 'RSASSA_PSS_SHA_256'
  | 'RSASSA_PSS_SHA_384'
  | 'RSASSA_PSS_SHA_512'
  | 'RSASSA_PKCS1_V1_5_SHA_256'
  | 'RSASSA_PKCS1_V1_5_SHA_384'
  | 'RSASSA_PKCS1_V1_5_SHA_512'
  | 'ECDSA_SHA_256'
  | 'ECDSA_SHA_384'
  | 'ECDSA_SHA_512'
  | 'ED25519_SHA_512'
  | 'ED25519_PH_SHA_512'
  | 'ML_DSA_SHAKE_256'

/** The algorithms of message authentication codes. */
export type MacAlgorithm = 'HMAC_SHA_224' | 'HMAC_SHA_256' | 'HMAC_SHA_384' | 'HMAC_SHA_512'

/** The algorithms of key agreement. */
export type KeyAgreementAlgorithm = 'ECDH'

/** The algorithms of key encapsulation. */
export type EncapsulationAlgorithm = 'ML_KEM'

/** Any algorithm. */
export type Algorithm =
  | EncryptionAlgorithm
  | SigningAlgorithm
  | MacAlgorithm
  | KeyAgreementAlgorithm
  | EncapsulationAlgorithm

/** Names of the RSA key specs. */
export type RsaSpec = 'RSA_2048' | 'RSA_3072' | 'RSA_4096'

/** Names of the key specs on NIST's and SECG's Weierstrass curves. */
export type CurveSpec = 'ECC_NIST_P256' | 'ECC_NIST_P384' | 'ECC_NIST_P521' | 'ECC_SECG_P256K1'

/** Names of the HMAC key specs. */
export type HmacSpec = 'HMAC_224' | 'HMAC_256' | 'HMAC_384' | 'HMAC_512'

/** Names of the ML-DSA key specs. */
export type MlDsaSpec = 'ML_DSA_44' | 'ML_DSA_65' | 'ML_DSA_87'

/** Names of the ML-KEM key specs. */
export type MlKemSpec = 'ML_KEM_512' | 'ML_KEM_768' | 'ML_KEM_1024'

/** Names of the key specs that are served. `SM2` is not: AWS has it in the Regions of China only. */
export type KeySpec =
  | 'SYMMETRIC_DEFAULT'
  | RsaSpec
  | CurveSpec
  | 'ECC_NIST_EDWARDS25519'
  | HmacSpec
  | MlDsaSpec
  | MlKemSpec

/** Key specs that are one kind of thing: their material has one form. */
export type KeyFamily = 'symmetric' | 'hmac' | 'rsa' | 'curve' | 'edwards' | 'ml-dsa' | 'ml-kem'

/** One row per key spec: what can be done with a key of that spec, and where it can come from. */
export interface KeySpecRow {
  readonly name: KeySpec
  readonly family: KeyFamily
  /** The algorithms of each usage that the spec allows. */
  readonly algorithms: Readonly<Partial<Record<KeyUsage, readonly Algorithm[]>>>
  /** Whether its material may be imported. */
  readonly importable: boolean
  /** Whether GenerateDataKeyPair makes pairs of it. */
  readonly dataKeyPair: boolean
}

const rsaAlgorithms = {
  ENCRYPT_DECRYPT: ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'],
  SIGN_VERIFY: [
    'RSASSA_PKCS1_V1_5_SHA_256',
    'RSASSA_PKCS1_V1_5_SHA_384',
    'RSASSA_PKCS1_V1_5_SHA_512',
    'RSASSA_PSS_SHA_256',
    'RSASSA_PSS_SHA_384',
    'RSASSA_PSS_SHA_512',
  ],
} as const

const rows: readonly KeySpecRow[] = [
  {
    name: 'SYMMETRIC_DEFAULT',
    family: 'symmetric',
    algorithms: { ENCRYPT_DECRYPT: ['SYMMETRIC_DEFAULT'] },
    importable: true,
    dataKeyPair: false,
  },
  rsa('RSA_2048'),
  rsa('RSA_3072'),
  rsa('RSA_4096'),
  curve('ECC_NIST_P256', { SIGN_VERIFY: ['ECDSA_SHA_256'], KEY_AGREEMENT: ['ECDH'] }),
  curve('ECC_NIST_P384', { SIGN_VERIFY: ['ECDSA_SHA_384'], KEY_AGREEMENT: ['ECDH'] }),
  curve('ECC_NIST_P521', { SIGN_VERIFY: ['ECDSA_SHA_512'], KEY_AGREEMENT: ['ECDH'] }),
  curve('ECC_SECG_P256K1', { SIGN_VERIFY: ['ECDSA_SHA_256'] }),
  {
    name: 'ECC_NIST_EDWARDS25519',
    family: 'edwards',
    algorithms: { SIGN_VERIFY: ['ED25519_SHA_512', 'ED25519_PH_SHA_512'] },
    importable: false,
    dataKeyPair: true,
  },
  hmac('HMAC_224', 'HMAC_SHA_224'),
  hmac('HMAC_256', 'HMAC_SHA_256'),
  hmac('HMAC_384', 'HMAC_SHA_384'),
  hmac('HMAC_512', 'HMAC_SHA_512'),
  mlDsa('ML_DSA_44'),
  mlDsa('ML_DSA_65'),
  mlDsa('ML_DSA_87'),
  mlKem('ML_KEM_512'),
  mlKem('ML_KEM_768'),
  mlKem('ML_KEM_1024'),
]

/** Key specs by name. A new spec is a row here and, where it is of a new family, a file of that family. */
export const keySpecs = Object.fromEntries(rows.map(row => [row.name, row])) as Readonly<Record<KeySpec, KeySpecRow>>

/** The algorithms of a key of that spec and usage; none where the spec does not allow the usage. */
export function algorithmsOf(keySpec: KeySpec, keyUsage: KeyUsage): readonly Algorithm[] {
  return keySpecs[keySpec].algorithms[keyUsage] ?? []
}

function rsa(name: RsaSpec): KeySpecRow {
  return { name, family: 'rsa', algorithms: rsaAlgorithms, importable: true, dataKeyPair: true }
}

function curve(name: CurveSpec, algorithms: KeySpecRow['algorithms']): KeySpecRow {
  return { name, family: 'curve', algorithms, importable: true, dataKeyPair: true }
}

function hmac(name: HmacSpec, algorithm: MacAlgorithm): KeySpecRow {
  const algorithms = { GENERATE_VERIFY_MAC: [algorithm] }
  return { name, family: 'hmac', algorithms, importable: true, dataKeyPair: false }
}

function mlDsa(name: MlDsaSpec): KeySpecRow {
  const algorithms = { SIGN_VERIFY: ['ML_DSA_SHAKE_256'] } as const
  return { name, family: 'ml-dsa', algorithms, importable: false, dataKeyPair: false }
}

function mlKem(name: MlKemSpec): KeySpecRow {
  const algorithms = { ENCAPSULATE_DECAPSULATE: ['ML_KEM'] } as const
  return { name, family: 'ml-kem', algorithms, importable: false, dataKeyPair: true }
}
