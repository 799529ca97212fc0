import type { Instant } from '../base/index.ts'
import type { BoundPrincipals } from '../policy/index.ts'
import type { Collection } from '../storage/index.ts'

/** An account: what principals, keys and networks belong to. Its id has twelve digits. */
export interface AccountValue {
  readonly id: string
  readonly name: string
  readonly createdAt: Instant
  /** Since when nobody of it is let in, and its resources answer nobody; absent while it is open. */
  readonly closedAt?: Instant
}

/** A policy that is part of one user or role, where its name is unique. */
export interface InlinePolicy {
  readonly name: string
  /** The document, byte for byte. */
  readonly document: string
}

/** A tag of a user, role or managed policy; policies see those of the caller as `aws:PrincipalTag/KEY`. */
export interface PrincipalTag {
  readonly key: string
  readonly value: string
}

/** What users, groups and roles have in common: they hold policies. */
export interface PolicyHolder {
  readonly account: string
  readonly path: string
  readonly arn: string
  readonly createdAt: Instant
  readonly policies: readonly InlinePolicy[]
  /** ARNs of the managed policies that are attached, in the order in which they were. */
  readonly attachedPolicyArns?: readonly string[]
}

/** What users and roles have beside that. */
export interface BoundedHolder extends PolicyHolder {
  readonly tags: readonly PrincipalTag[]
  /** ARN of the managed policy that is the permissions boundary. */
  readonly boundaryArn?: string | undefined
}

/** An IAM user, with all that changes together with it. */
export interface UserValue extends BoundedHolder {
  readonly userName: string
  /** `AIDA…`. */
  readonly userId: string
  /** Ids of the access keys, two at most. */
  readonly accessKeyIds: readonly string[]
  /** Names of the groups that the user is in, ten at most. */
  readonly groupNames?: readonly string[]
}

/** An IAM group. Who is in it is said by its users. */
export interface GroupValue extends PolicyHolder {
  readonly groupName: string
  /** `AGPA…`. */
  readonly groupId: string
}

/** An IAM role, with all that changes together with it. */
export interface RoleValue extends BoundedHolder {
  readonly roleName: string
  /** `AROA…`. */
  readonly roleId: string
  readonly description?: string
  readonly trustPolicy: string
  /** Ids of the users and roles that the trust policy names, by the ARNs they had when it was set. */
  readonly trustedIds?: BoundPrincipals
  readonly maxSessionSeconds: number
}

/** A managed policy of an account, with all its versions. */
export interface ManagedPolicyValue {
  readonly account: string
  readonly policyName: string
  readonly path: string
  /** `ANPA…`. */
  readonly policyId: string
  readonly arn: string
  readonly description?: string
  readonly createdAt: Instant
  readonly updatedAt: Instant
  readonly tags: readonly PrincipalTag[]
  /** Five at most, the oldest first. */
  readonly versions: readonly PolicyVersion[]
  /** `v1`, `v2`, …: the one that counts. */
  readonly defaultVersionId: string
  /** Number of the version that was made last: no number is used twice. */
  readonly lastVersion: number
}

/** One version of a managed policy. Versions do not change. */
export interface PolicyVersion {
  readonly versionId: string
  /** The document, byte for byte. */
  readonly document: string
  readonly createdAt: Instant
}

/** A lasting access key of a user. Its secret is bound to account and id, and can be unwrapped with no others. */
export interface AccessKeyValue {
  /** `AKIA…`. */
  readonly accessKeyId: string
  readonly account: string
  readonly userName: string
  readonly status: 'Active' | 'Inactive'
  readonly createdAt: Instant
  /** The secret access key, wrapped. */
  readonly wrappedSecret: string
}

/** Names are unique in an account without regard to case. */
export function principalRecordId(account: string, name: string): string {
  return `${account}/${name.toLowerCase()}`
}

/** Accounts, by account id. */
export const accountCollection: Collection<AccountValue> = { name: 'accounts.account', indexes: {} }

/**
 * Under which key the holders of a managed policy are found. AWS's own policies are attached in every account, so the account is part
 * of it.
 */
export function attachmentKey(account: string, policyArn: string): string {
  return `${account} ${policyArn}`
}

const attachments = ({ account, attachedPolicyArns = [] }: PolicyHolder): readonly string[] =>
  attachedPolicyArns.map(arn => attachmentKey(account, arn))

const boundaries = ({ account, boundaryArn }: BoundedHolder): readonly string[] =>
  boundaryArn === undefined ? [] : [attachmentKey(account, boundaryArn)]

/** Users, by `principalRecordId`. */
export const userCollection: Collection<UserValue> = {
  name: 'accounts.user',
  indexes: {
    account: user => [user.account],
    policy: attachments,
    boundary: boundaries,
    group: ({ account, groupNames = [] }) => groupNames.map(name => principalRecordId(account, name)),
    // Only written since users can be renamed: every user that was renamed is in it.
    userId: user => [user.userId],
  },
}

/** Groups, by `principalRecordId`. */
export const groupCollection: Collection<GroupValue> = {
  name: 'accounts.group',
  indexes: { account: group => [group.account], policy: attachments },
}

/** Roles, by `principalRecordId`. */
export const roleCollection: Collection<RoleValue> = {
  name: 'accounts.role',
  indexes: {
    account: role => [role.account],
    policy: attachments,
    boundary: boundaries,
    roleId: role => [role.roleId],
  },
}

/** Managed policies of accounts, by `principalRecordId` of the policy's name. */
export const managedPolicyCollection: Collection<ManagedPolicyValue> = {
  name: 'accounts.managed-policy',
  indexes: { account: policy => [policy.account] },
}

/** Access keys, by access key id. There is no index: a user names its own. */
export const accessKeyCollection: Collection<AccessKeyValue> = { name: 'accounts.access-key', indexes: {} }
