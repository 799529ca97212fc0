import { resolve } from 'node:path'
import { systemRandom } from '../../base/index.ts'
import { createRootKeyFile, resealKeyRing } from '../../seal/index.ts'
import { findRootKey, readSealedRing, replaceSealedRing } from '../../server/index.ts'
import { readPassphrase } from '../passphrase.ts'
import { requiredOption } from '../command.ts'
import type { Command } from '../command.ts'
import { configOf, dataOptions, openData } from '../open-data.ts'

/** `postern seal rotate`: a new root key for a stopped server. */
export const sealRotateCommand: Command = {
  name: 'seal rotate',
  summary:
    'Makes a new root key for a stopped server and seals the key ring with it, in one step. The old root key opens nothing afterwards.',
  usage: '--new-root-key FILE',
  options: [
    ...dataOptions,
    { name: 'new-root-key', form: 'FILE', text: 'Where to write the new root key; must not exist' },
  ],
  async run(given, terminal) {
    const path = resolve(requiredOption(given, 'new-root-key', this.name))
    await using opened = await openData(given, terminal)
    const record = (await readSealedRing(opened.store))!
    const passphrase = await readPassphrase(configOf(given, terminal).rootKey, terminal)
    const old = findRootKey(opened.config, passphrase, record.value.passphrase)
    // The new key is on the disk before anything is sealed with it.
    const root = createRootKeyFile(path, systemRandom)
    await replaceSealedRing(opened.store, record, resealKeyRing(old, root, record.value, systemRandom))
    terminal.out(
      `The root key is now ${path}. Start the server with --root-key '${path}'; the old key opens only older backups\n`,
    )
    return 0
  },
}
