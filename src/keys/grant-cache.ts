import type { GrantFacts } from '../policy/index.ts'
import type { Change, Store } from '../storage/index.ts'
import { grantCollection, keyOfGrantRecord } from './grant-records.ts'
import { KeyGrants } from './key-grants.ts'
import type { GrantSearch } from './key-grants.ts'

/** Keeps the grants on keys that were asked for, as they are now. The keys that were asked for least lately go first. */
export class GrantCache {
  readonly #store: Store
  readonly #capacity: number
  readonly #keys = new Map<string, KeyGrants>()
  #weight = 0

  /** @param capacity how many keys, grantees and grants are kept, all together. */
  constructor(store: Store, capacity: number) {
    this.#store = store
    this.#capacity = capacity
    store.onChange(changes => this.#follow(changes))
  }

  /** The grants on a key, by its record id, that may permit a request to somebody who has these ids. */
  candidates(key: string, partyIds: Iterable<string>, search: GrantSearch): Promise<readonly GrantFacts[]> {
    const known = this.#use(key)
    this.#makeRoom(known)
    return known.candidates(partyIds, search)
  }

  #use(key: string): KeyGrants {
    const known = this.#keys.get(key) ?? this.#know(key)
    // Moving it to the end of the map's order makes the map a list by last use.
    this.#keys.delete(key)
    this.#keys.set(key, known)
    return known
  }

  #know(key: string): KeyGrants {
    const known: KeyGrants = new KeyGrants(this.#store, key, change => {
      // One that was given up may still be read by who has asked before.
      if (this.#keys.get(key) === known) this.#weight += change
    })
    this.#weight += known.weight
    return known
  }

  #makeRoom(inUse: KeyGrants): void {
    for (const [key, known] of this.#keys) {
      if (this.#weight <= this.#capacity || known === inUse) return
      this.#keys.delete(key)
      this.#weight -= known.weight
    }
  }

  async #follow(changes: readonly Change[]): Promise<void> {
    const grants = changes.filter(({ collection }) => collection === grantCollection.name)
    await Promise.all(grants.map(async ({ id }) => this.#keys.get(keyOfGrantRecord(id))?.follow(id)))
  }
}
