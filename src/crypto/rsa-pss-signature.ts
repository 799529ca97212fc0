import { constants, randomBytes, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { encodePss, verifyPss } from './emsa-pss.ts'
import { signInPool } from './native-signature.ts'
import { modulusBytes, openSignature } from './rsa-modulus.ts'
import type { SignatureScheme } from './signature-scheme.ts'
import { digestBytes } from './signing-algorithms.ts'

/** RSASSA-PSS (RFC 8017 section 8.1), MGF1 of the same hash, a salt as long as the digest. A given digest is encoded here. */
export const rsaPss: SignatureScheme = {
  async sign({ material: { privateKey }, hash, message, form, work }) {
    if (form === 'RAW') return work.run(() => signInPool(hash, message, keyInput(privateKey)))
    const input = encodePss(message, hash, randomBytes(digestBytes[hash]), modulusBytes(privateKey))
    return Buffer.from(await work.compute('rsaPrivate', { key: privateKey, input }))
  },

  async verify({ material: { publicKey }, hash, message, form }, signature) {
    if (form === 'RAW') return verify(hash, message, keyInput(publicKey), signature)
    const opened = openSignature(publicKey, signature)
    return opened !== undefined && verifyPss(message, hash, opened)
  },
}

function keyInput(key: KeyObject): { readonly key: KeyObject; readonly padding: number; readonly saltLength: number } {
  return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
}
