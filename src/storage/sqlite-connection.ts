import { DatabaseSync } from 'node:sqlite'
import type { SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite'
import { chmodSync, closeSync, constants, existsSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { ConfigError } from '../base/index.ts'
import { migrate } from './sqlite-schema.ts'
import { wordSqliteError } from './storage-error.ts'
import { syncPath } from './sync-path.ts'

/** How every connection to a store is set. */
export const connectionPragmas: readonly string[] = [
  'PRAGMA journal_mode = WAL',
  'PRAGMA synchronous = FULL',
  'PRAGMA secure_delete = ON',
  // Waiting stops the event loop, and nobody else should be here: an operator's look into the file at most.
  'PRAGMA busy_timeout = 250',
  // VACUUM builds its copy in memory: no temporary file ever holds a record.
  'PRAGMA temp_store = MEMORY',
  // Nothing that a tampered file says of its own schema is run.
  'PRAGMA trusted_schema = OFF',
]

const inMemory = ':memory:'

/** The one connection to a database file: prepared statements, transactions, and errors in words. */
export class SqliteConnection implements Disposable {
  readonly path: string
  readonly database: DatabaseSync
  /**
   * The database file, open for as long as SQLite has it; `undefined` in memory. Whoever reads the file in this process uses
   * this descriptor: closing any other one of the same file would drop SQLite's locks on it (POSIX).
   */
  readonly file: number | undefined
  readonly #statements = new Map<string, StatementSync>()

  constructor(path: string) {
    this.path = path
    this.file = path === inMemory ? undefined : openPrivateFile(path)
    this.database = this.#worded('open', () => new DatabaseSync(path, { defensive: true }))
    try {
      this.#worded('open', () => {
        for (const pragma of connectionPragmas) this.database.exec(pragma)
        migrate(this.database, path)
      })
      if (path !== inMemory) this.#worded('open', () => takeToDisk(path))
    } catch (error) {
      this[Symbol.dispose]()
      throw error
    }
  }

  all(sql: string, ...parameters: SQLInputValue[]): readonly Record<string, SQLOutputValue>[] {
    return this.#worded('read', () => this.#prepare(sql).all(...parameters))
  }

  get(sql: string, ...parameters: SQLInputValue[]): Record<string, SQLOutputValue> | undefined {
    return this.#worded('read', () => this.#prepare(sql).get(...parameters))
  }

  run(sql: string, ...parameters: SQLInputValue[]): void {
    this.#worded('write', () => void this.#prepare(sql).run(...parameters))
  }

  exec(sql: string): void {
    this.#worded('write', () => {
      this.database.exec(sql)
    })
  }

  /** Runs the work in a transaction: all of it, on the disk when this returns, or nothing. */
  transaction(work: () => void): void {
    this.exec('BEGIN IMMEDIATE')
    try {
      work()
      this.exec('COMMIT')
    } catch (error) {
      // SQLite has already rolled back after some errors. If it can't, every further transaction fails: closed, not wrong.
      if (this.database.isTransaction) this.exec('ROLLBACK')
      throw error
    }
  }

  [Symbol.dispose](): void {
    if (!this.database.isOpen) return
    this.database.close()
    if (this.file !== undefined) closeSync(this.file)
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = this.database.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }

  #worded<R>(action: string, work: () => R): R {
    try {
      return work()
    } catch (error) {
      throw wordSqliteError(action, this.path, error)
    }
  }
}

// The names of the new files must be on the disk before anything in them counts. So must the log: of a process that was killed
// in a commit, the page cache may alone have it, and what is read from now on is answered, recorded and built upon.
function takeToDisk(path: string): void {
  const log = `${path}-wal`
  if (existsSync(log)) syncPath(log)
  syncPath(dirname(path))
}

// Made before SQLite opens it, so that nobody else can read it for even a moment; the log beside it takes over its mode.
function openPrivateFile(path: string): number {
  try {
    const file = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600)
    chmodSync(path, 0o600)
    return file
  } catch (cause) {
    throw new ConfigError(`Cannot open the store ${path}: check the path and its mode`, { cause })
  }
}
