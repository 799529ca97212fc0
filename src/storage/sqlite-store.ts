import type { Stopwatch } from '../base/index.ts'
import { requireId, requireLimit, requireText, encodeValue } from './stored-value.ts'
import { writeBackup } from './backup.ts'
import type { BackupOptions } from './backup.ts'
import { Scrubber } from './scrubber.ts'
import { SqliteConnection } from './sqlite-connection.ts'
import { StorageError } from './storage-error.ts'
import { ConflictError } from './store.ts'
import type { Change, Collection, Commit, Expectation, OutboxEntry, Page, Store, StoredRecord, Write } from './store.ts'
import { WriteHealth } from './write-health.ts'

/**
 * The embedded engine: SQLite in WAL mode, every commit on the disk before it returns. The file is made if it isn't there.
 *
 * @throws {ConfigError} where the file can't be opened, is no store, or a newer one.
 */
export async function openSqliteStore(path: string, options: SqliteStoreOptions = {}): Promise<SqliteStore> {
  const store = new SqliteStore(path, options)
  await store.finishScrub()
  return store
}

/** A store that forgets everything at its end: for tests of the rooms above. */
export async function openMemoryStore(): Promise<SqliteStore> {
  return new SqliteStore(':memory:')
}

/** What tests set otherwise than servers do. */
export interface SqliteStoreOptions {
  /** From how many bytes of the file on it is scrubbed in a thread of its own; default 8 MiB. */
  readonly scrubThreadBytes?: number
  /** Spaces out the small writes that show whether a store that failed can be written again. */
  readonly stopwatch?: Stopwatch
}

const standardPage = 1_000
// As much as a few commits: a single page finds room in a log that has been cut, on a disk that is full.
const probeText = JSON.stringify('probe '.repeat(10_000))
const probe = ['storage.probe', 'probe'] as const

const queries = {
  get: 'SELECT id, version, value FROM records WHERE collection = ? AND id = ?',
  list: 'SELECT id, version, value FROM records WHERE collection = ? AND id > ? ORDER BY id LIMIT ?',
  find: `SELECT r.id, r.version, r.value FROM index_entries i JOIN records r ON r.collection = i.collection AND r.id = i.id
    WHERE i.collection = ? AND i.name = ? AND i.key = ? AND i.id > ? ORDER BY i.id LIMIT ?`,
  // A record with several such keys comes once, by its least.
  findUpTo: `SELECT r.id, r.version, r.value FROM index_entries i JOIN records r ON r.collection = i.collection AND r.id = i.id
    WHERE i.collection = ? AND i.name = ? AND i.key <= ? AND NOT EXISTS (SELECT 1 FROM index_entries e
      WHERE e.collection = i.collection AND e.id = i.id AND e.name = i.name AND e.key < i.key)
    ORDER BY i.key, i.id LIMIT ?`,
  countIndexed: 'SELECT COUNT(*) AS count FROM index_entries WHERE collection = ? AND name = ? AND key = ?',
  put: `INSERT INTO records (collection, id, version, value) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET version = excluded.version, value = excluded.value`,
  remove: 'DELETE FROM records WHERE collection = ? AND id = ?',
  index: 'INSERT INTO index_entries (collection, name, key, id) VALUES (?, ?, ?, ?)',
  unindex: 'DELETE FROM index_entries WHERE collection = ? AND id = ?',
  toOutbox: 'INSERT INTO outbox (record) VALUES (?)',
  outbox: 'SELECT sequence, record FROM outbox ORDER BY sequence LIMIT ?',
  fromOutbox: 'DELETE FROM outbox WHERE sequence <= ?',
  lastOutbox: `SELECT seq FROM sqlite_sequence WHERE name = 'outbox'`,
  count: `UPDATE meta SET value = value + 1 WHERE name = 'commits'`,
  commits: `SELECT value FROM meta WHERE name = 'commits'`,
} as const

interface Row {
  readonly id: string
  readonly version: number
  readonly value: string
}

type Listener = (changes: readonly Change[]) => void | Promise<void>

/** See `Store` for the contract; `commitCount` and `backup` are this engine's own. */
export class SqliteStore implements Store {
  readonly #connection: SqliteConnection
  readonly #listeners = new Set<Listener>()
  readonly #scrubber: Scrubber
  readonly #health: WriteHealth

