import { existsSync } from 'node:fs'
import { dataFiles, readConfig, settings, startServer } from '../../server/index.ts'
import { configOption } from '../admin-client.ts'
import type { Command } from '../command.ts'
import { guardProcess } from '../guard-process.ts'
import { readPassphrase } from '../passphrase.ts'

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
    // From the start on: a server that is told to stop while it starts ends in good order too.
    const asked = untilAskedToStop()
    // A passphrase that is new is asked for twice: a slip would lock out for ever.
    const isNew = !existsSync(dataFiles.store(config.dataDirectory))
    const server = await startServer(config, { passphrase: await readPassphrase(config.rootKey, terminal, { isNew }) })
    // Without certificates of the operator's the signal ends the server, as it does other programs.
    if (config.certificates.certificates.length > 0) process.on('SIGHUP', server.rereadCertificates)
    terminal.out(server.welcome)
    await asked
    terminal.error('postern: finishing requests, then stopping\n')
    await server[Symbol.asyncDispose]()
    return 0
  },
}

/** Resolves at SIGTERM or SIGINT; a second one ends the process at once. */
function untilAskedToStop(): Promise<void> {
  return new Promise(resolve => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(1))
        resolve()
      })
    }
  })
}
