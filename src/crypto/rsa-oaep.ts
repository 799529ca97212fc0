import { constants, publicEncrypt } from 'node:crypto'
import { SecretBytes } from '../base/index.ts'
import type { KeyPairMaterial } from './key-material.ts'
import type { EncryptionAlgorithm } from './key-specs.ts'
import { modulusBytes } from './rsa-modulus.ts'
import type { SlowWork } from './slow-work.ts'

/** The algorithms of encryption by RSA keys. */
export type OaepAlgorithm = Exclude<EncryptionAlgorithm, 'SYMMETRIC_DEFAULT'>

const hashes = {
  RSAES_OAEP_SHA_1: { hash: 'sha1', hashBytes: 20 },
  RSAES_OAEP_SHA_256: { hash: 'sha256', hashBytes: 32 },
} as const

/** Bytes of the longest plaintext that fits (RFC 8017 section 7.1.1). */
export function maxOaepPlaintextBytes(material: KeyPairMaterial, algorithm: OaepAlgorithm): number {
  return modulusBytes(material.publicKey) - 2 * hashes[algorithm].hashBytes - 2
}

/**
 * RSAES-OAEP encryption (RFC 8017 section 7.1) with an empty label and one hash for label and mask.
 * @throws {RangeError} for a plaintext that is longer than `maxOaepPlaintextBytes`
 */
export function encryptOaep(material: KeyPairMaterial, algorithm: OaepAlgorithm, plaintext: Buffer): Buffer {
  if (plaintext.length > maxOaepPlaintextBytes(material, algorithm)) throw new RangeError('The plaintext is too long')
  return publicEncrypt(
    { key: material.publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: hashes[algorithm].hash },
    plaintext,
  )
}

/** RSAES-OAEP decryption. Whatever is wrong, the answer is `undefined`: a difference would be an oracle (Manger 2001). The caller wipes. */
export async function decryptOaep(
  material: KeyPairMaterial,
  algorithm: OaepAlgorithm,
  ciphertext: Buffer,
  work: SlowWork,
): Promise<SecretBytes | undefined> {
  if (ciphertext.length !== modulusBytes(material.privateKey)) return undefined
  const { hash } = hashes[algorithm]
  const plaintext = await work.compute('rsaDecryptOaep', { key: material.privateKey, hash, input: ciphertext })
  return plaintext === undefined ? undefined : new SecretBytes(asBuffer(plaintext))
}

/** The same bytes, not a copy. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
