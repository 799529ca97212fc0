import type { Collection, Store, StoredRecord } from './store.ts'

/** Values derived from records, kept in memory by id and dropped by the store's change feed. */
export interface RecordCache<V> {
  /** From memory or the store; concurrent misses of one id share one read. `undefined` where there is no record. */
  get(id: string): Promise<V | undefined>
  /** Only what is in memory, which is always fresh. */
  peek(id: string): V | undefined
}

/**
 * Makes a cache over a collection. Nothing stale is ever kept: a read that was under way when its record changed answers
 * its callers and is forgotten. The least recently used values go first.
 */
export function recordCache<T, V>(
  store: Store,
  collection: Collection<T>,
  derive: (record: StoredRecord<T>) => V,
  options: { readonly capacity: number },
): RecordCache<V> {
  const values = new Map<string, V>()
  const reads = new Map<string, Promise<V | undefined>>()

  store.onChange(changes => {
    for (const change of changes) {
      if (change.collection !== collection.name) continue
      values.delete(change.id)
      reads.delete(change.id)
    }
  })

  async function load(id: string): Promise<V | undefined> {
    const read = readAndDerive(id)
    reads.set(id, read)
    try {
      const value = await read
      if (reads.get(id) === read && value !== undefined) keep(id, value)
      return value
    } finally {
      if (reads.get(id) === read) reads.delete(id)
    }
  }

  async function readAndDerive(id: string): Promise<V | undefined> {
    const record = await store.get(collection, id)
    return record === undefined ? undefined : derive(record)
  }

  function keep(id: string, value: V): void {
    values.set(id, value)
    if (values.size > options.capacity) {
      const [oldest] = values.keys()
      values.delete(oldest!)
    }
  }

  function peek(id: string): V | undefined {
    const value = values.get(id)
    if (value === undefined) return undefined
    // Moving it to the end of the map's order makes the map a list by last use.
    values.delete(id)
    values.set(id, value)
    return value
  }

  return { peek, get: async id => peek(id) ?? reads.get(id) ?? load(id) }
}
