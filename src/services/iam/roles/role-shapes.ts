import type { Accounts, RoleValue } from '../../../accounts/index.ts'
import type { AuditValues } from '../../../trail/index.ts'
import type { iam } from '../../../wire/index.ts'
import { formatIamAuditDate } from '../audit-date.ts'
import { shownTrustPolicy } from '../documents/shown-trust-policy.ts'
import { auditBoundary, boundaryShape } from '../holders/boundary.ts'
import { encodeDocument } from '../policy-document.ts'
import { auditTags, tagShapes } from '../tags/tag-values.ts'

/** A role as CreateRole answers it: of what it was made with, IAM tells neither the description nor how long sessions may be. */
export async function createdRoleShape(role: RoleValue, accounts: Accounts): Promise<iam.Role> {
  const tags = tagShapes(role.tags)
  return {
    ...(await plainRoleShape(role, accounts)),
    ...boundaryShape(role),
    ...(tags.length === 0 ? {} : { Tags: tags }),
  }
}

/** A role as GetRole shows it; without tags there is no `Tags`. */
export async function roleShape(role: RoleValue, accounts: Accounts): Promise<iam.Role> {
  return {
    ...(await createdRoleShape(role, accounts)),
    ...descriptionShape(role),
    MaxSessionDuration: role.maxSessionSeconds,
    RoleLastUsed: await lastUsedShape(role, accounts),
  }
}

/** When a session of a role was used last; nothing where none ever was. */
export async function lastUsedShape({ roleId }: RoleValue, accounts: Accounts): Promise<iam.RoleLastUsed> {
  const use = await accounts.findLastUse(roleId)
  return use === undefined ? {} : { LastUsedDate: use.at, Region: use.region }
}

/** A role in a list: without its tags and boundary, which only GetRole tells. */
export async function listedRoleShape(role: RoleValue, accounts: Accounts): Promise<iam.Role> {
  return {
    ...(await plainRoleShape(role, accounts)),
    ...descriptionShape(role),
    MaxSessionDuration: role.maxSessionSeconds,
  }
}

/** A role as UpdateRoleDescription answers it. */
export async function describedRoleShape(role: RoleValue, accounts: Accounts): Promise<iam.Role> {
  return { ...(await createdRoleShape(role, accounts)), ...descriptionShape(role) }
}

/** What all answers show of a role. */
export async function plainRoleShape(role: RoleValue, accounts: Accounts): Promise<iam.Role> {
  return {
    Path: role.path,
    RoleName: role.roleName,
    RoleId: role.roleId,
    Arn: role.arn,
    CreateDate: role.createdAt,
    AssumeRolePolicyDocument: encodeDocument(await shownTrustPolicy(role, accounts)),
  }
}

const descriptionShape = ({ description = '' }: RoleValue): Pick<iam.Role, 'Description'> =>
  description === '' ? {} : { Description: description }

/** A role as the trail records the answers of CreateRole and UpdateRoleDescription. */
export function auditRole(role: RoleValue): AuditValues {
  const { path, roleName, roleId, arn, createdAt, tags } = role
  return {
    path,
    roleName,
    roleId,
    arn,
    createDate: formatIamAuditDate(createdAt),
    assumeRolePolicyDocument: encodeDocument(role.trustPolicy),
    ...auditBoundary(role.boundaryArn),
    ...(tags.length === 0 ? {} : { tags: auditTags(tagShapes(tags)) }),
  }
}
