import type { Operation } from '../../operation.ts'
import type { IamNeeds } from '../needs.ts'
import { createUserOperation } from './create-user.ts'
import { deleteUserOperation } from './delete-user.ts'
import { getUser } from './get-user.ts'
import { listGroupsForUser } from './list-groups-for-user.ts'
import { listUsers } from './list-users.ts'
import { updateUser } from './update-user.ts'

/** The operations on users. */
export const userOperations: readonly Operation<IamNeeds>[] = [
  createUserOperation,
  deleteUserOperation,
  getUser,
  listGroupsForUser,
  listUsers,
  updateUser,
]
