/**
 * The store's contract: versioned records read by key or by index, and commits that are values, applied atomically in one
 * step and durable when they return. Domain rooms know only this.
 */
export interface Store extends AsyncDisposable {
  /** The record of that id, or `undefined`. */
  get<T>(collection: Collection<T>, id: string): Promise<StoredRecord<T> | undefined>

  /** Records whose index holds exactly this key, in ascending order of id (as UTF-8 bytes, like all order here). */
  find<T>(collection: Collection<T>, index: string, key: string, page?: Page): Promise<readonly StoredRecord<T>[]>

  /** Records whose index holds a key up to and including this one, in ascending order of their least key, then id (due work). */
  findUpTo<T>(collection: Collection<T>, index: string, key: string, limit: number): Promise<readonly StoredRecord<T>[]>

  /** How many records' index holds exactly this key; no value is read for it. */
  count<T>(collection: Collection<T>, index: string, key: string): Promise<number>

  /** All records of a collection in ascending order of id. Never for the hot path. */
  list<T>(collection: Collection<T>, page?: Page): Promise<readonly StoredRecord<T>[]>

  /**
   * Applies a commit: all of it or nothing, durable when the promise resolves. A record is written once per commit.
   *
   * @throws {ConflictError} where an expectation is not met; nothing was changed.
   * @throws {StorageError} where the files can't be written; nothing was changed, and the store can be used on.
   * @throws {AggregateError} where it was applied, but a listener failed.
   */
  commit(commit: Commit): Promise<void>

  /** The oldest outbox entries, in order of sequence. */
  readOutbox(limit: number): Promise<readonly OutboxEntry[]>

  /** The sequence of the last entry that was ever put into the outbox; 0 before the first. */
  lastOutboxSequence(): Promise<number>

  /** Forgets outbox entries up to and including this sequence: they have arrived in the log. Need not be durable at once. */
  removeOutbox(upToSequence: number): Promise<void>

  /**
   * Calls the listener after each commit; the commit's promise resolves once the listener's has, so whoever has the answer
   * knows that every cache and door has heard of the change. Listeners are called in the order in which they came, at once.
   * Returns the function that ends this.
   */
  onChange(listener: (changes: readonly Change[]) => void | Promise<void>): () => void
}

/** A kind of record. The value is JSON: text, safe integers, booleans, null, arrays and plain objects; bytes as base64. */
export interface Collection<T> {
  /** `<room>.<kind>`, e.g. `keys.key`. */
  readonly name: string
  /**
   * Per index: the keys under which a record is found. An index that is added to a released collection needs a migration:
   * records written before are not in it.
   */
  readonly indexes: Readonly<Record<string, (value: T) => readonly string[]>>
}

/** A record as it was read. Its version is what the commit that replaces it expects. */
export interface StoredRecord<T> {
  /** Any text that is not empty and well-formed Unicode. */
  readonly id: string
  /** Counts the writes of this record from 1. */
  readonly version: number
  readonly value: T
}

/** Which part of a list is wanted; the next one begins after the last id of this one. */
export interface Page {
  /** Only records with a greater id. */
  readonly after?: string
  /** At most this many; default 1,000. */
  readonly limit?: number
}

/** What a commit expects to find: this version, no such record, or (rarely right) whatever there is. */
export type Expectation = number | 'absent' | 'any'

/** Changes that are made all together, or not at all. */
export interface Commit {
  /** Records that must be as they were read, though this commit does not write them. */
  readonly checks?: readonly Check[]
  readonly writes: readonly Write[]
  /** Trail records that belong to the change: kept with it until they have moved on to the log. */
  readonly outbox?: readonly string[]
  /**
   * Every base64 text of 32 characters or more in the removed and replaced values is gone from the files (database and
   * write-ahead log) when the commit returns. Where that can't be done yet (another process reads the file, the disk is full)
   * the commit stands, and the engine remembers, over a restart too, and tries again.
   */
  readonly scrub?: boolean
}

/** What must still be true of a record that the commit does not write. Made with `check`. */
export interface Check {
  readonly collection: Collection<never>
  readonly id: string
  readonly expect: Expectation
}

/** A change of one record. */
export type Write = PutWrite | DeleteWrite

/** Makes or replaces a record. Made with `put`, which checks the value's type. */
export interface PutWrite {
  readonly kind: 'put'
  readonly collection: Collection<never>
  readonly id: string
  readonly value: unknown
  readonly expect: Expectation
}

/** Removes a record. Made with `remove`. */
export interface DeleteWrite {
  readonly kind: 'delete'
  readonly collection: Collection<never>
  readonly id: string
  readonly expect: Expectation
}

/** Which record a commit has made, replaced or removed: whoever wants to know more reads it. */
export interface Change {
  readonly collection: string
  readonly id: string
}

/** A trail record on its way to the log. Sequences grow, and none is ever used twice. */
export interface OutboxEntry {
  readonly sequence: number
  readonly record: string
}

/** A record was not as the commit expected: read again and decide again. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError'
  readonly collection: string
  readonly id: string

  constructor(collection: string, id: string) {
    super(`Record "${id}" of "${collection}" is not as the commit expected: it was changed meanwhile`)
    this.collection = collection
    this.id = id
  }
}

/** A write that makes or replaces a record. */
export function put<T>(collection: Collection<T>, id: string, value: T, expect: Expectation): PutWrite {
  return { kind: 'put', collection, id, value, expect }
}

/** A write that removes a record. */
export function remove<T>(collection: Collection<T>, id: string, expect: Expectation): DeleteWrite {
  return { kind: 'delete', collection, id, expect }
}

/** An expectation on a record that is not written. */
export function check<T>(collection: Collection<T>, id: string, expect: Expectation): Check {
  return { collection, id, expect }
}
