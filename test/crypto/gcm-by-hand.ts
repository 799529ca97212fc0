// AES-GCM a second time, from the text of NIST SP 800-38D and slow: so that the tests can check what Node's does, and build
// the messages that an attacker would.
import { createCipheriv } from 'node:crypto'

const blockBytes = 16
const reduction = 0xe1n << 120n

/** The product in GCM's field of 2^128 elements. */
export function multiply(x: bigint, y: bigint): bigint {
  let product = 0n
  let shifted = y
  for (let bit = 127n; bit >= 0n; bit--) {
    if (((x >> bit) & 1n) === 1n) product ^= shifted
    shifted = (shifted & 1n) === 1n ? (shifted >> 1n) ^ reduction : shifted >> 1n
  }
  return product
}

/** The inverse: the element to the power of 2^128 - 2. */
export function invert(x: bigint): bigint {
  let inverse = 1n << 127n
  let power = x
  for (let bit = 1; bit < 128; bit++) {
    power = multiply(power, power)
    inverse = multiply(inverse, power)
  }
  return inverse
}

export const toElement = (block: Buffer): bigint => BigInt(`0x${block.toString('hex')}`)
export const toBlock = (element: bigint): Buffer => Buffer.from(element.toString(16).padStart(32, '0'), 'hex')

function encryptBlock(key: Buffer, block: Buffer): Buffer {
  return createCipheriv('aes-256-ecb', key, null).setAutoPadding(false).update(block)
}

const padded = (bytes: Buffer): Buffer =>
  Buffer.concat([bytes, Buffer.alloc((blockBytes - (bytes.length % blockBytes)) % blockBytes)])

function counterBlock(iv: Buffer, counter: number): Buffer {
  const block = Buffer.concat([iv, Buffer.alloc(4)])
  block.writeUInt32BE(counter, 12)
  return block
}

/** The hash key H of a key. */
export function hashKey(key: Buffer): bigint {
  return toElement(encryptBlock(key, Buffer.alloc(blockBytes)))
}

/** Encrypts or decrypts: the counter mode is its own inverse. */
export function crypt(key: Buffer, iv: Buffer, text: Buffer): Buffer {
  const result = Buffer.from(text)
  for (let at = 0; at < text.length; at += blockBytes) {
    const stream = encryptBlock(key, counterBlock(iv, at / blockBytes + 2))
    for (let index = at; index < Math.min(at + blockBytes, text.length); index++) result[index]! ^= stream[index - at]!
  }
  return result
}

/** The tag of a ciphertext. */
export function tagOf(key: Buffer, iv: Buffer, associatedData: Buffer, ciphertext: Buffer): Buffer {
  const lengths = Buffer.alloc(blockBytes)
  lengths.writeUInt32BE(associatedData.length * 8, 4)
  lengths.writeUInt32BE(ciphertext.length * 8, 12)
  const blocks = Buffer.concat([padded(associatedData), padded(ciphertext), lengths])
  const h = hashKey(key)
  let hash = 0n
  for (let at = 0; at < blocks.length; at += blockBytes)
    hash = multiply(hash ^ toElement(blocks.subarray(at, at + blockBytes)), h)
  return toBlock(hash ^ toElement(encryptBlock(key, counterBlock(iv, 1))))
}
