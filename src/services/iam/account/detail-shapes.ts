import type {
  Accounts,
  GroupValue,
  InlinePolicy,
  ManagedPolicyValue,
  PolicyHolder,
  PolicyUses,
  RoleValue,
  UserValue,
} from '../../../accounts/index.ts'
import type { iam } from '../../../wire/index.ts'
import { shownTrustPolicy } from '../documents/shown-trust-policy.ts'
import { encodeDocument } from '../policy-document.ts'
import { lastUsedShape } from '../roles/role-shapes.ts'
import { tagShapes } from '../tags/tag-values.ts'

/** A user with all that it holds; its groups' policies are told with the groups. */
export function userDetail(user: UserValue): iam.UserDetail {
  return {
    Path: user.path,
    UserName: user.userName,
    UserId: user.userId,
    Arn: user.arn,
    CreateDate: user.createdAt,
    UserPolicyList: inlineDetails(user.policies),
    GroupList: user.groupNames ?? [],
    AttachedManagedPolicies: attachedPolicies(user),
    ...boundary(user.boundaryArn),
    Tags: tagShapes(user.tags),
  }
}

/** A group with its policies. */
export function groupDetail(group: GroupValue): iam.GroupDetail {
  return {
    Path: group.path,
    GroupName: group.groupName,
    GroupId: group.groupId,
    Arn: group.arn,
    CreateDate: group.createdAt,
    GroupPolicyList: inlineDetails(group.policies),
    AttachedManagedPolicies: attachedPolicies(group),
  }
}

/** A role with its trust policy and all that it holds. */
export async function roleDetail(role: RoleValue, accounts: Accounts): Promise<iam.RoleDetail> {
  return {
    Path: role.path,
    RoleName: role.roleName,
    RoleId: role.roleId,
    Arn: role.arn,
    CreateDate: role.createdAt,
    AssumeRolePolicyDocument: encodeDocument(await shownTrustPolicy(role, accounts)),
    InstanceProfileList: [],
    RolePolicyList: inlineDetails(role.policies),
    AttachedManagedPolicies: attachedPolicies(role),
    ...boundary(role.boundaryArn),
    Tags: tagShapes(role.tags),
    RoleLastUsed: await lastUsedShape(role, accounts),
  }
}

/** A managed policy with all its versions, the newest first. As in a list, there is no description. */
export function policyDetail(policy: ManagedPolicyValue, uses: PolicyUses): iam.ManagedPolicyDetail {
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
    PolicyVersionList: policy.versions.toReversed().map(({ versionId, document, createdAt }) => ({
      Document: encodeDocument(document),
      VersionId: versionId,
      IsDefaultVersion: versionId === policy.defaultVersionId,
      CreateDate: createdAt,
    })),
  }
}

function inlineDetails(policies: readonly InlinePolicy[]): readonly iam.PolicyDetail[] {
  return policies.map(({ name, document }) => ({ PolicyName: name, PolicyDocument: encodeDocument(document) }))
}

function attachedPolicies({ attachedPolicyArns = [] }: PolicyHolder): readonly iam.AttachedPolicy[] {
  return attachedPolicyArns.map(arn => ({ PolicyName: arn.slice(arn.lastIndexOf('/') + 1), PolicyArn: arn }))
}

function boundary(arn: string | undefined): Pick<iam.UserDetail, 'PermissionsBoundary'> {
  if (arn === undefined) return {}
  return { PermissionsBoundary: { PermissionsBoundaryType: 'Policy', PermissionsBoundaryArn: arn } }
}
