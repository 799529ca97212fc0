// What is refused of route tables, internet gateways and what a VPC is born with: in AWS's codes and texts, and to other accounts.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import * as ec2 from '@aws-sdk/client-ec2'
import { makePrivateNetwork } from '../private-network.ts'
import { startPostern } from '../start-postern.ts'
import { refused } from './refused.ts'
import { anywhere, filter, routingWith, tagged } from './routing-calls.ts'

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const { ec2: client } = postern.clients(await postern.administrator())
const stranger = (await postern.otherAccount('444455556666')).ec2
const { makeVpc, makeSubnet, makeTable, makeGateway, associate, describeTables, describeAcls, mainTable, routesOf } =
  routingWith(client)

describe('what is refused', async () => {
  const network = await makePrivateNetwork(postern, client, '10.3.0.0/16')
  const { vpcId } = network
  const { NetworkInterfaces } = await client.send(new ec2.DescribeNetworkInterfacesCommand(filter('vpc-id', vpcId)))
  const [VpcId, RouteTableId, attached] = [vpcId, await makeTable(vpcId), await makeGateway(vpcId)]
  const [otherVpc, loose] = [await makeVpc(), await makeGateway()]
  const main = await mainTable(vpcId)
  const mainAssociation = main.Associations![0]!.RouteTableAssociationId!
  const otherTable = await makeTable(otherVpc)
  const nowhere = 'igw-00000000000000000'

  const route = (input: Partial<ec2.CreateRouteCommandInput>) =>
    client.send(new ec2.CreateRouteCommand({ RouteTableId, DestinationCidrBlock: anywhere, ...input }))
  const toGateway = (input: Partial<ec2.CreateRouteCommandInput>) =>
    client.send(new ec2.CreateRouteCommand({ RouteTableId, GatewayId: attached, ...input }))
  const removal = (input: Partial<ec2.DeleteRouteCommandInput>) =>
    client.send(new ec2.DeleteRouteCommand({ RouteTableId, ...input }))
  const attach = (InternetGatewayId: string, to = VpcId) =>
    client.send(new ec2.AttachInternetGatewayCommand({ InternetGatewayId, VpcId: to }))
  const detach = (InternetGatewayId: string, from = VpcId) =>
    client.send(new ec2.DetachInternetGatewayCommand({ InternetGatewayId, VpcId: from }))
  const inside = /is equal to or more specific than one of this VPC's CIDR blocks\. This route can target only an/

  const cases: readonly (readonly [
    what: string,
    call: () => Promise<unknown>,
    code: string,
    text?: string | RegExp,
  ])[] = [
    [
      'a route to a gateway of another VPC',
      () => route({ GatewayId: loose }),
      'InvalidParameterValue',
      `route table ${RouteTableId} and network gateway ${loose} belong to different networks`,
    ],
    [
      'a route to a gateway that there is not',
      () => route({ GatewayId: nowhere }),
      'InvalidGatewayID.NotFound',
      `The gateway ID '${nowhere}' does not exist`,
    ],
    ['a route that is local', () => route({ GatewayId: 'local' }), 'InvalidGatewayID.NotFound'],
    [
      'a route to a NAT gateway',
      () => route({ NatGatewayId: 'nat-1' }),
      'InvalidNatGatewayID.NotFound',
      `The natGateway ID 'nat-1' does not exist`,
    ],
    ['a route to an instance', () => route({ InstanceId: 'i-00000000' }), 'InvalidInstanceID.NotFound'],
    [
      'a route to an interface that there is not',
      () => route({ NetworkInterfaceId: 'eni-00000000' }),
      'InvalidNetworkInterfaceID.NotFound',
    ],
    [
      'a route to an interface',
      () => route({ NetworkInterfaceId: NetworkInterfaces![0]!.NetworkInterfaceId! }),
      'UnsupportedOperation',
    ],
    ['a route to an endpoint', () => route({ VpcEndpointId: network.endpointId }), 'UnsupportedOperation'],
    [
      'a route to an endpoint that there is not',
      () => route({ VpcEndpointId: 'vpce-00000000000000000' }),
      'InvalidVpcEndpointId.NotFound',
    ],
    [
      'a route to a peering',
      () => route({ VpcPeeringConnectionId: 'pcx-00000000' }),
      'InvalidVpcPeeringConnectionID.NotFound',
      `The vpcPeeringConnection ID 'pcx-00000000' does not exist`,
    ],
    ['a route to a transit gateway', () => route({ TransitGatewayId: 'tgw-1' }), 'InvalidTransitGatewayID.NotFound'],
    [
      'a route to an egress-only gateway',
      () => route({ EgressOnlyInternetGatewayId: 'eigw-1' }),
      'InvalidGatewayID.NotFound',
    ],
    ['a route to nothing', () => route({}), 'MissingParameter', 'must contain exactly one of gatewayId'],
    [
      'a route to two things',
      () => route({ GatewayId: attached, InstanceId: 'i-00000000' }),
      'MissingParameter',
      'must contain exactly one of gatewayId',
    ],
    ['a route from nowhere', () => toGateway({}), 'MissingParameter'],
    [
      'a route with two destinations',
      () => toGateway({ DestinationCidrBlock: anywhere, DestinationIpv6CidrBlock: '::/0' }),
      'InvalidParameterCombination',
    ],
    [
      'a route to a prefix list',
      () => toGateway({ DestinationPrefixListId: 'pl-00000000' }),
      'InvalidPrefixListID.NotFound',
      `The prefix list ID 'pl-00000000' does not exist`,
    ],
    ...['', '10.0.0.0', '10.0.0.0/33', '300.0.0.0/8', '::/0', '0.0.0.0/0/0', '010.0.0.0/8'].map(
      cidr =>
        [
          `a route for "${cidr}"`,
          () => toGateway({ DestinationCidrBlock: cidr }),
          'InvalidParameterValue',
          `Value (${cidr}) for parameter destinationCidrBlock is invalid. This is not a valid CIDR block.`,
        ] as const,
    ),
    ...['::/129', '::1%eth0/128', '0.0.0.0/0', '::ffff:10.0.0.1/128'].map(
      cidr =>
        [
          `a route for the IPv6 block "${cidr}"`,
          () => toGateway({ DestinationIpv6CidrBlock: cidr }),
          'InvalidParameterValue',
          `Value (${cidr}) for parameter destinationIpv6CidrBlock is invalid. This is not a valid CIDR block.`,
        ] as const,
    ),
    [
      `a route for the VPC's own block`,
      () => toGateway({ DestinationCidrBlock: '10.3.0.0/16' }),
      'InvalidParameterValue',
      inside,
    ],
    [
      `a route for a part of the VPC's block`,
      () => toGateway({ DestinationCidrBlock: '10.3.1.0/24' }),
      'InvalidParameterValue',
      inside,
    ],
    [
      'deletion of the local route',
      () => removal({ DestinationCidrBlock: '10.3.0.0/16' }),
      'InvalidParameterValue',
      `cannot remove local route 10.3.0.0/16 in route table ${RouteTableId}`,
    ],
    [
      'deletion of a route that there is not',
      () => removal({ DestinationCidrBlock: '10.4.0.0/16' }),
      'InvalidRoute.NotFound',
      `no route with destination-cidr-block 10.4.0.0/16 in route table ${RouteTableId}`,
    ],
    [
      'deletion of an IPv6 route that there is not',
      () => removal({ DestinationIpv6CidrBlock: '::/0' }),
      'InvalidRoute.NotFound',
      `no route with destination-ipv6-cidr-block ::/0 in route table ${RouteTableId}`,
    ],
    ['deletion of a route from nowhere', () => removal({}), 'MissingParameter'],
    [
      'an association with a subnet of another VPC',
      () => associate(otherTable, network.subnetIds[0]),
      'InvalidParameterValue',
      'belong to different networks',
    ],
    [
      'an association with a subnet that there is not',
      () => associate(RouteTableId, 'subnet-00000000000000000'),
      'InvalidSubnetID.NotFound',
    ],
    [
      'an association with nothing',
      () => client.send(new ec2.AssociateRouteTableCommand({ RouteTableId })),
      'MissingParameter',
    ],
    [
      'an association with a gateway',
      () => client.send(new ec2.AssociateRouteTableCommand({ RouteTableId, GatewayId: attached })),
      'UnsupportedOperation',
    ],
    [
      'an end of the association that makes a table the main one',
      () => client.send(new ec2.DisassociateRouteTableCommand({ AssociationId: mainAssociation })),
      'InvalidParameterValue',
      `cannot disassociate the main route table association ${mainAssociation}`,
    ],
    [
      'a gateway of another VPC',
      () => attach(attached, otherVpc),
      'Resource.AlreadyAssociated',
      `resource ${attached} is already attached to network ${vpcId}`,
    ],
    [
      'the same attachment twice',
      () => attach(attached),
      'Resource.AlreadyAssociated',
      `resource ${attached} is already attached to network ${vpcId}`,
    ],
    [
      'a second gateway',
      () => attach(loose),
      'InvalidParameterValue',
      `Network ${vpcId} already has an internet gateway attached`,
    ],
    ['an attachment to a VPC that there is not', () => attach(loose, 'vpc-00000000000000000'), 'InvalidVpcID.NotFound'],
    ['an attachment of a gateway that there is not', () => attach(nowhere), 'InvalidInternetGatewayID.NotFound'],
    [
      'an end of an attachment that there is not',
      () => detach(loose),
      'Gateway.NotAttached',
      `resource ${loose} is not attached to network ${vpcId}`,
    ],
    ['an end of the attachment to another VPC', () => detach(attached, otherVpc), 'Gateway.NotAttached'],
    [
      'a table in a VPC that there is not',
      () => client.send(new ec2.CreateRouteTableCommand({ VpcId: 'vpc-00000000000000000' })),
      'InvalidVpcID.NotFound',
    ],
    [
      'a table with tags for something else',
      () => client.send(new ec2.CreateRouteTableCommand({ VpcId, TagSpecifications: tagged('subnet', 'k') })),
      'InvalidParameterValue',
    ],
    ...['', 'rtb-', 'vpc-00000000000000000', 'rtb-0000000', 'rtb-0000000000000000g', `rtb-'"><x`].map(
      id =>
        [
          `the route table ${JSON.stringify(id)}`,
          () => describeTables({ RouteTableIds: [id] }),
          'InvalidRouteTableId.Malformed',
          `Invalid id: "${id}" (expecting "rtb-...")`,
        ] as const,
    ),
    [
      'a gateway whose id has not the form of one',
      () => client.send(new ec2.DescribeInternetGatewaysCommand({ InternetGatewayIds: ['x'] })),
      'InvalidInternetGatewayId.Malformed',
    ],
    [
      'a network ACL whose id has not the form of one',
      () => describeAcls({ NetworkAclIds: ['x'] }),
      'InvalidNetworkAclId.Malformed',
    ],
    [
      'a network ACL that there is not',
      () => describeAcls({ NetworkAclIds: ['acl-00000000000000000'] }),
      'InvalidNetworkAclID.NotFound',
    ],
    [
      'DHCP options whose id has not the form of one',
      () => client.send(new ec2.DescribeDhcpOptionsCommand({ DhcpOptionsIds: ['default'] })),
      'InvalidDhcpOptionsId.Malformed',
    ],
    [
      'DHCP options that there are not',
      () => client.send(new ec2.DescribeDhcpOptionsCommand({ DhcpOptionsIds: ['dopt-00000000000000000'] })),
      'InvalidDhcpOptionID.NotFound',
    ],
    ['a filter that there is not', () => describeTables(filter('nope', 'x')), 'InvalidParameterValue'],
    [
      'a Region that is not served',
      () => client.send(new ec2.DescribeRegionsCommand({ RegionNames: ['eu-west-1'] })),
      'InvalidParameterValue',
    ],
    [
      'a prefix list',
      () => client.send(new ec2.DescribeManagedPrefixListsCommand({ PrefixListIds: ['pl-00000000'] })),
      'InvalidPrefixListID.NotFound',
    ],
    [
      'an unknown attribute of the account',
      () => client.send(new ec2.DescribeAccountAttributesCommand({ AttributeNames: ['x' as 'default-vpc'] })),
      'InvalidParameterValue',
    ],
    ['a page of four', () => describeTables({ MaxResults: 4 }), 'InvalidParameterValue'],
  ]
  for (const [what, call, code, text] of cases) test(`${what} is refused`, () => refused(call(), code, text))

  test('nothing of this changed the table', async () => {
    assert.deepEqual(
      (await routesOf(RouteTableId)).map(each => each.GatewayId),
      ['local'],
    )
  })
})

