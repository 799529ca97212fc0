import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
  statSync,
} from 'node:fs'
import { dirname, resolve } from 'node:path'
import { ConfigError, SecretBytes, makeDirectory } from '../base/index.ts'
import type { Random } from '../base/index.ts'
import { rootKeyBytes, rootKeyOf } from './root-key.ts'
import type { RootKey } from './root-key.ts'

const header = 'postern-root-key-1:'
const pattern = /^postern-root-key-1:(?<key>[A-Za-z0-9+/]{43}=)\r?\n?$/
const fileMaxBytes = 128

/** Reads a root key file. @throws {ConfigError} for a missing, malformed or readable-by-others file. */
export function readRootKeyFile(path: string): RootKey {
  return withFile(path, file => {
    const { mode } = fstatSync(file)
    if ((mode & constants.S_IFMT) !== constants.S_IFREG) throw noRootKey(path)
    if ((mode & 0o077) !== 0) {
      throw new ConfigError(`Root key ${path} can be read by others: run "chmod 600 ${path}"`)
    }
    return parseRootKey(file, path)
  })
}

function withFile<T>(path: string, read: (file: number) => T): T {
  let file: number
  try {
    // Opening a pipe would wait for its writer for ever.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (cause) {
    throw new ConfigError(`Cannot read the root key ${path}: put it back, or name its place with --root-key`, { cause })
  }
  try {
    return read(file)
  } finally {
    closeSync(file)
  }
}

function parseRootKey(file: number, path: string): RootKey {
  const text = Buffer.alloc(fileMaxBytes)
  const length = readSync(file, text)
  const key = pattern.exec(text.toString('latin1', 0, length))?.groups?.['key']
  text.fill(0)
  if (key === undefined) throw noRootKey(path)
  const bytes = Buffer.from(key, 'base64')
  // Base64 has several texts for the same bytes; ours is the one that we write.
  if (bytes.length !== rootKeyBytes || bytes.toString('base64') !== key) throw noRootKey(path)
  return rootKeyOf(new SecretBytes(bytes))
}

function noRootKey(path: string): ConfigError {
  return new ConfigError(
    `${path} is no root key of Postern: put the right file there, or name its place with --root-key`,
  )
}

/** Makes a root key file with mode 0600, and its folder with 0700 where there is none. Never overwrites. @throws {ConfigError} */
export function createRootKeyFile(path: string, random: Random): RootKey {
  const secret = new SecretBytes(random(rootKeyBytes))
  try {
    makeFolder(dirname(path))
    // Half a root key would stand in the way of the next start: it gets its name when all of it is on the disk.
    const part = `${path}.part`
    removeOwnPart(part)
    writeRootKey(part, secret)
    try {
      nameFile(part, path)
    } finally {
      rmSync(part, { force: true })
    }
    syncDirectory(dirname(path))
  } catch (cause) {
    secret.wipe()
    throw new ConfigError(`Cannot create the root key ${path}: choose another place with --root-key`, { cause })
  }
  return rootKeyOf(secret)
}

/** Makes a folder, and those above it that there are none of, so that a power loss takes none of them. */
function makeFolder(path: string): void {
  for (const made of makeDirectory({ mkdirSync, statSync }, resolve(path), 0o700)) syncDirectory(dirname(made))
}

// What a killed start left. Somebody's own file of that name stays, and is in the way.
function removeOwnPart(part: string): void {
  let text: string
  try {
    text = readFileSync(part, 'latin1')
  } catch {
    return
  }
  if (text.startsWith(header.slice(0, text.length)) && text.length <= fileMaxBytes) rmSync(part)
}

// A link never takes the place of another file, as a new name would.
function nameFile(part: string, path: string): void {
  try {
    linkSync(part, path)
  } catch (error) {
    // A file system without links.
    if (!(error instanceof Error && 'code' in error) || error.code === 'EEXIST' || existsSync(path)) throw error
    renameSync(part, path)
  }
}

function writeRootKey(path: string, secret: SecretBytes): void {
  const file = openSync(path, 'wx', 0o600)
  const text = Buffer.from(`${header}${secret.exposeBytes().toString('base64')}\n`, 'latin1')
  try {
    if (writeSync(file, text) !== text.length) throw new Error('The disk is full')
    fsyncSync(file)
  } catch (error) {
    rmSync(path)
    throw error
  } finally {
    text.fill(0)
    closeSync(file)
  }
}

// The name of a new file is durable only when its directory is.
function syncDirectory(path: string): void {
  const directory = openSync(path, 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}
