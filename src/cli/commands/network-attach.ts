import { ConfigError, shellQuote } from '../../base/index.ts'
import {
  attachNamespace,
  commandPrefix,
  detachNamespace,
  endpointServices,
  hasNamespace,
  networkHost,
  requireNamespaceName,
} from '../../network/index.ts'
import { askServer, dataDirectoryOf, serverOptions } from '../admin-client.ts'
import { hasFlag, optionOf, requiredOption } from '../command.ts'
import type { Command, Given, Option, Terminal } from '../command.ts'
import type { AttachedNetwork } from '../../server/index.ts'
import { vpcOption, workloadText } from './network.ts'

const netnsOption: Option = { name: 'netns', form: 'NAME', text: 'Name of the workload’s network namespace' }

/** `postern network attach`. */
export const networkAttachCommand: Command = {
  name: 'network attach',
  summary:
    'Attaches a workload to a VPC, with an address of a subnet and in security groups: rules that name such a group then admit it. With --network netns, its network namespace is connected to the VPC. What is attached already keeps its address.',
  usage: '--vpc vpc-… --netns NAME [--create] [--subnet subnet-…] [--address ADDRESS] [--security-group sg-…]…',
  options: [
    ...serverOptions,
    vpcOption,
    netnsOption,
    { name: 'create', text: 'Make the namespace if there is none; it goes when it is detached' },
    { name: 'subnet', form: 'ID', text: 'The subnet; the first one with room if not given' },
    { name: 'address', form: 'ADDRESS', text: 'An address of the subnet; a free one if not given' },
    {
      name: 'security-group',
      form: 'ID',
      many: true,
      text: 'A security group of the VPC; the default one if none is given',
    },
    { name: 'json', text: 'As a JSON object' },
  ],
  async run(given, terminal) {
    const dataDirectory = dataDirectoryOf(given, terminal)
    const wanted = wantedBy(given, this.name)
    const makesNamespace = hasFlag(given, 'create') && !(await isThere(dataDirectory, wanted.namespace))
    const asked = { ...wanted, ...(makesNamespace ? { makesNamespace: 'true' } : {}) }
    const attached = await askServer<AttachedNetwork>(dataDirectory, '/network/attach', asked)
    requireAsked(attached, wanted.namespace)
    const command = attached.network === 'netns' ? await connect(attached, dataDirectory, makesNamespace, terminal) : []
    if (hasFlag(given, 'json')) terminal.out(`${JSON.stringify({ ...attached, command }, null, 2)}\n`)
    else terminal.out(format(attached, command))
    return 0
  },
}

function wantedBy(given: Given, command: string) {
  const [subnet, address] = [optionOf(given, 'subnet'), optionOf(given, 'address')]
  return {
    vpc: requiredOption(given, 'vpc', command),
    namespace: requireNamespaceName(requiredOption(given, 'netns', command)),
    ...(subnet === undefined ? {} : { subnet }),
    ...(address === undefined ? {} : { address }),
    groups: given.flags.get('security-group') ?? [],
  }
}

const isThere = (dataDirectory: string, namespace: string): Promise<boolean> =>
  hasNamespace(networkHost(dataDirectory), namespace)

/**
 * Connects the namespace of a workload that is registered; gives the words that run a command in it. One that was registered just
 * now and can't be connected is registered no longer.
 */
async function connect(
  attached: AttachedNetwork,
  dataDirectory: string,
  makesNamespace: boolean,
  terminal: Terminal,
): Promise<readonly string[]> {
  const { isNew, resolverAddresses, bundle } = attached
  const { namespace } = attached.workload
  try {
    const host = networkHost(dataDirectory)
    for (const file of await attachNamespace(host, attached, { makesNamespace })) {
      const wanted = `it should name ${resolverAddresses.join(' or ')}`
      terminal.error(`postern: ${file} was left as it is, because Postern did not write it: ${wanted}\n`)
    }
    return ['env', ...withoutPublicDoor(), `AWS_CA_BUNDLE=${bundle}`, ...commandPrefix(host, namespace)]
  } catch (error) {
    if (isNew) await takeBack(attached, dataDirectory)
    throw error
  }
}

/** What "postern env" says of the public door would lead past the endpoints of the VPC, to where nothing is inside. */
function withoutPublicDoor(): readonly string[] {
  const services = new Set(endpointServices().map(({ service }) => service))
  return [...services].flatMap(service => ['-u', `AWS_ENDPOINT_URL_${service.toUpperCase()}`])
}

/** Root acts on the answer of another user's server: on no namespace but the one that he named. */
function requireAsked({ workload }: AttachedNetwork, namespace: string): void {
  if (workload.namespace !== namespace)
    throw new ConfigError('The server’s answer is about another namespace: nothing was done with it')
}

async function takeBack(attached: AttachedNetwork, dataDirectory: string): Promise<void> {
  const { vpcId: vpc, workload } = attached
  try {
    await detachNamespace(networkHost(dataDirectory), attached)
  } finally {
    await askServer(dataDirectory, '/network/detach', { vpc, namespace: workload.namespace })
  }
}

function format({ network, workload, vpcId, servedAddress }: AttachedNetwork, command: readonly string[]): string {
  return `Attached to ${vpcId}: ${workloadText(workload)}\n${wayIn(network, servedAddress, command)}`
}

function wayIn(network: AttachedNetwork['network'], servedAddress: string, command: readonly string[]): string {
  switch (network) {
    case 'loopback':
      return `On the loopback network, who connects from ${servedAddress} is this workload\n`
    case 'proxy':
      return `Whom the proxy says to come from ${servedAddress} is this workload\n`
    case 'netns':
      return `Run something there: ${command.map(shellWord).join(' ')} COMMAND\n`
  }
}

const shellWord = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : shellQuote(word))

/** `postern network detach`. */
export const networkDetachCommand: Command = {
  name: 'network detach',
  summary:
    'Detaches a workload from a VPC: its namespace is connected no longer, its address is free again, and it is in no security group.',
  usage: '--vpc vpc-… --netns NAME',
  options: [...serverOptions, vpcOption, netnsOption],
  async run(given, terminal) {
    const dataDirectory = dataDirectoryOf(given, terminal)
    const wanted = {
      vpc: requiredOption(given, 'vpc', this.name),
      namespace: requiredOption(given, 'netns', this.name),
    }
    const found = await askServer<AttachedNetwork>(dataDirectory, '/network/workload', wanted)
    requireAsked(found, wanted.namespace)
    // First here: an address that is free again may be another workload's a moment later.
    if (found.network === 'netns') await detachNamespace(networkHost(dataDirectory), found)
    const { workload, vpcId } = await askServer<AttachedNetwork>(dataDirectory, '/network/detach', wanted)
    terminal.out(`Detached from ${vpcId}: ${workload.namespace}, which was ${workload.address}\n`)
    return 0
  },
}
