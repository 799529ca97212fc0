import { renameSync, rmSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { ConfigError, shellQuote } from '../../base/index.ts'
import { dataFiles } from '../../server/index.ts'
import { lockDataDirectory, openSqliteStore, restoreBackup, syncPath } from '../../storage/index.ts'
import { hasSegments, markRestored } from '../../trail/index.ts'
import { askServer, dataDirectoryOf, serverOptions } from '../admin-client.ts'
import type { Command } from '../command.ts'
import { isThere } from '../file-access.ts'

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
    requireNoStore(directory)
    using _lock = lockDataDirectory(directory)
    requireNoStore(directory)
    await restoreMarked(resolve(file), dataFiles.store(directory))
    terminal.out(
      `Restored to ${directory}. Start it with the root key of the backed-up server: postern serve --data-dir ${shellQuote(directory)} --root-key FILE\n`,
    )
    return 0
  },
}

function requireNoStore(directory: string): void {
  const path = dataFiles.store(directory)
  if (isThere(path) || isThere(`${path}-wal`))
    throw new ConfigError(`${directory} holds a store already: restore to another --data-dir`)
  const trail = dataFiles.trail(directory)
  if (hasSegments(trail))
    throw new ConfigError(
      `${trail} holds a trail, which is not that of the backup: move it elsewhere and keep it, or restore to another --data-dir`,
    )
}

// The store has its name only once it says that it was restored: a restore that was killed is done again.
async function restoreMarked(backup: string, path: string): Promise<void> {
  const unfinished = `${path}.restoring`
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${unfinished}${suffix}`, { force: true })
  await restoreBackup(backup, unfinished)
  {
    await using store = await openSqliteStore(unfinished)
    await markRestored(store)
  }
  renameSync(unfinished, path)
  syncPath(dirname(path))
}
