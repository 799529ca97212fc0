import { put } from '../../storage/index.ts'
import type { Write } from '../../storage/index.ts'
import { keyCollection } from '../key-records.ts'
import type { KeyValue, StoredKey } from '../key-records.ts'

/** Replaces a key as it was read. */
export function rewriteKey({ record }: StoredKey, key: KeyValue): Write {
  // That a key is unavailable follows from its store: what it was before comes back with the connection.
  const state = key.state.kind === 'unavailable' ? record.value.state : key.state
  return put(keyCollection, record.id, { ...key, state }, record.version)
}
