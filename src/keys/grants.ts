import type { Random } from '../base/index.ts'
import type { GrantFacts } from '../policy/index.ts'
import type { KeyRing } from '../seal/index.ts'
import { recordCache } from '../storage/index.ts'
import type { Page, RecordCache, Store, StoredRecord } from '../storage/index.ts'
import { isAbsentKey } from './absent-key.ts'
import { GrantCache } from './grant-cache.ts'
import {
  grantCollection,
  granteeKey,
  grantRecordId,
  namedGrantCollection,
  namedGrantRecordId,
  retiringKey,
} from './grant-records.ts'
import type { GrantValue } from './grant-records.ts'
import type { WantedGrant } from './grant-changes.ts'
import { GrantTokens } from './grant-tokens.ts'
import type { NamedGrant } from './grant-tokens.ts'
import type { GrantSearch } from './key-grants.ts'
import { keyRecordId } from './key-records.ts'
import type { KeyEntry, KeyValue } from './key-records.ts'
import { hasRemainingGrants } from './remaining-grants.ts'

type Key = Pick<KeyValue, 'region' | 'keyId'>

/** Finds grants. What decisions ask for is kept in memory, and follows every commit that changes it. */
export class Grants {
  readonly #store: Store
  readonly #tokens: GrantTokens
  readonly #records: RecordCache<StoredRecord<GrantValue>>
  readonly #cache: GrantCache
  readonly #absentCache: GrantCache

  constructor(store: Store, keyRing: KeyRing, capacity: number) {
    this.#store = store
    this.#tokens = new GrantTokens(keyRing)
    this.#records = recordCache(store, grantCollection, record => record, { capacity })
    // Most of what is kept of a key is its grants.
    this.#cache = new GrantCache(store, 10 * capacity)
    this.#absentCache = new GrantCache(store, capacity)
  }

  /**
   * The grants on a key that may permit a request to somebody who has these ids. There are none on a key that is not there; it is asked
   * for them like any other, so that this takes no less time.
   */
  async candidates(
    { record, key }: Pick<KeyEntry, 'record' | 'key'>,
    partyIds: Iterable<string>,
    search: GrantSearch,
  ): Promise<readonly GrantFacts[]> {
    const id = keyRecordId(key.region, key.keyId)
    if (!isAbsentKey({ record })) return this.#cache.candidates(id, partyIds, search)
    await this.#absentCache.candidates(id, partyIds, search)
    return []
  }

  async find({ region, keyId, grantId }: NamedGrant): Promise<GrantValue | undefined> {
    return (await this.#records.get(grantRecordId(region, keyId, grantId)))?.value
  }

  /** The grant that the same request made before, where it had a name. */
  async findNamed(wanted: WantedGrant): Promise<GrantValue | undefined> {
    if (wanted.name === undefined) return undefined
    const named = await this.#store.get(namedGrantCollection, namedGrantRecordId(wanted))
    return named === undefined ? undefined : this.find({ ...wanted, grantId: named.value.grantId })
  }

  count({ region, keyId }: Key): Promise<number> {
    return this.#store.count(grantCollection, 'key', keyRecordId(region, keyId))
  }

  /** Whether there are grants left of a key of that name that was deleted. */
  hasRemains({ region, keyId }: Key): Promise<boolean> {
    return hasRemainingGrants(keyRecordId(region, keyId), this.#store)
  }

  /** The grants on a key, or those of one grantee, in the order of their ids. */
  list(
    { region, keyId }: Key,
    { granteeId, ...page }: Page & { readonly granteeId?: string },
  ): Promise<readonly StoredRecord<GrantValue>[]> {
    const key = keyRecordId(region, keyId)
    return granteeId === undefined
      ? this.#store.find(grantCollection, 'key', key, page)
      : this.#store.find(grantCollection, 'grantee', granteeKey(key, granteeId), page)
  }

  /** The grants of a Region, on keys of whatever account, that name somebody to retire them. */
  listRetirable(region: string, partyId: string, page: Page): Promise<readonly StoredRecord<GrantValue>[]> {
    return this.#store.find(grantCollection, 'retiring', retiringKey(region, partyId), page)
  }

  /** A new token of a grant. */
  issueToken(grant: NamedGrant, random: Random): string {
    return this.#tokens.issue(grant, random)
  }

  /** The grant that a token names, there or not; `undefined` for what is no token. */
  openToken(token: string): NamedGrant | undefined {
    return this.#tokens.open(token)
  }
}
