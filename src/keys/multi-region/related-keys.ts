import { ConflictError } from '../../storage/index.ts'
import { keyCollection, keyRecordId } from '../key-records.ts'
import type { KeyEntry, KeyValue } from '../key-records.ts'
import { regionNames } from './key-regions.ts'

/** Where keys are found. */
export interface KeyFinder {
  findKey(region: string, keyId: string): Promise<KeyEntry | undefined>
}

/**
 * A multi-Region key in its other Regions; none for a key of one Region.
 *
 * @throws {ConflictError} where one of them is gone: then the key itself has changed since it was read.
 */
export async function relatedKeys(
  { region, regions, keyId }: Pick<KeyValue, 'region' | 'regions' | 'keyId'>,
  keys: KeyFinder,
): Promise<readonly KeyEntry[]> {
  if (regions === undefined) return []
  const others = regionNames(regions).filter(name => name !== region)
  return Promise.all(
    others.map(async name => {
      const entry = await keys.findKey(name, keyId)
      if (entry === undefined) throw new ConflictError(keyCollection.name, keyRecordId(name, keyId))
      return entry
    }),
  )
}
