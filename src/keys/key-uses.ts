import type { Instant } from '../base/index.ts'
import { NotedValues, put, remove } from '../storage/index.ts'
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

/**
 * When keys were used last. Uses are noted in memory, and written down all together when somebody asks for that from time to time:
 * no request waits for it, and a crash costs no more than the uses since.
 */
export class KeyUses {
  readonly #store: Store
  readonly #noted = new NotedValues<KeyUse>()
  #since: Instant | undefined

  constructor(store: Store) {
    this.#store = store
  }

  /** Notes that a key was used. */
  note(keyRecord: string, use: KeyUse): void {
    this.#noted.note(keyRecord, use)
  }

  /** The last use of a key. */
  async find({ record: { id }, key }: UsedKey): Promise<KeyUse | undefined> {
    const use = this.#noted.find(id) ?? (await this.#store.get(keyUseCollection, id))?.value
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

  /** Writes down what was noted since the last time. What can't be written is kept for the next time. */
  flush(): Promise<void> {
    return this.#noted.flush(this.#store, notes => this.#writesOf(notes))
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
