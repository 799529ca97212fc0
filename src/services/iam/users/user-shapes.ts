import type { AccessKeyValue, UserValue } from '../../../accounts/index.ts'
import type { AuditValues } from '../../../trail/index.ts'
import type { iam } from '../../../wire/index.ts'
import { formatIamAuditDate } from '../audit-date.ts'
import { auditBoundary, boundaryShape } from '../holders/boundary.ts'
import { tagShapes } from '../tags/tag-values.ts'

/** A user as CreateUser and GetUser show it; without tags there is no `Tags`. */
export function userShape(user: UserValue): iam.User {
  const tags = tagShapes(user.tags)
  return { ...listedUserShape(user), ...boundaryShape(user), ...(tags.length === 0 ? {} : { Tags: tags }) }
}

/** A user in a list: without its tags and boundary, which only GetUser tells. */
export function listedUserShape(user: UserValue): iam.User {
  const { path: Path, userName: UserName, userId: UserId, arn: Arn, createdAt: CreateDate } = user
  return { Path, UserName, UserId, Arn, CreateDate }
}

/** A user as the trail records the answer of CreateUser. */
export function auditUser({ path, userName, userId, arn, createdAt, tags, boundaryArn }: UserValue): AuditValues {
  return {
    path,
    userName,
    userId,
    arn,
    createDate: formatIamAuditDate(createdAt),
    ...auditBoundary(boundaryArn),
    ...(tags.length === 0 ? {} : { tags: tags.map(({ key, value }) => ({ key, value })) }),
  }
}

/** An access key in a list: without its secret, which only CreateAccessKey tells. */
export function accessKeyShape({ userName, accessKeyId, status, createdAt }: AccessKeyValue): iam.AccessKeyMetadata {
  return { UserName: userName, AccessKeyId: accessKeyId, Status: status, CreateDate: createdAt }
}
