import type { Operation } from '../../operation.ts'
import type { IamNeeds } from '../needs.ts'
import { listGroupPolicies, listRolePolicies, listUserPolicies } from './list-policies.ts'
import { putGroupPolicy, putRolePolicy, putUserPolicy } from './put-policy.ts'

/** The operations that users, groups and roles have alike: those on their policies. */
export const holderOperations: readonly Operation<IamNeeds>[] = [
  listGroupPolicies,
  listRolePolicies,
  listUserPolicies,
  putGroupPolicy,
  putRolePolicy,
  putUserPolicy,
]
