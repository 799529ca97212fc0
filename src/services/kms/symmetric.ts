import { ServiceError } from '../../base/index.ts'
import { parseBlob } from '../../crypto/index.ts'
import type { CiphertextBlob } from '../../crypto/index.ts'
import { symmetricCipher } from '../../keys/index.ts'
import type { KeyEntry, ProxyRequester, SymmetricCipher } from '../../keys/index.ts'
import type { AuditValues } from '../../trail/index.ts'
import type { RequestScope } from '../operation.ts'
import type { EncryptionContext } from './encryption-context.ts'
import type { KmsNeeds } from './needs.ts'

type Key = KeyEntry['key']

/** The algorithm of symmetric keys, and what a request means that names none. */
export const symmetricDefault = 'SYMMETRIC_DEFAULT'

/** A symmetric key that new ciphertexts are made with, for a request. */
export async function currentCipher(
  key: Key,
  requester: ProxyRequester,
  { keys, random }: Pick<KmsNeeds, 'keys' | 'random'>,
): Promise<SymmetricCipher> {
  const cipher = await symmetricCipher(key, key.materialId, { keys, random, requester })
  if (cipher === undefined) throw new TypeError(`Key ${key.arn} has no material`)
  return cipher
}

/** For which request a key is used: what the keeper of an external key learns of it. */
export function requesterOf(operation: string, { requestId, caller, path }: RequestScope): ProxyRequester {
  return { operation, requestId, caller, path }
}

/** The material's id where AWS answers with it, and in the trail. */
export function shownMaterial(materialId: string | undefined): { readonly KeyMaterialId?: string } {
  return materialId === undefined ? {} : { KeyMaterialId: materialId }
}

/** `additionalEventData` with the id of the material that was used, where AWS tells it. */
export function materialEventData(materialId: string | undefined): { readonly additionalEventData?: AuditValues } {
  return materialId === undefined ? {} : { additionalEventData: { keyMaterialId: materialId } }
}

/** Most bytes that names and values of an encryption context have together. */
export const maxContextBytes = 8_192

/** @throws {ServiceError} ValidationException for a context that is too large. */
export function requireContextSize(context: EncryptionContext | undefined): void {
  if (context === undefined) return
  let bytes = 0
  for (const [name, value] of Object.entries(context)) bytes += Buffer.byteLength(name) + Buffer.byteLength(value)
  if (bytes > maxContextBytes)
    throw new ServiceError('ValidationException', `EncryptionContext must not be larger than ${maxContextBytes} bytes.`)
}

/** A ciphertext that is not one of ours, was altered, or came with another context: all look alike. */
export function invalidCiphertext(): ServiceError {
  return new ServiceError('InvalidCiphertextException')
}

/** @throws {ServiceError} InvalidCiphertextException */
export function requireBlob(bytes: Buffer): CiphertextBlob {
  const blob = parseBlob(bytes)
  if (blob === undefined) throw invalidCiphertext()
  return blob
}

/** Ends a dry run: everything would have succeeded. @throws {ServiceError} DryRunOperationException */
export function endDryRun(dryRun: boolean | undefined): void {
  if (dryRun !== true) return
  throw new ServiceError('DryRunOperationException', 'The request would have succeeded, but the DryRun option is set.')
}
