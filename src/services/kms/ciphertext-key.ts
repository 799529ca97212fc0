import type { AccessCheck, ConditionValues } from '../../authorization/index.ts'
import { ServiceError } from '../../base/index.ts'
import { decryptBlob } from '../../crypto/index.ts'
import type { CiphertextBlob } from '../../crypto/index.ts'
import { requireState } from '../../keys/index.ts'
import type { KeyEntry, Keys } from '../../keys/index.ts'
import type { RequestScope } from '../operation.ts'
import type { EncryptionContext } from './encryption-context.ts'
import { findNamedKey, keyResource } from './key-resource.ts'
import { invalidCiphertext, requireAlgorithm, requireBlob } from './symmetric.ts'

/** What a request says of a ciphertext that is to be decrypted. */
export interface CiphertextInput {
  readonly blob: Buffer | undefined
  readonly keyId: string | undefined
  /** `IGNORE_CIPHERTEXT` among the modifiers of a dry run: only the permission is asked for. */
  readonly ignoresCiphertext: boolean
}

/** The key that a ciphertext is to be decrypted with. */
export interface CiphertextKey {
  readonly entry: KeyEntry
  /** Absent where the ciphertext is ignored. */
  readonly blob: CiphertextBlob | undefined
  readonly check: AccessCheck
}

/**
 * Finds the key of a ciphertext: the one that the request names, else the one that the ciphertext names.
 *
 * @throws {ServiceError} InvalidCiphertextException for what is no ciphertext; the one AccessDeniedException for a ciphertext
 *   of a key that is not here.
 */
export async function findCiphertextKey(
  input: CiphertextInput,
  action: string,
  context: ConditionValues,
  scope: RequestScope,
  keys: Keys,
): Promise<CiphertextKey> {
  const blob = readBlob(input)
  if (input.keyId !== undefined) {
    const named = await findNamedKey(input.keyId, action, scope, keys, { aliases: true })
    const resource = await keyResource(named.entry, action, keys)
    return { entry: named.entry, blob, check: { action, resource, context: { ...context, ...named.context } } }
  }
  const entry = await keys.findKey(scope.region, blob!.keyId)
  if (entry === undefined) throw unknownCiphertextKey()
  const resource = await keyResource(entry, action, keys)
  return { entry, blob, check: { action, resource, context, wording: 'ciphertext' } }
}

function readBlob({ blob, keyId, ignoresCiphertext }: CiphertextInput): CiphertextBlob | undefined {
  if (!ignoresCiphertext) {
    if (blob === undefined) {
      throw new ServiceError(
        'ValidationException',
        "1 validation error detected: Value null at 'ciphertextBlob' failed to satisfy constraint: Member must not be null",
      )
    }
    return requireBlob(blob)
  }
  if (keyId === undefined)
    throw new ServiceError('ValidationException', 'KeyId is required when the ciphertext is ignored.')
  return undefined
}

function unknownCiphertextKey(): ServiceError {
  return new ServiceError(
    'AccessDeniedException',
    'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.',
  )
}

/** A decrypted message; the caller wipes it when it is done with it. */
export interface OpenedCiphertext {
  readonly plaintext: Buffer
  readonly materialId: string
}

/** Decrypts with the key that was authorized. @throws {ServiceError} IncorrectKeyException, InvalidCiphertextException, … */
export async function openCiphertext(
  { entry: { key }, blob }: CiphertextKey,
  operation: string,
  algorithm: string,
  context: EncryptionContext | undefined,
  keys: Keys,
): Promise<OpenedCiphertext | undefined> {
  requireState(key, operation)
  requireAlgorithm(key, algorithm)
  if (blob === undefined) return undefined
  if (blob.keyId !== key.keyId) {
    throw new ServiceError(
      'IncorrectKeyException',
      'The key ID in the request does not identify a CMK that can perform this operation.',
    )
  }
  const material = await keys.material(key, blob.materialId)
  const plaintext = material === undefined ? undefined : decryptBlob(blob, material, context)
  if (plaintext === undefined) throw invalidCiphertext()
  return { plaintext, materialId: blob.materialId }
}
