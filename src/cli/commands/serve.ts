import { existsSync } from 'node:fs'
import type { HelperChannel } from '../../network/index.ts'
import { dataFiles, readConfig, startServer } from '../../server/index.ts'
import { settings } from '../../server/settings/index.ts'
import { configOption } from '../admin-client.ts'
import type { Command, Given, Terminal } from '../command.ts'
import { guardProcess } from '../guard-process.ts'
import { readPassphrase } from '../passphrase.ts'
import { serveAsOther } from '../serve-as-other/serve-as-other.ts'
import { isStopWord } from '../serve-as-other/stop-word.ts'

/** `postern serve`: runs the server in the foreground until SIGTERM or SIGINT. */
export const serveCommand: Command = {
  name: 'serve',
  summary:
    'Runs the server in the foreground. Each option may also be set in postern.toml or as POSTERN_… in the environment.',
  usage: '[options]',
  options: [
    ...settings.map(({ name, form, many, standard, text }) => ({
      name,
      form,
      many,
      text: `${text} (default: ${standard})`,
    })),
    configOption,
  ],
  async run(given, terminal) {
    guardProcess()
    const config = readConfig({ flags: given.flags, environment: terminal.environment })
    // What needs rights over the network is another process than what holds the keys.
    if (config.network === 'netns' && process.getuid?.() === 0) return serveAsOther(given, terminal, config)
    return serve(given, terminal)
  },
}

/** Runs the server in this process; with the way to the privileged process that has started it, where there is one. */
export async function serve(given: Given, terminal: Terminal, networkHelper?: HelperChannel): Promise<number> {
  const config = readConfig({ flags: given.flags, environment: terminal.environment })
  // From the start on: a server that is told to stop while it starts ends in good order too.
  const asked = untilAskedToStop(networkHelper)
  // A passphrase that is new is asked for twice: a slip would lock out for ever.
  const isNew = !existsSync(dataFiles.store(config.dataDirectory))
  const passphrase = await readPassphrase(config.rootKey, terminal, { isNew })
  const server = await startServer(config, { passphrase }, networkHelper === undefined ? {} : { networkHelper })
  // Without certificates of the operator's the signal ends the server, as it does other programs.
  if (config.certificates.certificates.length > 0) process.on('SIGHUP', server.rereadCertificates)
  terminal.out(server.welcome)
  const exitCode = await asked
  terminal.error('postern: finishing requests, then stopping\n')
  await server[Symbol.asyncDispose]()
  return exitCode
}

/** Resolves with the exit code at SIGTERM, SIGINT or the word of the process that has started this one; a second signal ends it at once. */
function untilAskedToStop(networkHelper: HelperChannel | undefined): Promise<number> {
  return new Promise(resolve => {
    const signals = ['SIGTERM', 'SIGINT'] as const
    for (const signal of signals) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(1))
        resolve(0)
      })
    }
    networkHelper?.onMessage(message => isStopWord(message) && resolve(0))
    // Without it no door can be opened any more.
    networkHelper?.onEnd(() => resolve(1))
  })
}
