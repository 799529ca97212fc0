// Ids that nothing can have, and ids that nothing has: each with the code and the text that EC2 is reported to answer.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import * as ec2 from '@aws-sdk/client-ec2'
import { makePrivateNetwork } from '../private-network.ts'
import { startPostern } from '../start-postern.ts'
import { refused } from './refused.ts'
import { anywhere, routingWith } from './routing-calls.ts'

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const { ec2: client } = postern.clients(await postern.administrator())
const network = await makePrivateNetwork(postern, client)
const { makeGateway, makeTable } = routingWith(client)
const [RouteTableId, InternetGatewayId] = [await makeTable(network.vpcId), await makeGateway()]
const { SecurityGroups } = await client.send(new ec2.DescribeSecurityGroupsCommand({}))
const groupId = SecurityGroups![0]!.GroupId!

const send = (command: object) => client.send(command as ec2.DescribeVpcsCommand)
const endpoint = {
  VpcId: network.vpcId,
  VpcEndpointType: 'Interface' as const,
  ServiceName: 'com.amazonaws.us-west-2.kms',
  PrivateDnsEnabled: false,
}
const rule = (GroupId: string) => [{ IpProtocol: '-1', UserIdGroupPairs: [{ GroupId }] }]
const route = { RouteTableId, DestinationCidrBlock: anywhere }

const expecting = (prefix: string) => (id: string) => `Invalid id: "${id}" (expecting "${prefix}-...")`
const ofEndpoints = (prefix: string, noun: string) => (id: string) =>
  `Invalid ${noun}: '${id}' (expecting '${prefix}-...; the Id may only contain lowercase alphanumeric characters and a single dash')`

interface Kind {
  readonly prefix: string
  readonly malformed: string
  readonly malformedText: (id: string) => string
  readonly absent: string
  readonly absentText: (id: string) => string
  /** More that nothing can have. */
  readonly more?: readonly string[]
  readonly calls: Readonly<Record<string, (id: string) => object>>
}

const shortAndLong = ['0123456', '012345678', '0123456789abcdef', '0123456789abcdef01', '0123456789abcdeg0', 'ABCDEF01']

