import { existsSync } from 'node:fs'
import { ConfigError, systemRandom } from '../base/index.ts'
import type { SecretBytes } from '../base/index.ts'
import {
  createKeyRing,
  createRootKeyFile,
  newPassphraseParameters,
  openKeyRing,
  readRootKeyFile,
  rootKeyFromPassphrase,
} from '../seal/index.ts'
import type { KeyRing, PassphraseParameters, RootKey, SealedKeyRing } from '../seal/index.ts'
import { put } from '../storage/index.ts'
import type { Collection, Store, StoredRecord } from '../storage/index.ts'
import { firstHead } from '../trail/index.ts'
import type { Config } from './config.ts'

const ringCollection: Collection<SealedKeyRing> = { name: 'seal.ring', indexes: {} }
const ringId = 'ring'

/** The sealed key ring of an installation, or `undefined` before its first start. */
export function readSealedRing(store: Store): Promise<StoredRecord<SealedKeyRing> | undefined> {
  return store.get(ringCollection, ringId)
}

/** Puts another sealing of the ring in its place with its record for the trail, and leaves nothing of the old one in the files. */
export function replaceSealedRing(
  store: Store,
  record: StoredRecord<SealedKeyRing>,
  ring: SealedKeyRing,
  auditRecord: string,
): Promise<void> {
  return store.commit({
    writes: [put(ringCollection, ringId, ring, record.version)],
    outbox: [auditRecord],
    scrub: true,
  })
}

/** Opens the key ring with the root key; at first start both are made. @throws {ConfigError} */
export async function openKeyRingOf(
  store: Store,
  config: Pick<Config, 'rootKey' | 'dataDirectory'>,
  passphrase: SecretBytes | undefined,
): Promise<{ readonly keyRing: KeyRing; readonly created: boolean }> {
  const record = await readSealedRing(store)
  if (record !== undefined) {
    return {
      keyRing: openKeyRing(findRootKey(config, passphrase, record.value.passphrase), record.value),
      created: false,
    }
  }
  const parameters = passphrase === undefined ? undefined : newPassphraseParameters(systemRandom)
  const root = parameters === undefined ? firstRootKey(config) : rootKeyFromPassphrase(passphrase!, parameters)
  const sealed = createKeyRing(root, systemRandom, parameters)
  const keyRing = openKeyRing(root, sealed)
  // With the first head of the trail: a ring without one is a fault from then on.
  await store.commit({ writes: [put(ringCollection, ringId, sealed, 'absent'), firstHead(keyRing)] })
  return { keyRing, created: true }
}

/** The root key from where the configuration says. @throws {ConfigError} */
export function findRootKey(
  { rootKey }: Pick<Config, 'rootKey'>,
  passphrase: SecretBytes | undefined,
  parameters: PassphraseParameters | undefined,
): RootKey {
  if (rootKey.kind === 'file') {
    if (parameters !== undefined) {
      throw new ConfigError(
        'The root key of this data directory comes from a passphrase: give it with --passphrase-fd, POSTERN_PASSPHRASE or --passphrase-prompt true',
      )
    }
    return readRootKeyFile(rootKey.path)
  }
  if (parameters === undefined) {
    throw new ConfigError(
      'The root key of this data directory is a file: name it with --root-key and give no passphrase',
    )
  }
  return rootKeyFromPassphrase(passphrase!, parameters)
}

// A key file that is there already (of another installation, say) is used as it is.
function firstRootKey({ rootKey }: Pick<Config, 'rootKey'>): RootKey {
  if (rootKey.kind !== 'file') throw new TypeError('A passphrase was not read')
  return existsSync(rootKey.path) ? readRootKeyFile(rootKey.path) : createRootKeyFile(rootKey.path, systemRandom)
}
