import type { Store } from '../storage/index.ts'
import { aliasCollection } from './key-records.ts'

/** The names of the aliases of keys that were asked for, until any alias changes. */
export class AliasNames {
  readonly #store: Store
  readonly #capacity: number
  #names = new Map<string, readonly string[]>()

  /** @param capacity of how many keys they are kept. */
  constructor(store: Store, capacity: number) {
    this.#store = store
    this.#capacity = capacity
    store.onChange(changes => {
      if (changes.some(change => change.collection === aliasCollection.name)) this.#names = new Map()
    })
  }

  /** Those of a key, by its record id. */
  async of(key: string): Promise<readonly string[]> {
    const known = this.#names.get(key)
    if (known !== undefined) return known
    const names = this.#names
    const found = await this.#store.find(aliasCollection, 'key', key)
    const aliases = found.map(record => record.value.aliasName)
    if (names.size >= this.#capacity) names.clear()
    // A change while this was read has put a new map in place: what was read may be old, and is kept nowhere.
    names.set(key, aliases)
    return aliases
  }
}
