import { askServer, dataDirectoryOf, serverOptions } from '../admin-client.ts'
import { hasFlag, requiredOption } from '../command.ts'
import type { Command } from '../command.ts'
import type { ListedAccount } from '../../server/index.ts'

/** `postern account create`. */
export const accountCreateCommand: Command = {
  name: 'account create',
  summary: 'Makes an account with an administrator role.',
  usage: '--id 444455556666 --name NAME',
  options: [
    ...serverOptions,
    { name: 'id', form: 'ID', text: 'Twelve digits' },
    { name: 'name', form: 'NAME', text: 'A name for people' },
    { name: 'json', text: 'The account as a JSON object' },
  ],
  async run(given, terminal) {
    const account = { id: requiredOption(given, 'id', this.name), name: requiredOption(given, 'name', this.name) }
    await askServer(dataDirectoryOf(given, terminal), '/account/create', account)
    if (hasFlag(given, 'json')) terminal.out(`${JSON.stringify(account, null, 2)}\n`)
    else
      terminal.out(
        `Account ${account.id} "${account.name}" is there. Credentials: postern env --account ${account.id}\n`,
      )
    return 0
  },
}

/** `postern account list`. */
export const accountListCommand: Command = {
  name: 'account list',
  summary: 'Lists the accounts, and which of them are closed.',
  usage: '',
  options: [...serverOptions, { name: 'json', text: 'As a JSON array' }],
  async run(given, terminal) {
    const { accounts } = await askServer<{ accounts: readonly ListedAccount[] }>(
      dataDirectoryOf(given, terminal),
      '/account/list',
    )
    if (hasFlag(given, 'json')) terminal.out(`${JSON.stringify(accounts, null, 2)}\n`)
    else
      for (const { id, name, status } of accounts)
        terminal.out(`${id}  ${name}${status === 'closed' ? '  (closed)' : ''}\n`)
    return 0
  },
}
