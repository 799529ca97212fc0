import { DatabaseSync } from 'node:sqlite'
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { ConfigError, makeDirectory } from '../base/index.ts'
import { syncPath } from './sync-path.ts'
import { busyCode, sqliteCode } from './storage-error.ts'

/** The locks that this process has: a database that nobody refers to would be closed with the garbage, and its lock be gone. */
const held = new Set<DatabaseSync>()

/**
 * Takes a data directory for this process, and makes it (0700) if it isn't there. The lock is SQLite's on a file of its own, held
 * by the kernel for the process: it ends with the process however that ends. Disposing gives it back.
 *
 * @throws {ConfigError} where another server has it, where others may write to it, or where it can't be used.
 */
export function lockDataDirectory(directory: string): Disposable {
  makePrivate(directory)
  const holderPath = join(directory, 'lock.pid')
  const database = takeLock(directory, holderPath)
  try {
    writeFileSync(holderPath, `${process.pid}\n`, { mode: 0o600 })
  } catch (cause) {
    database.close()
    throw new ConfigError(`Cannot write to ${directory}: check its mode and the space on its disk`, { cause })
  }
  held.add(database)
  return {
    [Symbol.dispose]() {
      if (held.delete(database)) database.close()
    },
  }
}

function makePrivate(directory: string): void {
  try {
    const made = makeDirectory({ mkdirSync, statSync }, resolve(directory), 0o700)
    // The directory itself must outlive a power loss, and those above it that were made too.
    for (const name of made.length === 0 ? [resolve(directory)] : made) syncFolderOf(name)
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : ''
    throw new ConfigError(`Cannot make the data directory ${directory}${reason}: choose another with --data-dir`, {
      cause,
    })
  }
  if ((statSync(directory).mode & 0o022) !== 0)
    throw new ConfigError(`Others may write to the data directory ${directory}: chmod 700 it`)
}

function syncFolderOf(directory: string): void {
  try {
    syncPath(dirname(directory))
  } catch (error) {
    // A folder that this user may not read: somebody else has made the directory in it, and not just now.
    if (!(error instanceof Error && 'code' in error && error.code === 'EACCES')) throw error
  }
}

function takeLock(directory: string, holderPath: string): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(join(directory, 'lock'))
    chmodSync(join(directory, 'lock'), 0o600)
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE')
    return database
  } catch (cause) {
    database?.close()
    if (sqliteCode(cause) !== busyCode)
      throw new ConfigError(`Cannot lock the data directory ${directory}: check its mode and that of "lock" in it`, {
        cause,
      })
    throw new ConfigError(
      `Another server${holderOf(holderPath)} is using ${directory}: stop it, or choose another --data-dir`,
      { cause },
    )
  }
}

function holderOf(path: string): string {
  try {
    const pid = readFileSync(path, 'utf8').trim()
    return /^\d{1,10}$/.test(pid) ? ` (process ${pid})` : ''
  } catch {
    return ''
  }
}
