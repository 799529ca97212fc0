import type { Store, Write } from './store.ts'

/** How many are written down at once: a commit holds everybody up while it is applied. */
const batch = 50

/**
 * Values that are noted in memory and written down together from time to time: nobody waits for that, and a crash costs no more than
 * what was noted since.
 */
export class NotedValues<V> {
  #noted = new Map<string, V>()
  /** What is being written down now: it is not in the store yet, and no longer among the noted. */
  #leaving: ReadonlyMap<string, V> = new Map()

  /** Takes the place of what was noted before under that id. */
  note(id: string, value: V): void {
    this.#noted.set(id, value)
  }

  /** What was noted and is not in the store yet. */
  find(id: string): V | undefined {
    return this.#noted.get(id) ?? this.#leaving.get(id)
  }

  /** Writes down what was noted since the last time, a few at a time: requests come in between. What can't be written is kept for the next time. */
  async flush(
    store: Store,
    writesOf: (notes: readonly (readonly [id: string, value: V])[]) => Promise<readonly Write[]>,
  ): Promise<void> {
    const leaving = this.#noted
    this.#leaving = leaving
    this.#noted = new Map()
    try {
      const all = [...leaving]
      for (let start = 0; start < all.length; start += batch) {
        if (start > 0) await new Promise<void>(resolve => setImmediate(resolve))
        const some = all.slice(start, start + batch)
        const writes = await writesOf(some)
        if (writes.length > 0) await store.commit({ writes })
        for (const [id] of some) leaving.delete(id)
      }
    } catch (error) {
      for (const [id, value] of leaving) if (!this.#noted.has(id)) this.#noted.set(id, value)
      throw error
    } finally {
      this.#leaving = new Map()
    }
  }
}