const kinds: Readonly<Record<string, Kind>> = {
  'a security group': {
    prefix: 'sg',
    malformed: 'InvalidGroupId.Malformed',
    malformedText: expecting('sg'),
    absent: 'InvalidGroup.NotFound',
    absentText: id => `The security group '${id}' does not exist`,
    more: shortAndLong,
    calls: {
      DescribeSecurityGroups: id => new ec2.DescribeSecurityGroupsCommand({ GroupIds: [id] }),
      DeleteSecurityGroup: id => new ec2.DeleteSecurityGroupCommand({ GroupId: id }),
      AuthorizeSecurityGroupIngress: id =>
        new ec2.AuthorizeSecurityGroupIngressCommand({ GroupId: id, IpPermissions: rule(groupId) }),
      'AuthorizeSecurityGroupIngress of its members': id =>
        new ec2.AuthorizeSecurityGroupIngressCommand({ GroupId: groupId, IpPermissions: rule(id) }),
      AuthorizeSecurityGroupEgress: id =>
        new ec2.AuthorizeSecurityGroupEgressCommand({ GroupId: id, IpPermissions: rule(groupId) }),
      RevokeSecurityGroupIngress: id =>
        new ec2.RevokeSecurityGroupIngressCommand({ GroupId: id, IpPermissions: rule(groupId) }),
      RevokeSecurityGroupEgress: id =>
        new ec2.RevokeSecurityGroupEgressCommand({ GroupId: id, IpPermissions: rule(groupId) }),
      ModifySecurityGroupRules: id =>
        new ec2.ModifySecurityGroupRulesCommand({
          GroupId: id,
          SecurityGroupRules: [
            { SecurityGroupRuleId: 'sgr-00000000', SecurityGroupRule: { IpProtocol: '-1', CidrIpv4: anywhere } },
          ],
        }),
      UpdateSecurityGroupRuleDescriptionsIngress: id =>
        new ec2.UpdateSecurityGroupRuleDescriptionsIngressCommand({ GroupId: id, IpPermissions: rule(groupId) }),
    },
  },
  'a security group of an endpoint': {
    prefix: 'sg',
    malformed: 'InvalidGroupId.Malformed',
    malformedText: ofEndpoints('sg', 'Id'),
    absent: 'InvalidGroup.NotFound',
    absentText: id => `The security group '${id}' does not exist`,
    calls: {
      CreateVpcEndpoint: id => new ec2.CreateVpcEndpointCommand({ ...endpoint, SecurityGroupIds: [id] }),
      'ModifyVpcEndpoint, to add': id =>
        new ec2.ModifyVpcEndpointCommand({ VpcEndpointId: network.endpointId, AddSecurityGroupIds: [id] }),
      'ModifyVpcEndpoint, to remove': id =>
        new ec2.ModifyVpcEndpointCommand({ VpcEndpointId: network.endpointId, RemoveSecurityGroupIds: [id] }),
    },
  },
  'a rule of a security group': {
    prefix: 'sgr',
    malformed: 'InvalidSecurityGroupRuleId.Malformed',
    malformedText: expecting('sgr'),
    absent: 'InvalidSecurityGroupRuleId.NotFound',
    absentText: id => `The security group rule ID '${id}' does not exist`,
    more: ['49.15.207.58', groupId],
    calls: {
      DescribeSecurityGroupRules: id => new ec2.DescribeSecurityGroupRulesCommand({ SecurityGroupRuleIds: [id] }),
      RevokeSecurityGroupIngress: id =>
        new ec2.RevokeSecurityGroupIngressCommand({ GroupId: groupId, SecurityGroupRuleIds: [id] }),
      ModifySecurityGroupRules: id =>
        new ec2.ModifySecurityGroupRulesCommand({
          GroupId: groupId,
          SecurityGroupRules: [
            { SecurityGroupRuleId: id, SecurityGroupRule: { IpProtocol: '-1', CidrIpv4: anywhere } },
          ],
        }),
    },
  },
  'a network interface': {
    prefix: 'eni',
    malformed: 'InvalidNetworkInterfaceId.Malformed',
    malformedText: expecting('eni'),
    absent: 'InvalidNetworkInterfaceID.NotFound',
    absentText: id => `The networkInterface ID '${id}' does not exist`,
    more: ['to-set', ...shortAndLong],
    calls: {
      DescribeNetworkInterfaces: id => new ec2.DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [id] }),
      DescribeNetworkInterfaceAttribute: id =>
        new ec2.DescribeNetworkInterfaceAttributeCommand({ NetworkInterfaceId: id, Attribute: 'description' }),
      CreateRoute: id => new ec2.CreateRouteCommand({ ...route, NetworkInterfaceId: id }),
      ReplaceRoute: id => new ec2.ReplaceRouteCommand({ ...route, NetworkInterfaceId: id }),
    },
  },
  'a route table': {
    prefix: 'rtb',
    malformed: 'InvalidRouteTableId.Malformed',
    malformedText: expecting('rtb'),
    absent: 'InvalidRouteTableID.NotFound',
    absentText: id => `The routeTable ID '${id}' does not exist`,
    more: [network.vpcId, ...shortAndLong],
    calls: {
      DescribeRouteTables: id => new ec2.DescribeRouteTablesCommand({ RouteTableIds: [id] }),
      DeleteRouteTable: id => new ec2.DeleteRouteTableCommand({ RouteTableId: id }),
      CreateRoute: id => new ec2.CreateRouteCommand({ ...route, RouteTableId: id, GatewayId: InternetGatewayId }),
      DeleteRoute: id => new ec2.DeleteRouteCommand({ ...route, RouteTableId: id }),
      AssociateRouteTable: id =>
        new ec2.AssociateRouteTableCommand({ RouteTableId: id, SubnetId: network.subnetIds[0] }),
    },
  },
  'an internet gateway': {
    prefix: 'igw',
    malformed: 'InvalidInternetGatewayId.Malformed',
    malformedText: expecting('igw'),
    absent: 'InvalidInternetGatewayID.NotFound',
    absentText: id => `The internetGateway ID '${id}' does not exist`,
    more: shortAndLong,
    calls: {
      DescribeInternetGateways: id => new ec2.DescribeInternetGatewaysCommand({ InternetGatewayIds: [id] }),
      DeleteInternetGateway: id => new ec2.DeleteInternetGatewayCommand({ InternetGatewayId: id }),
      AttachInternetGateway: id =>
        new ec2.AttachInternetGatewayCommand({ InternetGatewayId: id, VpcId: network.vpcId }),
      DetachInternetGateway: id =>
        new ec2.DetachInternetGatewayCommand({ InternetGatewayId: id, VpcId: network.vpcId }),
    },
  },
  'a VPC that a gateway is attached to': {
    prefix: 'vpc',
    malformed: 'InvalidVpcId.Malformed',
    malformedText: expecting('vpc'),
    absent: 'InvalidVpcID.NotFound',
    absentText: id => `The vpc ID '${id}' does not exist`,
    more: ['MalformedVpcId', ...shortAndLong],
    calls: {
      AttachInternetGateway: id => new ec2.AttachInternetGatewayCommand({ InternetGatewayId, VpcId: id }),
      DetachInternetGateway: id => new ec2.DetachInternetGatewayCommand({ InternetGatewayId, VpcId: id }),
    },
  },
  'a VPC of an endpoint': {
    prefix: 'vpc',
    malformed: 'InvalidVpcId.Malformed',
    malformedText: ofEndpoints('vpc', 'Id'),
    absent: 'InvalidVpcId.NotFound',
    absentText: id => `The Vpc Id ${id} does not exist`,
    more: ['MalformedVpcId', `${network.vpcId} | two`],
    calls: { CreateVpcEndpoint: id => new ec2.CreateVpcEndpointCommand({ ...endpoint, VpcId: id }) },
  },
  'a subnet of an endpoint': {
    prefix: 'subnet',
    malformed: 'InvalidSubnetId.Malformed',
    malformedText: ofEndpoints('subnet', 'Subnet Id'),
    absent: 'InvalidSubnetId.NotFound',
    absentText: id => `The subnet ID '${id}' does not exist`,
    calls: {
      CreateVpcEndpoint: id => new ec2.CreateVpcEndpointCommand({ ...endpoint, SubnetIds: [id] }),
      ModifyVpcEndpoint: id =>
        new ec2.ModifyVpcEndpointCommand({ VpcEndpointId: network.endpointId, AddSubnetIds: [id] }),
    },
  },
  'an endpoint': {
    prefix: 'vpce',
    malformed: 'InvalidVpcEndpointId.Malformed',
    malformedText: ofEndpoints('vpce', 'Id'),
    absent: 'InvalidVpcEndpointId.NotFound',
    absentText: id => `The Vpc Endpoint Id '${id}' does not exist`,
    calls: {
      DescribeVpcEndpoints: id => new ec2.DescribeVpcEndpointsCommand({ VpcEndpointIds: [id] }),
      ModifyVpcEndpoint: id => new ec2.ModifyVpcEndpointCommand({ VpcEndpointId: id }),
      CreateRoute: id => new ec2.CreateRouteCommand({ ...route, VpcEndpointId: id }),
    },
  },
  'a network ACL': {
    prefix: 'acl',
    malformed: 'InvalidNetworkAclId.Malformed',
    malformedText: expecting('acl'),
    absent: 'InvalidNetworkAclID.NotFound',
    absentText: id => `The networkAcl ID '${id}' does not exist`,
    calls: { DescribeNetworkAcls: id => new ec2.DescribeNetworkAclsCommand({ NetworkAclIds: [id] }) },
  },
  'DHCP options': {
    prefix: 'dopt',
    malformed: 'InvalidDhcpOptionsId.Malformed',
    malformedText: expecting('dopt'),
    absent: 'InvalidDhcpOptionID.NotFound',
    absentText: id => `The dhcpOption ID '${id}' does not exist`,
    calls: { DescribeDhcpOptions: id => new ec2.DescribeDhcpOptionsCommand({ DhcpOptionsIds: [id] }) },
  },
  'a prefix list': {
    prefix: 'pl',
    malformed: 'InvalidPrefixListId.Malformed',
    malformedText: expecting('pl'),
    absent: 'InvalidPrefixListID.NotFound',
    absentText: id => `The prefix list ID '${id}' does not exist`,
    calls: {
      DescribePrefixLists: id => new ec2.DescribePrefixListsCommand({ PrefixListIds: [id] }),
      DescribeManagedPrefixLists: id => new ec2.DescribeManagedPrefixListsCommand({ PrefixListIds: [id] }),
      AuthorizeSecurityGroupIngress: id =>
        new ec2.AuthorizeSecurityGroupIngressCommand({
          GroupId: groupId,
          IpPermissions: [{ IpProtocol: '-1', PrefixListIds: [{ PrefixListId: id }] }],
        }),
    },
  },
  'an instance': {
    prefix: 'i',
    malformed: 'InvalidInstanceID.Malformed',
    malformedText: expecting('i'),
    absent: 'InvalidInstanceID.NotFound',
    absentText: id => `The instance ID '${id}' does not exist`,
    calls: { CreateRoute: id => new ec2.CreateRouteCommand({ ...route, InstanceId: id }) },
  },
  'a peering': {
    prefix: 'pcx',
    malformed: 'InvalidVpcPeeringConnectionId.Malformed',
    malformedText: expecting('pcx'),
    absent: 'InvalidVpcPeeringConnectionID.NotFound',
    absentText: id => `The vpcPeeringConnection ID '${id}' does not exist`,
    calls: { CreateRoute: id => new ec2.CreateRouteCommand({ ...route, VpcPeeringConnectionId: id }) },
  },
}

