import { DatabaseSync, backup } from 'node:sqlite'
import { randomBytes } from 'node:crypto'
import { closeSync, copyFileSync, existsSync, linkSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { ConfigError } from '../base/index.ts'
import { syncPath } from './sync-path.ts'
import type { SqliteConnection } from './sqlite-connection.ts'
import { readForm } from './sqlite-schema.ts'
import { sqliteCode } from './storage-error.ts'

/** What a caller of `backup` hears meanwhile. */
export interface BackupOptions {
  /** Called as the copy grows, with the part that is done: 0 to 1. */
  readonly progress?: (part: number) => void
}

/** See `SqliteStore.backup`. The file has its name only once it is whole, checked and on the disk. */
export async function writeBackup(connection: SqliteConnection, path: string, options: BackupOptions): Promise<void> {
  await makeStoreFile(`Cannot back up to ${path}`, path, async partial =>
    copyDatabase(connection.database, partial, options.progress ?? (() => {})),
  )
}

/**
 * Puts a backup in the place of a store that isn't there: copies it, checks every page and the form.
 *
 * @throws {ConfigError} where the backup is damaged, none, of a newer Postern, or where there is a store already.
 */
export async function restoreBackup(from: string, to: string): Promise<void> {
  const action = `Cannot restore ${from} to ${to}`
  for (const log of [`${from}-wal`, `${from}-journal`]) {
    if (existsSync(log)) throw new ConfigError(`${action}: it is a store in use and no backup, ${log} belongs to it`)
  }
  await makeStoreFile(action, to, async partial => {
    copyFileSync(from, partial)
  })
}

async function makeStoreFile(action: string, path: string, write: (partial: string) => Promise<void>): Promise<void> {
  for (const name of [path, `${path}-wal`]) {
    if (existsSync(name)) throw new ConfigError(`${action}: ${name} exists, and is not written over`)
  }
  // A name that nobody else has given to a file of his own.
  const partial = `${path}.partial-${randomBytes(6).toString('hex')}`
  try {
    makeEmpty(partial)
    await write(partial)
    checkStoreFile(action, partial)
    syncPath(partial)
    nameFile(action, partial, path)
    syncPath(dirname(path))
  } catch (cause) {
    removeWithLogs(partial)
    if (cause instanceof ConfigError) throw cause
    throw new ConfigError(`${action}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

// Copied through the store's own connection: then a commit meanwhile goes into the copy too, instead of starting it anew.
async function copyDatabase(database: DatabaseSync, partial: string, progress: (part: number) => void): Promise<void> {
  for (;;) {
    try {
      await backup(database, partial, {
        progress: ({ totalPages, remainingPages }) => progress(1 - remainingPages / totalPages),
      })
      return
    } catch (error) {
      // A commit just when the first pages are copied is an error to Node (24.21), of the code "no error": begin again.
      if (sqliteCode(error) !== 0) throw error
      makeEmpty(partial)
    }
  }
}

// Leaves one file without a log beside it, whatever mode the store was in.
function checkStoreFile(action: string, path: string): void {
  const database = new DatabaseSync(path, { defensive: true })
  try {
    database.exec('PRAGMA trusted_schema = OFF')
    if (readForm(database, path) === 0) throw new ConfigError(`${action}: it is empty`)
    const [{ integrity_check: result } = {}] = database.prepare('PRAGMA integrity_check(1)').all()
    if (result !== 'ok') throw new ConfigError(`${action}: it is damaged, ${String(result)}`)
    database.exec('PRAGMA journal_mode = DELETE')
  } finally {
    database.close()
  }
}

// A link never takes the place of a file that somebody has made meanwhile, as a new name would.
function nameFile(action: string, partial: string, path: string): void {
  try {
    linkSync(partial, path)
    rmSync(partial)
  } catch (error) {
    if (existsSync(path)) throw new ConfigError(`${action}: ${path} exists, and is not written over`, { cause: error })
    // A file system without links.
    renameSync(partial, path)
  }
}

function makeEmpty(path: string): void {
  removeWithLogs(path)
  closeSync(openSync(path, 'wx', 0o600))
}

function removeWithLogs(path: string): void {
  for (const name of [path, `${path}-wal`, `${path}-shm`, `${path}-journal`]) rmSync(name, { force: true })
}
