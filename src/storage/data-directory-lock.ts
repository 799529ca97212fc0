import { DatabaseSync } from 'node:sqlite'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError } from '../base/index.ts'

/**
 * Takes a data directory for this process. The lock is SQLite's on a file of its own, held by the kernel for the process:
 * it ends with the process however that ends.
 *
 * @throws {ConfigError} where another server has it.
 */
export function lockDataDirectory(directory: string): Disposable {
  const holderPath = join(directory, 'lock.pid')
  const database = new DatabaseSync(join(directory, 'lock'))
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE')
  } catch (cause) {
    database.close()
    throw new ConfigError(
      `Another server${holderOf(holderPath)} is using ${directory}: stop it, or choose another --data-dir`,
      { cause },
    )
  }
  writeFileSync(holderPath, `${process.pid}\n`, { mode: 0o600 })
  return { [Symbol.dispose]: () => database.close() }
}

function holderOf(path: string): string {
  try {
    return ` (process ${readFileSync(path, 'utf8').trim()})`
  } catch {
    return ''
  }
}
