import { ConfigError } from '../base/index.ts'
import { parsePassphraseParameters } from './root-key-passphrase.ts'
import type { PassphraseParameters } from './root-key-passphrase.ts'

/** The ring as it is stored: each key sealed by the root key. A JSON value. */
export interface SealedKeyRing {
  readonly form: 1
  /** Id of the root key that opens it. */
  readonly rootKeyId: string
  /** Present where the root key comes from a passphrase. */
  readonly passphrase?: PassphraseParameters
  /** base64; the newest wrapping key is the last. */
  readonly wrappingKeys: readonly string[]
  /** base64; what `deriveKey` starts from. */
  readonly ringSecret: string
}

/** Reads a stored ring. @throws {ConfigError} */
export function parseSealedKeyRing(value: unknown): SealedKeyRing {
  const { form, rootKeyId, passphrase, wrappingKeys, ringSecret } = (value ?? {}) as Partial<Record<string, unknown>>
  if (typeof form === 'number' && form > 1) {
    throw new ConfigError('The sealed key ring of the data directory was written by a newer Postern: update Postern')
  }
  if (form !== 1) throw malformed()
  if (typeof rootKeyId !== 'string' || !/^[0-9a-f]{16}$/.test(rootKeyId)) throw malformed()
  if (!Array.isArray(wrappingKeys) || wrappingKeys.length === 0) throw malformed()
  return {
    form,
    rootKeyId,
    ...(passphrase === undefined ? {} : { passphrase: parsePassphraseParameters(passphrase) }),
    wrappingKeys: wrappingKeys.map(requireSealedKey),
    ringSecret: requireSealedKey(ringSecret),
  }
}

function requireSealedKey(value: unknown): string {
  if (typeof value === 'string' && /^[A-Za-z0-9+/]+={0,2}$/.test(value)) return value
  throw malformed()
}

function malformed(): ConfigError {
  return new ConfigError('The sealed key ring of the data directory is malformed: restore it from a backup')
}