for (const [what, kind] of Object.entries(kinds)) {
  const { prefix, malformed, malformedText, absent, absentText, more = [], calls } = kind
  const impossible = [
    'x',
    `${prefix}-`,
    `${prefix}_0123abcd`,
    `${prefix}-0123-abcd`,
    ` ${prefix}-0123abcd`,
    `${prefix}-0123abcd\n`,
    `${prefix}-$&`,
    `arn:aws:ec2:us-west-2:111122223333:x/${prefix}-0123abcd`,
    ...more.map(id => (/^\w+$/.test(id) && shortAndLong.includes(id) ? `${prefix}-${id}` : id)),
  ]
  describe(what, () => {
    for (const [name, call] of Object.entries(calls)) {
      test(`${name} says of an id that nothing can have that it is malformed`, async () => {
        for (const id of impossible) await refused(send(call(id)), malformed, malformedText(id))
      })

      test(`${name} says of an id that something could have, short or long, that it does not exist`, async () => {
        for (const id of [`${prefix}-0123abcd`, `${prefix}-0123456789abcdef0`])
          await refused(send(call(id)), absent, absentText(id))
      })
    }
  })
}

// Reports of EC2's answers have no other: https://github.com/aws-controllers-k8s/ec2-controller, test/e2e/tests/test_subnet.py.
describe('VPCs and subnets elsewhere do not exist, whatever their id looks like', () => {
  const ofVpc = (id: string) => `The vpc ID '${id}' does not exist`
  const ofSubnet = (id: string) => `The subnet ID '${id}' does not exist`
  const cases: Readonly<Record<string, readonly [string, (id: string) => string, (id: string) => object]>> = {
    DescribeVpcs: ['InvalidVpcID.NotFound', ofVpc, id => new ec2.DescribeVpcsCommand({ VpcIds: [id] })],
    CreateSubnet: [
      'InvalidVpcID.NotFound',
      ofVpc,
      id => new ec2.CreateSubnetCommand({ VpcId: id, CidrBlock: '10.0.0.0/24' }),
    ],
    CreateSecurityGroup: [
      'InvalidVpcID.NotFound',
      ofVpc,
      id => new ec2.CreateSecurityGroupCommand({ VpcId: id, GroupName: 'g', Description: 'd' }),
    ],
    DescribeSubnets: ['InvalidSubnetID.NotFound', ofSubnet, id => new ec2.DescribeSubnetsCommand({ SubnetIds: [id] })],
    DeleteSubnet: ['InvalidSubnetID.NotFound', ofSubnet, id => new ec2.DeleteSubnetCommand({ SubnetId: id })],
  }
  for (const [name, [code, text, call]] of Object.entries(cases)) {
    test(name, async () => {
      for (const id of ['InvalidVpcId', '172.16.0.0/19', '${vpc_id}', 'vpc-0123abcd'])
        await refused(send(call(id)), code, text(id))
    })
  }
})

