import type {
  EndpointInterface,
  EndpointValue,
  SecurityGroupRule,
  SecurityGroupValue,
  SubnetValue,
  VpcValue,
} from '../../network/index.ts'
import { blockSize, dhcpOptionsId, endpointNames, hostNameOf, parseBlock } from '../../network/index.ts'
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
    CidrBlockAssociationSet: [
      {
        AssociationId: `vpc-cidr-assoc-${vpc.vpcId.slice(4)}`,
        CidrBlock: vpc.cidr,
        CidrBlockState: { State: 'associated' },
      },
    ],
    DhcpOptionsId: dhcpOptionsId(vpc),
    InstanceTenancy: 'default',
    IsDefault: false,
    Tags: tagShapes(vpc.tags),
  }
}

/** A subnet as EC2 shows it. Five of its addresses are never free, as in AWS. */
export function subnetShape(subnet: SubnetValue): ec2.Subnet {
  const { subnetId: SubnetId, vpcId: VpcId, zone: AvailabilityZone, zoneId: AvailabilityZoneId } = subnet
  const size = blockSize(parseBlock(subnet.cidr)!)
  return {
    SubnetId,
    VpcId,
    AvailabilityZone,
    AvailabilityZoneId,
    OwnerId: subnet.account,
    SubnetArn: formatArn('ec2', subnet.region, subnet.account, `subnet/${SubnetId}`),
    State: 'available',
    CidrBlock: subnet.cidr,
    AvailableIpAddressCount: size - 5 - subnet.usedAddresses.length,
    DefaultForAz: false,
    MapPublicIpOnLaunch: false,
    AssignIpv6AddressOnCreation: false,
    Ipv6CidrBlockAssociationSet: [],
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

/** An account of AWS's own, as samples of endpoint interfaces show it. */
const requesterId = '727180483921'

/** A network interface of an endpoint as EC2 shows it: AWS's own, attached by it; `groupNames` are by group id. */
export function interfaceShape(
  one: EndpointInterface,
  endpoint: EndpointValue,
  groupNames: ReadonlyMap<string, string>,
): ec2.NetworkInterface {
  const { ipv6Address } = one
  const privateName = hostNameOf(one.address, endpoint.region)
  const groups = endpoint.groupIds.map(GroupId => ({ GroupId, GroupName: groupNames.get(GroupId) ?? '' }))
  return {
    NetworkInterfaceId: one.interfaceId,
    Description: `VPC Endpoint Interface ${endpoint.endpointId}`,
    InterfaceType: 'vpc_endpoint',
    RequesterManaged: true,
    RequesterId: requesterId,
    OwnerId: endpoint.account,
    Status: 'in-use',
    VpcId: endpoint.vpcId,
    SubnetId: one.subnetId,
    AvailabilityZone: one.zone,
    PrivateIpAddress: one.address,
    PrivateDnsName: privateName,
    PrivateIpAddresses: [{ Primary: true, PrivateIpAddress: one.address, PrivateDnsName: privateName }],
    Ipv6Addresses: ipv6Address === undefined ? [] : [{ Ipv6Address: ipv6Address, IsPrimaryIpv6: false }],
    ...(ipv6Address === undefined ? {} : { Ipv6Address: ipv6Address, DenyAllIgwTraffic: true }),
    SourceDestCheck: true,
    Groups: groups,
    Attachment: {
      AttachmentId: `ela-attach-${one.interfaceId.slice(4)}`,
      DeleteOnTermination: false,
      DeviceIndex: 1,
      InstanceOwnerId: 'amazon-aws',
      Status: 'attached',
    },
    TagSet: [],
  }
}
