import type { Write } from '../../storage/index.ts'
import type { KeyState, KeyValue, StoredKey } from '../key-records.ts'
import { rewriteKey } from './rewrite-key.ts'

/**
 * Ends what was begun with a multi-Region key (ReplicateKey, UpdatePrimaryRegion), in all Regions that it was begun in. What was begun was
 * whole already: only the states say still that something is under way.
 */
export function finishChange(keys: readonly StoredKey[]): readonly Write[] {
  return keys.flatMap(each => {
    const state = finished(each.key)
    return state === undefined ? [] : [rewriteKey(each, { ...each.key, state })]
  })
}

function finished({ state, origin }: KeyValue): KeyState | undefined {
  if (state.kind === 'updating') return { kind: 'enabled' }
  if (state.kind !== 'creating') return undefined
  return origin === 'EXTERNAL' ? { kind: 'pending-import' } : { kind: 'enabled' }
}
