import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { ConfigError } from '../base/index.ts'

/** Whether a file is there. @throws {ConfigError} where this user may not know: then nothing would be there for him. */
export function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EACCES') throw noRights(path, cause)
    throw new ConfigError(`Cannot look for ${path}: check the path`, { cause })
  }
}

const longestFile = 262_144

/** The text of a small file that an option names. @throws {ConfigError} */
export function readNamedFile(path: string): string {
  let bytes
  try {
    bytes = readFileSync(path)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EACCES') throw noRights(path, cause)
    throw new ConfigError(`Cannot read ${path}: check the path`, { cause })
  }
  if (bytes.length > longestFile) throw new ConfigError(`Cannot use ${path}: it has more than ${longestFile} bytes`)
  return bytes.toString('utf8')
}

/** The error for a file that this user may not reach: names whose it is, or whose the folder on the way that ends there. */
export function noRights(path: string, cause: unknown): ConfigError {
  const { found, uid } = ownerOf(path)
  const advice =
    uid === process.geteuid?.()
      ? 'it is yours, so check its mode'
      : `it belongs to ${userName(uid)}, so run this as that user`
  return new ConfigError(`No rights to use ${found}: ${advice}`, { cause })
}

function ownerOf(path: string): { readonly found: string; readonly uid: number } {
  try {
    return { found: path, uid: statSync(path).uid }
  } catch {
    return ownerOf(dirname(path))
  }
}

function userName(uid: number): string {
  const users = existsSync('/etc/passwd') ? readFileSync('/etc/passwd', 'utf8') : ''
  const entry = users.split('\n').find(line => line.split(':')[2] === String(uid))
  return entry === undefined ? `user ${uid}` : `user "${entry.split(':')[0]}"`
}
