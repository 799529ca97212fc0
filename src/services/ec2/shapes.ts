import type {
  BlockAssociation,
  EndpointValue,
  SecurityGroupRule,
  SecurityGroupValue,
  SubnetValue,
  VpcValue,
} from '../../network/index.ts'
import {
  blockSize,
  dhcpOptionsIdOf,
  endpointNames,
  ipv4AssociationsOf,
  isIpv6Address,
  isIpv6Only,
  parseBlock,
} from '../../network/index.ts'
import { formatArn } from '../../base/index.ts'
import type { ec2 } from '../../wire/index.ts'
import { ipTypesOf } from './endpoint-ip-types.ts'
import { tagShapes } from './tags.ts'

/** A VPC as EC2 shows it. Its tenancy is as AWS has it by default. */
export function vpcShape(vpc: VpcValue): ec2.Vpc {
  return {
    VpcId: vpc.vpcId,
    OwnerId: vpc.account,
    State: 'available',
    CidrBlock: vpc.cidr,
    CidrBlockAssociationSet: ipv4AssociationsOf(vpc).map(one => vpcBlockShape(one)),
    Ipv6CidrBlockAssociationSet: (vpc.ipv6Associations ?? []).map(one => vpcIpv6BlockShape(one, vpc)),
    DhcpOptionsId: dhcpOptionsIdOf(vpc),
    InstanceTenancy: 'default',
    IsDefault: false,
    Tags: tagShapes(vpc.tags),
  }
}

/** Where a block is on its way to or from a VPC or subnet: here it is there at once, but clients expect to wait. */
type BlockState = 'associating' | 'associated' | 'disassociating'

/** An IPv4 block of a VPC as EC2 shows it. */
export function vpcBlockShape(
  { associationId: AssociationId, cidr: CidrBlock }: BlockAssociation,
  State: BlockState = 'associated',
): ec2.VpcCidrBlockAssociation {
  return { AssociationId, CidrBlock, CidrBlockState: { State } }
}

/** Where all IPv6 blocks come from. AWS's are public; ours are unique local addresses, which nobody else reaches. */
const ipv6Origin = { Ipv6AddressAttribute: 'private', IpSource: 'amazon' } as const

/** The name of the pool that AWS takes its IPv6 blocks from. */
export const ipv6Pool = 'Amazon'

/** An IPv6 block of a VPC as EC2 shows it. */
export function vpcIpv6BlockShape(
  { associationId: AssociationId, cidr: Ipv6CidrBlock }: BlockAssociation,
  { region: NetworkBorderGroup }: Pick<VpcValue, 'region'>,
  State: BlockState = 'associated',
): ec2.VpcIpv6CidrBlockAssociation {
  return {
    AssociationId,
    Ipv6CidrBlock,
    Ipv6CidrBlockState: { State },
    NetworkBorderGroup,
    Ipv6Pool: ipv6Pool,
    ...ipv6Origin,
  }
}

/** The IPv6 block of a subnet as EC2 shows it. */
export function subnetIpv6BlockShape(
  { associationId: AssociationId, cidr: Ipv6CidrBlock }: BlockAssociation,
  State: BlockState = 'associated',
): ec2.SubnetIpv6CidrBlockAssociation {
  return { AssociationId, Ipv6CidrBlock, Ipv6CidrBlockState: { State }, ...ipv6Origin }
}

/** How many IPv4 addresses a subnet has left: none where it is IPv6-only. Five are never free, as in AWS. */
export function freeAddressCount({ cidr, usedAddresses }: SubnetValue): number {
  if (cidr === undefined) return 0
  return blockSize(parseBlock(cidr)!) - 5 - usedAddresses.filter(address => !isIpv6Address(address)).length
}

/** A subnet as EC2 shows it. */
export function subnetShape(subnet: SubnetValue): ec2.Subnet {
  const { subnetId: SubnetId, vpcId: VpcId, zone: AvailabilityZone, zoneId: AvailabilityZoneId } = subnet
  const { ipv6Association, attributes = {} } = subnet
  return {
    SubnetId,
    VpcId,
    AvailabilityZone,
    AvailabilityZoneId,
    OwnerId: subnet.account,
    SubnetArn: formatArn('ec2', subnet.region, subnet.account, `subnet/${SubnetId}`),
    State: 'available',
    ...(subnet.cidr === undefined ? {} : { CidrBlock: subnet.cidr }),
    AvailableIpAddressCount: freeAddressCount(subnet),
    DefaultForAz: false,
    MapPublicIpOnLaunch: attributes.mapPublicIp ?? false,
    MapCustomerOwnedIpOnLaunch: false,
    AssignIpv6AddressOnCreation: attributes.assignIpv6Address ?? false,
    Ipv6CidrBlockAssociationSet: ipv6Association === undefined ? [] : [subnetIpv6BlockShape(ipv6Association)],
    EnableDns64: false,
    Ipv6Native: isIpv6Only(subnet),
    PrivateDnsNameOptionsOnLaunch: {
      HostnameType: attributes.hostnameType ?? 'ip-name',
      EnableResourceNameDnsARecord: attributes.resourceNameA ?? false,
      EnableResourceNameDnsAAAARecord: attributes.resourceNameAaaa ?? false,
    },
    Tags: tagShapes(subnet.tags),
  }
}

