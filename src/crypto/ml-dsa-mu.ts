import type { KeyObject } from 'node:crypto'
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js'
import { exposeExpandedKey } from './post-quantum-key.ts'
import type { MlDsaSpec } from './key-specs.ts'

/** A mu to be signed: what FIPS 204 makes of the public key, the context and the message (section 6.2). */
export interface Mu {
  readonly key: KeyObject
  readonly keySpec: MlDsaSpec
  readonly mu: Uint8Array
}

/** A mu with a signature of it. */
export interface MuSignature extends Mu {
  readonly signature: Uint8Array
}

// Node takes no mu.
const libraries = { ML_DSA_44: ml_dsa44, ML_DSA_65: ml_dsa65, ML_DSA_87: ml_dsa87 }

/** Signs a mu, hedged. Blocks for milliseconds. */
export function signMu({ key, keySpec, mu }: Mu): Uint8Array {
  const expanded = exposeExpandedKey(key)
  try {
    return libraries[keySpec].internal.sign(mu, expanded, { externalMu: true })
  } finally {
    expanded.fill(0)
  }
}

/** Whether a signature is of that mu. Blocks for milliseconds. */
export function verifyMu({ key, keySpec, mu, signature }: MuSignature): boolean {
  const library = libraries[keySpec]
  if (signature.length !== library.lengths.signature) return false
  const spki = key.export({ format: 'der', type: 'spki' })
  const publicKey = spki.subarray(spki.length - library.lengths.publicKey!)
  return library.internal.verify(signature, mu, publicKey, { externalMu: true })
}
