import type { Instant } from '../base/index.ts'
import type { Collection } from '../storage/index.ts'

export interface AccountValue {
  readonly id: string
  readonly name: string
  readonly createdAt: Instant
}

export interface InlinePolicy {
  readonly name: string
  /** The document, byte for byte. */
  readonly document: string
}

export interface PrincipalTag {
  readonly key: string
  readonly value: string
}

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

export const accountCollection: Collection<AccountValue> = { name: 'accounts.account', indexes: {} }

export const userCollection: Collection<UserValue> = {
  name: 'accounts.user',
  indexes: { account: user => [user.account] },
}

export const roleCollection: Collection<RoleValue> = {
  name: 'accounts.role',
  indexes: { account: role => [role.account] },
}

export const accessKeyCollection: Collection<AccessKeyValue> = { name: 'accounts.access-key', indexes: {} }
