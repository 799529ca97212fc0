import { askServer, dataDirectoryOf, serverOptions } from '../admin-client.ts'
import { hasFlag, optionOf, requiredOption } from '../command.ts'
import type { Command, Option } from '../command.ts'
import type { AdmittedSources, ListedNetwork, SetClient } from '../../server/index.ts'

/** The option that says which VPC a command is about. */
export const vpcOption: Option = { name: 'vpc', form: 'ID', text: 'The VPC, vpc-…' }

/** `postern network admit`. */
export const networkAdmitCommand: Command = {
  name: 'network admit',
  summary:
    'Admits addresses outside a VPC to its endpoints (on premises, peered), or no longer. They still need a rule of a security group.',
  usage: '--vpc vpc-… --cidr BLOCK… [--remove]',
  options: [
    ...serverOptions,
    vpcOption,
    { name: 'cidr', form: 'BLOCK', many: true, text: 'A block of IPv4 or IPv6 addresses, such as 192.168.0.0/16' },
    { name: 'remove', text: 'Admit these blocks no longer' },
    { name: 'json', text: 'What is admitted now, as a JSON object' },
  ],
  async run(given, terminal) {
    requiredOption(given, 'cidr', this.name)
    const wanted = {
      vpc: requiredOption(given, 'vpc', this.name),
      blocks: given.flags.get('cidr') ?? [],
      ...(hasFlag(given, 'remove') ? { remove: 'true' } : {}),
    }
    const admitted = await askServer<AdmittedSources>(dataDirectoryOf(given, terminal), '/network/admit', wanted)
    if (hasFlag(given, 'json')) terminal.out(`${JSON.stringify(admitted, null, 2)}\n`)
    else terminal.out(`${admitted.vpcId} admits ${blocksText(admitted.admittedBlocks)} beside its own blocks\n`)
    for (const note of admitted.notes) terminal.error(`postern: ${note}\n`)
    return 0
  },
}

/** `postern network client`. */
export const networkClientCommand: Command = {
  name: 'network client',
  summary:
    'On the loopback network, says who a client without an address of a VPC is there: one from 127.0.0.1. Unless said, it is the first host address of the endpoint’s first subnet, in no security group.',
  usage: '--vpc vpc-… [--address ADDRESS] [--security-group ID]… | --reset',
  options: [
    ...serverOptions,
    vpcOption,
    { name: 'address', form: 'ADDRESS', text: 'An address of the VPC, or one that is admitted' },
    { name: 'security-group', form: 'ID', many: true, text: 'A security group of the VPC that the client is in' },
    { name: 'reset', text: 'Forget what was said' },
    { name: 'json', text: 'As a JSON object' },
  ],
  async run(given, terminal) {
    const address = optionOf(given, 'address')
    const wanted = {
      vpc: requiredOption(given, 'vpc', this.name),
      ...(address === undefined ? {} : { address }),
      groups: given.flags.get('security-group') ?? [],
      ...(hasFlag(given, 'reset') ? { reset: 'true' } : {}),
    }
    const set = await askServer<SetClient>(dataDirectoryOf(given, terminal), '/network/client', wanted)
    if (hasFlag(given, 'json')) terminal.out(`${JSON.stringify(set, null, 2)}\n`)
    else terminal.out(`A client without an address of ${set.vpcId} is ${clientText(set.client)}\n`)
    return 0
  },
}

/** `postern network list`. */
export const networkListCommand: Command = {
  name: 'network list',
  summary: 'Lists the VPCs of all accounts: their blocks, resolvers, admitted blocks and attached workloads.',
  usage: '',
  options: [...serverOptions, { name: 'json', text: 'As a JSON array' }],
  async run(given, terminal) {
    const { networks } = await askServer<{ networks: readonly ListedNetwork[] }>(
      dataDirectoryOf(given, terminal),
      '/network/list',
    )
    if (hasFlag(given, 'json')) terminal.out(`${JSON.stringify(networks, null, 2)}\n`)
    else for (const network of networks) terminal.out(format(network))
    return 0
  },
}

function format(network: ListedNetwork): string {
  const { vpcId, account, region, blocks, resolverAddresses, admittedBlocks, client, workloads } = network
  const lines = [
    `${vpcId}  ${blocks.join(', ')}  in ${region}, of account ${account}`,
    `  resolver  ${resolverAddresses.length === 0 ? 'none' : resolverAddresses.join(', ')}`,
    ...(admittedBlocks.length === 0 ? [] : [`  admits    ${blocksText(admittedBlocks)}`]),
    ...(client === undefined ? [] : [`  client    ${clientText(client)}`]),
    ...workloads.map(workload => `  workload  ${workloadText(workload)}`),
  ]
  return `${lines.join('\n')}\n`
}

/** Who an attached workload is. */
export function workloadText(workload: ListedNetwork['workloads'][number]): string {
  const { namespace, address, ipv6Address, subnetId, groupIds } = workload
  const addresses = ipv6Address === undefined ? address : `${address} and ${ipv6Address}`
  return `${namespace} is ${addresses} in ${subnetId}, ${groupsText(groupIds)}`
}

function clientText(client: SetClient['client']): string {
  const address = client?.address ?? 'the first host address of the endpoint’s first subnet'
  return `${address}, ${groupsText(client?.groupIds ?? [])}`
}

const groupsText = (ids: readonly string[]): string =>
  ids.length === 0 ? 'in no security group' : `in ${ids.join(', ')}`

const blocksText = (blocks: readonly string[]): string => (blocks.length === 0 ? 'nobody' : blocks.join(', '))
