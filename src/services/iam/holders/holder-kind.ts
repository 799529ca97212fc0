import { groupCollection, roleCollection, userCollection } from '../../../accounts/index.ts'
import type { Accounts, GroupValue, PolicyHolder, RoleValue, UserValue } from '../../../accounts/index.ts'
import type { Collection, StoredRecord } from '../../../storage/index.ts'

/** A kind of what holds policies: in what users, groups and roles differ for the operations that all three have. */
export interface HolderKind<T extends PolicyHolder> {
  /** As texts say it, and ARNs. */
  readonly word: 'user' | 'group' | 'role'
  /** As names of operations say it. */
  readonly title: 'User' | 'Group' | 'Role'
  /** The member of requests that names one. */
  readonly nameMember: 'UserName' | 'GroupName' | 'RoleName'
  /** The trail's type of the resource. */
  readonly type: string
  readonly collection: Collection<T>
  readonly nameOf: (value: T) => string
  readonly find: (accounts: Accounts, account: string, name: string) => Promise<StoredRecord<T> | undefined>
  /** Most characters of all inline policies together, white space not counted. */
  readonly inlineLimit: number
}

/** Users, as holders of policies. */
export const userKind: HolderKind<UserValue> = {
  word: 'user',
  title: 'User',
  nameMember: 'UserName',
  type: 'AWS::IAM::User',
  collection: userCollection,
  nameOf: user => user.userName,
  find: (accounts, account, name) => accounts.identities.findUser(account, name),
  inlineLimit: 2_048,
}

/** Groups, as holders of policies. */
export const groupKind: HolderKind<GroupValue> = {
  word: 'group',
  title: 'Group',
  nameMember: 'GroupName',
  type: 'AWS::IAM::Group',
  collection: groupCollection,
  nameOf: group => group.groupName,
  find: (accounts, account, name) => accounts.identities.findGroup(account, name),
  inlineLimit: 5_120,
}

/** Roles, as holders of policies. */
export const roleKind: HolderKind<RoleValue> = {
  word: 'role',
  title: 'Role',
  nameMember: 'RoleName',
  type: 'AWS::IAM::Role',
  collection: roleCollection,
  nameOf: role => role.roleName,
  find: (accounts, account, name) => accounts.identities.findRole(account, name),
  inlineLimit: 10_240,
}
