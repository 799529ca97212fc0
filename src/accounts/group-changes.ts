import { ServiceError, formatArn, newUniqueId } from '../base/index.ts'
import { put, remove } from '../storage/index.ts'
import type { StoredRecord, Write } from '../storage/index.ts'
import type { ChangeNeeds } from './account-changes.ts'
import { groupCollection, principalRecordId, userCollection } from './account-records.ts'
import type { GroupValue, UserValue } from './account-records.ts'
import { rewriteHolder } from './holder-changes.ts'
import { deleteConflict } from './user-changes.ts'

/** What the caller of CreateGroup decides. Name and path must have been checked: the ARN is made of them. */
export type NewGroup = Pick<GroupValue, 'account' | 'groupName' | 'path'>

/** Makes a group without policies and members. Its commit meets a conflict where there is one of that name. */
export function createGroup(
  wanted: NewGroup,
  { random, now }: ChangeNeeds,
): { readonly group: GroupValue; readonly writes: readonly Write[] } {
  const { account, groupName } = wanted
  const group: GroupValue = {
    ...wanted,
    groupId: newUniqueId('AGPA', random),
    arn: groupArn(wanted),
    createdAt: now,
    policies: [],
  }
  return { group, writes: [put(groupCollection, principalRecordId(account, groupName), group, 'absent')] }
}

/** The ARN of a group with this name and path. */
export function groupArn({ account, path, groupName }: NewGroup): string {
  return formatArn('iam', '', account, `group${path}${groupName}`)
}

/** @throws {ServiceError} DeleteConflict while the group has members or policies. */
export function deleteGroup(group: StoredRecord<GroupValue>, hasMembers: boolean): readonly Write[] {
  const { attachedPolicyArns = [], policies } = group.value
  if (hasMembers) throw deleteConflict('must remove users from group first')
  if (attachedPolicyArns.length > 0) throw deleteConflict('must detach all policies first')
  if (policies.length > 0) throw deleteConflict('must delete policies first')
  return [remove(groupCollection, group.id, group.version)]
}

const groupsPerUser = 10

/**
 * Puts a user into a group. The group is written as it is: whoever deletes it meanwhile meets a conflict, and sees the member when it
 * tries again.
 *
 * @throws {ServiceError} LimitExceeded
 */
export function joinGroup(user: StoredRecord<UserValue>, group: StoredRecord<GroupValue>): readonly Write[] {
  const { groupNames = [] } = user.value
  if (groupNames.length >= groupsPerUser)
    throw new ServiceError('LimitExceeded', `Cannot exceed quota for GroupsPerUser: ${groupsPerUser}`)
  return [
    ...rewriteHolder(
      { collection: userCollection, record: user },
      { groupNames: [...groupNames, group.value.groupName] },
    ),
    put(groupCollection, group.id, group.value, group.version),
  ]
}

/** Takes a user out of a group. */
export function leaveGroup(user: StoredRecord<UserValue>, groupName: string): readonly Write[] {
  const { groupNames = [] } = user.value
  const rest = groupNames.filter(name => name !== groupName)
  return rewriteHolder({ collection: userCollection, record: user }, { groupNames: rest })
}
