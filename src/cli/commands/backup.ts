import { existsSync, mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { ConfigError } from '../../base/index.ts'
import { dataFiles } from '../../server/index.ts'
import { openSqliteStore, restoreBackup } from '../../storage/index.ts'
import { markRestored } from '../../trail/index.ts'
import { askServer, dataDirectoryOf, serverOptions } from '../admin-client.ts'
import type { Command } from '../command.ts'

/** `postern backup`: a consistent copy of a running server's store. */
export const backupCommand: Command = {
  name: 'backup',
  summary:
    'Writes a consistent copy of the running server’s store to a new file. It opens only with the root key, which is not in it.',
  usage: 'FILE',
  positionals: ['FILE'],
  options: serverOptions,
  async run(given, terminal) {
    const [file] = given.positionals
    if (file === undefined) throw new ConfigError('Name the file to write: postern backup FILE')
    // Before the working directory is changed to reach the server.
    const path = resolve(file)
    await askServer(dataDirectoryOf(given, terminal), '/backup', { path })
    terminal.out(`Backed up to ${path}. Keep the root key elsewhere: without it the backup opens nothing\n`)
    return 0
  },
}

/** `postern restore`: a new data directory from a backup. */
export const restoreCommand: Command = {
  name: 'restore',
  summary: 'Makes a data directory from a backup. The trail is not part of a backup: a new one begins.',
  usage: 'FILE --data-dir DIR',
  positionals: ['FILE'],
  options: serverOptions,
  async run(given, terminal) {
    const [file] = given.positionals
    if (file === undefined) throw new ConfigError('Name the backup: postern restore FILE --data-dir DIR')
    const directory = dataDirectoryOf(given, terminal)
    if (existsSync(dataFiles.store(directory)))
      throw new ConfigError(`${directory} holds a store already: restore to another --data-dir`)
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    await restoreBackup(resolve(file), dataFiles.store(directory))
    await using store = await openSqliteStore(dataFiles.store(directory))
    await markRestored(store)
    terminal.out(
      `Restored to ${directory}. Start it with the root key of the backed-up server: postern serve --data-dir '${directory}' --root-key FILE\n`,
    )
    return 0
  },
}
