import { createCipheriv, createDecipheriv, createSecretKey, timingSafeEqual } from 'node:crypto'
import type { DecipherGCM, KeyObject } from 'node:crypto'
import type { Random } from '../base/index.ts'
import { counterModeBlocks, deriveKey } from './derive-key.ts'

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
/** A tag that is right for no message that anybody could find. */
const noTag = Buffer.alloc(tagBytes)

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
  return sealUnder(deriveMessageKey(key, label, nonce), nonce, plaintext, associatedData)
}

/** Opens what `sealMessage` made, or gives `undefined`: altered, other associated data, other key; it does not say which. */
export function openMessage(key: KeyObject, label: string, sealed: Buffer, associatedData: Buffer): Buffer | undefined {
  if (sealed.length < sealOverheadBytes) return undefined
  return openUnder(deriveMessageKey(key, label, nonceOf(sealed)), sealed, associatedData)
}

/** A key that never leaves its token: it gives the HMAC-SHA-256 of each block, in their order and one behind the other. */
export interface RemoteKey {
  macBlocks(blocks: readonly Buffer[]): Promise<Buffer>
}

/** As `sealMessage`, under a key that is elsewhere. */
export async function sealMessageRemotely(
  key: RemoteKey,
  label: string,
  plaintext: Uint8Array,
  associatedData: Buffer,
  random: Random,
): Promise<Buffer> {
  const nonce = random(nonceBytes)
  return sealUnder(await remoteMessageKey(key, label, nonce), nonce, plaintext, associatedData)
}

/** As `openMessage`, with a key that is elsewhere. */
export async function openMessageRemotely(
  key: RemoteKey,
  label: string,
  sealed: Buffer,
  associatedData: Buffer,
): Promise<Buffer | undefined> {
  if (sealed.length < sealOverheadBytes) return undefined
  return openUnder(await remoteMessageKey(key, label, nonceOf(sealed)), sealed, associatedData)
}

const nonceOf = (sealed: Buffer): Buffer => sealed.subarray(0, nonceBytes)

function sealUnder(
  { messageKey, commitment }: DerivedMessageKey,
  nonce: Buffer,
  plaintext: Uint8Array,
  associatedData: Buffer,
): Buffer {
  const encryption = createCipheriv(cipher, messageKey, iv, { authTagLength: tagBytes })
  encryption.setAAD(associatedData)
  const ciphertext = encryption.update(plaintext)
  encryption.final()
  return Buffer.concat([nonce, commitment, ciphertext, encryption.getAuthTag()])
}

function openUnder(
  { messageKey, commitment }: DerivedMessageKey,
  sealed: Buffer,
  associatedData: Buffer,
): Buffer | undefined {
  const isCommitted = timingSafeEqual(commitment, sealed.subarray(nonceBytes, nonceBytes + commitmentBytes))
  const decryption = createDecipheriv(cipher, messageKey, iv, { authTagLength: tagBytes })
  decryption.setAAD(associatedData)
  const tag = sealed.subarray(sealed.length - tagBytes)
  // To fail costs an exception: so that both kinds of failure take the same time, a wrong commitment makes the tag wrong as well.
  decryption.setAuthTag(isCommitted ? tag : noTag)
  const plaintext = decryption.update(sealed.subarray(nonceBytes + commitmentBytes, sealed.length - tagBytes))
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
  return splitMessageKey(deriveKey(key, label, nonce, keyBytes + commitmentBytes))
}

async function remoteMessageKey(key: RemoteKey, label: string, nonce: Buffer): Promise<DerivedMessageKey> {
  const derived = await key.macBlocks(counterModeBlocks(label, nonce, keyBytes + commitmentBytes))
  // Less would be a key that somebody else knows.
  if (derived.length !== keyBytes + commitmentBytes) throw new TypeError('A token gave no whole message key')
  return splitMessageKey(derived)
}

function splitMessageKey(derived: Buffer): DerivedMessageKey {
  // Given as bytes, a key costs Node 24 twice the time of the whole encryption.
  const messageKey = createSecretKey(derived.subarray(0, keyBytes))
  derived.fill(0, 0, keyBytes)
  return { messageKey, commitment: derived.subarray(keyBytes) }
}
