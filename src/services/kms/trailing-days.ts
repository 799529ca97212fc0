import type { ConditionValues } from '../../authorization/index.ts'
import { dayMillis } from '../../base/index.ts'
import type { KeyEntry, Keys } from '../../keys/index.ts'
import type { RequestScope } from '../operation.ts'

/**
 * `kms:TrailingDaysWithoutKeyUsage`: whole days since a key was used last, or since its uses are kept where it was not used. So a policy that
 * lets nobody disable a key that was used lately holds for one that was made lately too.
 */
export async function trailingDays(entry: KeyEntry, { now }: RequestScope, { uses }: Keys): Promise<ConditionValues> {
  const since = (await uses.find(entry))?.at ?? (await uses.trackedSince(entry.key))
  return { 'kms:TrailingDaysWithoutKeyUsage': String(Math.max(0, Math.floor((now - since) / dayMillis))) }
}
