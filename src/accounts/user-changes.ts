import { ServiceError, formatArn, newUniqueId } from '../base/index.ts'
import { put, remove } from '../storage/index.ts'
import type { StoredRecord, Write } from '../storage/index.ts'
import type { ChangeNeeds } from './account-changes.ts'
import { accessKeyCollection, principalRecordId, userCollection } from './account-records.ts'
import type { AccessKeyValue, ManagedPolicyValue, PrincipalTag, UserValue } from './account-records.ts'
import { rewriteHolder, touchPolicy } from './holder-changes.ts'

/** What the caller of CreateUser decides. Name and path must have been checked: the ARN is made of them. */
export interface NewUser {
  readonly account: string
  readonly userName: string
  readonly path: string
  readonly tags: readonly PrincipalTag[]
  readonly boundary?: {
    readonly arn: string
    /** AWS's own policies have none. */
    readonly record: StoredRecord<ManagedPolicyValue> | undefined
  }
}

/** Makes a user without policies and access keys. Its commit meets a conflict where there is one of that name. */
export function createUser(
  { boundary, ...wanted }: NewUser,
  { random, now }: ChangeNeeds,
): { readonly user: UserValue; readonly writes: readonly Write[] } {
  const user: UserValue = {
    ...wanted,
    userId: newUniqueId('AIDA', random),
    arn: userArn(wanted),
    createdAt: now,
    policies: [],
    accessKeyIds: [],
    ...(boundary === undefined ? {} : { boundaryArn: boundary.arn }),
  }
  const made = put(userCollection, principalRecordId(user.account, user.userName), user, 'absent')
  return { user, writes: boundary?.record === undefined ? [made] : [made, touchPolicy(boundary.record)] }
}

/** The ARN of a user with this name and path. */
export function userArn({ account, path, userName }: Pick<UserValue, 'account' | 'path' | 'userName'>): string {
  return formatArn('iam', '', account, `user${path}${userName}`)
}

/** A user's place: what its ARN is made of. Both must have been checked. */
export type UserPlace = Pick<UserValue, 'path' | 'userName'>

/**
 * Renames or moves a user, with its access keys, which find it by its name. All else of it stays, its id too, by which its sessions
 * find it. Its commit meets a conflict where there is another user of the new name.
 */
export function moveUser(
  user: StoredRecord<UserValue>,
  place: UserPlace,
  accessKeys: readonly StoredRecord<AccessKeyValue>[],
): readonly Write[] {
  const { account, userName } = user.value
  const moved: UserValue = { ...user.value, ...place, arn: userArn({ account, ...place }) }
  const id = principalRecordId(account, place.userName)
  const renamed = place.userName === userName ? [] : accessKeys
  const keys = renamed.map(({ id: keyId, version, value }) =>
    put(accessKeyCollection, keyId, { ...value, userName: place.userName }, version),
  )
  if (id === user.id) return [...rewriteHolder({ collection: userCollection, record: user }, moved), ...keys]
  return [remove(userCollection, user.id, user.version), put(userCollection, id, moved, 'absent'), ...keys]
}

/** @throws {ServiceError} DeleteConflict while the user is in a group, or has policies or access keys. */
export function deleteUser(user: StoredRecord<UserValue>): readonly Write[] {
  const { groupNames = [], attachedPolicyArns = [], policies, accessKeyIds } = user.value
  if (groupNames.length > 0) throw deleteConflict('must remove users from group first')
  if (attachedPolicyArns.length > 0) throw deleteConflict('must detach all policies first')
  if (policies.length > 0) throw deleteConflict('must delete policies first')
  if (accessKeyIds.length > 0) throw deleteConflict('must delete access keys first')
  return [remove(userCollection, user.id, user.version)]
}

/** Why a user, group or role can't be deleted yet. */
export function deleteConflict(demand: string): ServiceError {
  return new ServiceError('DeleteConflict', `Cannot delete entity, ${demand}.`)
}
