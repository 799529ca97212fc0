import { resolve, sep } from 'node:path'
import { ConfigError, newUuid, shellQuote, systemClock, systemRandom } from '../../base/index.ts'
import { createRootKeyFile, newPassphraseParameters, resealKeyRing, rootKeyFromPassphrase } from '../../seal/index.ts'
import type { PassphraseParameters, RootKey, SealedKeyRing } from '../../seal/index.ts'
import { operatorName, replaceSealedRing } from '../../server/index.ts'
import type { RootKeySource } from '../../server/index.ts'
import { buildAdministrationEvent } from '../../trail/index.ts'
import { optionOf } from '../command.ts'
import type { Command, Given, Terminal } from '../command.ts'
import { dataOptions, firstAccount, openData } from '../open-data.ts'
import type { OpenedData } from '../open-data.ts'
import { readPassphrase } from '../passphrase.ts'

/** `postern seal rotate`: a new root key for a stopped server. */
export const sealRotateCommand: Command = {
  name: 'seal rotate',
  summary:
    'Makes a new root key for a stopped server and seals the key ring with it, in one step. The old root key opens nothing afterwards.',
  usage: '--new-root-key FILE | --new-passphrase-fd NUMBER | --new-passphrase-prompt true',
  options: [
    ...dataOptions,
    { name: 'new-root-key', form: 'FILE', text: 'Where to write the new root key; must not exist' },
    { name: 'new-passphrase-fd', form: 'NUMBER', text: 'Derive it from a passphrase read from this file descriptor' },
    { name: 'new-passphrase-prompt', form: 'true|false', text: 'Ask on the terminal for that passphrase, twice' },
  ],
  async run(given, terminal) {
    const source = newSource(given)
    await using opened = await openData(given, terminal)
    const account = await firstAccount(opened)
    const next = await makeRootKey(source, opened, terminal)
    const ring = resealKeyRing(opened.root, next.root, opened.ring.value, systemRandom, next.passphrase)
    await replaceRing(opened, ring, account)
    if (opened.store.scrubRemains !== undefined) {
      terminal.error(
        `postern: the old sealing may still be in the store’s files, the next start removes it: ${opened.store.scrubRemains}\n`,
      )
    }
    terminal.out(`${doneText(source)}; the old root key opens only older backups\n`)
    return 0
  },
}

type NewSource = Exclude<RootKeySource, { readonly kind: 'passphrase-environment' }>

function newSource(given: Given): NewSource {
  const path = optionOf(given, 'new-root-key')
  const descriptor = optionOf(given, 'new-passphrase-fd')
  const asks = optionOf(given, 'new-passphrase-prompt')
  if (asks !== undefined && asks !== 'true' && asks !== 'false')
    throw new ConfigError(`Cannot use --new-passphrase-prompt "${asks}": it is true or false`)
  if ([path, descriptor, asks === 'true' ? asks : undefined].filter(one => one !== undefined).length !== 1) {
    throw new ConfigError(
      'Give one of --new-root-key, --new-passphrase-fd and --new-passphrase-prompt true: see "postern seal rotate --help"',
    )
  }
  if (path !== undefined) return { kind: 'file', path: resolve(path) }
  if (descriptor === undefined) return { kind: 'passphrase-prompt' }
  if (!/^\d{1,6}$/.test(descriptor))
    throw new ConfigError(`Cannot use --new-passphrase-fd "${descriptor}": it is the number of a file descriptor`)
  return { kind: 'passphrase-fd', descriptor: Number(descriptor) }
}

/** The new root key, on the disk before anything is sealed with it; a passphrase with the parameters that are kept in the ring. */
async function makeRootKey(
  source: NewSource,
  { config }: OpenedData,
  terminal: Terminal,
): Promise<{ readonly root: RootKey; readonly passphrase?: PassphraseParameters }> {
  if (source.kind === 'file') {
    if (source.path.startsWith(config.dataDirectory + sep)) {
      throw new ConfigError(
        `Root key ${source.path} would be inside the data directory: choose a place outside with --new-root-key, so that a copied data directory opens nothing`,
      )
    }
    return { root: createRootKeyFile(source.path, systemRandom) }
  }
  const passphrase = (await readPassphrase(source, terminal, { isNew: true }))!
  const parameters = newPassphraseParameters(systemRandom)
  return { root: rootKeyFromPassphrase(passphrase, parameters), passphrase: parameters }
}

/** One commit: the ring in its new sealing, its record for the trail, nothing of the old sealing left in the files. */
async function replaceRing({ config, store, ring }: OpenedData, sealed: SealedKeyRing, account: string): Promise<void> {
  const record = buildAdministrationEvent({
    at: systemClock.now(),
    account,
    region: config.regions[0],
    eventName: 'RotateRootKey',
    eventId: newUuid(systemRandom),
    readOnly: false,
    operator: operatorName(),
    requestParameters: { oldRootKeyId: ring.value.rootKeyId, newRootKeyId: sealed.rootKeyId },
  })
  await replaceSealedRing(store, ring, sealed, record)
}

function doneText(source: NewSource): string {
  return source.kind === 'file'
    ? `The root key is now ${source.path}. Start the server with --root-key ${shellQuote(source.path)}`
    : 'The root key now comes from the new passphrase. Start the server with --passphrase-fd, POSTERN_PASSPHRASE or --passphrase-prompt true'
}
