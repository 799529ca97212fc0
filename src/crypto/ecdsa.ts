import { sign, verify } from 'node:crypto'
import { curves } from './curves.ts'
import type { CurveRow } from './curves.ts'
import { encodeSignature, parseSignature } from './ecdsa-der.ts'
import type { CurveSpec } from './key-specs.ts'
import { signInPool, verifyInPool } from './native-signature.ts'
import type { SignatureScheme } from './signature-scheme.ts'

/** ECDSA (FIPS 186-5 section 6) in DER. A given digest goes to a library: Node hashes whatever it signs. */
export const ecdsa: SignatureScheme = {
  async sign({ material: { privateKey: key }, keySpec, hash, message, form, work }) {
    const curve = curves[keySpec as CurveSpec]
    if (form === 'RAW') {
      return curve.isQuick ? sign(hash, message, key) : work.run(() => signInPool(hash, message, { key }))
    }
    const input = { key, keySpec: keySpec as CurveSpec, digest: message }
    return encodeSignature(Buffer.from(await work.compute('ecdsaSign', input)))
  },

  async verify({ material: { publicKey: key }, keySpec, hash, message, form, work }, signature) {
    const curve = curves[keySpec as CurveSpec]
    // Read strictly before any arithmetic: BER, trailing bytes and an r or s out of range are cheap to refuse.
    const compact = parseSignature(signature, curve.fieldBytes)
    if (compact === undefined || !isInRange(compact, curve)) return false
    if (form === 'RAW') {
      return curve.isQuick
        ? verify(hash, message, key, signature)
        : work.run(() => verifyInPool(hash, message, { key }, signature))
    }
    return work.compute('ecdsaVerify', { key, keySpec: keySpec as CurveSpec, digest: message, signature: compact })
  },
}

/** Whether r and s are both within 1 … n - 1. */
function isInRange(compact: Buffer, { fieldBytes, order }: CurveRow): boolean {
  return [compact.subarray(0, fieldBytes), compact.subarray(fieldBytes)].every(half => {
    const value = BigInt(`0x${half.toString('hex')}`)
    return value > 0n && value < order
  })
}
