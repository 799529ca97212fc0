import type { Operation } from '../../operation.ts'
import type { IamNeeds } from '../needs.ts'
import { createRoleOperation } from './create-role.ts'
import { deleteRoleOperation } from './delete-role.ts'
import { getRole } from './get-role.ts'
import { listInstanceProfilesForRole } from './list-instance-profiles-for-role.ts'
import { listRoles } from './list-roles.ts'
import { updateAssumeRolePolicy } from './update-assume-role-policy.ts'
import { updateRoleDescription } from './update-role-description.ts'
import { updateRole } from './update-role.ts'

/** The operations on roles. */
export const roleOperations: readonly Operation<IamNeeds>[] = [
  createRoleOperation,
  deleteRoleOperation,
  getRole,
  listInstanceProfilesForRole,
  listRoles,
  updateAssumeRolePolicy,
  updateRole,
  updateRoleDescription,
]
