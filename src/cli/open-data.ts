import { openAccounts } from '../accounts/index.ts'
import { ConfigError, systemClock, systemRandom } from '../base/index.ts'
import type { KeyRing, RootKey, SealedKeyRing } from '../seal/index.ts'
import { dataFiles, findRootKey, readConfig, readSealedRing } from '../server/index.ts'
import type { Config } from '../server/index.ts'
import { lockDataDirectory, openSqliteStore } from '../storage/index.ts'
import type { SqliteStore, StoredRecord } from '../storage/index.ts'
import { openKeyRing } from '../seal/index.ts'
import { serverOptions } from './admin-client.ts'
import type { Given, Option, Terminal } from './command.ts'
import { isThere } from './file-access.ts'
import { readPassphrase } from './passphrase.ts'

/** The options of commands that open a data directory whose server is stopped. */
export const dataOptions: readonly Option[] = [
  ...serverOptions,
  { name: 'root-key', form: 'FILE', text: 'File of the root key' },
  { name: 'passphrase-fd', form: 'NUMBER', text: 'Read the passphrase of the root key from this file descriptor' },
  { name: 'passphrase-prompt', form: 'true|false', text: 'Ask for that passphrase on the terminal' },
]

/** A data directory that is opened for a command; no server has it meanwhile. */
export interface OpenedData extends AsyncDisposable {
  readonly config: Config
  readonly store: SqliteStore
  readonly keyRing: KeyRing
  /** What opened the ring: where it comes from may be read only once. */
  readonly root: RootKey
  readonly ring: StoredRecord<SealedKeyRing>
}

/** The configuration that a command's options and the environment give. */
function configOf(given: Given, terminal: Terminal): Config {
  const known = new Set(dataOptions.map(option => option.name))
  const flags = new Map([...given.flags].filter(([name]) => known.has(name)))
  return readConfig({ flags, environment: terminal.environment })
}

/** Opens a data directory with its root key. @throws {ConfigError} */
export async function openData(given: Given, terminal: Terminal): Promise<OpenedData> {
  const config = configOf(given, terminal)
  const { dataDirectory } = config
  if (!isThere(dataFiles.store(dataDirectory)))
    throw new ConfigError(`There is no Postern in ${dataDirectory}: name another place with --data-dir`)
  await using opened = new AsyncDisposableStack()
  opened.use(lockDataDirectory(dataDirectory))
  const store = opened.use(await openSqliteStore(dataFiles.store(dataDirectory)))
  const ring = await readSealedRing(store)
  if (ring === undefined)
    throw new ConfigError(`The data directory ${dataDirectory} has no key ring: start the server once`)
  const root = findRootKey(config, await readPassphrase(config.rootKey, terminal), ring.value.passphrase)
  const keyRing = openKeyRing(root, ring.value)
  const kept = opened.move()
  return { config, store, keyRing, root, ring, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

/** The account whose trail has what the operator does to the whole installation. @throws {ConfigError} */
export async function firstAccount({ config, store, keyRing }: OpenedData): Promise<string> {
  const accounts = openAccounts({ store, keyRing, random: systemRandom, clock: systemClock })
  const account = await accounts.findFirstOpenAccount()
  if (account !== undefined) return account.id
  throw new ConfigError(`The data directory ${config.dataDirectory} has no account: start the server once`)
}
