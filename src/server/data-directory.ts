import { chmodSync, existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError } from '../base/index.ts'

/** Where the files of a data directory are. */
export const dataFiles = {
  store: (directory: string): string => join(directory, 'postern.db'),
  trail: (directory: string): string => join(directory, 'trail'),
  authority: (directory: string): string => join(directory, 'ca.pem'),
  bundle: (directory: string): string => join(directory, 'ca-bundle.pem'),
}

/**
 * Closes a data directory that is ours, or empty, to others who may look into it. Where there is none, or where others may write,
 * that is the lock's business.
 *
 * @throws {ConfigError}
 */
export function closeDataDirectory(directory: string, report: (message: string, details: object) => void): void {
  if (!existsSync(directory)) return
  try {
    const mode = statSync(directory).mode & 0o777
    if ((mode & 0o022) !== 0 || (mode & 0o077) === 0) return
    const isOurs = existsSync(dataFiles.store(directory)) || readdirSync(directory).length === 0
    if (isOurs) chmodSync(directory, 0o700)
    else report('Others may look into the data directory: chmod 700 it', { directory })
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : ''
    throw new ConfigError(`Cannot use the data directory ${directory}${reason}: choose another with --data-dir`, {
      cause,
    })
  }
}
