import type { PrincipalTag } from '../../accounts/index.ts'
import type { ConditionValues } from '../../authorization/index.ts'
import { ServiceError } from '../../base/index.ts'
import type { AuditValues } from '../../trail/index.ts'
import type { iam } from '../../wire/index.ts'
import { shortPosition } from './paging.ts'

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

/** A tag's key as IAM compares it. */
const comparedKey = (key: string): string => key.toLowerCase()

/**
 * A principal's tags with some added or replaced; keys are compared without regard to case.
 *
 * @throws {ServiceError} InvalidInput for a key that is given twice or reserved, LimitExceeded.
 */
export function mergeTags(present: readonly PrincipalTag[], added: readonly iam.Tag[]): readonly PrincipalTag[] {
  const keys = added.map(tag => comparedKey(tag.Key))
  if (new Set(keys).size < keys.length) {
    throw new ServiceError('InvalidInput', 'Duplicate tag keys found. Please note that Tag keys are case insensitive.')
  }
  if (keys.some(key => key.startsWith('aws:')))
    throw new ServiceError('InvalidInput', 'Tag keys beginning with aws: are reserved')
  const merged = new Map(present.map(tag => [comparedKey(tag.key), tag]))
  for (const { Key: key, Value: value } of added) merged.set(comparedKey(key), { key, value })
  if (merged.size > maxTags) throw new ServiceError('LimitExceeded', `Cannot exceed quota for TagsPerUser: ${maxTags}`)
  return [...merged.values()]
}

/** A principal's tags without those of some keys; a key that it does not have is no error. */
export function removeTags(present: readonly PrincipalTag[], keys: readonly string[]): readonly PrincipalTag[] {
  const removed = new Set(keys.map(comparedKey))
  return present.filter(tag => !removed.has(comparedKey(tag.key)))
}

/** Where a tag stands in the list, which is in the order of the keys. */
export function tagPosition({ key }: PrincipalTag): string {
  return shortPosition(comparedKey(key))
}
