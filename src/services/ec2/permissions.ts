import ipaddr from 'ipaddr.js'
import { ServiceError, newResourceId } from '../../base/index.ts'
import type { Random } from '../../base/index.ts'
import { formatBlock, parseBlockLoosely } from '../../network/index.ts'
import type { RulePeer, SecurityGroupRule } from '../../network/index.ts'
import type { ec2 } from '../../wire/index.ts'

type Direction = SecurityGroupRule['direction']

/** The members of an Authorize or Revoke request that name rules: a list, or one rule spelled out. */
export interface PermissionInput {
  readonly IpPermissions?: readonly ec2.IpPermission[] | undefined
  readonly IpProtocol?: string | undefined
  readonly FromPort?: number | undefined
  readonly ToPort?: number | undefined
  readonly CidrIp?: string | undefined
}

/** The rules that a request names, each with one peer. @throws {ServiceError} */
export function requestedRules(
  input: PermissionInput,
  direction: Direction,
  random: Random,
): readonly SecurityGroupRule[] {
  const { IpPermissions: listed, IpProtocol, FromPort, ToPort, CidrIp } = input
  const single: readonly ec2.IpPermission[] =
    IpProtocol === undefined && CidrIp === undefined
      ? []
      : [{ IpProtocol, FromPort, ToPort, IpRanges: CidrIp === undefined ? [] : [{ CidrIp }] }]
  const permissions = listed ?? single
  if (permissions.length === 0)
    throw new ServiceError('MissingParameter', 'Either ipPermissions or securityGroupRuleIds must be specified')
  const rules = permissions.flatMap(permission => rulesOf(permission, direction, random))
  if (rules.length === 0)
    throw new ServiceError(
      'InvalidParameterValue',
      'Invalid value for portRange. Must specify both from and to ports with TCP/UDP.',
    )
  return rules
}

function rulesOf(permission: ec2.IpPermission, direction: Direction, random: Random): readonly SecurityGroupRule[] {
  const protocol = protocolOf(permission.IpProtocol)
  const ports = portsOf(protocol, permission)
  return peersOf(permission).map(({ peer, description }) => ({
    ruleId: newResourceId('sgr', random),
    direction,
    protocol,
    ...ports,
    peer,
    ...(description === undefined ? {} : { description }),
  }))
}

const protocolNames: Readonly<Record<string, string>> = {
  '6': 'tcp',
  '17': 'udp',
  '1': 'icmp',
  '58': 'icmpv6',
  all: '-1',
}

function protocolOf(given: string | undefined): string {
  if (given === undefined)
    throw new ServiceError('MissingParameter', 'The request must contain the parameter ipProtocol')
  const protocol = protocolNames[given.toLowerCase()] ?? given.toLowerCase()
  if (['tcp', 'udp', 'icmp', 'icmpv6', '-1'].includes(protocol) || /^\d{1,3}$/.test(protocol)) return protocol
  throw new ServiceError('InvalidPermission.Malformed', `Invalid value '${given}' for IP protocol. Unknown protocol.`)
}

function portsOf(
  protocol: string,
  { FromPort: from, ToPort: to }: ec2.IpPermission,
): Pick<SecurityGroupRule, 'fromPort' | 'toPort'> {
  // With "all protocols" EC2 ignores ports.
  if (protocol === '-1') return {}
  if (protocol !== 'tcp' && protocol !== 'udp')
    return from === undefined || to === undefined ? {} : { fromPort: from, toPort: to }
  if (from === undefined || to === undefined) {
    throw new ServiceError(
      'InvalidParameterValue',
      'Invalid value for portRange. Must specify both from and to ports with TCP/UDP.',
    )
  }
  if (from < 0 || to > 65_535 || from > to)
    throw new ServiceError('InvalidParameterValue', `Invalid TCP/UDP port range (${from}:${to})`)
  return { fromPort: from, toPort: to }
}

interface DescribedPeer {
  readonly peer: RulePeer
  readonly description: string | undefined
}

function peersOf(permission: ec2.IpPermission): readonly DescribedPeer[] {
  if ((permission.PrefixListIds ?? []).length > 0) {
    throw new ServiceError(
      'InvalidPrefixListID.NotFound',
      `The prefix list ID '${permission.PrefixListIds![0]!.PrefixListId}' does not exist`,
    )
  }
  return [
    ...(permission.IpRanges ?? []).map(({ CidrIp: cidr, Description: description }) => ({
      peer: ipv4Peer(cidr),
      description,
    })),
    ...(permission.Ipv6Ranges ?? []).map(({ CidrIpv6: cidr, Description: description }) => ({
      peer: ipv6Peer(cidr),
      description,
    })),
    ...(permission.UserIdGroupPairs ?? []).map(({ GroupId: groupId = '', Description: description }) => ({
      peer: { kind: 'group' as const, groupId },
      description,
    })),
  ]
}

function ipv4Peer(cidr = ''): RulePeer {
  const block = parseBlockLoosely(cidr)
  if (block === undefined) throw new ServiceError('InvalidParameterValue', `CIDR block ${cidr} is malformed`)
  return { kind: 'ipv4', cidr: formatBlock(block) }
}

function ipv6Peer(cidr = ''): RulePeer {
  const [address = '', prefix = ''] = cidr.split('/')
  if (!ipaddr.IPv6.isValid(address) || !/^\d{1,3}$/.test(prefix) || Number(prefix) > 128) {
    throw new ServiceError('InvalidParameterValue', `CIDR block ${cidr} is malformed`)
  }
  return { kind: 'ipv6', cidr: `${ipaddr.IPv6.networkAddressFromCIDR(cidr).toString()}/${prefix}` }
}

/** Whether two rules let the same through. */
export function sameRule(a: SecurityGroupRule, b: SecurityGroupRule): boolean {
  return (
    a.direction === b.direction &&
    a.protocol === b.protocol &&
    a.fromPort === b.fromPort &&
    a.toPort === b.toPort &&
    peerText(a.peer) === peerText(b.peer)
  )
}

export function peerText(peer: RulePeer): string {
  return peer.kind === 'group' ? peer.groupId : peer.cidr
}
