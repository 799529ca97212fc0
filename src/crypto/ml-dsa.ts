import { verify } from 'node:crypto'
import type { MlDsaSpec } from './key-specs.ts'
import { signInPool } from './native-signature.ts'
import type { SignatureScheme } from './signature-scheme.ts'

/** ML-DSA (FIPS 204), hedged, without a context. A mu goes to a library: Node takes none. */
export const mlDsa: SignatureScheme = {
  async sign({ material: { privateKey: key }, keySpec, message, form, work }) {
    if (form === 'RAW') return work.run(() => signInPool(null, message, { key }))
    return Buffer.from(await work.compute('mlDsaSignMu', { key, keySpec: keySpec as MlDsaSpec, mu: message }))
  },

  async verify({ material: { publicKey: key }, keySpec, message, form, work }, signature) {
    if (form === 'RAW') return verify(null, message, key, signature)
    return work.compute('mlDsaVerifyMu', { key, keySpec: keySpec as MlDsaSpec, mu: message, signature })
  },
}