  constructor(path: string, options: SqliteStoreOptions = {}) {
    this.#connection = new SqliteConnection(path)
    this.#scrubber = new Scrubber(this.#connection, options.scrubThreadBytes)
    this.#health = new WriteHealth(() => this.#probe(), options.stopwatch)
  }

  /** Whether the database answers, and takes writes. */
  isWell(): boolean {
    try {
      if (this.commitCount() < 0) return false
      return this.#scrubber.writingAnew !== undefined || this.#health.isWell()
    } catch {
      return false
    }
  }

  /** Why removed secrets may still be in the files; `undefined` where none are. */
  get scrubRemains(): string | undefined {
    return this.#scrubber.remains
  }

  /** Tries again what could not be scrubbed when it was removed, and says in `scrubRemains` how that went. */
  finishScrub(): Promise<void> {
    return this.#scrubber.finish()
  }

  async get<T>(collection: Collection<T>, id: string): Promise<StoredRecord<T> | undefined> {
    const row = this.#find(collection.name, requireText(id, 'An id'))
    return row === undefined ? undefined : this.#decode<T>(row)
  }

  async find<T>(
    collection: Collection<T>,
    index: string,
    key: string,
    page: Page = {},
  ): Promise<readonly StoredRecord<T>[]> {
    requireIndex(collection, index)
    return this.#select(queries.find, collection.name, index, requireText(key, 'An index key'), ...pageOf(page))
  }

  async findUpTo<T>(
    collection: Collection<T>,
    index: string,
    key: string,
    limit: number,
  ): Promise<readonly StoredRecord<T>[]> {
    requireIndex(collection, index)
    const upTo = requireText(key, 'An index key')
    return this.#select(queries.findUpTo, collection.name, index, upTo, requireLimit(limit))
  }

  async count<T>(collection: Collection<T>, index: string, key: string): Promise<number> {
    requireIndex(collection, index)
    const row = this.#connection.get(queries.countIndexed, collection.name, index, requireText(key, 'An index key'))
    return row!['count'] as number
  }

  async list<T>(collection: Collection<T>, page: Page = {}): Promise<readonly StoredRecord<T>[]> {
    return this.#select(queries.list, collection.name, ...pageOf(page))
  }

