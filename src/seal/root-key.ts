import { argon2Sync, createSecretKey, hkdfSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, statSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { ConfigError, SecretBytes } from '../base/index.ts'
import type { Random } from '../base/index.ts'

/** The key that everything hangs on. It never prints; `id` tells two of them apart and reveals nothing. */
export interface RootKey {
  readonly key: KeyObject
  /** 16 hexadecimal digits, derived one way from the key. */
  readonly id: string
}

const rootKeyBytes = 32
const fileHeader = 'postern-root-key-1:'

/** Reads a root key file. @throws {ConfigError} for a missing, malformed or readable-by-others file. */
export function readRootKeyFile(path: string): RootKey {
  let text: string
  try {
    const { mode } = statSync(path)
    if ((mode & 0o077) !== 0) {
      throw new ConfigError(`Root key ${path} can be read by others: run "chmod 600 ${path}"`)
    }
    text = readFileSync(path, 'utf8').trim()
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause
    throw new ConfigError(`Cannot read the root key ${path}: put it back, or name its place with --root-key`, { cause })
  }
  const bytes = Buffer.from(text.slice(fileHeader.length), 'base64')
  if (!text.startsWith(fileHeader) || bytes.length !== rootKeyBytes) {
    throw new ConfigError(`${path} is no root key of Postern: put the right file there`)
  }
  return rootKeyOf(new SecretBytes(bytes))
}

/** Makes a root key file with mode 0600, and its folder with 0700 where there is none. Never overwrites. @throws {ConfigError} */
export function createRootKeyFile(path: string, random: Random): RootKey {
  const secret = new SecretBytes(random(rootKeyBytes))
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    const file = openSync(path, 'wx', 0o600)
    try {
      writeSync(file, `${fileHeader}${secret.exposeBytes().toString('base64')}\n`)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    syncDirectory(dirname(path))
  } catch (cause) {
    throw new ConfigError(`Cannot create the root key ${path}: choose another place with --root-key`, { cause })
  }
  return rootKeyOf(secret)
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

/** How a passphrase becomes a root key: argon2id (RFC 9106). Kept beside the sealed ring. */
export interface PassphraseParameters {
  readonly algorithm: 'argon2id'
  /** base64 of 16 bytes. */
  readonly salt: string
  readonly memoryKibibytes: number
  readonly passes: number
  readonly parallelism: number
}

/** RFC 9106's second recommended choice: 64 MiB, 3 passes, 4 lanes. */
export function newPassphraseParameters(random: Random): PassphraseParameters {
  const salt = random(16).toString('base64')
  return { algorithm: 'argon2id', salt, memoryKibibytes: 65_536, passes: 3, parallelism: 4 }
}

/** Derives the root key from a passphrase; takes about a tenth of a second on purpose. */
export function rootKeyFromPassphrase(passphrase: SecretBytes, parameters: PassphraseParameters): RootKey {
  const bytes = argon2Sync(parameters.algorithm, {
    message: passphrase.exposeBytes(),
    nonce: Buffer.from(parameters.salt, 'base64'),
    parallelism: parameters.parallelism,
    tagLength: rootKeyBytes,
    memory: parameters.memoryKibibytes,
    passes: parameters.passes,
  })
  return rootKeyOf(new SecretBytes(Buffer.from(bytes)))
}

/** Takes over the bytes and wipes them. */
function rootKeyOf(secret: SecretBytes): RootKey {
  const bytes = secret.exposeBytes()
  const id = Buffer.from(hkdfSync('sha256', bytes, '', 'postern root key id', 8)).toString('hex')
  const key = createSecretKey(bytes)
  secret.wipe()
  return { key, id }
}
