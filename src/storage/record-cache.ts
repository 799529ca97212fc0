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
 * its callers and is forgotten. The least recently used values go first. That there is no record of an id is kept too, so that
 * asking for it again takes no longer than for one that is there; but apart from the values, so that whoever asks for
 * ids at random pushes none of them out.
 */
export function recordCache<T, V>(
  store: Store,
  collection: Collection<T>,
  derive: (record: StoredRecord<T>) => V,
  options: { readonly capacity: number },
): RecordCache<V> {
  const values = new Map<string, V>()
  const absent = new Set<string>()
  const reads = new Map<string, Promise<V | undefined>>()

  store.onChange(changes => {
    for (const change of changes) {
      if (change.collection !== collection.name) continue
      values.delete(change.id)
      absent.delete(change.id)
      reads.delete(change.id)
    }
  })

  async function load(id: string): Promise<V | undefined> {
    const read = readAndDerive(id)
    reads.set(id, read)
    try {
      const value = await read
      if (reads.get(id) === read) keep(id, value)
      return value
    } finally {
      if (reads.get(id) === read) reads.delete(id)
    }
  }

  async function readAndDerive(id: string): Promise<V | undefined> {
    const record = await store.get(collection, id)
    return record === undefined ? undefined : derive(record)
  }

  function keep(id: string, value: V | undefined): void {
    if (value === undefined) absent.add(id)
    else values.set(id, value)
    const kept = value === undefined ? absent : values
    if (kept.size <= options.capacity) return
    const [oldest] = kept.keys()
    kept.delete(oldest!)
  }

  function peek(id: string): V | undefined {
    const value = values.get(id)
    if (value === undefined) return undefined
    // Moving it to the end of the map's order makes the map a list by last use.
    values.delete(id)
    values.set(id, value)
    return value
  }

  function isAbsent(id: string): boolean {
    // The same order by last use.
    return absent.delete(id) && absent.add(id).size > 0
  }

  return { peek, get: async id => peek(id) ?? (isAbsent(id) ? undefined : (reads.get(id) ?? load(id))) }
}
