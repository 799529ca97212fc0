import type { KeyPairMaterial } from './key-material.ts'

/** The public key as SubjectPublicKeyInfo in DER: curves by name, points uncompressed. */
export function publicKeyDer({ publicKey }: KeyPairMaterial): Buffer {
  return publicKey.export({ format: 'der', type: 'spki' })
}
