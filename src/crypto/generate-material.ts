import { generateKeyPair } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { SecretBytes } from '../base/index.ts'
import type { Random } from '../base/index.ts'
import type { CurveSpec, HmacSpec, KeySpec, MlDsaSpec, MlKemSpec, RsaSpec } from './key-specs.ts'
import type { SlowWork } from './slow-work.ts'

interface KeyPair {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

const generate = promisify(generateKeyPair) as unknown as (type: string, options?: object) => Promise<KeyPair>

/** Bytes of the material of keys that are just secret bytes; an HMAC key is as long as its hash (FIPS 198-1, RFC 2104 section 3). */
const secretLengths: Readonly<Record<'SYMMETRIC_DEFAULT' | HmacSpec, number>> = {
  SYMMETRIC_DEFAULT: 32,
  HMAC_224: 28,
  HMAC_256: 32,
  HMAC_384: 48,
  HMAC_512: 64,
}

/** What OpenSSL generates for each spec of key pairs. RSA's public exponent is 65,537. */
const pairTypes: Readonly<
  Record<RsaSpec | CurveSpec | 'ECC_NIST_EDWARDS25519' | MlDsaSpec | MlKemSpec, readonly [string, object?]>
> = {
  RSA_2048: ['rsa', { modulusLength: 2_048 }],
  RSA_3072: ['rsa', { modulusLength: 3_072 }],
  RSA_4096: ['rsa', { modulusLength: 4_096 }],
  ECC_NIST_P256: ['ec', { namedCurve: 'P-256' }],
  ECC_NIST_P384: ['ec', { namedCurve: 'P-384' }],
  ECC_NIST_P521: ['ec', { namedCurve: 'P-521' }],
  ECC_SECG_P256K1: ['ec', { namedCurve: 'secp256k1' }],
  ECC_NIST_EDWARDS25519: ['ed25519'],
  ML_DSA_44: ['ml-dsa-44'],
  ML_DSA_65: ['ml-dsa-65'],
  ML_DSA_87: ['ml-dsa-87'],
  ML_KEM_512: ['ml-kem-512'],
  ML_KEM_768: ['ml-kem-768'],
  ML_KEM_1024: ['ml-kem-1024'],
}

/** Makes the material of a new key: secret bytes, or the private key as PKCS#8 in DER. The caller wipes it. */
export async function generateMaterial(
  keySpec: KeySpec,
  { random, work }: { readonly random: Random; readonly work: SlowWork },
): Promise<SecretBytes> {
  if (isSecret(keySpec)) return new SecretBytes(random(secretLengths[keySpec]))
  const [type, options] = pairTypes[keySpec]
  const { privateKey } = await work.run(() => generate(type, options))
  return new SecretBytes(privateKey.export({ format: 'der', type: 'pkcs8' }))
}

function isSecret(keySpec: KeySpec): keySpec is keyof typeof secretLengths {
  return Object.hasOwn(secretLengths, keySpec)
}
