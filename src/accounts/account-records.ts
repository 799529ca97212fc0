import type { Instant } from '../base/index.ts'
import type { Collection } from '../storage/index.ts'

/** An account: what principals, keys and networks belong to. Its id has twelve digits. */
export interface AccountValue {
  readonly id: string
  readonly name: string
  readonly createdAt: Instant
}

/** A policy that is part of one user or role, where its name is unique. */
export interface InlinePolicy {
  readonly name: string
  /** The document, byte for byte. */
  readonly document: string
}

/** A tag of a user or role; policies see it as `aws:PrincipalTag/KEY`. */
export interface PrincipalTag {
  readonly key: string
  readonly value: string
}

/** An IAM user, with all that changes together with it. */
export interface UserValue {
  readonly account: string
  readonly userName: string
  readonly path: string
  /** `AIDA…`. */
  readonly userId: string
  readonly arn: string
  readonly createdAt: Instant
  readonly tags: readonly PrincipalTag[]
  readonly policies: readonly InlinePolicy[]
  /** Ids of the access keys, two at most. */
  readonly accessKeyIds: readonly string[]
}

/** An IAM role, with all that changes together with it. */
export interface RoleValue {
  readonly account: string
  readonly roleName: string
  readonly path: string
  /** `AROA…`. */
  readonly roleId: string
  readonly arn: string
  readonly createdAt: Instant
  readonly trustPolicy: string
  readonly maxSessionSeconds: number
  readonly tags: readonly PrincipalTag[]
  readonly policies: readonly InlinePolicy[]
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

/** Users, by `principalRecordId`; the index has the account. */
export const userCollection: Collection<UserValue> = {
  name: 'accounts.user',
  indexes: { account: user => [user.account] },
}

/** Roles, by `principalRecordId`; the index has the account. */
export const roleCollection: Collection<RoleValue> = {
  name: 'accounts.role',
  indexes: { account: role => [role.account] },
}

/** Access keys, by access key id. There is no index: a user names its own. */
export const accessKeyCollection: Collection<AccessKeyValue> = { name: 'accounts.access-key', indexes: {} }
