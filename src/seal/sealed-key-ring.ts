import { createSecretKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { ConfigError, SecretBytes, systemRandom } from '../base/index.ts'
import type { Random } from '../base/index.ts'
import { deriveKey, encodeStrings, openMessage, sealMessage } from '../crypto/index.ts'
import { UnwrapError } from './key-ring.ts'
import type { KeyRing } from './key-ring.ts'
import { parseSealedKeyRing } from './parse-sealed-key-ring.ts'
import type { SealedKeyRing } from './parse-sealed-key-ring.ts'
import type { PassphraseParameters } from './root-key-passphrase.ts'
import type { RootKey } from './root-key.ts'

const keyBytes = 32
const sealLabel = 'postern key ring 1'
const wrapLabel = 'postern wrap 1'

/** Makes a ring with one wrapping key. */
export function createKeyRing(root: RootKey, random: Random, passphrase?: PassphraseParameters): SealedKeyRing {
  const keys = { wrappingKeys: [new SecretBytes(random(keyBytes))], ringSecret: new SecretBytes(random(keyBytes)) }
  return sealKeys(root, keys, random, passphrase)
}

/**
 * Seals all keys of a ring under another root key, and adds a wrapping key: who has the old root key and an old copy of the
 * ring opens nothing that is wrapped from now on. The older wrapping keys stay to unwrap; nothing else of an installation
 * changes. @throws {ConfigError}
 */
export function resealKeyRing(
  from: RootKey,
  to: RootKey,
  sealed: SealedKeyRing,
  random: Random,
  passphrase?: PassphraseParameters,
): SealedKeyRing {
  const { wrappingKeys, ringSecret } = unsealKeys(from, sealed)
  const keys = { wrappingKeys: [...wrappingKeys, new SecretBytes(random(keyBytes))], ringSecret }
  return sealKeys(to, keys, random, passphrase)
}

/** Opens a ring. @throws {ConfigError} where this is not its root key; nothing is touched. */
export function openKeyRing(root: RootKey, sealed: SealedKeyRing, random: Random = systemRandom): KeyRing {
  const { wrappingKeys, ringSecret } = unsealKeys(root, sealed)
  return keyRingOf(wrappingKeys.map(toKeyObject), toKeyObject(ringSecret), random)
}

function keyRingOf(wrappingKeys: readonly KeyObject[], ringSecret: KeyObject, random: Random): KeyRing {
  return {
    wrap(plaintext, associatedData) {
      const version = wrappingKeys.length
      const bound = bindWrapped(associatedData, version)
      const sealed = sealMessage(wrappingKeys.at(-1)!, wrapLabel, plaintext.exposeBytes(), bound, random)
      return `${version}.${sealed.toString('base64')}`
    },
    unwrap(wrapped, associatedData) {
      const parsed = parseWrapped(wrapped)
      const key = parsed === undefined ? undefined : wrappingKeys[parsed.version - 1]
      if (parsed === undefined || key === undefined) throw unwrapError()
      const plaintext = openMessage(key, wrapLabel, parsed.sealed, bindWrapped(associatedData, parsed.version))
      if (plaintext === undefined) throw unwrapError()
      return new SecretBytes(plaintext)
    },
    deriveKey: purpose =>
      new SecretBytes(deriveKey(ringSecret, 'postern purpose 1', Buffer.from(purpose, 'utf8'), keyBytes)),
  }
}

function bindWrapped(associatedData: readonly string[], version: number): Buffer {
  return encodeStrings([...associatedData, `wrapping key ${version}`])
}

function parseWrapped(wrapped: string): { readonly version: number; readonly sealed: Buffer } | undefined {
  const parts = /^(?<version>[1-9]\d{0,8})\.(?<base64>[A-Za-z0-9+/]+={0,2})$/.exec(wrapped)?.groups
  if (parts === undefined) return undefined
  const sealed = Buffer.from(parts['base64']!, 'base64')
  // Base64 has several texts for the same bytes: an altered text must not open.
  if (sealed.toString('base64') !== parts['base64']) return undefined
  return { version: Number(parts['version']), sealed }
}

function unwrapError(): UnwrapError {
  return new UnwrapError('Cannot unwrap a stored secret: it was altered, or is of another place')
}

interface RingKeys {
  readonly wrappingKeys: readonly SecretBytes[]
  readonly ringSecret: SecretBytes
}

/** Seals the keys and wipes them. */
function sealKeys(root: RootKey, keys: RingKeys, random: Random, passphrase?: PassphraseParameters): SealedKeyRing {
  const seal = (key: SecretBytes, place: string): string => {
    const sealed = sealMessage(root.key, sealLabel, key.exposeBytes(), encodeStrings([place]), random)
    key.wipe()
    return sealed.toString('base64')
  }
  return {
    form: 1,
    rootKeyId: root.id,
    ...(passphrase === undefined ? {} : { passphrase }),
    wrappingKeys: keys.wrappingKeys.map((key, index) => seal(key, wrappingKeyPlace(index))),
    ringSecret: seal(keys.ringSecret, ringSecretPlace),
  }
}

function unsealKeys(root: RootKey, stored: SealedKeyRing): RingKeys {
  const sealed = parseSealedKeyRing(stored)
  if (sealed.rootKeyId !== root.id) throw wrongRootKey(root, sealed)
  const unseal = (text: string, place: string): SecretBytes => {
    const key = openMessage(root.key, sealLabel, Buffer.from(text, 'base64'), encodeStrings([place]))
    if (key === undefined)
      throw new ConfigError('The sealed key ring was altered: restore the data directory from a backup')
    return new SecretBytes(key)
  }
  return {
    wrappingKeys: sealed.wrappingKeys.map((key, index) => unseal(key, wrappingKeyPlace(index))),
    ringSecret: unseal(sealed.ringSecret, ringSecretPlace),
  }
}

// Each key is bound to its place, so that two of them can't be swapped.
const wrappingKeyPlace = (index: number): string => `wrapping key ${index + 1}`
const ringSecretPlace = 'ring secret'

function wrongRootKey(root: RootKey, sealed: SealedKeyRing): ConfigError {
  if (sealed.passphrase !== undefined) {
    return new ConfigError('This is not the passphrase of the data directory: give the one that it was made with')
  }
  return new ConfigError(
    `This is not the root key of the data directory: it wants the one with id ${sealed.rootKeyId}, this one has ${root.id}. Name the right file with --root-key`,
  )
}

function toKeyObject(secret: SecretBytes): KeyObject {
  const key = createSecretKey(secret.exposeBytes())
  secret.wipe()
  return key
}
