import { createHash, timingSafeEqual } from 'node:crypto'
import { digestBytes } from './signing-algorithms.ts'
import type { SignatureHash } from './signing-algorithms.ts'

const trailer = 0xbc
const eightZeros = Buffer.alloc(8)

/**
 * EMSA-PSS-ENCODE (RFC 8017 section 9.1.1) of a digest, with MGF1 of the same hash, for a modulus whose length is a whole number of bytes:
 * the top bit of the encoding is 0. The salt is as long as the digest.
 */
export function encodePss(digest: Buffer, hash: SignatureHash, salt: Buffer, length: number): Buffer {
  const seed = hashSalted(digest, hash, salt)
  const block = Buffer.alloc(length - seed.length - 1)
  block[block.length - salt.length - 1] = 1
  salt.copy(block, block.length - salt.length)
  const masked = unmask(block, seed, hash)
  return Buffer.concat([masked, seed, Buffer.from([trailer])])
}

/** EMSA-PSS-VERIFY (RFC 8017 section 9.1.2): only a salt as long as the digest is right. */
export function verifyPss(digest: Buffer, hash: SignatureHash, encoded: Buffer): boolean {
  const hashLength = digestBytes[hash]
  const seedAt = encoded.length - hashLength - 1
  if (seedAt <= hashLength) return false
  const masked = encoded.subarray(0, seedAt)
  const seed = encoded.subarray(seedAt, seedAt + hashLength)
  const salt = unmask(masked, seed, hash).subarray(-hashLength)
  // The one right encoding with this salt is made and compared as a whole, so no rule of the padding can be forgotten.
  return timingSafeEqual(encodePss(digest, hash, salt, encoded.length), encoded)
}

/** Applies the mask that the seed gives: masking and unmasking are one. The top bit stays clear. */
function unmask(block: Buffer, seed: Buffer, hash: SignatureHash): Buffer {
  const result = Buffer.from(block)
  const mask = maskOf(seed, hash, block.length)
  for (let index = 0; index < result.length; index++) result[index]! ^= mask[index]!
  result[0]! &= 0x7f
  return result
}

/** MGF1 (RFC 8017 appendix B.2.1). */
function maskOf(seed: Buffer, hash: SignatureHash, length: number): Buffer {
  const blocks: Buffer[] = []
  const counter = Buffer.alloc(4)
  for (let index = 0; index * digestBytes[hash] < length; index++) {
    counter.writeUInt32BE(index)
    blocks.push(createHash(hash).update(seed).update(counter).digest())
  }
  return Buffer.concat(blocks).subarray(0, length)
}

function hashSalted(digest: Buffer, hash: SignatureHash, salt: Buffer): Buffer {
  return createHash(hash).update(eightZeros).update(digest).update(salt).digest()
}
