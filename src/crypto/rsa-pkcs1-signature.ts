import { constants, timingSafeEqual, verify } from 'node:crypto'
import { signInPool } from './native-signature.ts'
import { modulusBytes, openSignature } from './rsa-modulus.ts'
import type { SignatureScheme } from './signature-scheme.ts'
import type { SignatureHash } from './signing-algorithms.ts'

const padding = constants.RSA_PKCS1_PADDING

/** What stands before a digest in its DigestInfo (RFC 8017 section 9.2, note 1). */
const digestInfoPrefixes: Readonly<Record<SignatureHash, Buffer>> = {
  sha256: Buffer.from('3031300d060960864801650304020105000420', 'hex'),
  sha384: Buffer.from('3041300d060960864801650304020205000430', 'hex'),
  sha512: Buffer.from('3051300d060960864801650304020305000440', 'hex'),
}

/** RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2). A given digest is encoded here: Node signs only what it has hashed. */
export const rsaPkcs1: SignatureScheme = {
  async sign({ material: { privateKey }, hash, message, form, work }) {
    if (form === 'RAW') return work.run(() => signInPool(hash, message, { key: privateKey, padding }))
    const input = encodeDigest(message, hash, modulusBytes(privateKey))
    return Buffer.from(await work.compute('rsaPrivate', { key: privateKey, input }))
  },

  async verify({ material: { publicKey }, hash, message, form }, signature) {
    if (form === 'RAW') return verify(hash, message, { key: publicKey, padding }, signature)
    const opened = openSignature(publicKey, signature)
    // Compared with the one right encoding, not parsed: nothing can hide in a padding (CVE-2006-4339).
    return opened !== undefined && timingSafeEqual(opened, encodeDigest(message, hash, opened.length))
  },
}

/** EMSA-PKCS1-v1_5 (RFC 8017 section 9.2) of a digest. */
function encodeDigest(digest: Buffer, hash: SignatureHash, length: number): Buffer {
  const info = Buffer.concat([digestInfoPrefixes[hash], digest])
  const encoded = Buffer.alloc(length, 0xff)
  encoded[0] = 0
  encoded[1] = 1
  encoded[length - info.length - 1] = 0
  info.copy(encoded, length - info.length)
  return encoded
}