/** A security group as EC2 shows it, with its rules as `permissionShapes` groups them. */
export function groupShape(group: SecurityGroupValue): ec2.SecurityGroup {
  return {
    GroupId: group.groupId,
    GroupName: group.name,
    Description: group.description,
    VpcId: group.vpcId,
    OwnerId: group.account,
    SecurityGroupArn: formatArn('ec2', group.region, group.account, `security-group/${group.groupId}`),
    IpPermissions: permissionShapes(rulesOf(group, 'ingress'), group.account),
    IpPermissionsEgress: permissionShapes(rulesOf(group, 'egress'), group.account),
    Tags: tagShapes(group.tags),
  }
}

/** Rules as EC2 groups them: one entry for a protocol and ports, with all its peers. */
export function permissionShapes(rules: readonly SecurityGroupRule[], account: string): readonly ec2.IpPermission[] {
  const byPorts = Map.groupBy(rules, ({ protocol, fromPort, toPort }) => `${protocol} ${fromPort} ${toPort}`)
  return [...byPorts.values()].map(same => {
    const [{ protocol, fromPort, toPort }] = same as [SecurityGroupRule]
    return {
      IpProtocol: protocol,
      ...(fromPort === undefined ? {} : { FromPort: fromPort, ToPort: toPort }),
      IpRanges: same.flatMap(({ peer, description }) =>
        peer.kind === 'ipv4' ? [{ CidrIp: peer.cidr, ...described(description) }] : [],
      ),
      Ipv6Ranges: same.flatMap(({ peer, description }) =>
        peer.kind === 'ipv6' ? [{ CidrIpv6: peer.cidr, ...described(description) }] : [],
      ),
      UserIdGroupPairs: same.flatMap(({ peer, description }) =>
        peer.kind === 'group' ? [{ GroupId: peer.groupId, UserId: account, ...described(description) }] : [],
      ),
      PrefixListIds: [],
    }
  })
}

function rulesOf(
  { rules }: SecurityGroupValue,
  direction: SecurityGroupRule['direction'],
): readonly SecurityGroupRule[] {
  return rules.filter(rule => rule.direction === direction)
}

const described = (description: string | undefined): { Description?: string } =>
  description === undefined ? {} : { Description: description }

/** A single rule as EC2 shows it, where -1 stands for all ports. */
export function ruleShape(rule: SecurityGroupRule, group: SecurityGroupValue): ec2.SecurityGroupRule {
  const { peer } = rule
  return {
    SecurityGroupRuleId: rule.ruleId,
    SecurityGroupRuleArn: formatArn('ec2', group.region, group.account, `security-group-rule/${rule.ruleId}`),
    GroupId: group.groupId,
    GroupOwnerId: group.account,
    IsEgress: rule.direction === 'egress',
    IpProtocol: rule.protocol,
    FromPort: rule.fromPort ?? -1,
    ToPort: rule.toPort ?? -1,
    ...(peer.kind === 'ipv4' ? { CidrIpv4: peer.cidr } : {}),
    ...(peer.kind === 'ipv6' ? { CidrIpv6: peer.cidr } : {}),
    ...(peer.kind === 'group' ? { ReferencedGroupInfo: { GroupId: peer.groupId, UserId: group.account } } : {}),
    ...described(rule.description),
    Tags: tagShapes(rule.tags ?? []),
  }
}

/** A rule that was revoked as EC2 shows it. */
export function revokedShape(rule: SecurityGroupRule, group: SecurityGroupValue): ec2.RevokedSecurityGroupRule {
  const { SecurityGroupRuleArn: _arn, GroupOwnerId: _owner, Tags: _tags, ...shape } = ruleShape(rule, group)
  const { ReferencedGroupInfo: referenced, ...revoked } = shape
  return { ...revoked, ...(referenced?.GroupId === undefined ? {} : { ReferencedGroupId: referenced.GroupId }) }
}

/** An endpoint as EC2 shows it; `groupNames` are by group id. */
export function endpointShape(endpoint: EndpointValue, groupNames: ReadonlyMap<string, string>): ec2.VpcEndpoint {
  const { interfaces, lastError } = endpoint
  const { ipAddressType, dnsRecordIpType } = ipTypesOf(endpoint)
  return {
    VpcEndpointId: endpoint.endpointId,
    VpcEndpointType: 'Interface',
    VpcId: endpoint.vpcId,
    ServiceName: endpoint.serviceName,
    ServiceRegion: endpoint.region,
    State: endpoint.state,
    PolicyDocument: endpoint.policy,
    RouteTableIds: [],
    SubnetIds: interfaces.map(one => one.subnetId),
    Groups: endpoint.groupIds.map(GroupId => ({ GroupId, GroupName: groupNames.get(GroupId) ?? '' })),
    IpAddressType: ipAddressType,
    DnsOptions: { DnsRecordIpType: dnsRecordIpType, PrivateDnsOnlyForInboundResolverEndpoint: false },
    PrivateDnsEnabled: endpoint.privateDnsEnabled,
    RequesterManaged: false,
    NetworkInterfaceIds: interfaces.map(one => one.interfaceId),
    DnsEntries: endpointNames(endpoint).map(({ name: DnsName, hostedZoneId: HostedZoneId }) => ({
      DnsName,
      HostedZoneId,
    })),
    CreationTimestamp: endpoint.createdAt,
    Tags: tagShapes(endpoint.tags),
    OwnerId: endpoint.account,
    ...(lastError === undefined ? {} : { LastError: { Code: lastError.code, Message: lastError.message } }),
  }
}
