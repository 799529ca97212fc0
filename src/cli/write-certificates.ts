import { closeSync, constants, fstatSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { ConfigError } from '../base/index.ts'
import { noRights } from './file-access.ts'

/** Nothing but certificates, and what some tools write between them: comments. */
const onlyCertificates = /^(?:#[^\n]*\n|\s|-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----)*$/

/**
 * Writes certificates to a file that anybody may read. A file of certificates is replaced; any other file stays.
 *
 * @throws {ConfigError}
 */
export function writeCertificates(path: string, text: string): void {
  let file: number
  try {
    file = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NONBLOCK, 0o644)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EACCES') throw noRights(path, cause)
    throw new ConfigError(`Cannot write ${path}: check the path`, { cause })
  }
  try {
    // A slip of the shell must not cost a key.
    if (!fstatSync(file).isFile() || !onlyCertificates.test(readFileSync(file, 'latin1')))
      throw new ConfigError(`${path} holds other things than certificates: choose another file with --out`)
    ftruncateSync(file)
    if (writeSync(file, text, 0) !== Buffer.byteLength(text))
      throw new ConfigError(`Cannot write ${path}: the disk is full`)
  } finally {
    closeSync(file)
  }
}
