import { DatabaseSync, backup } from 'node:sqlite'
import { chmodSync, existsSync } from 'node:fs'
import { ConfigError } from '../base/index.ts'
import { migrate } from './sqlite-schema.ts'
import type { SqliteStore } from './sqlite-store.ts'

/** Writes a consistent copy of the store to a new file while the store goes on. @throws {ConfigError} */
export async function backupStore(
  store: SqliteStore,
  path: string,
  options: { readonly progress?: (part: number) => void } = {},
): Promise<void> {
  if (existsSync(path)) throw new ConfigError(`Cannot back up to ${path}: the file exists. Choose another name`)
  await backup(store.database, path, {
    progress: ({ totalPages, remainingPages }) => options.progress?.(1 - remainingPages / totalPages),
  })
  chmodSync(path, 0o600)
}

/** Checks that a file is a whole store of a form that this Postern knows. @throws {ConfigError} */
export function checkStoreFile(path: string): void {
  let database: DatabaseSync
  try {
    database = new DatabaseSync(path, { readOnly: true })
  } catch (cause) {
    throw new ConfigError(`Cannot read the backup ${path}: check the path and its mode`, { cause })
  }
  try {
    const { integrity_check: result } = database.prepare('PRAGMA integrity_check').get() as { integrity_check: string }
    if (result !== 'ok') throw new ConfigError(`The backup ${path} is damaged: ${result}`)
    migrate(database, path)
    database.prepare('SELECT count(*) FROM records').get()
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause
    throw new ConfigError(`${path} is no backup of Postern`, { cause })
  } finally {
    database.close()
  }
}
