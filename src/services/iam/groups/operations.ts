import type { Operation } from '../../operation.ts'
import type { IamNeeds } from '../needs.ts'
import { addUserToGroup } from './add-user-to-group.ts'
import { createGroupOperation } from './create-group.ts'
import { deleteGroupOperation } from './delete-group.ts'
import { getGroup } from './get-group.ts'
import { listGroups } from './list-groups.ts'
import { removeUserFromGroup } from './remove-user-from-group.ts'

/** The operations on groups, and on who is in them. */
export const groupOperations: readonly Operation<IamNeeds>[] = [
  addUserToGroup,
  createGroupOperation,
  deleteGroupOperation,
  getGroup,
  listGroups,
  removeUserFromGroup,
]
