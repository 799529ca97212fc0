import { createCipheriv, createDecipheriv, createSecretKey, timingSafeEqual } from 'node:crypto'
import type { DecipherGCM, KeyObject } from 'node:crypto'
import type { Random } from '../base/index.ts'
import { deriveKey } from './derive-key.ts'

/** Bytes of the random nonce that each message's key is derived from. */
export const nonceBytes = 16
/** Bytes of the commitment to the key: AES-GCM alone would let one message open under two keys. */
export const commitmentBytes = 32
/** Bytes of the GCM tag; always all of them. */
export const tagBytes = 16
/** What a sealed message has beside its ciphertext. */
export const sealOverheadBytes = nonceBytes + commitmentBytes + tagBytes

const keyBytes = 32
// A key seals one message only, so its one IV may be fixed.
const iv = Buffer.alloc(12)
const cipher = 'aes-256-gcm'

/**
 * Seals a message: a fresh key derived from the nonce (SP 800-108), AES-256-GCM (SP 800-38D), and a commitment to the key.
 * Gives `nonce ‖ commitment ‖ ciphertext ‖ tag`. The label separates purposes.
 */
export function sealMessage(
  key: KeyObject,
  label: string,
  plaintext: Uint8Array,
  associatedData: Buffer,
  random: Random,
): Buffer {
  const nonce = random(nonceBytes)
  const { messageKey, commitment } = deriveMessageKey(key, label, nonce)
  const encryption = createCipheriv(cipher, messageKey, iv, { authTagLength: tagBytes })
  encryption.setAAD(associatedData)
  const ciphertext = encryption.update(plaintext)
  encryption.final()
  return Buffer.concat([nonce, commitment, ciphertext, encryption.getAuthTag()])
}

/** Opens what `sealMessage` made, or gives `undefined`: altered, other associated data, other key; it does not say which. */
export function openMessage(key: KeyObject, label: string, sealed: Buffer, associatedData: Buffer): Buffer | undefined {
  if (sealed.length < sealOverheadBytes) return undefined
  const { messageKey, commitment } = deriveMessageKey(key, label, sealed.subarray(0, nonceBytes))
  const isCommitted = timingSafeEqual(commitment, sealed.subarray(nonceBytes, nonceBytes + commitmentBytes))
  const decryption = createDecipheriv(cipher, messageKey, iv, { authTagLength: tagBytes })
  decryption.setAAD(associatedData)
  decryption.setAuthTag(sealed.subarray(sealed.length - tagBytes))
  const plaintext = decryption.update(sealed.subarray(nonceBytes + commitmentBytes, sealed.length - tagBytes))
  // Decrypting goes on after a wrong commitment, so that both kinds of failure take the same time.
  if (isFinal(decryption) && isCommitted) return plaintext
  plaintext.fill(0)
  return undefined
}

/** Whether the tag is right: only then is what was decrypted a plaintext. */
function isFinal(decryption: DecipherGCM): boolean {
  try {
    decryption.final()
    return true
  } catch {
    return false
  }
}

interface DerivedMessageKey {
  readonly messageKey: KeyObject
  readonly commitment: Buffer
}

function deriveMessageKey(key: KeyObject, label: string, nonce: Buffer): DerivedMessageKey {
  const derived = deriveKey(key, label, nonce, keyBytes + commitmentBytes)
  // Given as bytes, a key costs Node 24 twice the time of the whole encryption.
  const messageKey = createSecretKey(derived.subarray(0, keyBytes))
  derived.fill(0, 0, keyBytes)
  return { messageKey, commitment: derived.subarray(keyBytes) }
}
