import type { Operation } from '../../operation.ts'
import type { IamNeeds } from '../needs.ts'
import { deleteGroupPolicy, deleteRolePolicy, deleteUserPolicy } from './delete-policy.ts'
import { getGroupPolicy, getRolePolicy, getUserPolicy } from './get-policy.ts'
import { listGroupPolicies, listRolePolicies, listUserPolicies } from './list-policies.ts'
import { putGroupPolicy, putRolePolicy, putUserPolicy } from './put-policy.ts'

/** The operations that users, groups and roles have alike: those on their policies. */
export const holderOperations: readonly Operation<IamNeeds>[] = [
  deleteGroupPolicy,
  deleteRolePolicy,
  deleteUserPolicy,
  getGroupPolicy,
  getRolePolicy,
  getUserPolicy,
  listGroupPolicies,
  listRolePolicies,
  listUserPolicies,
  putGroupPolicy,
  putRolePolicy,
  putUserPolicy,
]
