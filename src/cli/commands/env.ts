import { shellQuote } from '../../base/index.ts'
import { askServer, dataDirectoryOf, serverOptions } from '../admin-client.ts'
import { hasFlag, optionOf } from '../command.ts'
import type { Command } from '../command.ts'
import { pastProxies } from '../past-proxies.ts'
import type { IssuedEnvironment } from '../../server/index.ts'

/** `postern env`: shell lines that point AWS clients at the server, with short-lived credentials. */
export const envCommand: Command = {
  name: 'env',
  summary:
    'Prints shell lines for AWS clients: eval "$(postern env)". The credentials are those of the administrator role of an account, and end by themselves.',
  usage: '[--endpoint vpce-…] [--account ID] [--root]',
  options: [
    ...serverOptions,
    { name: 'endpoint', form: 'ID', text: 'Send the calls of its service through this VPC endpoint' },
    { name: 'account', form: 'ID', text: 'The account; the first one if not given' },
    { name: 'region', form: 'REGION', text: 'The Region for AWS_REGION; the first served if not given' },
    { name: 'duration', form: 'SECONDS', text: 'How long the credentials last: 900 to 43200; default 43200' },
    { name: 'root', text: 'Credentials of the account’s root user instead, for an hour at most' },
    { name: 'json', text: 'The same as one JSON object' },
  ],
  async run(given, terminal) {
    const named = ['endpoint', 'account', 'region', 'duration'].map(name => [name, optionOf(given, name)] as const)
    const asked = { ...Object.fromEntries(named), ...(hasFlag(given, 'root') ? { root: 'true' } : {}) }
    const issued = await askServer<IssuedEnvironment>(dataDirectoryOf(given, terminal), '/environment', asked)
    const variables = { ...issued.variables, ...pastProxies(issued.variables, terminal.environment) }
    if (hasFlag(given, 'json')) terminal.out(`${JSON.stringify(variables, null, 2)}\n`)
    else for (const [name, value] of Object.entries(variables)) terminal.out(`export ${name}=${shellQuote(value)}\n`)
    return 0
  },
}