  async commit(commit: Commit): Promise<void> {
    requireOneWriteEach(commit.writes)
    while (this.#scrubber.writingAnew !== undefined) await Promise.allSettled([this.#scrubber.writingAnew])
    const removed: string[] = []
    const written: string[] = []
    this.#transaction(() => {
      for (const { collection, id, expect } of commit.checks ?? [])
        requireMet(collection.name, id, expect, this.#find(collection.name, requireId(id)))
      for (const write of commit.writes) this.#apply(write, removed, written)
      for (const record of commit.outbox ?? [])
        this.#connection.run(queries.toOutbox, requireText(record, 'A trail record'))
      this.#connection.run(queries.count)
      if (commit.scrub === true) this.#scrubber.mark()
    })
    if (commit.scrub === true) this.#scrubber.add(removed, written)
    // Nothing may come between the transaction and its listeners: a cache would answer with what is no more.
    const told = this.#tell(commit.writes.map(({ collection, id }) => ({ collection: collection.name, id })))
    if (commit.scrub === true) await Promise.allSettled([told, this.#scrubber.finish()])
    await told
  }

  async readOutbox(limit: number): Promise<readonly OutboxEntry[]> {
    const rows = this.#connection.all(queries.outbox, requireLimit(limit))
    return rows.map(row => ({ sequence: row['sequence'] as number, record: row['record'] as string }))
  }

  async lastOutboxSequence(): Promise<number> {
    return (this.#connection.get(queries.lastOutbox)?.['seq'] as number | undefined) ?? 0
  }

  async removeOutbox(upToSequence: number): Promise<void> {
    if (!Number.isSafeInteger(upToSequence)) throw new TypeError(`${upToSequence} is no sequence`)
    while (this.#scrubber.writingAnew !== undefined) await Promise.allSettled([this.#scrubber.writingAnew])
    // Not synced by itself: the next commit's sync carries it, and an entry that comes back is known to the log.
    this.#connection.exec('PRAGMA synchronous = NORMAL')
    try {
      this.#health.watch(() => this.#connection.run(queries.fromOutbox, upToSequence))
    } finally {
      this.#connection.exec('PRAGMA synchronous = FULL')
    }
  }

  onChange(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** How many commits this store has ever had. Less than once seen: an older copy was put in its place. */
  commitCount(): number {
    return this.#connection.get(queries.commits)?.['value'] as number
  }

  /** Writes a consistent copy to a new file while the store goes on. @throws {ConfigError} @throws {StorageError} */
  async backup(path: string, options: BackupOptions = {}): Promise<void> {
    await writeBackup(this.#connection, path, options)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Nothing is tried again here: what remains is marked, and scrubbed at the next start.
    await this.#scrubber.settled()
    this.#connection[Symbol.dispose]()
  }

  #find(collection: string, id: string): Row | undefined {
    return this.#connection.get(queries.get, collection, id) as unknown as Row | undefined
  }

  #select<T>(sql: string, ...parameters: (string | number)[]): readonly StoredRecord<T>[] {
    const rows = this.#connection.all(sql, ...parameters) as unknown as readonly Row[]
    return rows.map(row => this.#decode<T>(row))
  }

  #decode<T>({ id, version, value }: Row): StoredRecord<T> {
    try {
      return { id, version, value: JSON.parse(value) as T }
    } catch (cause) {
      throw new StorageError(`Cannot read record "${id}" of ${this.#connection.path}: it is damaged`, { cause })
    }
  }

  #apply(write: Write, removed: string[], written: string[]): void {
    const collection = write.collection.name
    const id = requireId(write.id)
    const row = this.#find(collection, id)
    requireMet(collection, id, write.expect, row)
    if (row !== undefined) removed.push(row.value)
    this.#connection.run(queries.unindex, collection, id)
    if (write.kind === 'delete') {
      this.#connection.run(queries.remove, collection, id)
      return
    }
    const value = encodeValue(write.value)
    written.push(value)
    this.#connection.run(queries.put, collection, id, (row?.version ?? 0) + 1, value)
    for (const [index, key] of indexEntries(write.collection, write.value))
      this.#connection.run(queries.index, collection, index, key, id)
  }

  #transaction(work: () => void): void {
    this.#health.watch(() => this.#connection.transaction(work))
  }

  #probe(): void {
    this.#connection.transaction(() => this.#connection.run(queries.put, ...probe, 1, probeText))
    this.#connection.transaction(() => this.#connection.run(queries.remove, ...probe))
  }

  async #tell(changes: readonly Change[]): Promise<void> {
    const results = await Promise.allSettled([...this.#listeners].map(async listener => listener(changes)))
    const failed = results.filter(result => result.status === 'rejected')
    if (failed.length > 0) {
      const causes = failed.map(({ reason }) => reason as unknown)
      throw new AggregateError(causes, 'The commit was applied, but listeners to its changes failed')
    }
  }
}

function pageOf({ after = '', limit = standardPage }: Page): [string, number] {
  return [requireText(after, 'The id to start after'), requireLimit(limit)]
}

function requireIndex(collection: Collection<never>, index: string): void {
  if (!Object.hasOwn(collection.indexes, index))
    throw new TypeError(`Collection "${collection.name}" has no index "${index}"`)
}

function indexEntries(collection: Collection<never>, value: unknown): readonly (readonly [string, string])[] {
  return Object.entries(collection.indexes).flatMap(([index, keysOf]) =>
    [...new Set(keysOf(value as never))].map(key => [index, requireText(key, `A key of index "${index}"`)] as const),
  )
}

// What a second write of the same record expects would be a riddle: the record as it was, or after the first?
function requireOneWriteEach(writes: readonly Write[]): void {
  const seen = new Set(writes.map(({ collection, id }) => JSON.stringify([collection.name, id])))
  if (seen.size < writes.length) throw new TypeError('A commit writes the same record twice')
}

function requireMet(collection: string, id: string, expect: Expectation, row: Row | undefined): void {
  const version = row?.version ?? 0
  const met = expect === 'any' || (expect === 'absent' ? version === 0 : version > 0 && version === expect)
  if (!met) throw new ConflictError(collection, id)
}
