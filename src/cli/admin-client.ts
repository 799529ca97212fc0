import { request } from 'node:http'
import { join } from 'node:path'
import { ConfigError } from '../base/index.ts'
import { readDataDirectory } from '../server/settings/index.ts'
import type { Given, Option, Terminal } from './command.ts'
import { isThere, noRights } from './file-access.ts'

/** The option that names the configuration file; every command that is about a server has it. */
export const configOption: Option = {
  name: 'config',
  form: 'FILE',
  text: 'Configuration file (default: $POSTERN_CONFIG, or postern.toml of the working directory if there is one)',
}

/** The options that say which server a command is about. */
export const serverOptions: readonly Option[] = [
  { name: 'data-dir', form: 'DIR', text: 'The data directory of the server' },
  configOption,
]

/** The data directory that a command is about: its flag, the environment, the configuration file, or the default. */
export function dataDirectoryOf(given: Given, terminal: Terminal): string {
  const names = new Set(serverOptions.map(({ name }) => name))
  const flags = new Map([...given.flags].filter(([name]) => names.has(name)))
  return readDataDirectory({ flags, environment: terminal.environment })
}

/** Longest that an act may take; a backup takes as long as the store is large. */
const patienceMillis = 30_000
const longActs = new Set(['/backup'])

/**
 * Asks the running server over its administration socket.
 *
 * @throws {ConfigError} with what to do: also where there is no answer in time.
 */
export async function askServer<T>(
  dataDirectory: string,
  path: string,
  body: object = {},
  patience = longActs.has(path) ? undefined : patienceMillis,
): Promise<T> {
  if (!isThere(join(dataDirectory, 'admin.sock'))) throw notRunning(dataDirectory)
  // A socket's path may have 107 bytes, a data directory's more: so it is named from inside.
  process.chdir(dataDirectory)
  const { status, text } = await post(path, JSON.stringify(body), patience).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'EACCES') throw noRights(join(dataDirectory, 'admin.sock'), cause)
    throw cause instanceof SilentServer ? silent(dataDirectory, patience!, cause) : notRunning(dataDirectory, cause)
  })
  const answer = JSON.parse(text) as { error?: string }
  if (status !== 200) throw new ConfigError(answer.error ?? `The server answered with status ${status}`)
  return answer as T
}

/** Asks the server if one is running; `undefined` if none is. @throws {ConfigError} */
export async function askServerIfRunning<T>(dataDirectory: string, path: string, body: object): Promise<T | undefined> {
  const folder = process.cwd()
  try {
    return await askServer<T>(dataDirectory, path, body)
  } catch (error) {
    if (error instanceof NotRunning) return undefined
    throw error
  } finally {
    process.chdir(folder)
  }
}

/** Nobody listens at the socket, or there is none. */
class NotRunning extends ConfigError {}

/** There was no answer in time. */
class SilentServer extends Error {
  override readonly name = 'SilentServer'
}

function notRunning(dataDirectory: string, cause?: unknown): ConfigError {
  return new NotRunning(
    `No server is running on ${dataDirectory}: start one with "postern serve", or name another with --data-dir`,
    { cause },
  )
}

function silent(dataDirectory: string, patience: number, cause: unknown): ConfigError {
  return new ConfigError(
    `The server on ${dataDirectory} did not answer within ${Math.ceil(patience / 1_000)} s: see its log, or stop it and start it again`,
    { cause },
  )
}

function post(
  path: string,
  body: string,
  patience: number | undefined,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({
      socketPath: 'admin.sock',
      // A kept connection would be to the server of the directory that was the working directory then.
      agent: false,
      method: 'POST',
      path,
      headers: { 'content-type': 'application/json' },
    })
    // Ended with the request: a timer that runs on would keep the command alive for as long.
    const timer = patience === undefined ? undefined : setTimeout(() => asked.destroy(new SilentServer()), patience)
    asked.on('close', () => clearTimeout(timer))
    asked.on('error', reject)
    asked.on('response', answer => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('error', reject)
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }))
    })
    asked.end(body)
  })
}
