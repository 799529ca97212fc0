import { ServiceError, asciiLower } from '../../base/index.ts'
import type { Caller } from '../../base/index.ts'
import type { ConditionValues } from '../../authorization/index.ts'
import type { AuditValues } from '../../trail/index.ts'
import type { sts } from '../../wire/index.ts'

/** The tags that a session is to have, and what of them goes on to sessions that follow. */
export interface SessionTags {
  /** Those of the request, and those that come from the caller's own session. */
  readonly tags: Readonly<Record<string, string>>
  readonly transitiveTagKeys: readonly string[]
}

/** Tags that a caller's session hands on to every session that it assumes. */
export function incomingTags(caller: Caller): Readonly<Record<string, string>> {
  const keys = caller.kind === 'role-session' ? (caller.transitiveTagKeys ?? []) : []
  return Object.fromEntries(keys.map(key => [key, caller.tags[key]!]))
}

/**
 * The tags of a new session. Keys are compared without regard to case.
 *
 * @throws {ServiceError} InvalidParameterValue for a key that is given twice, transitive without being a tag, or inherited.
 */
export function sessionTags(
  requested: Readonly<Record<string, string>>,
  transitive: readonly string[],
  incoming: Readonly<Record<string, string>>,
): SessionTags {
  const [keys, inherited] = [foldedSet(Object.keys(requested)), foldedSet(Object.keys(incoming))]
  if (transitive.some(key => !keys.has(asciiLower(key))))
    throw invalid('The specified transitive tag key must be included in the requested tags.')
  if ([...keys].some(key => inherited.has(key))) {
    throw invalid(
      "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
    )
  }
  // A transitive key is kept in the spelling of its tag.
  const wanted = foldedSet(transitive)
  const transitiveTagKeys = [
    ...Object.keys(incoming),
    ...Object.keys(requested).filter(key => wanted.has(asciiLower(key))),
  ]
  return { tags: { ...incoming, ...requested }, transitiveTagKeys }
}

/** Tags of a request by key. @throws {ServiceError} InvalidParameterValue, ValidationError */
export function requestedTags(tags: readonly sts.Tag[] = []): Readonly<Record<string, string>> {
  const keys = tags.map(({ Key }) => Key)
  if (foldedSet(keys).size < keys.length)
    throw invalid('Duplicate tag keys found. Please note that Tag keys are case insensitive.')
  if (keys.some(key => asciiLower(key).startsWith('aws:'))) throw invalid('Tag keys beginning with aws: are reserved')
  return Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]))
}

/** The condition keys of session tags in a request. */
export function sessionTagKeys(
  tags: Readonly<Record<string, string>>,
  transitiveTagKeys: readonly string[] = [],
): ConditionValues {
  const keys = Object.keys(tags)
  if (keys.length === 0) return {}
  return {
    ...Object.fromEntries(keys.map(key => [`aws:RequestTag/${key}`, tags[key]!])),
    'aws:TagKeys': keys,
    ...(transitiveTagKeys.length === 0 ? {} : { 'sts:TransitiveTagKeys': transitiveTagKeys }),
  }
}

/** Tags of a request as the trail records them. */
export function auditSessionTags(tags: readonly sts.Tag[] | undefined): readonly AuditValues[] | undefined {
  return tags?.map(({ Key: key, Value: value }) => ({ key, value }))
}

/** Tags that did not come with the request itself, as the trail records them; `undefined` where there are none. */
export function auditTagMap(tags: Readonly<Record<string, string>>): AuditValues | undefined {
  return Object.keys(tags).length === 0 ? undefined : tags
}

const foldedSet = (keys: readonly string[]): ReadonlySet<string> => new Set(keys.map(asciiLower))
const invalid = (message: string): ServiceError => new ServiceError('InvalidParameterValue', message)
