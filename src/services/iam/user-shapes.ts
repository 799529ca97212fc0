import type { AccessKeyValue, PrincipalTag, RoleValue, UserValue } from '../../accounts/index.ts'
import { ServiceError, encodePagingToken, formatInstant, parsePagingToken } from '../../base/index.ts'
import { PolicyDocumentError, compileIdentityPolicy } from '../../policy/index.ts'
import type { ConditionValues } from '../../authorization/index.ts'
import type { AuditValues } from '../../trail/index.ts'
import type { iam } from '../../wire/index.ts'

export function userShape(user: UserValue): iam.User {
  const { path: Path, userName: UserName, userId: UserId, arn: Arn, createdAt: CreateDate } = user
  const tags = tagShapes(user.tags)
  return { Path, UserName, UserId, Arn, CreateDate, ...(tags.length === 0 ? {} : { Tags: tags }) }
}

/** A user as the trail records the answer of CreateUser. */
export function auditUser({ path, userName, userId, arn, createdAt }: UserValue): AuditValues {
  return { path, userName, userId, arn, createDate: formatInstant(createdAt) }
}

export function roleShape(role: RoleValue): iam.Role {
  return {
    Path: role.path,
    RoleName: role.roleName,
    RoleId: role.roleId,
    Arn: role.arn,
    CreateDate: role.createdAt,
    // IAM gives documents back percent-encoded (RFC 3986).
    AssumeRolePolicyDocument: encodeURIComponent(role.trustPolicy),
    MaxSessionDuration: role.maxSessionSeconds,
  }
}

export function accessKeyShape({ userName, accessKeyId, status, createdAt }: AccessKeyValue): iam.AccessKeyMetadata {
  return { UserName: userName, AccessKeyId: accessKeyId, Status: status, CreateDate: createdAt }
}

export function tagShapes(tags: readonly PrincipalTag[]): readonly iam.Tag[] {
  return tags.map(({ key: Key, value: Value }) => ({ Key, Value }))
}

const maxTags = 50

/** A principal's tags with some added or replaced; names are compared without regard to case. @throws {ServiceError} */
export function mergeTags(present: readonly PrincipalTag[], added: readonly iam.Tag[]): readonly PrincipalTag[] {
  const merged = new Map(present.map(tag => [tag.key.toLowerCase(), tag]))
  for (const { Key: key, Value: value } of added) {
    if (key.toLowerCase().startsWith('aws:'))
      throw new ServiceError('InvalidInput', 'Tag keys beginning with aws: are reserved')
    merged.set(key.toLowerCase(), { key, value })
  }
  if (merged.size > maxTags) throw new ServiceError('LimitExceeded', `Cannot exceed quota for TagsPerUser: ${maxTags}`)
  return [...merged.values()]
}

export function requestTags(tags: readonly iam.Tag[] | undefined): ConditionValues {
  if (tags === undefined || tags.length === 0) return {}
  const pairs = tags.map(({ Key, Value }) => [`aws:RequestTag/${Key}`, Value] as const)
  return { ...Object.fromEntries(pairs), 'aws:TagKeys': tags.map(tag => tag.Key) }
}

/** Checks an identity policy of a request. @throws {ServiceError} MalformedPolicyDocument */
export function requirePolicy(document: string): void {
  try {
    compileIdentityPolicy(document, { name: 'policy of the request' })
  } catch (error) {
    if (error instanceof PolicyDocumentError) throw new ServiceError('MalformedPolicyDocument', error.message)
    throw error
  }
}

/** One page of a list, in IAM's members. @throws {ServiceError} ValidationError for a marker that is none. */
export function pageOf<T>(
  items: readonly T[],
  limit: number,
  positionOf: (item: T) => string,
): { readonly items: readonly T[]; readonly answer: { readonly IsTruncated: boolean; readonly Marker?: string } } {
  if (items.length <= limit) return { items, answer: { IsTruncated: false } }
  const shown = items.slice(0, limit)
  return { items: shown, answer: { IsTruncated: true, Marker: encodePagingToken(positionOf(shown.at(-1)!)) } }
}

export function pageFrom(input: { readonly Marker?: string | undefined; readonly MaxItems?: number | undefined }): {
  readonly limit: number
  readonly page: { readonly after?: string; readonly limit: number }
} {
  const limit = input.MaxItems ?? 100
  const after = input.Marker === undefined ? undefined : parsePagingToken(input.Marker)
  if (input.Marker !== undefined && after === undefined) throw new ServiceError('ValidationError', 'Invalid marker')
  return { limit, page: { limit: limit + 1, ...(after === undefined ? {} : { after }) } }
}
