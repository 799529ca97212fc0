import type { Operation } from '../../operation.ts'
import type { IamNeeds } from '../needs.ts'
import { getAccountAuthorizationDetails } from './get-account-authorization-details.ts'
import { getAccountSummary } from './get-account-summary.ts'
import { listAccountAliases } from './list-account-aliases.ts'

/** The operations on an account as a whole. */
export const accountOperations: readonly Operation<IamNeeds>[] = [
  getAccountAuthorizationDetails,
  getAccountSummary,
  listAccountAliases,
]
