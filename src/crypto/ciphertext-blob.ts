import type { KeyObject } from 'node:crypto'
import type { Random } from '../base/index.ts'
import { encodeEncryptionContext } from './associated-data.ts'
import {
  openMessage,
  openMessageRemotely,
  sealMessage,
  sealMessageRemotely,
  sealOverheadBytes,
} from './message-seal.ts'
import type { RemoteKey } from './message-seal.ts'

/**
 * A ciphertext blob:
 *
 *   1 byte    form
 *   1 byte    kind of key id: 0 = UUID, 1 = `mrk-` and 32 hexadecimal digits
 *   16 bytes  key id
 *   32 bytes  key material id
 *   then, in form 1, what `sealMessage` gives; its associated data is all of the above and the encryption context;
 *   in form 2, what an external key made of that: see `twice-encrypted-blob.ts`.
 *
 * Blobs of every released form are opened for ever.
 */
export interface CiphertextBlob {
  readonly form: 1 | 2
  readonly keyId: string
  /** 64 hexadecimal digits. */
  readonly materialId: string
  readonly header: Buffer
  readonly sealed: Buffer
}

const headerBytes = 1 + 1 + 16 + 32
const label = 'postern ciphertext 1'

/** Bytes that a blob has beside its ciphertext. */
export const blobOverheadBytes = headerBytes + sealOverheadBytes

/** A symmetric key's material, ready for use. */
export interface SymmetricMaterial {
  readonly materialId: string
  readonly key: KeyObject
}

/** Encrypts under a key's material; the blob names both. */
export function encryptBlob(
  keyId: string,
  material: SymmetricMaterial,
  plaintext: Uint8Array,
  context: Readonly<Record<string, string>> | undefined,
  random: Random,
): Buffer {
  const header = encodeBlobHeader(1, keyId, material.materialId)
  const associatedData = Buffer.concat([header, encodeEncryptionContext(context)])
  return Buffer.concat([header, sealMessage(material.key, label, plaintext, associatedData, random)])
}

/** A symmetric key's material that stays in its token. */
export interface RemoteMaterial {
  readonly materialId: string
  readonly key: RemoteKey
}

/** As `encryptBlob`, with material that is in a token: the blob is of the same form. */
export async function encryptBlobRemotely(
  keyId: string,
  material: RemoteMaterial,
  plaintext: Uint8Array,
  context: Readonly<Record<string, string>> | undefined,
  random: Random,
): Promise<Buffer> {
  const header = encodeBlobHeader(1, keyId, material.materialId)
  const associatedData = Buffer.concat([header, encodeEncryptionContext(context)])
  return Buffer.concat([header, await sealMessageRemotely(material.key, label, plaintext, associatedData, random)])
}

/** Reads which key a blob is of, or gives `undefined` where it is no blob of ours. Nothing is known of its truth yet. */
export function parseBlob(bytes: Buffer): CiphertextBlob | undefined {
  const [form] = bytes
  if (bytes.length < blobOverheadBytes || (form !== 1 && form !== 2) || bytes[1]! > 1) return undefined
  const header = bytes.subarray(0, headerBytes)
  return {
    form,
    keyId: decodeKeyId(bytes[1]!, header.toString('hex', 2, 18)),
    materialId: header.toString('hex', 18),
    header,
    sealed: bytes.subarray(headerBytes),
  }
}

/** Decrypts a parsed blob, or gives `undefined`: altered, another context, another key; it does not say which. */
export function decryptBlob(
  blob: CiphertextBlob,
  material: SymmetricMaterial,
  context: Readonly<Record<string, string>> | undefined,
): Buffer | undefined {
  if (blob.form !== 1) return undefined
  const associatedData = Buffer.concat([blob.header, encodeEncryptionContext(context)])
  return openMessage(material.key, label, blob.sealed, associatedData)
}

/** As `decryptBlob`, with material that is in a token. */
export async function decryptBlobRemotely(
  blob: CiphertextBlob,
  material: RemoteMaterial,
  context: Readonly<Record<string, string>> | undefined,
): Promise<Buffer | undefined> {
  if (blob.form !== 1) return undefined
  const associatedData = Buffer.concat([blob.header, encodeEncryptionContext(context)])
  return openMessageRemotely(material.key, label, blob.sealed, associatedData)
}

/** The beginning of a blob, which says what it is of. @throws {TypeError} for what is no key id. */
export function encodeBlobHeader(form: 1 | 2, keyId: string, materialId: string): Buffer {
  const header = Buffer.alloc(headerBytes)
  const isMultiRegion = keyId.startsWith('mrk-')
  header[0] = form
  header[1] = isMultiRegion ? 1 : 0
  const idLength = header.write(isMultiRegion ? keyId.slice(4) : keyId.replaceAll('-', ''), 2, 16, 'hex')
  const materialLength = header.write(materialId, 18, 32, 'hex')
  // A blob whose header does not name its key could never be decrypted.
  if (idLength !== 16 || materialLength !== 32) throw new TypeError(`Cannot make a blob of key "${keyId}": no key id`)
  return header
}

function decodeKeyId(kind: number, hex: string): string {
  if (kind === 1) return `mrk-${hex}`
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
