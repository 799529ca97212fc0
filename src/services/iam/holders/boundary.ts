import type { Accounts, BoundedHolder } from '../../../accounts/index.ts'
import type { ConditionValues } from '../../../authorization/index.ts'
import { ServiceError } from '../../../base/index.ts'
import type { AuditValues } from '../../../trail/index.ts'
import type { iam } from '../../../wire/index.ts'
import { findAttachable, requirePolicyArn } from '../policy-arn.ts'
import type { AttachablePolicy } from '../policy-arn.ts'

/** The managed policy that is to be a permissions boundary. @throws {ServiceError} NoSuchEntity */
export async function requireBoundary(accounts: Accounts, account: string, arn: string): Promise<AttachablePolicy> {
  const policy = await findAttachable(accounts, account, arn)
  if (policy === undefined)
    throw new ServiceError('NoSuchEntity', `Scope ARN: ${arn} does not exist or is not attachable.`)
  return policy
}

/**
 * `iam:PermissionsBoundary` of a request that sets one: who may only set a certain boundary is told by this key.
 *
 * @throws {ServiceError} InvalidInput for a text that is no ARN of a managed policy.
 */
export function requestedBoundary(arn: string | undefined): ConditionValues {
  if (arn === undefined) return {}
  requirePolicyArn(arn, 'InvalidInput')
  return { 'iam:PermissionsBoundary': arn }
}

/** The permissions boundary of a user or role as it stands in IAM's answers, where there is one. */
export function boundaryShape({ boundaryArn }: BoundedHolder): {
  readonly PermissionsBoundary?: iam.AttachedPermissionsBoundary
} {
  if (boundaryArn === undefined) return {}
  return { PermissionsBoundary: { PermissionsBoundaryType: 'Policy', PermissionsBoundaryArn: boundaryArn } }
}

/** The permissions boundary of a user or role as the trail records it in answers, where there is one. */
export function auditBoundary(boundaryArn: string | undefined): AuditValues {
  if (boundaryArn === undefined) return {}
  return { permissionsBoundary: { permissionsBoundaryType: 'Policy', permissionsBoundaryArn: boundaryArn } }
}
