import type { ConditionValues } from '../../authorization/index.ts'
import type { GrantUse } from '../../policy/index.ts'

/** Names and values that a ciphertext is bound to. They are no secret: the trail has them. */
export type EncryptionContext = Readonly<Record<string, string>>

/** The condition keys of an encryption context: one for each pair, and all its names. */
export function encryptionContextKeys(context: EncryptionContext | undefined): ConditionValues {
  if (context === undefined) return {}
  const names = Object.keys(context)
  if (names.length === 0) return {}
  const values: Record<string, string | readonly string[]> = { 'kms:EncryptionContextKeys': names }
  for (const name of names) values[`kms:EncryptionContext:${name}`] = context[name]!
  return values
}

/** Condition keys of a cryptographic request: the algorithm counts also where it was left out. */
export function cryptographicContext(
  context: EncryptionContext | undefined,
  algorithm = 'SYMMETRIC_DEFAULT',
): ConditionValues {
  return { 'kms:EncryptionAlgorithm': algorithm, ...encryptionContextKeys(context) }
}

/** What grants on a key are measured with where it encrypts or decrypts: an absent context is an empty one. */
export function encryptionContextUse(context: EncryptionContext | undefined): GrantUse {
  return { kind: 'encryption-context', pairs: context ?? {} }
}
