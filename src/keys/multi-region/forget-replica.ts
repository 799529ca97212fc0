import { dayMillis } from '../../base/index.ts'
import type { Instant } from '../../base/index.ts'
import type { Write } from '../../storage/index.ts'
import type { KeyRegions, KeyState, KeyValue, StoredKey } from '../key-records.ts'
import { isPrimary } from './key-regions.ts'
import { rewriteKey } from './rewrite-key.ts'

/**
 * What the deletion of a replica changes in its key's other Regions: none of them has it any longer. A primary key that waited for its
 * last replica to go begins its own waiting period.
 */
export function forgetReplica(
  { region }: Pick<KeyValue, 'region'>,
  related: readonly StoredKey[],
  now: Instant,
): readonly Write[] {
  return related.map(each => {
    const { primary, replicas } = each.key.regions!
    const regions = { primary, replicas: replicas.filter(name => name !== region) }
    return rewriteKey(each, { ...each.key, regions, state: stateAfter(each.key, regions, now) })
  })
}

function stateAfter(key: KeyValue, { replicas }: KeyRegions, now: Instant): KeyState {
  const { state } = key
  if (state.kind !== 'pending-replica-deletion' || !isPrimary(key) || replicas.length > 0) return state
  const { windowDays } = state
  return { kind: 'pending-deletion', deleteAt: now + windowDays * dayMillis, windowDays }
}
