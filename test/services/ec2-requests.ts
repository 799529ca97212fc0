// Typical requests of EC2, and what they are about.
import {
  dhcpOptionsId,
  mainAssociationId,
  mainRouteTableId,
  networkAclAssociationId,
  networkAclId,
  offeredServices,
  openNetwork,
} from '../../src/network/index.ts'
import { ec2Service } from '../../src/services/index.ts'
import { account } from '../iam/iam-room.ts'
import type { IamRoom } from '../iam/iam-room.ts'
import { openBench } from './service-bench.ts'
import type { ServiceBench, TypicalRequest } from './service-bench.ts'
import { noPrincipals } from '../no-principals.ts'

const tagged = (ResourceType: string) => [{ ResourceType, Tags: [{ Key: 'team', Value: 'red' }] }]
const of = (...inputs: readonly object[]): readonly TypicalRequest[] => inputs.map(input => ({ input }))

interface MadeVpc {
  readonly VpcId: string
  readonly CidrBlockAssociationSet: readonly [{ readonly AssociationId: string }]
  readonly Ipv6CidrBlockAssociationSet: readonly [{ readonly AssociationId: string; readonly Ipv6CidrBlock: string }]
}

interface MadeSubnet {
  readonly SubnetId: string
  readonly Ipv6CidrBlockAssociationSet: readonly [{ readonly AssociationId: string }]
}

