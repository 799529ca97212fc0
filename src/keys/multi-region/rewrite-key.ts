import { put } from '../../storage/index.ts'
import type { Write } from '../../storage/index.ts'
import { keyCollection } from '../key-records.ts'
import type { KeyState, KeyValue, StoredKey } from '../key-records.ts'

/** Replaces a key as it was read. */
export function rewriteKey({ record }: StoredKey, key: KeyValue): Write {
  const state = isDerived(key.state, record.value.state) ? record.value.state : key.state
  return put(keyCollection, record.id, { ...key, state }, record.version)
}

/**
 * That a key is unavailable follows from its store, and that its imported material has expired from the time: what it was before comes
 * back with the connection, or where the clock was wrong.
 */
function isDerived({ kind }: KeyState, stored: KeyState): boolean {
  return kind === 'unavailable' || (kind === 'pending-import' && stored.kind !== 'creating')
}
