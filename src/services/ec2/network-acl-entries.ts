import { ServiceError } from '../../base/index.ts'
import { setNetworkAclRules } from '../../network/index.ts'
import type { Network, NetworkAcl, NetworkAclEntryValue } from '../../network/index.ts'
import type { ec2 } from '../../wire/index.ts'
import { readBlockText } from './block-text.ts'
import type { OwnScope } from './ec2-kinds.ts'
import { ec2Operation } from './ec2-operation.ts'
import { missingParameter, noNetworkAcl } from './not-found.ts'

/** AWS's quota for each direction. */
const maxEntries = 20
/** The greatest number that a rule can have: the rules behind it deny what is left. */
const lastNumber = 32_766

type EntryInput = ec2.CreateNetworkAclEntryRequest

const directionOf = (isEgress: boolean) => (isEgress ? 'egress' : 'ingress')

async function requireAcl(id: string, network: Network, scope: OwnScope): Promise<NetworkAcl> {
  const acl = await network.findNetworkAcl(id, scope)
  if (acl === undefined) throw noNetworkAcl(id)
  return acl
}

/** CreateNetworkAclEntry: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkAclEntry.html */
export const createNetworkAclEntry = ec2Operation<ec2.CreateNetworkAclEntryRequest, undefined>({
  name: 'CreateNetworkAclEntry',
  readOnly: false,
  permissions: async ({ NetworkAclId: id }, ask) => [await ask.on('network-acl', id)],
  async run(input, { network }, { caller: { account }, region }) {
    const acl = await requireAcl(input.NetworkAclId, network, { account, region })
    const entry = readEntry(input)
    const direction = directionOf(input.Egress)
    const present = acl.rules[direction]
    if (present.some(known => known.ruleNumber === entry.ruleNumber)) {
      throw new ServiceError(
        'NetworkAclEntryAlreadyExists',
        `The network acl entry identified by ${entry.ruleNumber} already exists.`,
      )
    }
    if (present.length >= maxEntries) {
      throw new ServiceError(
        'NetworkAclEntryLimitExceeded',
        'The maximum number of network acl entries has been reached.',
      )
    }
    const rules = [...present, entry].sort((one, other) => one.ruleNumber - other.ruleNumber)
    return { output: undefined, commit: { writes: [setNetworkAclRules(acl, { [direction]: rules })] } }
  },
})

/** ReplaceNetworkAclEntry: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReplaceNetworkAclEntry.html */
export const replaceNetworkAclEntry = ec2Operation<ec2.ReplaceNetworkAclEntryRequest, undefined>({
  name: 'ReplaceNetworkAclEntry',
  readOnly: false,
  permissions: async ({ NetworkAclId: id }, ask) => [await ask.on('network-acl', id)],
  async run(input, { network }, { caller: { account }, region }) {
    const acl = await requireAcl(input.NetworkAclId, network, { account, region })
    const entry = readEntry(input)
    const present = requirePresent(acl, input)
    const rules = present.map(known => (known.ruleNumber === entry.ruleNumber ? entry : known))
    return { output: undefined, commit: { writes: [setNetworkAclRules(acl, { [directionOf(input.Egress)]: rules })] } }
  },
})

/** DeleteNetworkAclEntry: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteNetworkAclEntry.html */
export const deleteNetworkAclEntry = ec2Operation<ec2.DeleteNetworkAclEntryRequest, undefined>({
  name: 'DeleteNetworkAclEntry',
  readOnly: false,
  permissions: async ({ NetworkAclId: id }, ask) => [await ask.on('network-acl', id)],
  async run(input, { network }, { caller: { account }, region }) {
    const acl = await requireAcl(input.NetworkAclId, network, { account, region })
    requireNumber(input.RuleNumber)
    const rules = requirePresent(acl, input).filter(known => known.ruleNumber !== input.RuleNumber)
    return { output: undefined, commit: { writes: [setNetworkAclRules(acl, { [directionOf(input.Egress)]: rules })] } }
  },
})

