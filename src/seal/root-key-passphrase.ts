import { argon2Sync } from 'node:crypto'
import { ConfigError, SecretBytes } from '../base/index.ts'
import type { Random } from '../base/index.ts'
import { rootKeyBytes, rootKeyOf } from './root-key.ts'
import type { RootKey } from './root-key.ts'

/** How a passphrase becomes a root key: argon2id (RFC 9106). Kept beside the sealed ring. */
export interface PassphraseParameters {
  readonly algorithm: 'argon2id'
  /** base64 of 16 bytes. */
  readonly salt: string
  readonly memoryKibibytes: number
  readonly passes: number
  readonly parallelism: number
}

const saltBytes = 16
// Who alters the stored parameters gets another root key, which opens nothing; he must not get the server's memory either.
const limits = { memoryKibibytes: [8_192, 2_097_152], passes: [1, 64], parallelism: [1, 64] } as const

/** RFC 9106's second recommended choice: 64 MiB, 3 passes, 4 lanes. */
export function newPassphraseParameters(random: Random): PassphraseParameters {
  const salt = random(saltBytes).toString('base64')
  return { algorithm: 'argon2id', salt, memoryKibibytes: 65_536, passes: 3, parallelism: 4 }
}

/** Reads stored parameters. @throws {ConfigError} */
export function parsePassphraseParameters(value: unknown): PassphraseParameters {
  const { algorithm, salt, memoryKibibytes, passes, parallelism } = (value ?? {}) as Partial<PassphraseParameters>
  const isSalt = typeof salt === 'string' && /^[A-Za-z0-9+/]{22}==$/.test(salt)
  if (algorithm !== 'argon2id' || !isSalt) throw malformed()
  return {
    algorithm,
    salt,
    memoryKibibytes: requireWithin(memoryKibibytes, limits.memoryKibibytes),
    passes: requireWithin(passes, limits.passes),
    parallelism: requireWithin(parallelism, limits.parallelism),
  }
}

function requireWithin(value: unknown, [min, max]: readonly [number, number]): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value
  throw malformed()
}

function malformed(): ConfigError {
  return new ConfigError('The passphrase parameters of the data directory are malformed: restore it from a backup')
}

/** Derives the root key from a passphrase; takes about a tenth of a second on purpose. @throws {ConfigError} for an empty one. */
export function rootKeyFromPassphrase(passphrase: SecretBytes, parameters: PassphraseParameters): RootKey {
  if (passphrase.length === 0) throw new ConfigError('The passphrase is empty: give one')
  const { algorithm, salt, memoryKibibytes, passes, parallelism } = parsePassphraseParameters(parameters)
  const bytes = argon2Sync(algorithm, {
    message: passphrase.exposeBytes(),
    nonce: Buffer.from(salt, 'base64'),
    parallelism,
    tagLength: rootKeyBytes,
    memory: memoryKibibytes,
    passes,
  })
  return rootKeyOf(new SecretBytes(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)))
}
