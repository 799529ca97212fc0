import { hash } from 'node:crypto'
import type { Random } from '../base/index.ts'
import { encodeEncryptionContext } from './associated-data.ts'
import { encodeBlobHeader } from './ciphertext-blob.ts'
import type { CiphertextBlob, SymmetricMaterial } from './ciphertext-blob.ts'
import { openMessage, sealMessage } from './message-seal.ts'

/** What an external key makes of a message by AES-256-GCM. */
export interface ExternalCiphertext {
  /** As long as the message. */
  readonly ciphertext: Buffer
  /** 12 or 16 bytes. */
  readonly initializationVector: Buffer
  /** 16 bytes. */
  readonly authenticationTag: Buffer
  /** What its key manager wants to see again: at most 20 bytes, often none. */
  readonly metadata: Buffer
}

/** A key in another place, which is asked for the second encryption. */
export interface ExternalKey {
  encrypt(message: Buffer, associatedData: Buffer): Promise<ExternalCiphertext>
  decrypt(message: ExternalCiphertext, associatedData: Buffer): Promise<Buffer>
}

/** Most bytes of an external ciphertext's metadata. */
export const externalMetadataMaxBytes = 20
/** Bytes of an external ciphertext's tag. */
export const externalTagBytes = 16

const label = 'postern ciphertext 2'

/**
 * Encrypts under a key's own material, and what comes of that under an external key: neither alone opens it. Form 2 of a blob is, behind
 * the header:
 *
 *   1 byte    length of the initialization vector: 12 or 16
 *   1 byte    length of the external key's metadata: 0 to 20
 *   then the vector, the metadata, the tag (16 bytes), and the ciphertext of what `sealMessage` gave.
 *
 * The external key's associated data is the hash of the header and the encryption context: its keeper does not learn the context.
 */
export async function encryptBlobTwice(
  keyId: string,
  { own, external }: TwoKeys,
  plaintext: Uint8Array,
  context: Readonly<Record<string, string>> | undefined,
  random: Random,
): Promise<Buffer> {
  const header = encodeBlobHeader(2, keyId, own.materialId)
  const associatedData = Buffer.concat([header, encodeEncryptionContext(context)])
  const sealed = sealMessage(own.key, label, plaintext, associatedData, random)
  const outer = await external.encrypt(sealed, externalAssociatedData(associatedData))
  const { initializationVector: vector, metadata, authenticationTag: tag, ciphertext } = outer
  return Buffer.concat([header, Buffer.from([vector.length, metadata.length]), vector, metadata, tag, ciphertext])
}

/** The two keys of a blob of form 2. */
export interface TwoKeys {
  readonly own: SymmetricMaterial
  readonly external: ExternalKey
}

/**
 * Decrypts a blob of form 2, or gives `undefined`: it is of no such form, or what the external key gave does not open. What the external
 * key's keeper refuses is thrown as that throws it.
 */
export async function decryptBlobTwice(
  blob: CiphertextBlob,
  { own, external }: TwoKeys,
  context: Readonly<Record<string, string>> | undefined,
): Promise<Buffer | undefined> {
  const outer = blob.form === 2 ? parseExternalCiphertext(blob.sealed) : undefined
  if (outer === undefined) return undefined
  const associatedData = Buffer.concat([blob.header, encodeEncryptionContext(context)])
  const sealed = await external.decrypt(outer, externalAssociatedData(associatedData))
  return openMessage(own.key, label, sealed, associatedData)
}

function parseExternalCiphertext(bytes: Buffer): ExternalCiphertext | undefined {
  const [vectorLength = 0, metadataLength = 0] = bytes
  const vectorEnd = 2 + vectorLength
  const metadataEnd = vectorEnd + metadataLength
  const tagEnd = metadataEnd + externalTagBytes
  const isWellFormed = (vectorLength === 12 || vectorLength === 16) && metadataLength <= externalMetadataMaxBytes
  if (!isWellFormed || bytes.length <= tagEnd) return undefined
  return {
    initializationVector: bytes.subarray(2, vectorEnd),
    metadata: bytes.subarray(vectorEnd, metadataEnd),
    authenticationTag: bytes.subarray(metadataEnd, tagEnd),
    ciphertext: bytes.subarray(tagEnd),
  }
}

// Proxies take 8,192 bytes at most, and a context may have as many.
const externalAssociatedData = (associatedData: Buffer): Buffer => hash('sha256', associatedData, 'buffer')
