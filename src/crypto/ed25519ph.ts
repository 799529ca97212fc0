import type { KeyObject } from 'node:crypto'
import { ed25519ph } from '@noble/curves/ed25519.js'

/** A message to be signed by Ed25519ph, which hashes it. */
export interface Prehashed {
  readonly key: KeyObject
  readonly message: Uint8Array
}

/** A message with a signature of it. */
export interface PrehashedSignature extends Prehashed {
  readonly signature: Uint8Array
}

const keyBytes = 32

/** Signs by Ed25519ph without a context (RFC 8032 section 5.1). Blocks. */
export function signPrehashed({ key, message }: Prehashed): Uint8Array {
  const pkcs8 = key.export({ format: 'der', type: 'pkcs8' })
  try {
    return ed25519ph.sign(message, pkcs8.subarray(pkcs8.length - keyBytes))
  } finally {
    pkcs8.fill(0)
  }
}

/** Whether a signature is of that message. Encodings are read as RFC 8032 says, not in ZIP 215's lenient way. Blocks. */
export function verifyPrehashed({ key, message, signature }: PrehashedSignature): boolean {
  const spki = key.export({ format: 'der', type: 'spki' })
  return ed25519ph.verify(signature, message, spki.subarray(spki.length - keyBytes), { zip215: false })
}
