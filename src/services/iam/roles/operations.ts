import type { Operation } from '../../operation.ts'
import type { IamNeeds } from '../needs.ts'
import { getRole } from './get-role.ts'
import { listRoles } from './list-roles.ts'

/** The operations on roles. */
export const roleOperations: readonly Operation<IamNeeds>[] = [getRole, listRoles]
