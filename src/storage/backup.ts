import { DatabaseSync, backup } from 'node:sqlite'
import { closeSync, copyFileSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { ConfigError } from '../base/index.ts'
import { syncDirectory } from './sqlite-connection.ts'
import type { SqliteConnection } from './sqlite-connection.ts'
import { readForm } from './sqlite-schema.ts'
import { wordSqliteError } from './storage-error.ts'

export interface BackupOptions {
  /** Called as the copy grows, with the part that is done: 0 to 1. */
  readonly progress?: (part: number) => void
}

/** See `SqliteStore.backup`. The file has its name only once it is whole, checked and on the disk. */
export async function writeBackup(connection: SqliteConnection, path: string, options: BackupOptions): Promise<void> {
  await makeStoreFile('Cannot back up', path, async partial => {
    // Copied through the store's own connection: then a commit meanwhile goes into the copy too, instead of starting it anew.
    await backup(connection.database, partial, {
      progress: ({ totalPages, remainingPages }) => options.progress?.(1 - remainingPages / totalPages),
    })
  })
}

/**
 * Puts a backup in the place of a store that isn't there: copies it, checks every page and the form.
 *
 * @throws {ConfigError} where the backup is damaged, none, of a newer Postern, or where there is a store already.
 */
export async function restoreBackup(from: string, to: string): Promise<void> {
  if (!existsSync(from)) throw new ConfigError(`Cannot restore ${from}: there is no such file`)
  for (const other of [`${from}-wal`, `${from}-journal`]) {
    if (existsSync(other))
      throw new ConfigError(`Cannot restore ${from}: it is a store in use, no backup (${other} exists)`)
  }
  await makeStoreFile(`Cannot restore to`, to, async partial => {
    copyFileSync(from, partial)
  })
}

async function makeStoreFile(action: string, path: string, write: (partial: string) => Promise<void>): Promise<void> {
  for (const name of [path, `${path}-wal`]) {
    if (existsSync(name)) throw new ConfigError(`${action} ${path}: ${name} exists. Choose another name`)
  }
  const partial = `${path}.partial`
  try {
    rmSync(partial, { force: true })
    closeSync(openSync(partial, 'wx', 0o600))
    await write(partial)
    checkStoreFile(partial)
    syncFile(partial)
    renameSync(partial, path)
    syncDirectory(dirname(path))
  } catch (error) {
    for (const name of [partial, `${partial}-wal`, `${partial}-shm`, `${partial}-journal`])
      rmSync(name, { force: true })
    if (error instanceof ConfigError) throw error
    throw wordSqliteError(action.slice('Cannot '.length).toLowerCase(), path, error)
  }
}

// Leaves one file without a log beside it, whatever mode the store was in.
function checkStoreFile(path: string): void {
  const database = new DatabaseSync(path, { defensive: true })
  try {
    database.exec('PRAGMA trusted_schema = OFF')
    if (readForm(database, path) === 0) throw new ConfigError(`${path} is empty: it is no backup of Postern`)
    const [{ integrity_check: result } = {}] = database.prepare('PRAGMA integrity_check(1)').all()
    if (result !== 'ok') throw new ConfigError(`${path} is damaged: ${String(result)}`)
    database.exec('PRAGMA journal_mode = DELETE')
  } finally {
    database.close()
  }
}

function syncFile(path: string): void {
  const file = openSync(path, 'r+')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
