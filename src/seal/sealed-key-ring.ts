import { createSecretKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { ConfigError, SecretBytes, systemRandom } from '../base/index.ts'
import type { Random } from '../base/index.ts'
import { deriveKey, encodeStrings, openMessage, sealMessage } from '../crypto/index.ts'
import { UnwrapError } from './key-ring.ts'
import type { KeyRing } from './key-ring.ts'
import type { PassphraseParameters, RootKey } from './root-key.ts'

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

const keyBytes = 32
const sealLabel = 'postern key ring 1'
const wrapLabel = 'postern wrap 1'

/** Makes a ring with one wrapping key. */
export function createKeyRing(root: RootKey, random: Random, passphrase?: PassphraseParameters): SealedKeyRing {
  return {
    form: 1,
    rootKeyId: root.id,
    ...(passphrase === undefined ? {} : { passphrase }),
    wrappingKeys: [sealKey(root, random(keyBytes), 'wrapping key 1', random)],
    ringSecret: sealKey(root, random(keyBytes), 'ring secret', random),
  }
}

/** Seals all keys of a ring under another root key; nothing else of an installation changes. @throws {ConfigError} */
export function resealKeyRing(
  from: RootKey,
  to: RootKey,
  sealed: SealedKeyRing,
  random: Random,
  passphrase?: PassphraseParameters,
): SealedKeyRing {
  const keys = openKeys(from, sealed)
  return {
    form: 1,
    rootKeyId: to.id,
    ...(passphrase === undefined ? {} : { passphrase }),
    wrappingKeys: keys.wrappingKeys.map((key, index) => sealKey(to, key, `wrapping key ${index + 1}`, random)),
    ringSecret: sealKey(to, keys.ringSecret, 'ring secret', random),
  }
}

/** Opens a ring. @throws {ConfigError} where this is not its root key; nothing is touched. */
export function openKeyRing(root: RootKey, sealed: SealedKeyRing, random: Random = systemRandom): KeyRing {
  const { wrappingKeys, ringSecret } = openKeys(root, sealed)
  return keyRingOf(wrappingKeys.map(toKeyObject), toKeyObject(ringSecret), random)
}

function keyRingOf(wrappingKeys: readonly KeyObject[], ringSecret: KeyObject, random: Random): KeyRing {
  return {
    wrap(plaintext, associatedData) {
      const version = wrappingKeys.length
      const bound = encodeStrings([...associatedData, `wrapping key ${version}`])
      const bytes = sealMessage(wrappingKeys.at(-1)!, wrapLabel, plaintext.exposeBytes(), bound, random)
      return `${version}.${bytes.toString('base64')}`
    },
    unwrap(wrapped, associatedData) {
      const [version = '', text = ''] = wrapped.split('.')
      const key = wrappingKeys[Number(version) - 1]
      const bound = encodeStrings([...associatedData, `wrapping key ${version}`])
      const plaintext = key === undefined ? undefined : openMessage(key, wrapLabel, Buffer.from(text, 'base64'), bound)
      if (plaintext === undefined)
        throw new UnwrapError('Cannot unwrap a stored secret: it was altered, or is of another place')
      return new SecretBytes(plaintext)
    },
    deriveKey: purpose =>
      new SecretBytes(deriveKey(ringSecret, 'postern purpose 1', Buffer.from(purpose, 'utf8'), keyBytes)),
  }
}

interface OpenedKeys {
  readonly wrappingKeys: readonly Buffer[]
  readonly ringSecret: Buffer
}

function openKeys(root: RootKey, sealed: SealedKeyRing): OpenedKeys {
  if (sealed.rootKeyId !== root.id) {
    throw new ConfigError(
      `This is not the root key of the data directory: it wants the one with id ${sealed.rootKeyId}, this one has ${root.id}`,
    )
  }
  return {
    wrappingKeys: sealed.wrappingKeys.map((key, index) => unsealKey(root, key, `wrapping key ${index + 1}`)),
    ringSecret: unsealKey(root, sealed.ringSecret, 'ring secret'),
  }
}

function sealKey(root: RootKey, key: Buffer, place: string, random: Random): string {
  return sealMessage(root.key, sealLabel, key, encodeStrings([place]), random).toString('base64')
}

function unsealKey(root: RootKey, sealed: string, place: string): Buffer {
  const key = openMessage(root.key, sealLabel, Buffer.from(sealed, 'base64'), encodeStrings([place]))
  if (key === undefined)
    throw new ConfigError('The sealed key ring was altered: restore the data directory from a backup')
  return key
}

function toKeyObject(bytes: Buffer): KeyObject {
  const key = createSecretKey(bytes)
  bytes.fill(0)
  return key
}