test('an id that nothing can have is said before one that nothing has, wherever it stands', async () => {
  for (const GroupIds of [
    ['sg-0123abcd', 'x', groupId],
    [groupId, 'x', 'sg-0123abcd'],
  ])
    await refused(send(new ec2.DescribeSecurityGroupsCommand({ GroupIds })), 'InvalidGroupId.Malformed', '"x"')
})

test('a malformed id among endpoints to delete refuses all, and deletes none', async () => {
  const VpcEndpointIds = [network.endpointId, 'vpce_0123abcd']

  await refused(send(new ec2.DeleteVpcEndpointsCommand({ VpcEndpointIds })), 'InvalidVpcEndpointId.Malformed')

  const found = await client.send(new ec2.DescribeVpcEndpointsCommand({ VpcEndpointIds: [network.endpointId] }))
  assert.equal(found.VpcEndpoints![0]!.State, 'available')
})

test('a group that is named by its name has no form', async () => {
  const GroupNames = ['no such name']

  await refused(
    send(new ec2.DescribeSecurityGroupsCommand({ GroupNames })),
    'InvalidGroup.NotFound',
    `The security group 'no such name' does not exist`,
  )
})

for (const id of ['x', 'vpc-', 'vpc-0123456', 'sg-xyz', 'i-0123abcd', `${groupId}0`]) {
  test(`what can't be tagged is said to be no valid ID: "${id}"`, async () => {
    const input = { Resources: [groupId, id], Tags: [{ Key: 'k', Value: 'v' }] }

    await refused(send(new ec2.CreateTagsCommand(input)), 'InvalidID', `The ID '${id}' is not valid`)
    await refused(send(new ec2.DeleteTagsCommand(input)), 'InvalidID', `The ID '${id}' is not valid`)
  })
}
