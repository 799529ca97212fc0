import type { Write } from '../../storage/index.ts'
import type { KeyValue, StoredKey } from '../key-records.ts'
import { regionNames } from './key-regions.ts'
import { rewriteKey } from './rewrite-key.ts'

/** What a multi-Region key has in common in all of its Regions, as far as it ever changes. */
export type SharedProperties = Partial<Pick<KeyValue, 'materialId' | 'rotation' | 'regions'>>

/**
 * Changes what a key shares with its copies in other Regions, in all of them at once: whoever has read one of them meanwhile meets a
 * conflict. For a key of one Region, which has no related ones, it changes the key alone.
 */
export function writeShared(
  entry: StoredKey,
  related: readonly StoredKey[],
  shared: SharedProperties,
): readonly Write[] {
  requireAll(entry, related)
  return [entry, ...related].map(each => rewriteKey(each, { ...each.key, ...shared }))
}

/** A copy that is left out would never again be in step. */
function requireAll({ key }: StoredKey, related: readonly StoredKey[]): void {
  const present = new Set([key.region, ...related.map(other => other.key.region)])
  const missing = key.regions === undefined ? [] : regionNames(key.regions).filter(region => !present.has(region))
  if (missing.length > 0) throw new TypeError(`A change of ${key.arn} leaves out ${missing.join(', ')}`)
}
