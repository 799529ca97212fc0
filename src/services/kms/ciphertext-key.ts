import type { AccessCheck } from '../../authorization/index.ts'
import { ServiceError } from '../../base/index.ts'
import { decryptOaep } from '../../crypto/index.ts'
import type { CiphertextBlob, EncryptionAlgorithm, OaepAlgorithm } from '../../crypto/index.ts'
import { requireState, symmetricCipher } from '../../keys/index.ts'
import type { KeyEntry, Keys, NamedGrant, ProxyRequester } from '../../keys/index.ts'
import type { RequestScope } from '../operation.ts'
import { cryptographicContext, encryptionContextUse } from './encryption-context.ts'
import type { EncryptionContext } from './encryption-context.ts'
import { grantsAsked } from './grants-asked.ts'
import { requireKeyPair } from './key-material.ts'
import { findNamedKey, keyResource } from './key-resource.ts'
import { requireAlgorithm, requireUsage } from './key-usage.ts'
import { refuseContext } from './message-cipher.ts'
import type { EncryptionInput } from './message-cipher.ts'
import type { KmsNeeds } from './needs.ts'
import { invalidCiphertext, requireBlob, symmetricDefault } from './symmetric.ts'

type Key = KeyEntry['key']

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

/** A ciphertext as its algorithm has it: one of a symmetric key names its key and material, one of an RSA key is a number. */
type Ciphertext =
  | { readonly kind: 'blob'; readonly blob: CiphertextBlob }
  | { readonly kind: 'number'; readonly bytes: Buffer }

/** The key that a ciphertext is to be decrypted with. */
export interface CiphertextKey {
  readonly entry: KeyEntry
  /** Absent where it is ignored. */
  readonly ciphertext: Ciphertext | undefined
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
  const ciphertext = readCiphertext(input)
  const context = cryptographicContext(input.context, input.algorithm)
  const checkOf = async (entry: KeyEntry): Promise<AccessCheck> => ({
    action,
    resource: await keyResource(entry, action, keys),
    context,
    ...(await grantsAsked(entry, encryptionContextUse(input.context), scope, { keys, tokens })),
  })
  if (input.keyId !== undefined) {
    const { entry, context: alias } = await findNamedKey(input.keyId, scope, keys, { aliases: true })
    return { entry, ciphertext, check: { ...(await checkOf(entry)), context: { ...context, ...alias } } }
  }
  const keyId = namedKeyId(ciphertext, input)
  // A key that is not here is as one of another account that was not given to the caller.
  const entry = (await keys.findKey(scope.region, keyId)) ?? keys.absentKey('', scope.region, keyId)
  return { entry, ciphertext, check: { ...(await checkOf(entry)), wording: 'ciphertext' } }
}

/** The key that a ciphertext names itself. @throws {ServiceError} ValidationException where it is of a kind that names none */
function namedKeyId(ciphertext: Ciphertext | undefined, { keyMember }: CiphertextInput): string {
  if (ciphertext?.kind === 'blob') return ciphertext.blob.keyId
  throw missing(keyMember)
}

function readCiphertext(input: CiphertextInput): Ciphertext | undefined {
  const { blob: bytes, keyId, keyMember, algorithm, dryRun, dryRunModifiers = [] } = input
  const ignoresCiphertext = dryRunModifiers.includes('IGNORE_CIPHERTEXT')
  if (ignoresCiphertext && dryRun !== true)
    throw new ServiceError('ValidationException', 'DryRunModifiers can only be used with DryRun.')
  if (ignoresCiphertext && keyId === undefined)
    throw new ServiceError('ValidationException', `${keyMember} is required when the ciphertext is ignored.`)
  // Only the permission is asked for.
  if (ignoresCiphertext) return undefined
  if (bytes === undefined) throw missing('CiphertextBlob')
  // AWS reads the ciphertext before it compares the algorithm with the key: one of an RSA key is none of a symmetric key.
  if ((algorithm ?? symmetricDefault) === symmetricDefault) return { kind: 'blob', blob: requireBlob(bytes) }
  return { kind: 'number', bytes }
}

/** What the model says of members that every request must have. */
function missing(member: string): ServiceError {
  const path = `${member[0]!.toLowerCase()}${member.slice(1)}`
  return new ServiceError(
    'ValidationException',
    `1 validation error detected: Value null at '${path}' failed to satisfy constraint: Member must not be null`,
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
  { entry: { key }, ciphertext }: CiphertextKey,
  { algorithm: name = symmetricDefault, context }: EncryptionInput,
  requester: ProxyRequester,
  needs: Pick<KmsNeeds, 'keys' | 'random' | 'work'>,
): Promise<OpenedCiphertext | undefined> {
  requireUsage(key, requester.operation)
  requireState(key, requester.operation)
  if (ciphertext?.kind === 'blob' && ciphertext.blob.keyId !== key.keyId) {
    throw new ServiceError(
      'IncorrectKeyException',
      'The key ID in the request does not identify a CMK that can perform this operation.',
    )
  }
  const algorithm = requireAlgorithm(key, name) as EncryptionAlgorithm
  if (algorithm !== 'SYMMETRIC_DEFAULT') refuseContext(context)
  if (ciphertext === undefined) return undefined
  if (ciphertext.kind === 'number')
    return openNumber(key, ciphertext.bytes, algorithm as OaepAlgorithm, { requester, needs })
  return openBlob(key, ciphertext.blob, context, { requester, needs })
}

interface OpeningNeeds {
  readonly requester: ProxyRequester
  readonly needs: Pick<KmsNeeds, 'keys' | 'random' | 'work'>
}

async function openBlob(
  key: Key,
  blob: CiphertextBlob,
  context: EncryptionContext | undefined,
  { requester, needs: { keys, random } }: OpeningNeeds,
): Promise<OpenedCiphertext> {
  const cipher = await symmetricCipher(key, blob.materialId, { keys, random, requester })
  const plaintext = await cipher?.decrypt(blob, context)
  if (cipher === undefined || plaintext === undefined) throw invalidCiphertext()
  return { plaintext, materialId: cipher.shownMaterialId }
}

async function openNumber(
  key: Key,
  bytes: Buffer,
  algorithm: OaepAlgorithm,
  { requester, needs: { keys, work } }: OpeningNeeds,
): Promise<OpenedCiphertext> {
  const material = await requireKeyPair(key, keys)
  const plaintext = await decryptOaep(material, algorithm, bytes, work.forAccount(requester.caller.account))
  if (plaintext === undefined) throw invalidCiphertext()
  return { plaintext: plaintext.exposeBytes(), materialId: undefined }
}
