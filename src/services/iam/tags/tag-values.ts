import type { PrincipalTag } from '../../../accounts/index.ts'
import type { ConditionValues } from '../../../authorization/index.ts'
import { ServiceError, asciiLower } from '../../../base/index.ts'
import type { AuditValues } from '../../../trail/index.ts'
import type { iam } from '../../../wire/index.ts'
import { shortPosition } from '../paging.ts'

const maxTags = 50

/** Tags as they stand in IAM's answers. */
export function tagShapes(tags: readonly PrincipalTag[]): readonly iam.Tag[] {
  return tags.map(({ key: Key, value: Value }) => ({ Key, Value }))
}

/** Tags of a request as the trail records them. */
export function auditTags(tags: readonly iam.Tag[]): readonly AuditValues[] {
  return tags.map(({ Key: key, Value: value }) => ({ key, value }))
}

/** The condition keys of tags in a request. */
export function requestTags(tags: readonly iam.Tag[] | undefined): ConditionValues {
  if (tags === undefined || tags.length === 0) return {}
  const pairs = tags.map(({ Key, Value }) => [`aws:RequestTag/${Key}`, Value] as const)
  return { ...Object.fromEntries(pairs), 'aws:TagKeys': tags.map(tag => tag.Key) }
}

/** How the tags of a kind of resource are told apart. */
export interface TagRules {
  /** A key as it is compared. */
  readonly compared: (key: string) => string
  /** What is said of a key that is given twice. */
  readonly duplicate: string
}

/** The keys of users' and roles' tags are compared without regard to case, as those of conditions are: one condition key is one tag. */
export const principalTagRules: TagRules = {
  compared: asciiLower,
  duplicate: 'Duplicate tag keys found. Please note that Tag keys are case insensitive.',
}

/** The keys of managed policies' tags differ by case too. */
export const policyTagRules: TagRules = { compared: key => key, duplicate: 'Duplicate tag keys found.' }

/**
 * Tags with some added or replaced.
 *
 * @throws {ServiceError} InvalidInput for a key that is given twice or reserved, LimitExceeded.
 */
export function mergeTags(
  present: readonly PrincipalTag[],
  added: readonly iam.Tag[],
  { compared, duplicate }: TagRules = principalTagRules,
): readonly PrincipalTag[] {
  const keys = added.map(tag => compared(tag.Key))
  if (new Set(keys).size < keys.length) throw new ServiceError('InvalidInput', duplicate)
  if (keys.some(key => key.toLowerCase().startsWith('aws:')))
    throw new ServiceError('InvalidInput', 'Tag keys beginning with aws: are reserved')
  const merged = new Map(present.map(tag => [compared(tag.key), tag]))
  for (const { Key: key, Value: value } of added) merged.set(compared(key), { key, value })
  if (merged.size > maxTags)
    throw new ServiceError('LimitExceeded', 'The number of tags has reached the maximum limit.')
  return [...merged.values()]
}

/** Tags without those of some keys; a key that is not there is no error. */
export function removeTags(
  present: readonly PrincipalTag[],
  keys: readonly string[],
  { compared }: TagRules = principalTagRules,
): readonly PrincipalTag[] {
  const removed = new Set(keys.map(compared))
  return present.filter(tag => !removed.has(compared(tag.key)))
}

/** Where a tag stands in the list, which is in the order of the keys. */
export function tagPosition({ key }: PrincipalTag, { compared }: TagRules = principalTagRules): string {
  return shortPosition(compared(key))
}
