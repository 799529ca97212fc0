import { chmodSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError, makeDirectory } from '../base/index.ts'

/** Where the files of a data directory are. */
export const dataFiles = {
  store: (directory: string): string => join(directory, 'postern.db'),
  trail: (directory: string): string => join(directory, 'trail'),
  authority: (directory: string): string => join(directory, 'ca.pem'),
  bundle: (directory: string): string => join(directory, 'ca-bundle.pem'),
}

/**
 * Makes the data directory where it is missing. One that is there, and is ours or empty, is closed to others who may look into it;
 * where others may write the lock refuses it.
 *
 * @throws {ConfigError}
 */
export function makeDataDirectory(directory: string, report: (message: string, details: object) => void): void {
  try {
    makeDirectory({ mkdirSync, statSync }, directory, 0o700)
    const mode = statSync(directory).mode & 0o777
    if ((mode & 0o022) !== 0 || (mode & 0o077) === 0) return
    const isOurs = existsSync(dataFiles.store(directory)) || readdirSync(directory).length === 0
    if (isOurs) chmodSync(directory, 0o700)
    else report('Others may look into the data directory: chmod 700 it', { directory })
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : ''
    throw new ConfigError(`Cannot make the data directory ${directory}${reason}: choose another with --data-dir`, {
      cause,
    })
  }
}
