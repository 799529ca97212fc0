import type { PrincipalDirectory } from '../../accounts/index.ts'
import type { Authorizer } from '../../authorization/index.ts'
import type { Clock, Random } from '../../base/index.ts'
import type { SlowWork } from '../../crypto/index.ts'
import type { Keys } from '../../keys/index.ts'

/** What the operations of KMS work on; each takes the ones it uses. */
export interface KmsNeeds {
  readonly keys: Keys
  readonly authorizer: Authorizer
  readonly principals: PrincipalDirectory
  readonly random: Random
  /** Where slow cryptography runs. */
  readonly work: SlowWork
  readonly clock: Clock
  /** DER of the root certificates whose attestation documents are believed. */
  readonly attestationRoots: readonly Buffer[]
}
