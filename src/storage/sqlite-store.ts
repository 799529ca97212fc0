import { DatabaseSync } from 'node:sqlite'
import type { StatementSync } from 'node:sqlite'
import { chmodSync } from 'node:fs'
import { migrate } from './sqlite-schema.ts'
import { ConflictError } from './store.ts'
import type { Change, Collection, Commit, Expectation, OutboxEntry, Page, Store, StoredRecord, Write } from './store.ts'

/** The embedded engine: SQLite in WAL mode, every commit flushed before it returns. */
export async function openSqliteStore(path: string): Promise<SqliteStore> {
  return new SqliteStore(path)
}

/** A store that forgets everything at its end: for tests of the rooms above. */
export async function openMemoryStore(): Promise<Store> {
  return new SqliteStore(':memory:')
}

const pragmas = [
  'PRAGMA journal_mode = WAL',
  'PRAGMA synchronous = FULL',
  'PRAGMA secure_delete = ON',
  'PRAGMA busy_timeout = 5000',
  'PRAGMA temp_store = MEMORY',
  // Nothing that a tampered file says of its own schema is run.
  'PRAGMA trusted_schema = OFF',
]

const standardPage = 1_000

interface Row {
  readonly id: string
  readonly version: number
  readonly value: string
}

/** See `Store` for the contract; `backup` is this engine's own. */
export class SqliteStore implements Store {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  readonly #listeners = new Set<(changes: readonly Change[]) => void | Promise<void>>()

  constructor(path: string) {
    this.#database = new DatabaseSync(path)
    if (path !== ':memory:') chmodSync(path, 0o600)
    for (const pragma of pragmas) this.#database.exec(pragma)
    migrate(this.#database, path)
  }

  /** For `backup` of the same room. */
  get database(): DatabaseSync {
    return this.#database
  }

  async get<T>(collection: Collection<T>, id: string): Promise<StoredRecord<T> | undefined> {
    const row = this.#prepare('SELECT id, version, value FROM records WHERE collection = ? AND id = ?').get(
      collection.name,
      id,
    )
    return row === undefined ? undefined : decodeRow<T>(row as unknown as Row)
  }

