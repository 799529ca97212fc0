import { askServer, dataDirectoryOf, serverOptions } from '../admin-client.ts'
import { hasFlag, requiredOption } from '../command.ts'
import type { Command, Option } from '../command.ts'
import type { ListedService } from '../../server/index.ts'

const nameOption: Option = { name: 'name', form: 'NAME', text: 'A DNS name, such as backup.example.internal' }

/** `postern integrated-service register`. */
export const integratedServiceRegisterCommand: Command = {
  name: 'integrated-service register',
  summary:
    'Lets a service call KMS on behalf of callers: whoever signs as its identity is believed. For callers of the identity’s own account, unless --account says otherwise.',
  usage: '--name backup.example.internal --identity ARN [--account ID]…',
  options: [
    ...serverOptions,
    nameOption,
    { name: 'identity', form: 'ARN', text: 'The user or role that the service signs as' },
    { name: 'account', form: 'ID', many: true, text: 'An account for whose callers it may act' },
    { name: 'json', text: 'The service as a JSON object' },
  ],
  async run(given, terminal) {
    const wanted = {
      name: requiredOption(given, 'name', this.name),
      identity: requiredOption(given, 'identity', this.name),
      accounts: given.flags.get('account') ?? [],
    }
    const { service } = await askServer<{ service: ListedService }>(
      dataDirectoryOf(given, terminal),
      '/integrated-service/register',
      wanted,
    )
    if (hasFlag(given, 'json')) terminal.out(`${JSON.stringify(service, null, 2)}\n`)
    else
      terminal.out(
        `Service ${service.name} is registered: ${service.identity} may act for callers of ${accountsText(service)}\n`,
      )
    return 0
  },
}

/** `postern integrated-service list`. */
export const integratedServiceListCommand: Command = {
  name: 'integrated-service list',
  summary: 'Lists the services that may call KMS on behalf of callers, and for callers of which accounts.',
  usage: '',
  options: [...serverOptions, { name: 'json', text: 'As a JSON array' }],
  async run(given, terminal) {
    const { services } = await askServer<{ services: readonly ListedService[] }>(
      dataDirectoryOf(given, terminal),
      '/integrated-service/list',
    )
    if (hasFlag(given, 'json')) terminal.out(`${JSON.stringify(services, null, 2)}\n`)
    else for (const service of services) terminal.out(`${format(service)}\n`)
    return 0
  },
}

/** `postern integrated-service remove`. */
export const integratedServiceRemoveCommand: Command = {
  name: 'integrated-service remove',
  summary: 'Removes a service: from the next request on nothing that it says of callers is believed.',
  usage: '--name backup.example.internal',
  options: [...serverOptions, nameOption],
  async run(given, terminal) {
    const name = requiredOption(given, 'name', this.name)
    await askServer(dataDirectoryOf(given, terminal), '/integrated-service/remove', { name })
    terminal.out(`Service ${name} is no longer registered\n`)
    return 0
  },
}

function format(service: ListedService): string {
  const { name, identity, status } = service
  return `${name}  ${identity}  for ${accountsText(service)}${status === 'registered' ? '' : '  (its identity is gone)'}`
}

const accountsText = ({ accounts }: ListedService): string =>
  `${accounts.length === 1 ? 'account' : 'accounts'} ${accounts.join(', ')}`
