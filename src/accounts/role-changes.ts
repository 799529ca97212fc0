import { formatArn, newUniqueId } from '../base/index.ts'
import type { BoundPrincipals } from '../policy/index.ts'
import { put, remove } from '../storage/index.ts'
import type { StoredRecord, Write } from '../storage/index.ts'
import type { ChangeNeeds } from './account-changes.ts'
import { principalRecordId, roleCollection } from './account-records.ts'
import type { ManagedPolicyValue, PrincipalTag, RoleValue } from './account-records.ts'
import { rewriteHolder, touchPolicy } from './holder-changes.ts'
import { forgetLastUse } from './last-use.ts'
import { deleteConflict } from './user-changes.ts'

/** What the caller of CreateRole decides. All of it must have been checked. */
export interface NewRole {
  readonly account: string
  readonly roleName: string
  readonly path: string
  readonly description?: string
  readonly trustPolicy: string
  readonly trustedIds: BoundPrincipals
  readonly maxSessionSeconds: number
  readonly tags: readonly PrincipalTag[]
  readonly boundary?: {
    readonly arn: string
    /** AWS's own policies have none. */
    readonly record: StoredRecord<ManagedPolicyValue> | undefined
  }
}

/** Makes a role without policies. Its commit meets a conflict where there is one of that name. */
export function createRole(
  { boundary, ...wanted }: NewRole,
  { random, now }: ChangeNeeds,
): { readonly role: RoleValue; readonly writes: readonly Write[] } {
  const role: RoleValue = {
    ...wanted,
    roleId: newUniqueId('AROA', random),
    arn: roleArn(wanted),
    createdAt: now,
    policies: [],
    ...(boundary === undefined ? {} : { boundaryArn: boundary.arn }),
  }
  const made = put(roleCollection, principalRecordId(role.account, role.roleName), role, 'absent')
  return { role, writes: boundary?.record === undefined ? [made] : [made, touchPolicy(boundary.record)] }
}

/** The ARN of a role with this name and path. */
export function roleArn({ account, path, roleName }: Pick<RoleValue, 'account' | 'path' | 'roleName'>): string {
  return formatArn('iam', '', account, `role${path}${roleName}`)
}

/** What of a role can be changed. */
export type RoleChange = Partial<Pick<RoleValue, 'description' | 'maxSessionSeconds' | 'trustPolicy' | 'trustedIds'>>

/** Changes a role. What is new must have been checked. */
export function changeRole(record: StoredRecord<RoleValue>, changed: RoleChange): readonly Write[] {
  return rewriteHolder({ collection: roleCollection, record }, changed)
}

/** Removes a role; none of its sessions counts any more. @throws {ServiceError} DeleteConflict while it has policies. */
export function deleteRole(role: StoredRecord<RoleValue>): readonly Write[] {
  const { policies, attachedPolicyArns = [] } = role.value
  if (attachedPolicyArns.length > 0) throw deleteConflict('must detach all policies first')
  if (policies.length > 0) throw deleteConflict('must delete policies first')
  return [remove(roleCollection, role.id, role.version), forgetLastUse(role.value.roleId)]
}
