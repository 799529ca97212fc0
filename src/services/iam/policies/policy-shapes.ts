import type { ManagedPolicyValue, PolicyUses, PolicyVersion } from '../../../accounts/index.ts'
import type { AuditValues } from '../../../trail/index.ts'
import type { iam } from '../../../wire/index.ts'
import { formatIamAuditDate } from '../audit-date.ts'
import { encodeDocument } from '../policy-document.ts'
import { tagShapes } from '../tags/tag-values.ts'

/** A managed policy in a list: without its tags and description, which only GetPolicy tells. */
export function listedPolicyShape(policy: ManagedPolicyValue, uses: PolicyUses): iam.Policy {
  return {
    PolicyName: policy.policyName,
    PolicyId: policy.policyId,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: policy.defaultVersionId,
    AttachmentCount: uses.attachments,
    PermissionsBoundaryUsageCount: uses.boundaries,
    IsAttachable: true,
    CreateDate: policy.createdAt,
    UpdateDate: policy.updatedAt,
  }
}

/** A managed policy as GetPolicy shows it: with its tags, also where it has none. */
export function policyShape(policy: ManagedPolicyValue, uses: PolicyUses): iam.Policy {
  const { description } = policy
  return {
    ...listedPolicyShape(policy, uses),
    ...(description === undefined ? {} : { Description: description }),
    Tags: tagShapes(policy.tags),
  }
}

/** A version of a managed policy in a list: without its document. */
export function listedVersionShape(
  version: PolicyVersion,
  { defaultVersionId }: ManagedPolicyValue,
): iam.PolicyVersion {
  const { versionId, createdAt } = version
  return { VersionId: versionId, IsDefaultVersion: versionId === defaultVersionId, CreateDate: createdAt }
}

/** A version of a managed policy as GetPolicyVersion shows it. */
export function versionShape(version: PolicyVersion, policy: ManagedPolicyValue): iam.PolicyVersion {
  return { Document: encodeDocument(version.document), ...listedVersionShape(version, policy) }
}

/** A new policy as the trail records the answer of CreatePolicy. */
export function auditPolicy(policy: ManagedPolicyValue): AuditValues {
  const { policyName, policyId, arn, path, defaultVersionId, createdAt, updatedAt } = policy
  return {
    policyName,
    policyId,
    arn,
    path,
    defaultVersionId,
    attachmentCount: 0,
    permissionsBoundaryUsageCount: 0,
    isAttachable: true,
    createDate: formatIamAuditDate(createdAt),
    updateDate: formatIamAuditDate(updatedAt),
  }
}