/** The rules of a direction, where one of them has the number. @throws {ServiceError} */
function requirePresent(
  { rules, networkAclId: id }: NetworkAcl,
  { Egress: isEgress, RuleNumber: number }: Pick<EntryInput, 'Egress' | 'RuleNumber'>,
): readonly NetworkAclEntryValue[] {
  const direction = directionOf(isEgress)
  if (rules[direction].some(known => known.ruleNumber === number)) return rules[direction]
  throw new ServiceError(
    'InvalidNetworkAclEntry.NotFound',
    `no ${direction} entry with number ${number} in network ACL ${id}`,
  )
}

const wrong = (parameter: string, value: unknown, why: string): ServiceError =>
  new ServiceError('InvalidParameterValue', `Value (${String(value)}) for parameter ${parameter} is invalid. ${why}`)

function requireNumber(number: number): void {
  if (number < 1 || number > lastNumber)
    throw wrong('ruleNumber', number, `A rule number must be between 1 and ${lastNumber}.`)
}

function readEntry(input: EntryInput): NetworkAclEntryValue {
  const { RuleNumber: ruleNumber, RuleAction: action } = input
  requireNumber(ruleNumber)
  const cidr = readBlock(input)
  const protocol = readProtocol(input.Protocol)
  return { ruleNumber, action: action as NetworkAclEntryValue['action'], protocol, cidr, ...readPorts(protocol, input) }
}

/** The block, in the one form that it is kept in. */
function readBlock({ CidrBlock: ipv4, Ipv6CidrBlock: ipv6 }: EntryInput): string {
  if (ipv4 === undefined && ipv6 === undefined) throw missingParameter('cidrBlock or ipv6CidrBlock')
  if (ipv4 !== undefined && ipv6 !== undefined) {
    throw new ServiceError(
      'InvalidParameterCombination',
      'The parameter cidrBlock cannot be used with the parameter ipv6CidrBlock',
    )
  }
  const block = readBlockText(ipv4, ipv6)
  if (block !== undefined) return block
  const parameter = ipv4 === undefined ? 'ipv6CidrBlock' : 'cidrBlock'
  throw wrong(parameter, ipv4 ?? ipv6, 'This is not a valid CIDR block.')
}

const protocolNumbers: Readonly<Record<string, string>> = { all: '-1', icmp: '1', tcp: '6', udp: '17', icmpv6: '58' }
const withPorts = new Set(['6', '17'])
const withTypes = new Set(['1', '58'])

function readProtocol(text: string): string {
  const number = Object.hasOwn(protocolNumbers, text) ? protocolNumbers[text]! : text
  if (number === '-1' || (/^(?:0|[1-9]\d{0,2})$/.test(number) && Number(number) <= 255)) return number
  throw wrong('protocol', text, 'Unknown protocol.')
}

/** Ports of TCP and UDP, types of ICMP; of all else they count for nothing, and are not kept. */
function readPorts(
  protocol: string,
  { PortRange: range, IcmpTypeCode: icmp }: EntryInput,
): Partial<NetworkAclEntryValue> {
  if (withPorts.has(protocol)) {
    const { From: from, To: to } = range ?? {}
    if (from === undefined || to === undefined) throw missingParameter('portRange')
    if (from < 0 || to > 65_535 || from > to) throw wrong('portRange', `${from}-${to}`, 'This is not a range of ports.')
    return { ports: { from, to } }
  }
  if (!withTypes.has(protocol)) return {}
  const { Type: type, Code: code } = icmp ?? {}
  if (type === undefined || code === undefined) throw missingParameter('icmpTypeCode')
  if (type < -1 || type > 255 || code < -1 || code > 255)
    throw wrong('icmpTypeCode', `${type}, ${code}`, 'These are no type and code of ICMP.')
  return { icmp: { type, code } }
}
