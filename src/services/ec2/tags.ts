import { ServiceError } from '../../base/index.ts'
import type { NetworkTag } from '../../network/index.ts'
import type { ec2 } from '../../wire/index.ts'

const maxTags = 50

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
  for (const { Key: key = '', Value: value = '' } of added) {
    if (key === '' || key.length > 127 || value.length > 255)
      throw new ServiceError('InvalidParameterValue', 'Tag keys have 1 to 127 characters, values at most 255')
    if (key.toLowerCase().startsWith('aws:')) {
      throw new ServiceError('InvalidParameterValue', `Tag keys starting with 'aws:' are reserved for internal use`)
    }
    merged.set(key, { key, value })
  }
  if (merged.size > maxTags)
    throw new ServiceError('TagLimitExceeded', `The maximum number of Tags for a resource has been reached.`)
  return [...merged.values()]
}

export function tagShapes(tags: readonly NetworkTag[]): readonly ec2.Tag[] {
  return tags.map(({ key: Key, value: Value }) => ({ Key, Value }))
}
