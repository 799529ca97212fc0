import { sign, verify } from 'node:crypto'
import type { SignatureScheme } from './signature-scheme.ts'

const signatureBytes = 64

/** Ed25519 (RFC 8032 section 5.1). Quick enough for the event loop. */
export const ed25519: SignatureScheme = {
  async sign({ material, message }) {
    return sign(null, message, material.privateKey)
  },

  async verify({ material, message }, signature) {
    return signature.length === signatureBytes && verify(null, message, material.publicKey, signature)
  },
}

/** Ed25519ph, which hashes what it is given: AWS gives it the digest, so that a digest is hashed once more. */
export const ed25519Prehashed: SignatureScheme = {
  async sign({ material, message, work }) {
    return Buffer.from(await work.compute('ed25519phSign', { key: material.privateKey, message }))
  },

  async verify({ material, message, work }, signature) {
    if (signature.length !== signatureBytes) return false
    return work.compute('ed25519phVerify', { key: material.publicKey, message, signature })
  },
}
