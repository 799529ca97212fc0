import { constants, publicDecrypt } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

/** Bytes of the modulus of an RSA key: of its signatures and ciphertexts too. */
export function modulusBytes(key: KeyObject): number {
  const bits = key.asymmetricKeyDetails?.modulusLength
  if (bits === undefined) throw new TypeError('Not an RSA key')
  return Math.ceil(bits / 8)
}

/** What a signature encodes (RFC 8017 section 5.2.2), or `undefined` where it is no signature of the modulus' length and below it. */
export function openSignature(publicKey: KeyObject, signature: Buffer): Buffer | undefined {
  if (signature.length !== modulusBytes(publicKey)) return undefined
  try {
    return publicDecrypt({ key: publicKey, padding: constants.RSA_NO_PADDING }, signature)
  } catch {
    return undefined
  }
}
