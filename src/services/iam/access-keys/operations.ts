import type { Operation } from '../../operation.ts'
import type { IamNeeds } from '../needs.ts'
import { createAccessKeyOperation } from './create-access-key.ts'
import { deleteAccessKeyOperation } from './delete-access-key.ts'
import { getAccessKeyLastUsed } from './get-access-key-last-used.ts'
import { listAccessKeys } from './list-access-keys.ts'
import { updateAccessKey } from './update-access-key.ts'

/** The operations on access keys. */
export const accessKeyOperations: readonly Operation<IamNeeds>[] = [
  createAccessKeyOperation,
  deleteAccessKeyOperation,
  getAccessKeyLastUsed,
  listAccessKeys,
  updateAccessKey,
]
