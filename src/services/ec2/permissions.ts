import ipaddr from 'ipaddr.js'
import { ServiceError, newResourceId } from '../../base/index.ts'
import type { Random } from '../../base/index.ts'
import { formatBlock, parseBlockLoosely } from '../../network/index.ts'
import type { RulePeer, SecurityGroupRule, SecurityGroupValue } from '../../network/index.ts'
import type { ec2 } from '../../wire/index.ts'
import { missingParameter, noGroup, noGroupName, noPrefixList } from './not-found.ts'
import { refuseUnserved } from './unserved.ts'

type Direction = SecurityGroupRule['direction']

/** The members of an Authorize or Revoke request that name rules: a list, or one rule spelled out. */
export interface PermissionInput {
  readonly IpPermissions?: readonly ec2.IpPermission[] | undefined
  readonly IpProtocol?: string | undefined
  readonly FromPort?: number | undefined
  readonly ToPort?: number | undefined
  readonly CidrIp?: string | undefined
  readonly SourceSecurityGroupName?: string | undefined
  readonly SourceSecurityGroupOwnerId?: string | undefined
}

/** The group that rules are named for. */
export interface RuleSite {
  readonly group: Pick<SecurityGroupValue, 'account' | 'vpcId'>
  readonly direction: Direction
  readonly random: Random
}

/** The rules that a request names, each with one peer. @throws {ServiceError} */
export function requestedRules(input: PermissionInput, site: RuleSite): readonly SecurityGroupRule[] {
  refuseUnserved(input, { SourceSecurityGroupName: undefined, SourceSecurityGroupOwnerId: undefined })
  const permissions = [...(input.IpPermissions ?? []), ...singlePermission(input)]
  if (permissions.length === 0)
    throw new ServiceError('MissingParameter', 'Either ipPermissions or securityGroupRuleIds must be specified')
  const rules = permissions.flatMap(permission => rulesOf(permission, site))
  if (new Set(rules.map(ruleText)).size < rules.length)
    throw new ServiceError('InvalidParameterValue', 'The same permission must not appear multiple times')
  return rules
}

/** The rule that is spelled out beside the list; a request has one or the other. @throws {ServiceError} */
function singlePermission(input: PermissionInput): readonly ec2.IpPermission[] {
  const { IpPermissions: listed = [], IpProtocol, FromPort, ToPort, CidrIp } = input
  const given = Object.entries({ IpProtocol, FromPort, ToPort, CidrIp }).find(([, value]) => value !== undefined)
  if (given === undefined) return []
  if (listed.length > 0) throw notTogether('ipPermissions', given[0])
  return [{ IpProtocol, FromPort, ToPort, IpRanges: CidrIp === undefined ? [] : [{ CidrIp }] }]
}

/** Two parameters of which a request may have one. */
export const notTogether = (one: string, other: string): ServiceError =>
  new ServiceError(
    'InvalidParameterCombination',
    `The parameter ${one} cannot be used with the parameter ${other.charAt(0).toLowerCase()}${other.slice(1)}`,
  )

function rulesOf(permission: ec2.IpPermission, site: RuleSite): readonly SecurityGroupRule[] {
  const protocol = protocolOf(permission.IpProtocol)
  const ports = portsOf(protocol, permission)
  const peers = peersOf(permission, site)
  if (peers.length === 0) throw missingParameter('ipRanges, ipv6Ranges, prefixListIds or groups')
  return peers.map(({ peer, description }) => ({
    ruleId: newResourceId('sgr', site.random),
    direction: site.direction,
    protocol,
    ...ports,
    peer,
    ...(description === undefined ? {} : { description: requireRuleDescription(description) }),
  }))
}

