import { askServer, dataDirectoryOf, serverOptions } from '../admin-client.ts'
import { hasFlag, optionOf, requiredOption } from '../command.ts'
import type { Command, Given, Option } from '../command.ts'
import type { AttachedNetwork } from '../../server/index.ts'
import { vpcOption, workloadText } from './network.ts'

const netnsOption: Option = { name: 'netns', form: 'NAME', text: 'Name of the workload’s network namespace' }

/** `postern network attach`. */
export const networkAttachCommand: Command = {
  name: 'network attach',
  summary:
    'Attaches a workload to a VPC, with an address of a subnet and in security groups: rules that name such a group then admit it. What is attached already keeps its address.',
  usage: '--vpc vpc-… --netns NAME [--subnet subnet-…] [--address ADDRESS] [--security-group sg-…]…',
  options: [
    ...serverOptions,
    vpcOption,
    netnsOption,
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
    const attached = await askServer<AttachedNetwork>(
      dataDirectoryOf(given, terminal),
      '/network/attach',
      wantedBy(given, this.name),
    )
    terminal.out(hasFlag(given, 'json') ? `${JSON.stringify(attached, null, 2)}\n` : format(attached))
    return 0
  },
}

function wantedBy(given: Given, command: string): object {
  const [subnet, address] = [optionOf(given, 'subnet'), optionOf(given, 'address')]
  return {
    vpc: requiredOption(given, 'vpc', command),
    namespace: requiredOption(given, 'netns', command),
    ...(subnet === undefined ? {} : { subnet }),
    ...(address === undefined ? {} : { address }),
    groups: given.flags.get('security-group') ?? [],
  }
}

function format({ workload, vpcId, servedAddress }: AttachedNetwork): string {
  const lines = [
    `Attached to ${vpcId}: ${workloadText(workload)}`,
    `On the loopback network, who connects from ${servedAddress} is this workload`,
  ]
  return `${lines.join('\n')}\n`
}

/** `postern network detach`. */
export const networkDetachCommand: Command = {
  name: 'network detach',
  summary: 'Detaches a workload from a VPC: its address is free again, and it is in no security group.',
  usage: '--vpc vpc-… --netns NAME',
  options: [...serverOptions, vpcOption, netnsOption],
  async run(given, terminal) {
    const wanted = {
      vpc: requiredOption(given, 'vpc', this.name),
      namespace: requiredOption(given, 'netns', this.name),
    }
    const { workload, vpcId } = await askServer<AttachedNetwork>(
      dataDirectoryOf(given, terminal),
      '/network/detach',
      wanted,
    )
    terminal.out(`Detached from ${vpcId}: ${workload.namespace}, which was ${workload.address}\n`)
    return 0
  },
}
