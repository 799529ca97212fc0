import { generateKeyPair, generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { SecretBytes } from '../base/index.ts'
import type { Random } from '../base/index.ts'
import { keySpecs } from './key-specs.ts'
import type { HmacSpec, KeySpec, RsaSpec } from './key-specs.ts'
import { seedOnlyPkcs8 } from './post-quantum-key.ts'
import type { SlowWork } from './slow-work.ts'

interface KeyPair {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

interface PairType {
  readonly type: string
  readonly options?: object
  /** Whether it is quick enough for the event loop. */
  readonly isQuick?: boolean
}

type SecretSpec = 'SYMMETRIC_DEFAULT' | HmacSpec

const generate = promisify(generateKeyPair) as unknown as (type: string, options?: object) => Promise<KeyPair>
const generateNow = generateKeyPairSync as unknown as (type: string, options?: object) => KeyPair

/** Bytes of the material of keys that are just secret bytes; an HMAC key is as long as its hash (FIPS 198-1, RFC 2104 section 3). */
const secretLengths: Readonly<Record<SecretSpec, number>> = {
  SYMMETRIC_DEFAULT: 32,
  HMAC_224: 28,
  HMAC_256: 32,
  HMAC_384: 48,
  HMAC_512: 64,
}

/** Bits of the moduli. */
const moduli: Readonly<Record<RsaSpec, number>> = { RSA_2048: 2_048, RSA_3072: 3_072, RSA_4096: 4_096 }

/** The key specs that OpenSSL generates in microseconds to milliseconds, and what it calls them. */
const pairTypes: Readonly<Record<Exclude<KeySpec, SecretSpec | RsaSpec>, PairType>> = {
  ECC_NIST_P256: { type: 'ec', options: { namedCurve: 'P-256' }, isQuick: true },
  ECC_NIST_P384: { type: 'ec', options: { namedCurve: 'P-384' } },
  ECC_NIST_P521: { type: 'ec', options: { namedCurve: 'P-521' } },
  ECC_SECG_P256K1: { type: 'ec', options: { namedCurve: 'secp256k1' } },
  ECC_NIST_EDWARDS25519: { type: 'ed25519', isQuick: true },
  ML_DSA_44: { type: 'ml-dsa-44' },
  ML_DSA_65: { type: 'ml-dsa-65' },
  ML_DSA_87: { type: 'ml-dsa-87' },
  ML_KEM_512: { type: 'ml-kem-512', isQuick: true },
  ML_KEM_768: { type: 'ml-kem-768', isQuick: true },
  ML_KEM_1024: { type: 'ml-kem-1024', isQuick: true },
}

/**
 * Makes the material of a new key: secret bytes, or the private key as PKCS#8 in DER: of a curve with its public key, of ML-DSA and
 * ML-KEM the seed alone. RSA's public exponent is 65,537. The caller wipes it.
 */
export async function generateMaterial(
  keySpec: KeySpec,
  { random, work }: { readonly random: Random; readonly work: SlowWork },
): Promise<SecretBytes> {
  if (isSecret(keySpec)) return new SecretBytes(random(secretLengths[keySpec]))
  if (isRsa(keySpec)) {
    const pkcs8 = await work.compute('generateRsa', { modulusLength: moduli[keySpec] })
    return new SecretBytes(Buffer.from(pkcs8.buffer, pkcs8.byteOffset, pkcs8.length))
  }
  const { type, options, isQuick } = pairTypes[keySpec]
  const { privateKey } = isQuick === true ? generateNow(type, options) : await work.run(() => generate(type, options))
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' })
  if (!isPostQuantum(keySpec)) return new SecretBytes(pkcs8)
  try {
    return new SecretBytes(seedOnlyPkcs8(pkcs8))
  } finally {
    pkcs8.fill(0)
  }
}

function isSecret(keySpec: KeySpec): keySpec is SecretSpec {
  return Object.hasOwn(secretLengths, keySpec)
}

function isRsa(keySpec: KeySpec): keySpec is RsaSpec {
  return Object.hasOwn(moduli, keySpec)
}

function isPostQuantum(keySpec: KeySpec): boolean {
  const { family } = keySpecs[keySpec]
  return family === 'ml-dsa' || family === 'ml-kem'
}
