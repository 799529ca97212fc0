import { spawn } from 'node:child_process'
import { channelOf } from './helper-channel.ts'
import type { HelperChannel } from './helper-channel.ts'
import { enterWords, findHolder, startHolder } from './holder.ts'
import { installationOf } from './names.ts'
import { entryFile } from './opener.ts'
import { programEnvironment } from './run-program.ts'

/**
 * Starts the network helper of a server that an ordinary user runs, where the installation's holder is; that is started first where there
 * is none. The namespaces stay when server and helper end.
 *
 * @throws {ConfigError} where this machine gives an ordinary user no namespaces.
 */
export async function startOwnHelper(dataDirectory: string): Promise<HelperChannel> {
  const holder = findHolder(dataDirectory) ?? (await startHolder(dataDirectory))
  const words = [...enterWords(holder), process.execPath, entryFile('helper-entry'), installationOf(dataDirectory)]
  const [program = '', ...rest] = words
  const child = spawn(program, rest, {
    env: programEnvironment(),
    cwd: '/',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  // It is this process that serves; the helper only has to end with it.
  child.once('error', () => child.connected && child.disconnect())
  return channelOf(child)
}
