import { dataFiles } from '../../server/index.ts'
import { verifyTrail } from '../../trail/index.ts'
import { hasFlag } from '../command.ts'
import type { Command } from '../command.ts'
import { dataOptions, openData } from '../open-data.ts'

/** `postern trail verify`: checks every record of the trail. */
export const trailVerifyCommand: Command = {
  name: 'trail verify',
  summary:
    'Checks every record of the trail of a stopped server; exits with 1 and names the first bad place if one is not as written.',
  usage: '',
  options: [...dataOptions, { name: 'json', text: 'The result as a JSON object' }],
  async run(given, terminal) {
    await using opened = await openData(given, terminal)
    const { config, keyRing, store } = opened
    const report = await verifyTrail({ directory: dataFiles.trail(config.dataDirectory), keyRing, store })
    if (hasFlag(given, 'json')) {
      terminal.out(`${JSON.stringify(report, null, 2)}\n`)
      return report.fault === undefined ? 0 : 1
    }
    if (report.fault === undefined) {
      terminal.out(`The trail is whole: ${report.records} records, the last is number ${report.sequence}\n`)
      if (report.restored !== undefined) {
        terminal.out(`It was begun after a restore (record ${report.restored}): the trail before that is elsewhere\n`)
      }
      return 0
    }
    const { segment, line, detail } = report.fault
    terminal.error(`postern: The trail is not as it was written: segment ${segment}, line ${line}: ${detail}\n`)
    return 1
  },
}
