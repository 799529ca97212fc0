import { ServiceError } from '../../base/index.ts'
import type { NetworkTag } from '../../network/index.ts'
import type { ec2 } from '../../wire/index.ts'

const maxTags = 50
const maxKeyLength = 128
const maxValueLength = 256

/** Tags of a request for a thing that is being made. @throws {ServiceError} */
export function specifiedTags(
  specifications: readonly ec2.TagSpecification[] | undefined,
  resourceType: string,
): readonly NetworkTag[] {
  const tags: ec2.Tag[] = []
  for (const { ResourceType: type, Tags: given = [] } of specifications ?? []) {
    if (type !== resourceType) {
      throw new ServiceError(
        'InvalidParameterValue',
        `'${type ?? ''}' is not a valid taggable resource type for this operation.`,
      )
    }
    tags.push(...given)
  }
  return mergeTags([], tags)
}

/** Tags with some added or replaced. @throws {ServiceError} */
export function mergeTags(present: readonly NetworkTag[], added: readonly ec2.Tag[]): readonly NetworkTag[] {
  const merged = new Map(present.map(tag => [tag.key, tag]))
  const keys = new Set<string>()
  for (const { Key: key = '', Value: value = '' } of added) {
    requireTag(key, value)
    if (keys.has(key)) throw new ServiceError('InvalidParameterValue', `Duplicate tag key '${key}' specified.`)
    keys.add(key)
    merged.set(key, { key, value })
  }
  if (merged.size > maxTags)
    throw new ServiceError('TagLimitExceeded', `The maximum number of Tags for a resource has been reached.`)
  return [...merged.values()]
}

function requireTag(key: string, value: string): void {
  const fault = tagFault(key, value)
  if (fault !== undefined) throw new ServiceError('InvalidParameterValue', fault)
}

/** Unicode characters: a pair of surrogates is one. */
const lengthOf = (text: string): number => Array.from(text).length

function tagFault(key: string, value: string): string | undefined {
  if (key === '') return 'Tag key cannot be empty'
  if (lengthOf(key) > maxKeyLength) return `Tag key exceeds the maximum length of ${maxKeyLength} characters`
  if (lengthOf(value) > maxValueLength) return `Tag value exceeds the maximum length of ${maxValueLength} characters`
  return key.toLowerCase().startsWith('aws:')
    ? `Tag keys starting with 'aws:' are reserved for internal use`
    : undefined
}

/** Tags as they stand in EC2's answers. */
export function tagShapes(tags: readonly NetworkTag[]): readonly ec2.Tag[] {
  return tags.map(({ key: Key, value: Value }) => ({ Key, Value }))
}