describe('another account', async () => {
  const vpcId = await makeVpc()
  const [InternetGatewayId, RouteTableId] = [await makeGateway(), await makeTable(vpcId)]
  const main = (await mainTable(vpcId)).RouteTableId!
  const subnet = await makeSubnet(vpcId)
  const AssociationId = await associate(RouteTableId, subnet)
  const acl = (await describeAcls(filter('vpc-id', vpcId)))[0]!.NetworkAclId!
  const dhcp = (await client.send(new ec2.DescribeDhcpOptionsCommand({}))).DhcpOptions![0]!.DhcpOptionsId!

  const attempts: Readonly<Record<string, readonly [() => Promise<unknown>, string]>> = {
    'read a route table': [
      () => stranger.send(new ec2.DescribeRouteTablesCommand({ RouteTableIds: [RouteTableId] })),
      'InvalidRouteTableID.NotFound',
    ],
    'read a main route table': [
      () => stranger.send(new ec2.DescribeRouteTablesCommand({ RouteTableIds: [main] })),
      'InvalidRouteTableID.NotFound',
    ],
    'delete a route table': [
      () => stranger.send(new ec2.DeleteRouteTableCommand({ RouteTableId })),
      'InvalidRouteTableID.NotFound',
    ],
    'make a route in a main route table': [
      () =>
        stranger.send(
          new ec2.CreateRouteCommand({
            RouteTableId: main,
            DestinationCidrBlock: anywhere,
            GatewayId: InternetGatewayId,
          }),
        ),
      'InvalidRouteTableID.NotFound',
    ],
    'make a route table in a VPC': [
      () => stranger.send(new ec2.CreateRouteTableCommand({ VpcId: vpcId })),
      'InvalidVpcID.NotFound',
    ],
    'end an association': [
      () => stranger.send(new ec2.DisassociateRouteTableCommand({ AssociationId })),
      'InvalidAssociationID.NotFound',
    ],
    'attach a gateway': [
      () => stranger.send(new ec2.AttachInternetGatewayCommand({ InternetGatewayId, VpcId: vpcId })),
      'InvalidInternetGatewayID.NotFound',
    ],
    'delete a gateway': [
      () => stranger.send(new ec2.DeleteInternetGatewayCommand({ InternetGatewayId })),
      'InvalidInternetGatewayID.NotFound',
    ],
    'tag a network ACL': [
      () => stranger.send(new ec2.CreateTagsCommand({ Resources: [acl], Tags: [{ Key: 'k', Value: 'v' }] })),
      'InvalidNetworkAclID.NotFound',
    ],
    'tag DHCP options': [
      () => stranger.send(new ec2.CreateTagsCommand({ Resources: [dhcp], Tags: [{ Key: 'k', Value: 'v' }] })),
      'InvalidDhcpOptionID.NotFound',
    ],
  }
  for (const [what, [call, code]] of Object.entries(attempts))
    test(`another account can't ${what}`, () => refused(call(), code))

  test('another account sees nothing of this, and has DHCP options of its own', async () => {
    const [tables, acls, gateways, options] = await Promise.all([
      stranger.send(new ec2.DescribeRouteTablesCommand({})),
      stranger.send(new ec2.DescribeNetworkAclsCommand({})),
      stranger.send(new ec2.DescribeInternetGatewaysCommand({})),
      stranger.send(new ec2.DescribeDhcpOptionsCommand({})),
    ])

    assert.deepEqual([tables.RouteTables, acls.NetworkAcls, gateways.InternetGateways], [[], [], []])
    assert.equal(options.DhcpOptions!.length, 1)
    assert.notEqual(options.DhcpOptions![0]!.DhcpOptionsId, dhcp)
  })
})
