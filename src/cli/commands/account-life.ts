import { askServer, dataDirectoryOf, serverOptions } from '../admin-client.ts'
import { hasFlag, requiredOption } from '../command.ts'
import type { Command, Option } from '../command.ts'
import type { RecoveredAdministrator } from '../../server/index.ts'

const idOption: Option = { name: 'id', form: 'ID', text: 'The account: twelve digits' }
const jsonOption: Option = { name: 'json', text: 'As a JSON object' }

/** `postern account close`. */
export const accountCloseCommand: Command = {
  name: 'account close',
  summary:
    'Closes an account: none of its credentials counts and its keys answer nobody, but nothing of it is deleted. "postern account reopen" opens it again.',
  usage: '--id 444455556666',
  options: [...serverOptions, idOption, jsonOption],
  async run(given, terminal) {
    const id = requiredOption(given, 'id', this.name)
    await askServer(dataDirectoryOf(given, terminal), '/account/close', { id })
    if (hasFlag(given, 'json')) terminal.out(`${JSON.stringify({ id, status: 'closed' }, null, 2)}\n`)
    else terminal.out(`Account ${id} is closed. To open it again: postern account reopen --id ${id}\n`)
    return 0
  },
}

/** `postern account reopen`. */
export const accountReopenCommand: Command = {
  name: 'account reopen',
  summary: 'Opens a closed account again, with all that it had.',
  usage: '--id 444455556666',
  options: [...serverOptions, idOption, jsonOption],
  async run(given, terminal) {
    const id = requiredOption(given, 'id', this.name)
    await askServer(dataDirectoryOf(given, terminal), '/account/reopen', { id })
    if (hasFlag(given, 'json')) terminal.out(`${JSON.stringify({ id, status: 'open' }, null, 2)}\n`)
    else terminal.out(`Account ${id} is open. Credentials: postern env --account ${id}\n`)
    return 0
  },
}

/** `postern account recover`. */
export const accountRecoverCommand: Command = {
  name: 'account recover',
  summary:
    'Gives an account its role Administrator back as it was first made, also where it was deleted. What that replaces is told; --json has the documents.',
  usage: '--id 444455556666',
  options: [...serverOptions, idOption, jsonOption],
  async run(given, terminal) {
    const id = requiredOption(given, 'id', this.name)
    const recovered = await askServer<RecoveredAdministrator>(dataDirectoryOf(given, terminal), '/account/recover', {
      id,
    })
    terminal.out(hasFlag(given, 'json') ? `${JSON.stringify(recovered, null, 2)}\n` : format(recovered))
    return 0
  },
}

function format({ account, roleArn, madeAnew, replaced }: RecoveredAdministrator): string {
  const parts = replaced.map(({ part, was }) => `  replaced: ${part}${shortText(was)}\n`)
  const head = madeAnew ? 'was made anew' : 'is as it was first made'
  return `${roleArn} ${head}. Credentials: postern env --account ${account}\n${parts.join('')}`
}

/** Documents are for `--json`. */
const shortText = (was: string): string => (was.startsWith('{') ? '' : ` ${was}`)
