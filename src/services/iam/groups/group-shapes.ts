import type { GroupValue } from '../../../accounts/index.ts'
import type { AuditValues } from '../../../trail/index.ts'
import type { iam } from '../../../wire/index.ts'
import { formatIamAuditDate } from '../audit-date.ts'

/** A group as all answers show it. */
export function groupShape({ path, groupName, groupId, arn, createdAt }: GroupValue): iam.Group {
  return { Path: path, GroupName: groupName, GroupId: groupId, Arn: arn, CreateDate: createdAt }
}

/** A group as the trail records the answer of CreateGroup. */
export function auditGroup({ path, groupName, groupId, arn, createdAt }: GroupValue): AuditValues {
  return { path, groupName, groupId, arn, createDate: formatIamAuditDate(createdAt) }
}