/** A VPC with one of everything that it can have, all with tags. */
export async function ec2Bench(room: IamRoom): Promise<ServiceBench> {
  const needs = {
    network: openNetwork({ store: room.store }),
    principals: noPrincipals,
    random: room.random,
    offered: offeredServices({ services: ['kms', 'sts'], fips: false }),
    servesIpv6: true,
    regions: ['us-west-2'],
  }
  const make = async <Output>(name: string, input: object): Promise<Output> => {
    const prepared = await ec2Service.operations.get(name)!.prepare(input, room.scope(), needs)
    const { output, commit } = await prepared.run()
    await room.store.commit(commit!)
    return output as Output
  }
  const vpc = { CidrBlock: '10.0.0.0/16', AmazonProvidedIpv6CidrBlock: true, TagSpecifications: tagged('vpc') }
  const madeVpc = await make<{ Vpc: MadeVpc }>('CreateVpc', vpc)
  const { VpcId, CidrBlockAssociationSet, Ipv6CidrBlockAssociationSet } = madeVpc.Vpc
  const [{ Ipv6CidrBlock: vpcIpv6 }] = Ipv6CidrBlockAssociationSet
  const ipv6Block = (number: number) => vpcIpv6.replace('00::/56', `0${number}::/64`)
  const subnet = {
    VpcId,
    CidrBlock: '10.0.1.0/24',
    Ipv6CidrBlock: ipv6Block(1),
    TagSpecifications: tagged('subnet'),
  }
  const madeSubnet = await make<{ Subnet: MadeSubnet }>('CreateSubnet', subnet)
  const { SubnetId, Ipv6CidrBlockAssociationSet: subnetBlocks } = madeSubnet.Subnet
  const group = { VpcId, GroupName: 'g', Description: 'd', TagSpecifications: tagged('security-group') }
  const { GroupId } = await make<{ GroupId: string }>('CreateSecurityGroup', group)
  const IpPermissions = [{ IpProtocol: '-1', UserIdGroupPairs: [{ GroupId }] }]
  const rule = { GroupId, IpPermissions, TagSpecifications: tagged('security-group-rule') }
  const authorized = await make<{ SecurityGroupRules: readonly [{ SecurityGroupRuleId: string }] }>(
    'AuthorizeSecurityGroupIngress',
    rule,
  )
  const endpoint = {
    VpcId,
    VpcEndpointType: 'Interface',
    ServiceName: 'com.amazonaws.us-west-2.kms',
    PrivateDnsEnabled: false,
    TagSpecifications: tagged('vpc-endpoint'),
  }
  const made = await make<{ VpcEndpoint: { VpcEndpointId: string } }>('CreateVpcEndpoint', endpoint)
  const { VpcEndpointId } = made.VpcEndpoint
  const table = { VpcId, TagSpecifications: tagged('route-table') }
  const { RouteTableId } = (await make<{ RouteTable: { RouteTableId: string } }>('CreateRouteTable', table)).RouteTable
  const associated = await make<{ AssociationId: string }>('AssociateRouteTable', { RouteTableId, SubnetId })
  const gateway = { TagSpecifications: tagged('internet-gateway') }
  const { InternetGatewayId } = (
    await make<{ InternetGateway: { InternetGatewayId: string } }>('CreateInternetGateway', gateway)
  ).InternetGateway
  const dhcpOptions = {
    DhcpConfigurations: [{ Key: 'domain-name', Values: ['example.com'] }],
    TagSpecifications: tagged('dhcp-options'),
  }
  const { DhcpOptionsId } = (await make<{ DhcpOptions: { DhcpOptionsId: string } }>('CreateDhcpOptions', dhcpOptions))
    .DhcpOptions
  const madeAcl = await make<{ NetworkAcl: { NetworkAclId: string } }>('CreateNetworkAcl', {
    VpcId,
    TagSpecifications: tagged('network-acl'),
  })
  const { NetworkAclId } = madeAcl.NetworkAcl
  const aclEntry = {
    NetworkAclId,
    RuleNumber: 100,
    Egress: false,
    Protocol: '-1',
    RuleAction: 'allow',
    CidrBlock: '0.0.0.0/0',
  }
  const [{ SecurityGroupRuleId }] = authorized.SecurityGroupRules
  const bornWith = [networkAclId(VpcId), dhcpOptionsId({ account, region: room.scope().region })]
  await make('CreateTags', { Resources: bornWith, Tags: [{ Key: 'team', Value: 'red' }] })
  const Resources = [
    VpcId,
    SubnetId,
    GroupId,
    VpcEndpointId,
    SecurityGroupRuleId,
    RouteTableId,
    InternetGatewayId,
    ...bornWith,
  ]
  const Tags = [{ Key: 'team', Value: 'blue' }]
  const description = { GroupId, SecurityGroupRuleDescriptions: [{ SecurityGroupRuleId, Description: 'd' }] }
  return openBench(room, ec2Service, needs, {
    AssociateDhcpOptions: of({ DhcpOptionsId, VpcId }, { DhcpOptionsId: 'default', VpcId }),
    AssociateRouteTable: of({ RouteTableId, SubnetId }),
    AttachInternetGateway: of({ InternetGatewayId, VpcId }),
    AssociateSubnetCidrBlock: of({ SubnetId, Ipv6CidrBlock: ipv6Block(2) }),
    AssociateVpcCidrBlock: of({ VpcId, CidrBlock: '10.9.0.0/16' }),
    AuthorizeSecurityGroupEgress: of(rule),
    AuthorizeSecurityGroupIngress: of(rule),
    CreateDhcpOptions: of(dhcpOptions),
    CreateInternetGateway: of(gateway),
    CreateNetworkAcl: of({ VpcId, TagSpecifications: tagged('network-acl') }),
    CreateNetworkAclEntry: of(aclEntry, { ...aclEntry, NetworkAclId: networkAclId(VpcId) }),
    CreateRoute: of({ RouteTableId, DestinationCidrBlock: '0.0.0.0/0', GatewayId: InternetGatewayId }),
    CreateRouteTable: of(table),
    CreateSecurityGroup: of(group),
    CreateSubnet: of(subnet),
    CreateTags: of({ Resources, Tags }),
    CreateVpc: of(vpc, { CidrBlock: '10.0.0.0/16' }),
    CreateVpcEndpoint: of({ ...endpoint, SubnetIds: [SubnetId], SecurityGroupIds: [GroupId] }),
    DeleteDhcpOptions: of({ DhcpOptionsId }),
    DeleteInternetGateway: of({ InternetGatewayId }),
    DeleteNetworkAcl: of({ NetworkAclId }),
    DeleteNetworkAclEntry: of(aclEntry),
    DeleteRoute: of({ RouteTableId, DestinationCidrBlock: '0.0.0.0/0' }),
    DeleteRouteTable: of({ RouteTableId }),
    DeleteSecurityGroup: of({ GroupId }, { GroupId: 'sg-0' }),
    DeleteSubnet: of({ SubnetId }),
    DeleteTags: of({ Resources, Tags }),
    DeleteVpc: of({ VpcId }),
    DeleteVpcEndpoints: of({ VpcEndpointIds: [VpcEndpointId] }),
    DescribeAccountAttributes: of({}),
    DescribeAvailabilityZones: of({}),
    DescribeDhcpOptions: of({}),
    DescribeInternetGateways: of({}),
    DescribeManagedPrefixLists: of({}),
    DescribeNetworkAcls: of({}),
    DescribeNetworkInterfaceAttribute: of({ NetworkInterfaceId: 'eni-0', Attribute: 'description' }),
    DescribeNetworkInterfaces: of({}),
    DescribePrefixLists: of({}),
    DescribeRegions: of({}),
    DescribeRouteTables: of({}),
    DescribeSecurityGroupRules: of({}),
    DescribeSecurityGroups: of({}),
    DescribeSubnets: of({}),
    DescribeTags: of({}),
    DescribeVpcAttribute: of({ VpcId, Attribute: 'enableDnsSupport' }),
    DescribeVpcEndpointConnections: of({}),
    DescribeVpcEndpointServices: of({}),
    DescribeVpcEndpoints: of({}),
    DescribeVpcs: of({}),
    DetachInternetGateway: of({ InternetGatewayId, VpcId }),
    DisassociateRouteTable: of({ AssociationId: associated.AssociationId }, { AssociationId: 'rtbassoc-0' }),
    DisassociateSubnetCidrBlock: of({ AssociationId: subnetBlocks[0].AssociationId }, { AssociationId: 'none' }),
    DisassociateVpcCidrBlock: of(
      { AssociationId: CidrBlockAssociationSet[0].AssociationId },
      { AssociationId: Ipv6CidrBlockAssociationSet[0].AssociationId },
      { AssociationId: 'none' },
    ),
    ModifySecurityGroupRules: of({
      GroupId,
      SecurityGroupRules: [
        {
          SecurityGroupRuleId,
          SecurityGroupRule: { IpProtocol: 'tcp', FromPort: 1, ToPort: 1, ReferencedGroupId: 'sg-0' },
        },
      ],
    }),
    ModifySubnetAttribute: of({ SubnetId, MapPublicIpOnLaunch: { Value: true } }),
    ModifyVpcAttribute: of({ VpcId, EnableDnsSupport: { Value: true } }),
    ModifyVpcEndpoint: of({
      VpcEndpointId,
      AddSubnetIds: [SubnetId],
      AddSecurityGroupIds: [GroupId],
      PrivateDnsEnabled: true,
    }),
    ReplaceNetworkAclAssociation: of(
      { AssociationId: networkAclAssociationId(SubnetId), NetworkAclId },
      { AssociationId: 'aclassoc-0', NetworkAclId },
    ),
    ReplaceNetworkAclEntry: of(aclEntry),
    ReplaceRoute: of({ RouteTableId, DestinationCidrBlock: '0.0.0.0/0', GatewayId: InternetGatewayId }),
    ReplaceRouteTableAssociation: of(
      { AssociationId: associated.AssociationId, RouteTableId: mainRouteTableId(VpcId) },
      { AssociationId: mainAssociationId(VpcId), RouteTableId },
      { AssociationId: 'rtbassoc-0', RouteTableId },
    ),
    RevokeSecurityGroupEgress: of(rule),
    RevokeSecurityGroupIngress: of(rule),
    UpdateSecurityGroupRuleDescriptionsEgress: of(description),
    UpdateSecurityGroupRuleDescriptionsIngress: of(description),
  })
}
