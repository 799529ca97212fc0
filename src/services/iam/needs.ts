import type { Accounts } from '../../accounts/index.ts'
import type { Random } from '../../base/index.ts'
import type { KeyRing } from '../../seal/index.ts'

/** What the operations of IAM work on; each takes the ones it uses. */
export interface IamNeeds {
  readonly accounts: Accounts
  readonly keyRing: KeyRing
  readonly random: Random
}
