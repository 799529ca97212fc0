import { createDecipheriv } from 'node:crypto'
import { SecretBytes } from '../base/index.ts'

// The alternative initial value of RFC 5649 section 3, without the length.
const initialValue = Buffer.from('a65959a6', 'hex')
const keyBytes = 32
const blockBytes = 8

/** Unwraps what AES-256 in key-wrap mode with padding has wrapped (RFC 5649). `undefined` for everything else. The caller wipes. */
export function unwrapPadded(key: Uint8Array, wrapped: Uint8Array): SecretBytes | undefined {
  // Two blocks at least; Node itself would throw at other lengths.
  if (key.length !== keyBytes || wrapped.length < 2 * blockBytes || wrapped.length % blockBytes !== 0) return undefined
  const decryption = createDecipheriv('id-aes256-wrap-pad', key, initialValue)
  try {
    const unwrapped = decryption.update(wrapped)
    const rest = decryption.final()
    return new SecretBytes(rest.length === 0 ? unwrapped : Buffer.concat([unwrapped, rest]))
  } catch {
    return undefined
  }
}