/** What names and descriptions of groups and rules consist of. */
export const groupText = /^[a-zA-Z0-9. _\-:/()#,@[\]+=&;{}!$*]{0,255}$/

/** The description of a rule, as AWS allows it. @throws {ServiceError} */
export function requireRuleDescription(description: string): string {
  if (groupText.test(description)) return description
  throw new ServiceError(
    'InvalidParameterValue',
    'Invalid rule description. Valid descriptions are strings less than 256 characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*',
  )
}

const protocolNames: ReadonlyMap<string, string> = new Map([
  ['6', 'tcp'],
  ['17', 'udp'],
  ['1', 'icmp'],
  ['58', 'icmpv6'],
  ['all', '-1'],
])

function protocolOf(given: string | undefined): string {
  if (given === undefined) throw missingParameter('ipProtocol')
  // One protocol has one spelling: a door compares it with that of the connection.
  const spelled = /^\d{1,3}$/.test(given) ? String(Number(given)) : given.toLowerCase()
  const protocol = protocolNames.get(spelled) ?? spelled
  if (['tcp', 'udp', 'icmp', 'icmpv6', '-1'].includes(protocol)) return protocol
  if (/^\d+$/.test(protocol) && Number(protocol) <= 255) return protocol
  throw new ServiceError('InvalidParameterValue', `Invalid value '${given}' for IP protocol. Unknown protocol.`)
}

function portsOf(
  protocol: string,
  { FromPort: from, ToPort: to }: ec2.IpPermission,
): Pick<SecurityGroupRule, 'fromPort' | 'toPort'> {
  if (protocol === 'icmp' || protocol === 'icmpv6') return icmpTypeAndCode(from, to)
  // With all other protocols EC2 ignores ports.
  if (protocol !== 'tcp' && protocol !== 'udp') return {}
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

/** In the place of ports ICMP has a type and a code; -1 stands for all, and with all types it is all codes too. */
function icmpTypeAndCode(type = -1, code = -1): Pick<SecurityGroupRule, 'fromPort' | 'toPort'> {
  const isByte = (value: number): boolean => value >= -1 && value <= 255
  if (isByte(type) && isByte(code) && (type !== -1 || code === -1)) return { fromPort: type, toPort: code }
  throw new ServiceError('InvalidParameterValue', `Invalid ICMP type and code (${type}:${code})`)
}

interface DescribedPeer {
  readonly peer: RulePeer
  readonly description: string | undefined
}

function peersOf(permission: ec2.IpPermission, { group }: RuleSite): readonly DescribedPeer[] {
  const [prefixList] = permission.PrefixListIds ?? []
  if (prefixList !== undefined) throw noPrefixList(prefixList.PrefixListId ?? '')
  return [
    ...(permission.IpRanges ?? []).map(({ CidrIp: cidr, Description: description }) => ({
      peer: ipv4Peer(cidr),
      description,
    })),
    ...(permission.Ipv6Ranges ?? []).map(({ CidrIpv6: cidr, Description: description }) => ({
      peer: ipv6Peer(cidr),
      description,
    })),
    ...(permission.UserIdGroupPairs ?? []).map(pair => ({
      peer: groupPeer(pair, group),
      description: pair.Description,
    })),
  ]
}

/** A group of the same account and VPC: there is no peering. @throws {ServiceError} */
function groupPeer(pair: ec2.UserIdGroupPair, group: RuleSite['group']): RulePeer {
  const { GroupId: groupId, UserId: account = group.account, VpcId: vpcId = group.vpcId } = pair
  refuseUnserved(pair, { VpcPeeringConnectionId: undefined, PeeringStatus: undefined })
  if (groupId === undefined)
    throw pair.GroupName === undefined ? missingParameter('groupId') : noGroupName(pair.GroupName)
  if (account !== group.account) throw noGroup(groupId)
  if (vpcId !== group.vpcId) {
    throw new ServiceError(
      'InvalidGroup.NotFound',
      'You have specified two resources that belong to different networks.',
    )
  }
  return { kind: 'group', groupId }
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
  return ruleText(a) === ruleText(b)
}

/** What a rule lets through, as a text of its own: a group has it once. */
export function ruleText({ direction, protocol, fromPort = -1, toPort = -1, peer }: SecurityGroupRule): string {
  // Rules of other protocols once kept the ports of their requests.
  const ports = withPorts.has(protocol) ? `${fromPort} ${toPort}` : ''
  return `${direction} ${protocol} ${ports} ${peerText(peer)}`
}

const withPorts: ReadonlySet<string> = new Set(['tcp', 'udp', 'icmp', 'icmpv6'])

/** A peer as EC2 names it in messages: the id of a group, or a block. */
export function peerText(peer: RulePeer): string {
  return peer.kind === 'group' ? peer.groupId : peer.cidr
}

/** The error for a rule that the group has already. */
export function duplicateRule(rule: SecurityGroupRule): ServiceError {
  const spelled = rule.protocol === '-1' ? 'ALL' : rule.protocol.toUpperCase()
  return new ServiceError(
    'InvalidPermission.Duplicate',
    `the specified rule "peer: ${peerText(rule.peer)}, ${spelled}${portsText(rule)}, ALLOW" already exists`,
  )
}

function portsText({ protocol, fromPort, toPort }: SecurityGroupRule): string {
  if (fromPort === undefined) return ''
  const orAll = (value: number | undefined): string => (value === -1 ? 'ALL' : String(value))
  if (protocol.startsWith('icmp')) return `, type: ${orAll(fromPort)}, code: ${orAll(toPort)}`
  return `, from port: ${fromPort}, to port: ${toPort}`
}

/** The error for a rule, spelled out, that the group does not have. */
export const absentRule = (): ServiceError =>
  new ServiceError('InvalidPermission.NotFound', 'The specified rule does not exist in this security group.')
