import { ServiceError } from '../base/index.ts'
import type { KeyTag } from './key-records.ts'

const maxTags = 50

/** Checks tags of a request. @throws {ServiceError} TagException */
export function checkTags(tags: readonly KeyTag[]): void {
  if (tags.length > maxTags) throw new ServiceError('TagException', 'Too many tags')
  if (new Set(tags.map(tag => tag.key)).size < tags.length) throw new ServiceError('TagException', 'Duplicate tag keys')
  if (tags.some(tag => isReserved(tag.key)))
    throw new ServiceError('TagException', 'Tags beginning with aws: are reserved')
}

/** A key's tags with some added or replaced. @throws {ServiceError} TagException */
export function mergeTags(present: readonly KeyTag[], added: readonly KeyTag[]): readonly KeyTag[] {
  checkTags(added)
  const merged = new Map([...present, ...added].map(tag => [tag.key, tag]))
  if (merged.size > maxTags) throw new ServiceError('TagException', 'Too many tags')
  return [...merged.values()]
}

/** A key's tags without some. @throws {ServiceError} TagException */
export function withoutTags(present: readonly KeyTag[], names: readonly string[]): readonly KeyTag[] {
  if (names.some(isReserved)) throw new ServiceError('TagException', 'Tags beginning with aws: are reserved')
  return present.filter(tag => !names.includes(tag.key))
}

const isReserved = (name: string): boolean => name.toLowerCase().startsWith('aws:')
