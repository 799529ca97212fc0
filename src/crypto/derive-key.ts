import { createHmac } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

const blockBytes = 32
const counterBytes = 4

/**
 * Derives key bytes from a key: NIST SP 800-108r1 section 4.1, KDF in counter mode with HMAC-SHA-256, 32-bit counter before
 * the fixed input, which is `label ‖ 0x00 ‖ context ‖ [length in bits as 32 bits]`. The caller wipes what it gets.
 */
export function deriveKey(key: KeyObject, label: string, context: Buffer, lengthBytes: number): Buffer {
  return runCounterMode(key, counterModeInput(label, context, lengthBytes), lengthBytes)
}

/**
 * What the KDF's HMAC-SHA-256 is asked for, block after block, where the key is elsewhere (in a token): the answers in their order,
 * cut to the length, are what `deriveKey` gives.
 */
export function counterModeBlocks(label: string, context: Buffer, lengthBytes: number): readonly Buffer[] {
  const input = counterModeInput(label, context, lengthBytes)
  return Array.from({ length: Math.ceil(lengthBytes / blockBytes) }, (_, index) => {
    const block = Buffer.from(input)
    block.writeUInt32BE(index + 1, 0)
    return block
  })
}

/** The fixed input, with room for the counter before it. */
function counterModeInput(label: string, context: Buffer, lengthBytes: number): Buffer {
  const labelBytes = Buffer.from(label, 'utf8')
  const input = Buffer.allocUnsafe(counterBytes + labelBytes.length + 1 + context.length + 4)
  let at = counterBytes + labelBytes.copy(input, counterBytes)
  at = input.writeUInt8(0, at)
  at += context.copy(input, at)
  input.writeUInt32BE(lengthBytes * 8, at)
  return input
}

/** The KDF itself; the input has room for the counter before the fixed input. */
export function runCounterMode(key: KeyObject, input: Buffer, lengthBytes: number): Buffer {
  const derived = Buffer.allocUnsafe(Math.ceil(lengthBytes / blockBytes) * blockBytes)
  for (let counter = 1; (counter - 1) * blockBytes < lengthBytes; counter++) {
    input.writeUInt32BE(counter, 0)
    const block = createHmac('sha256', key).update(input).digest()
    block.copy(derived, (counter - 1) * blockBytes)
    block.fill(0)
  }
  return derived.subarray(0, lengthBytes)
}
