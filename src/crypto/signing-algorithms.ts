import type { SigningAlgorithm } from './key-specs.ts'

/** What the message given to Sign or Verify is: the message, its digest, or ML-DSA's mu. */
export type MessageForm = 'RAW' | 'DIGEST' | 'EXTERNAL_MU'

/** How long a message of some form is. */
export interface MessageRule {
  readonly minBytes: number
  readonly maxBytes: number
}

/** The hashes of signatures, as OpenSSL names them. */
export type SignatureHash = 'sha256' | 'sha384' | 'sha512'

/** How signatures are made: one file each. */
export type SignatureSchemeName = 'rsa-pkcs1' | 'rsa-pss' | 'ecdsa' | 'ed25519' | 'ed25519ph' | 'ml-dsa'

/** One row per algorithm of signatures. */
export interface SigningAlgorithmRow {
  readonly name: SigningAlgorithm
  readonly scheme: SignatureSchemeName
  readonly hash: SignatureHash
  readonly forms: Readonly<Partial<Record<MessageForm, MessageRule>>>
}

/** Bytes of the digests. */
export const digestBytes: Readonly<Record<SignatureHash, number>> = { sha256: 32, sha384: 48, sha512: 64 }

const raw: MessageRule = { minBytes: 1, maxBytes: 4_096 }
const exactly = (bytes: number): MessageRule => ({ minBytes: bytes, maxBytes: bytes })

const rows: readonly SigningAlgorithmRow[] = [
  hashed('RSASSA_PKCS1_V1_5_SHA_256', 'rsa-pkcs1', 'sha256'),
  hashed('RSASSA_PKCS1_V1_5_SHA_384', 'rsa-pkcs1', 'sha384'),
  hashed('RSASSA_PKCS1_V1_5_SHA_512', 'rsa-pkcs1', 'sha512'),
  hashed('RSASSA_PSS_SHA_256', 'rsa-pss', 'sha256'),
  hashed('RSASSA_PSS_SHA_384', 'rsa-pss', 'sha384'),
  hashed('RSASSA_PSS_SHA_512', 'rsa-pss', 'sha512'),
  hashed('ECDSA_SHA_256', 'ecdsa', 'sha256'),
  hashed('ECDSA_SHA_384', 'ecdsa', 'sha384'),
  hashed('ECDSA_SHA_512', 'ecdsa', 'sha512'),
  { name: 'ED25519_SHA_512', scheme: 'ed25519', hash: 'sha512', forms: { RAW: raw } },
  { name: 'ED25519_PH_SHA_512', scheme: 'ed25519ph', hash: 'sha512', forms: { DIGEST: exactly(64) } },
  // The hash is SHAKE256 inside the algorithm; a mu is 64 bytes of it (FIPS 204 section 6.2).
  { name: 'ML_DSA_SHAKE_256', scheme: 'ml-dsa', hash: 'sha512', forms: { RAW: raw, EXTERNAL_MU: exactly(64) } },
]

/** Algorithms of signatures by name. */
export const signingAlgorithms = Object.fromEntries(rows.map(row => [row.name, row])) as Readonly<
  Record<SigningAlgorithm, SigningAlgorithmRow>
>

/** How long a message of that form must be, or `undefined` where the algorithm does not take the form. */
export function messageRule(algorithm: SigningAlgorithm, form: MessageForm): MessageRule | undefined {
  return signingAlgorithms[algorithm].forms[form]
}

function hashed(name: SigningAlgorithm, scheme: SignatureSchemeName, hash: SignatureHash): SigningAlgorithmRow {
  return { name, scheme, hash, forms: { RAW: raw, DIGEST: exactly(digestBytes[hash]) } }
}
