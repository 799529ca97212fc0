import type { Operation } from '../../operation.ts'
import type { IamNeeds } from '../needs.ts'
import { attachGroupPolicy, attachRolePolicy, attachUserPolicy } from './attach-policy.ts'
import { deleteRolePermissionsBoundary, deleteUserPermissionsBoundary } from './delete-boundary.ts'
import { deleteGroupPolicy, deleteRolePolicy, deleteUserPolicy } from './delete-policy.ts'
import { detachGroupPolicy, detachRolePolicy, detachUserPolicy } from './detach-policy.ts'
import { getGroupPolicy, getRolePolicy, getUserPolicy } from './get-policy.ts'
import {
  listAttachedGroupPolicies,
  listAttachedRolePolicies,
  listAttachedUserPolicies,
} from './list-attached-policies.ts'
import { listGroupPolicies, listRolePolicies, listUserPolicies } from './list-policies.ts'
import { putRolePermissionsBoundary, putUserPermissionsBoundary } from './put-boundary.ts'
import { putGroupPolicy, putRolePolicy, putUserPolicy } from './put-policy.ts'

/** The operations that users, groups and roles have alike: those on their policies, and on the boundaries of users and roles. */
export const holderOperations: readonly Operation<IamNeeds>[] = [
  attachGroupPolicy,
  attachRolePolicy,
  attachUserPolicy,
  deleteGroupPolicy,
  deleteRolePermissionsBoundary,
  deleteRolePolicy,
  deleteUserPermissionsBoundary,
  deleteUserPolicy,
  detachGroupPolicy,
  detachRolePolicy,
  detachUserPolicy,
  getGroupPolicy,
  getRolePolicy,
  getUserPolicy,
  listAttachedGroupPolicies,
  listAttachedRolePolicies,
  listAttachedUserPolicies,
  listGroupPolicies,
  listRolePolicies,
  listUserPolicies,
  putGroupPolicy,
  putRolePermissionsBoundary,
  putRolePolicy,
  putUserPermissionsBoundary,
  putUserPolicy,
]
