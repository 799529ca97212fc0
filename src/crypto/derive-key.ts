import { createHmac } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

const blockBytes = 32

/**
 * Derives key bytes from a key: NIST SP 800-108r1 section 4.1, KDF in counter mode with HMAC-SHA-256, 32-bit counter before
 * the fixed input, which is `label ‖ 0x00 ‖ context ‖ [length in bits as 32 bits]`.
 */
export function deriveKey(key: KeyObject, label: string, context: Buffer, lengthBytes: number): Buffer {
  const labelBytes = Buffer.from(label, 'utf8')
  const input = Buffer.allocUnsafe(4 + labelBytes.length + 1 + context.length + 4)
  labelBytes.copy(input, 4)
  input[4 + labelBytes.length] = 0
  context.copy(input, 5 + labelBytes.length)
  input.writeUInt32BE(lengthBytes * 8, input.length - 4)
  const derived = Buffer.allocUnsafe(Math.ceil(lengthBytes / blockBytes) * blockBytes)
  for (let counter = 1; (counter - 1) * blockBytes < lengthBytes; counter++) {
    input.writeUInt32BE(counter, 0)
    createHmac('sha256', key)
      .update(input)
      .digest()
      .copy(derived, (counter - 1) * blockBytes)
  }
  return derived.subarray(0, lengthBytes)
}
