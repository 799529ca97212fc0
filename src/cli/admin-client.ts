import { request } from 'node:http'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError } from '../base/index.ts'
import { readConfig } from '../server/index.ts'
import { optionOf } from './command.ts'
import type { Given, Option, Terminal } from './command.ts'

/** The options that say which server a command is about. */
export const serverOptions: readonly Option[] = [
  { name: 'data-dir', form: 'DIR', text: 'The data directory of the server' },
]

/** The data directory that a command is about: its flag, the environment, `postern.toml`, or the default. */
export function dataDirectoryOf(given: Given, terminal: Terminal): string {
  const directory = optionOf(given, 'data-dir')
  const flags = new Map<string, readonly string[]>(directory === undefined ? [] : [['data-dir', [directory]]])
  return readConfig({ flags, environment: terminal.environment }).dataDirectory
}

/** Asks the running server over its administration socket. @throws {ConfigError} with what to do. */
export async function askServer<T>(dataDirectory: string, path: string, body: object = {}): Promise<T> {
  if (!existsSync(join(dataDirectory, 'admin.sock'))) throw notRunning(dataDirectory)
  // A socket's path may have 107 bytes, a data directory's more: so it is named from inside.
  process.chdir(dataDirectory)
  const { status, text } = await post(path, JSON.stringify(body)).catch(cause => {
    throw notRunning(dataDirectory, cause)
  })
  const answer = JSON.parse(text) as { error?: string }
  if (status !== 200) throw new ConfigError(answer.error ?? `The server answered with status ${status}`)
  return answer as T
}

function notRunning(dataDirectory: string, cause?: unknown): ConfigError {
  return new ConfigError(
    `No server is running on ${dataDirectory}: start one with "postern serve", or name another with --data-dir`,
    {
      cause,
    },
  )
}

function post(path: string, body: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({
      socketPath: 'admin.sock',
      method: 'POST',
      path,
      headers: { 'content-type': 'application/json' },
    })
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
