import type { Instant } from '../base/index.ts'
import { put, remove } from '../storage/index.ts'
import type { Collection, Store, Write } from '../storage/index.ts'
import { keyCollection } from './key-records.ts'

/** A successful cryptographic operation with a key. */
export interface KeyUse {
  readonly operation: string
  readonly at: Instant
  /** Of the record in the trail of the key's account. */
  readonly eventId: string
  readonly requestId: string
}

/** The last uses of keys, by the keys' record ids. */
export const keyUseCollection: Collection<KeyUse> = { name: 'keys.last-use', indexes: {} }

const trackingCollection: Collection<{ readonly since: Instant }> = { name: 'keys.use-tracking', indexes: {} }
const trackingId = 'tracking'

/** Forgets when a key was used last: part of what deletes it. */
export function forgetKeyUse(keyRecord: string): Write {
  return remove(keyUseCollection, keyRecord, 'any')
}

/** What is asked of a key for its uses. */
export interface UsedKey {
  readonly record: { readonly id: string }
  readonly key: { readonly createdAt: Instant }
}

// A commit holds everybody up while it is applied.
const batch = 50

/**
 * When keys were used last. Uses are noted in memory, and written down all together when somebody asks for that from time to time:
 * no request waits for it, and a crash costs no more than the uses since.
 */
export class KeyUses {
  readonly #store: Store
  #noted = new Map<string, KeyUse>()
  /** What is being written down now: it is not in the store yet, and no longer among the noted. */
  #leaving: ReadonlyMap<string, KeyUse> = new Map()
  #since: Instant | undefined

  constructor(store: Store) {
    this.#store = store
  }

  /** Notes that a key was used. */
  note(keyRecord: string, use: KeyUse): void {
    this.#noted.set(keyRecord, use)
  }

  /** The last use of a key. */
  async find({ record: { id }, key }: UsedKey): Promise<KeyUse | undefined> {
    const noted = this.#noted.get(id) ?? this.#leaving.get(id)
    const use = noted ?? (await this.#store.get(keyUseCollection, id))?.value
    // A replica that is made again has the name of the one that was deleted.
    return use === undefined || use.at < key.createdAt ? undefined : use
  }

  /** Begins to keep uses, the first time that a store is opened by a release that does. */
  async begin(now: Instant): Promise<void> {
    if ((await this.#store.get(trackingCollection, trackingId)) !== undefined) return
    await this.#store.commit({ writes: [put(trackingCollection, trackingId, { since: now }, 'absent')] })
  }

  /** Since when uses of a key are kept: since there are such notes here at all, or since the key was made. */
  async trackedSince({ createdAt }: { readonly createdAt: Instant }): Promise<Instant> {
    this.#since ??= (await this.#store.get(trackingCollection, trackingId))?.value.since
    return Math.max(createdAt, this.#since ?? createdAt)
  }

  /** Writes down what was noted since the last time, a few at a time: requests come in between. What can't be written is kept for the next time. */
  async flush(): Promise<void> {
    const leaving = this.#noted
    this.#leaving = leaving
    this.#noted = new Map()
    try {
      const all = [...leaving]
      for (let start = 0; start < all.length; start += batch) {
        if (start > 0) await new Promise<void>(resolve => setImmediate(resolve))
        const some = all.slice(start, start + batch)
        const writes = await this.#writesOf(some)
        if (writes.length > 0) await this.#store.commit({ writes })
        for (const [keyRecord] of some) leaving.delete(keyRecord)
      }
    } catch (error) {
      for (const [keyRecord, use] of leaving) if (!this.#noted.has(keyRecord)) this.#noted.set(keyRecord, use)
      throw error
    } finally {
      this.#leaving = new Map()
    }
  }

  // Of keys that are gone, nothing is written.
  async #writesOf(notes: Iterable<readonly [string, KeyUse]>): Promise<readonly Write[]> {
    const writes: Write[] = []
    for (const [keyRecord, use] of notes)
      if ((await this.#store.get(keyCollection, keyRecord)) !== undefined)
        writes.push(put(keyUseCollection, keyRecord, use, 'any'))
    return writes
  }
}
