import type { Write } from '../../storage/index.ts'
import type { KeyState, StoredKey } from '../key-records.ts'
import { rewriteKey } from './rewrite-key.ts'

const updating: KeyState = { kind: 'updating' }

/**
 * Makes a replica the primary key, and the primary one a replica, in all Regions at once. Both are in state `updating` until that is
 * finished (`finishChange`).
 */
export function updatePrimaryRegion(
  primary: StoredKey,
  replica: StoredKey,
  related: readonly StoredKey[],
): readonly Write[] {
  const { region } = replica.key
  const old = primary.key.regions!
  const replicas = old.replicas.map(name => (name === region ? old.primary : name))
  const regions = { primary: region, replicas }
  const changing = new Set([old.primary, region])
  return [primary, ...related].map(each =>
    rewriteKey(each, { ...each.key, regions, ...(changing.has(each.key.region) ? { state: updating } : {}) }),
  )
}
