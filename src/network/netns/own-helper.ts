import { spawn } from 'node:child_process'
import { channelOf } from './helper-channel.ts'
import type { HelperChannel } from './helper-channel.ts'
import { enterWords, findHolder, startHolder } from './holder.ts'
import { installationOf } from './names.ts'
import { entryFile } from './opener.ts'
import { programEnvironment } from './run-program.ts'

/** How often it is looked whether the holder is alive. */
const lookMillis = 5_000

/**
 * Starts the network helper of a server that an ordinary user runs, where the installation's holder is; that is started first where there
 * is none. The namespaces stay when server and helper end. Where the holder ends, so does the helper: nobody else would find the
 * namespaces that it is in.
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
  const looking = setInterval(() => {
    if (findHolder(dataDirectory)?.processId !== holder.processId && child.connected) child.disconnect()
  }, lookMillis).unref()
  child.once('disconnect', () => clearInterval(looking))
  return channelOf(child)
}