  async find<T>(
    collection: Collection<T>,
    index: string,
    key: string,
    page: Page = {},
  ): Promise<readonly StoredRecord<T>[]> {
    requireIndex(collection, index)
    return this.#select<T>(
      `SELECT r.id, r.version, r.value FROM index_entries i JOIN records r ON r.collection = i.collection AND r.id = i.id
       WHERE i.collection = ? AND i.name = ? AND i.key = ? AND i.id > ? ORDER BY i.id LIMIT ?`,
      [collection.name, index, key, page.after ?? '', page.limit ?? standardPage],
    )
  }

  async findUpTo<T>(
    collection: Collection<T>,
    index: string,
    key: string,
    limit: number,
  ): Promise<readonly StoredRecord<T>[]> {
    requireIndex(collection, index)
    return this.#select<T>(
      `SELECT r.id, r.version, r.value FROM index_entries i JOIN records r ON r.collection = i.collection AND r.id = i.id
       WHERE i.collection = ? AND i.name = ? AND i.key <= ? ORDER BY i.key, i.id LIMIT ?`,
      [collection.name, index, key, limit],
    )
  }

  async list<T>(collection: Collection<T>, page: Page = {}): Promise<readonly StoredRecord<T>[]> {
    return this.#select<T>(
      'SELECT id, version, value FROM records WHERE collection = ? AND id > ? ORDER BY id LIMIT ?',
      [collection.name, page.after ?? '', page.limit ?? standardPage],
    )
  }

  async commit(commit: Commit): Promise<void> {
    const database = this.#database
    database.exec('BEGIN IMMEDIATE')
    try {
      for (const { collection, id, expect } of commit.checks ?? []) this.#require(collection.name, id, expect)
      for (const write of commit.writes) this.#apply(write)
      for (const record of commit.outbox ?? []) this.#prepare('INSERT INTO outbox (record) VALUES (?)').run(record)
      database.exec('COMMIT')
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK')
      throw error
    }
    if (commit.scrub === true) this.#scrub()
    const changes = commit.writes.map(({ collection, id }) => ({ collection: collection.name, id }))
    await Promise.all([...this.#listeners].map(async listener => listener(changes)))
  }

  async readOutbox(limit: number): Promise<readonly OutboxEntry[]> {
    const rows = this.#prepare('SELECT sequence, record FROM outbox ORDER BY sequence LIMIT ?').all(limit)
    return rows as unknown as readonly OutboxEntry[]
  }

  async removeOutbox(upToSequence: number): Promise<void> {
    this.#prepare('DELETE FROM outbox WHERE sequence <= ?').run(upToSequence)
  }

  onChange(listener: (changes: readonly Change[]) => void | Promise<void>): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#database.isOpen) this.#database.close()
  }

  #select<T>(sql: string, parameters: readonly (string | number)[]): readonly StoredRecord<T>[] {
    const rows = this.#prepare(sql).all(...parameters) as unknown as readonly Row[]
    return rows.map(row => decodeRow<T>(row))
  }

  #apply(write: Write): void {
    const { collection, id } = write
    const version = this.#require(collection.name, id, write.expect)
    this.#prepare('DELETE FROM index_entries WHERE collection = ? AND id = ?').run(collection.name, id)
    if (write.kind === 'delete') {
      this.#prepare('DELETE FROM records WHERE collection = ? AND id = ?').run(collection.name, id)
      return
    }
    this.#prepare(
      'INSERT INTO records (collection, id, version, value) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET version = excluded.version, value = excluded.value',
    ).run(collection.name, id, version + 1, encodeValue(write.value))
    for (const [name, keysOf] of Object.entries(collection.indexes)) {
      for (const key of new Set(keysOf(write.value as never))) {
        this.#prepare('INSERT INTO index_entries (collection, name, key, id) VALUES (?, ?, ?, ?)').run(
          collection.name,
          name,
          key,
          id,
        )
      }
    }
  }

  /** Checks an expectation and gives the version that is there, 0 for none. */
  #require(collection: string, id: string, expect: Expectation): number {
    const row = this.#prepare('SELECT version FROM records WHERE collection = ? AND id = ?').get(collection, id)
    const version = row === undefined ? 0 : (row['version'] as number)
    const met = expect === 'any' || (expect === 'absent' ? version === 0 : version === expect)
    if (!met) throw new ConflictError(collection, id)
    return version
  }

  // secure_delete has overwritten the rows in the pages; the write-ahead log still holds the pages as they were.
  #scrub(): void {
    const result = this.#database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() as { busy: number } | undefined
    if (result?.busy !== 0) throw new Error('Cannot empty the write-ahead log: a removed secret may still be in it')
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = this.#database.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }
}

function requireIndex(collection: Collection<never> | Collection<unknown>, index: string): void {
  if (!Object.hasOwn(collection.indexes, index))
    throw new TypeError(`Collection "${collection.name}" has no index "${index}"`)
}

function decodeRow<T>(row: Row): StoredRecord<T> {
  return { id: row.id, version: row.version, value: JSON.parse(row.value) as T }
}

// JSON.stringify would write NaN as null and leave out functions without a word.
function encodeValue(value: unknown): string {
  return JSON.stringify(value, (key, member: unknown) => {
    if (typeof member === 'number' && !Number.isFinite(member)) throw new TypeError(`"${key}" is no JSON number`)
    if (typeof member === 'string' && !member.isWellFormed()) throw new TypeError(`"${key}" is not well-formed Unicode`)
    if (typeof member === 'function' || typeof member === 'symbol' || typeof member === 'bigint') {
      throw new TypeError(`"${key}" is no JSON value`)
    }
    return member
  })
}
