import { posternVersion } from '../../server/version.ts'
import type { Command } from '../command.ts'

/** `postern version`. */
export const versionCommand: Command = {
  name: 'version',
  summary: 'Prints the version.',
  usage: '',
  options: [],
  async run(_given, terminal) {
    terminal.out(`${posternVersion()}\n`)
    return 0
  },
}
