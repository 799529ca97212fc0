import type { Accounts } from '../../accounts/index.ts'
import type { RefusalMessages } from '../../authorization/index.ts'

/** What the operations of STS work on; each takes the ones it uses. */
export interface StsNeeds {
  readonly accounts: Accounts
  readonly refusalMessages: RefusalMessages
}
