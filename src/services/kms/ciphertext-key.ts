import type { AccessCheck } from '../../authorization/index.ts'
import { ServiceError } from '../../base/index.ts'
import type { CiphertextBlob } from '../../crypto/index.ts'
import { requireState, symmetricCipher } from '../../keys/index.ts'
import type { KeyEntry, Keys, NamedGrant, ProxyRequester } from '../../keys/index.ts'
import type { RequestScope } from '../operation.ts'
import { cryptographicContext, encryptionContextUse } from './encryption-context.ts'
import type { EncryptionContext } from './encryption-context.ts'
import { grantsAsked } from './grants-asked.ts'
import { findNamedKey, keyResource } from './key-resource.ts'
import type { KmsNeeds } from './needs.ts'
import { invalidCiphertext, requireAlgorithm, requireBlob } from './symmetric.ts'

/** What a request says of a ciphertext that is to be decrypted. */
export interface CiphertextInput {
  readonly blob: Buffer | undefined
  readonly keyId: string | undefined
  /** The member of the request that names the key. */
  readonly keyMember: 'KeyId' | 'SourceKeyId'
  readonly context: EncryptionContext | undefined
  readonly algorithm: string | undefined
  readonly dryRun: boolean | undefined
  readonly dryRunModifiers: readonly string[] | undefined
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
 * @throws {ServiceError} InvalidCiphertextException for what is no ciphertext.
 */
export async function findCiphertextKey(
  input: CiphertextInput,
  action: string,
  scope: RequestScope,
  { keys, tokens }: { readonly keys: Keys; readonly tokens: readonly NamedGrant[] },
): Promise<CiphertextKey> {
  const blob = readBlob(input)
  const context = cryptographicContext(input.context, input.algorithm)
  const checkOf = async (entry: KeyEntry): Promise<AccessCheck> => ({
    action,
    resource: await keyResource(entry, action, keys),
    context,
    ...(await grantsAsked(entry, encryptionContextUse(input.context), scope, { keys, tokens })),
  })
  if (input.keyId !== undefined) {
    const { entry, context: alias } = await findNamedKey(input.keyId, scope, keys, { aliases: true })
    return { entry, blob, check: { ...(await checkOf(entry)), context: { ...context, ...alias } } }
  }
  // A key that is not here is as one of another account that was not given to the caller.
  const entry = (await keys.findKey(scope.region, blob!.keyId)) ?? keys.absentKey('', scope.region, blob!.keyId)
  return { entry, blob, check: { ...(await checkOf(entry)), wording: 'ciphertext' } }
}

function readBlob(input: CiphertextInput): CiphertextBlob | undefined {
  const { blob, keyId, keyMember, dryRun, dryRunModifiers = [] } = input
  const ignoresCiphertext = dryRunModifiers.includes('IGNORE_CIPHERTEXT')
  if (ignoresCiphertext && dryRun !== true)
    throw new ServiceError('ValidationException', 'DryRunModifiers can only be used with DryRun.')
  if (ignoresCiphertext && keyId === undefined)
    throw new ServiceError('ValidationException', `${keyMember} is required when the ciphertext is ignored.`)
  // Only the permission is asked for.
  if (ignoresCiphertext) return undefined
  if (blob !== undefined) return requireBlob(blob)
  throw new ServiceError(
    'ValidationException',
    "1 validation error detected: Value null at 'ciphertextBlob' failed to satisfy constraint: Member must not be null",
  )
}

/** A decrypted message; the caller wipes it when it is done with it. */
export interface OpenedCiphertext {
  readonly plaintext: Buffer
  /** Where AWS tells it. */
  readonly materialId: string | undefined
}

/** Decrypts with the key that was authorized. @throws {ServiceError} IncorrectKeyException, InvalidCiphertextException, … */
export async function openCiphertext(
  { entry: { key }, blob }: CiphertextKey,
  requester: ProxyRequester,
  algorithm: string,
  context: EncryptionContext | undefined,
  { keys, random }: Pick<KmsNeeds, 'keys' | 'random'>,
): Promise<OpenedCiphertext | undefined> {
  requireState(key, requester.operation)
  requireAlgorithm(key, algorithm)
  if (blob === undefined) return undefined
  if (blob.keyId !== key.keyId) {
    throw new ServiceError(
      'IncorrectKeyException',
      'The key ID in the request does not identify a CMK that can perform this operation.',
    )
  }
  const cipher = await symmetricCipher(key, blob.materialId, { keys, random, requester })
  const plaintext = await cipher?.decrypt(blob, context)
  if (cipher === undefined || plaintext === undefined) throw invalidCiphertext()
  return { plaintext, materialId: cipher.shownMaterialId }
}
