import { spawn } from 'node:child_process'
import type { ChildProcess, StdioOptions } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { extname, join, resolve } from 'node:path'
import {
  NetworkHelper,
  channelOf,
  installationOf,
  requireLinux,
  requirePrograms,
  runProgram,
} from '../../network/index.ts'
import { readConfig } from '../../server/index.ts'
import { passphraseVariable } from '../../server/settings/index.ts'
import type { Config } from '../../server/index.ts'
import { optionOf } from '../command.ts'
import type { Given, Terminal } from '../command.ts'
import { takeVariable } from '../guard-process.ts'
import { findUser } from './find-user.ts'
import type { SystemUser } from './find-user.ts'
import { stopWord } from './stop-word.ts'

/**
 * Runs the server as another user, in another process, and serves it as its network helper: this process has rights over the network,
 * and opens neither store nor keys. Gives the server's exit code.
 *
 * @throws {ConfigError}
 */
export async function serveAsOther(given: Given, terminal: Terminal, config: Config): Promise<number> {
  requireLinux()
  await requirePrograms('ip', 'nft')
  const user = await findUser(config)
  const words = wordsFor(given, terminal, config)
  const environment = { ...terminal.environment, HOME: user.home, USER: user.name, LOGNAME: user.name }
  const child = startServerAs(user, words, environment, config)
  const installation = installationOf(readConfig({ flags: words, environment }).dataDirectory)
  const channel = channelOf(child)
  using _helper = new NetworkHelper(channel, { installation, foreign: config.netns.namespaces, run: runProgram })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      // A word instead of the signal: where all processes of a service get one, the server would take ours for the second.
      channel.send(stopWord)
      process.on(signal, () => child.kill(signal))
    })
  }
  process.on('SIGHUP', () => child.kill('SIGHUP'))
  return ended(child)
}

/** The options for the server: it reads the same files as this process does, or none. */
function wordsFor(given: Given, terminal: Terminal, config: Config): ReadonlyMap<string, readonly string[]> {
  const flags = new Map(given.flags)
  const file = optionOf(given, 'config') ?? terminal.environment['POSTERN_CONFIG'] ?? 'postern.toml'
  // A file of the working directory that its user may not see would not be missed.
  if (existsSync(file)) flags.set('config', [resolve(file)])
  // The default is in somebody's home.
  if (config.netns.runAs === undefined) flags.set('data-dir', [config.dataDirectory])
  return flags
}

function startServerAs(
  { uid, gid }: SystemUser,
  flags: ReadonlyMap<string, readonly string[]>,
  environment: Terminal['environment'],
  { rootKey }: Config,
): ChildProcess {
  const words = [...flags].flatMap(([name, values]) => values.map(value => `--${name}=${value}`))
  const stdio: Exclude<StdioOptions, string> = ['inherit', 'inherit', 'inherit']
  if (rootKey.kind === 'passphrase-fd' && rootKey.descriptor > 2) {
    while (stdio.length < rootKey.descriptor) stdio.push('ignore')
    stdio.push(rootKey.descriptor)
  }
  const { XDG_RUNTIME_DIR: _roots, ...env } = environment
  // It is the server's alone.
  takeVariable(passphraseVariable)
  const entry = join(import.meta.dirname, `serve-entry${extname(import.meta.filename)}`)
  // Node leaves all other groups behind too. A session of its own: a Ctrl-C on the terminal comes to this process, which passes it on once.
  return spawn(process.execPath, [...process.execArgv, entry, ...words], {
    uid,
    gid,
    env,
    stdio: [...stdio, 'ipc'],
    detached: true,
  })
}

function ended(child: ChildProcess): Promise<number> {
  return new Promise((settle, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => settle(code ?? 128 + (signal === null ? 0 : constants.signals[signal])))
  })
}
