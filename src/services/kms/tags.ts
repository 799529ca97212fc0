import type { ConditionValues } from '../../authorization/index.ts'
import type { AuditValue } from '../../trail/index.ts'
import type { kms } from '../../wire/index.ts'

/** The condition keys of tags in a request. */
export function requestTagKeys(tags: readonly kms.Tag[] | undefined): ConditionValues {
  if (tags === undefined || tags.length === 0) return {}
  const values: Record<string, string | readonly string[]> = { 'aws:TagKeys': tags.map(tag => tag.TagKey) }
  for (const { TagKey, TagValue } of tags) values[`aws:RequestTag/${TagKey}`] = TagValue
  return values
}

/** Tags as the trail records them. */
export function auditTags(tags: readonly kms.Tag[]): readonly AuditValue[] {
  return tags.map(({ TagKey: tagKey, TagValue: tagValue }) => ({ tagKey, tagValue }))
}

/** Tags as a key keeps them. */
export function keyTags(
  tags: readonly kms.Tag[] | undefined,
): readonly { readonly key: string; readonly value: string }[] {
  return (tags ?? []).map(({ TagKey: key, TagValue: value }) => ({ key, value }))
}
