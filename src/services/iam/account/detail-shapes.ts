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
import { groupShape } from '../groups/group-shapes.ts'
import { boundaryShape } from '../holders/boundary.ts'
import { listedPolicyShape, versionShape } from '../policies/policy-shapes.ts'
import { encodeDocument } from '../policy-document.ts'
import { lastUsedShape, plainRoleShape } from '../roles/role-shapes.ts'
import { tagShapes } from '../tags/tag-values.ts'
import { listedUserShape } from '../users/user-shapes.ts'

/** A user with all that it holds; its groups' policies are told with the groups. */
export function userDetail(user: UserValue): iam.UserDetail {
  return {
    ...listedUserShape(user),
    UserPolicyList: inlineDetails(user.policies),
    GroupList: user.groupNames ?? [],
    AttachedManagedPolicies: attachedPolicies(user),
    ...boundaryShape(user),
    Tags: tagShapes(user.tags),
  }
}

/** A group with its policies. */
export function groupDetail(group: GroupValue): iam.GroupDetail {
  return {
    ...groupShape(group),
    GroupPolicyList: inlineDetails(group.policies),
    AttachedManagedPolicies: attachedPolicies(group),
  }
}

/** A role with its trust policy and all that it holds: neither its description nor how long sessions may be. */
export async function roleDetail(role: RoleValue, accounts: Accounts): Promise<iam.RoleDetail> {
  return {
    ...(await plainRoleShape(role, accounts)),
    InstanceProfileList: [],
    RolePolicyList: inlineDetails(role.policies),
    AttachedManagedPolicies: attachedPolicies(role),
    ...boundaryShape(role),
    Tags: tagShapes(role.tags),
    RoleLastUsed: await lastUsedShape(role, accounts),
  }
}

/** A managed policy with all its versions, the newest first. As in a list, there is no description. */
export function policyDetail(policy: ManagedPolicyValue, uses: PolicyUses): iam.ManagedPolicyDetail {
  return {
    ...listedPolicyShape(policy, uses),
    PolicyVersionList: policy.versions.toReversed().map(version => versionShape(version, policy)),
  }
}

function inlineDetails(policies: readonly InlinePolicy[]): readonly iam.PolicyDetail[] {
  return policies.map(({ name, document }) => ({ PolicyName: name, PolicyDocument: encodeDocument(document) }))
}

function attachedPolicies({ attachedPolicyArns = [] }: PolicyHolder): readonly iam.AttachedPolicy[] {
  return attachedPolicyArns.map(arn => ({ PolicyName: arn.slice(arn.lastIndexOf('/') + 1), PolicyArn: arn }))
}
