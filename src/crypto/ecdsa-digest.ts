import type { KeyObject } from 'node:crypto'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { curves } from './curves.ts'
import { DerReader, tags } from './der.ts'
import type { CurveSpec } from './key-specs.ts'

/** A digest to be signed. */
export interface EcdsaDigest {
  readonly key: KeyObject
  readonly keySpec: CurveSpec
  readonly digest: Uint8Array
}

/** A digest with a signature of it, r and s in full length. */
export interface EcdsaDigestSignature extends EcdsaDigest {
  readonly signature: Uint8Array
}

// Node hashes whatever it signs with a curve's key; it has no way to take a digest as it is.
const libraries = { ECC_NIST_P256: p256, ECC_NIST_P384: p384, ECC_NIST_P521: p521, ECC_SECG_P256K1: secp256k1 }

// Any s will do: AWS makes and takes both of each pair, and so does OpenSSL.
const options = { prehash: false, lowS: false, format: 'compact' } as const

/** Signs a digest: r and s in full length. The nonce is deterministic with fresh randomness added (RFC 6979 section 3.6). Blocks for milliseconds. */
export function signDigest({ key, keySpec, digest }: EcdsaDigest): Uint8Array {
  const scalar = exposeScalar(key)
  try {
    return libraries[keySpec].sign(digest, scalar, { ...options, extraEntropy: true })
  } finally {
    scalar.fill(0)
  }
}

/** Whether a signature is of that digest. Blocks for milliseconds. */
export function verifyDigest({ key, keySpec, digest, signature }: EcdsaDigestSignature): boolean {
  const spki = key.export({ format: 'der', type: 'spki' })
  const point = spki.subarray(spki.length - 1 - 2 * curves[keySpec].fieldBytes)
  return libraries[keySpec].verify(signature, digest, point, options)
}

/** The private scalar of a curve's key, in full length; the caller wipes it. */
function exposeScalar(key: KeyObject): Buffer {
  const der = key.export({ format: 'der', type: 'sec1' })
  try {
    const fields = new DerReader(der).open(tags.sequence)
    fields?.readUnsigned()
    const scalar = fields?.read(tags.octetString)
    if (scalar === undefined) throw new TypeError('Not the private key of a curve')
    return Buffer.from(scalar)
  } finally {
    der.fill(0)
  }
}
