// What VPCs of stores have that were written before there were route tables, network ACLs and DHCP options.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  offeredServices,
  openNetwork,
  securityGroupCollection,
  subnetCollection,
  vpcCollection,
} from '../../src/network/index.ts'
import type { VpcValue } from '../../src/network/index.ts'
import { ec2Service } from '../../src/services/index.ts'
import { put, remove } from '../../src/storage/index.ts'
import type { ec2 } from '../../src/wire/index.ts'
import { IamRoom, account, region } from '../iam/iam-room.ts'
import { noPrincipals } from '../no-principals.ts'

const vpcId = 'vpc-0123456789abcdef0'
const subnetId = 'subnet-0123456789abcdef0'

/** The records of a VPC as the first version wrote them. */
const vpc: VpcValue = {
  account,
  region,
  cidr: '10.0.0.0/16',
  tags: [],
  vpcId,
  window: 1,
  enableDnsSupport: true,
  enableDnsHostnames: false,
}
const group = { account, region, vpcId, groupId: 'sg-1', name: 'default', description: 'd', rules: [], tags: [] }
const zone = { zone: 'us-west-2a', zoneId: 'usw2-az1' }
const subnet = { account, region, vpcId, subnetId, cidr: '10.0.1.0/24', ...zone, usedAddresses: [], tags: [] }

/** A room with such a store, and EC2's operations on it. */
async function openOlder(value: VpcValue = vpc) {
  const room = await IamRoom.open()
  const { store, random } = room
  await store.commit({
    writes: [
      put(vpcCollection, vpcId, value, 'absent'),
      put(securityGroupCollection, group.groupId, group, 'absent'),
      put(subnetCollection, subnetId, subnet, 'absent'),
    ],
  })
  const needs = {
    network: openNetwork({ store }),
    principals: noPrincipals,
    random,
    offered: offeredServices({ services: ['kms'], fips: false }),
    servesIpv6: false,
    regions: [region],
  }
  return {
    store,
    async run<Output>(name: string, input: object): Promise<Output> {
      const { output, commit } = await (
        await ec2Service.operations.get(name)!.prepare(input, room.scope(), needs)
      ).run()
      if (commit !== undefined) await store.commit(commit)
      return output as Output
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  }
}

const ofVpc = (Name: string, Value: string) => ({
  Filters: [
    { Name, Values: [Value] },
    { Name: 'vpc-id', Values: [vpcId] },
  ],
})

test('a VPC of an older store has a main route table, a network ACL and DHCP options, the same each time', async () => {
  await using older = await openOlder()
  const read = async () => {
    const tables = await older.run<ec2.DescribeRouteTablesResult>(
      'DescribeRouteTables',
      ofVpc('association.main', 'true'),
    )
    const acls = await older.run<ec2.DescribeNetworkAclsResult>('DescribeNetworkAcls', ofVpc('default', 'true'))
    const vpcs = await older.run<ec2.DescribeVpcsResult>('DescribeVpcs', { VpcIds: [vpcId] })
    const options = await older.run<ec2.DescribeDhcpOptionsResult>('DescribeDhcpOptions', {
      DhcpOptionsIds: [vpcs.Vpcs![0]!.DhcpOptionsId],
    })
    return [tables.RouteTables, acls.NetworkAcls, options.DhcpOptions]
  }

  const [first, second] = [await read(), await read()]

  assert.deepEqual(
    first.map(list => list!.length),
    [1, 1, 1],
  )
  assert.deepEqual(second, first)
})

test('the main route table of an older VPC can be changed and keeps its id, and goes with the VPC', async () => {
  await using older = await openOlder()
  const { RouteTables } = await older.run<ec2.DescribeRouteTablesResult>('DescribeRouteTables', {})
  const RouteTableId = RouteTables![0]!.RouteTableId!
  const made = await older.run<ec2.CreateInternetGatewayResult>('CreateInternetGateway', {})
  const GatewayId = made.InternetGateway!.InternetGatewayId!
  await older.run('AttachInternetGateway', { InternetGatewayId: GatewayId, VpcId: vpcId })

  await older.run('CreateRoute', { RouteTableId, DestinationCidrBlock: '0.0.0.0/0', GatewayId })
  await older.run('AssociateRouteTable', { RouteTableId, SubnetId: subnetId })

  const changed = await older.run<ec2.DescribeRouteTablesResult>('DescribeRouteTables', {
    RouteTableIds: [RouteTableId],
  })
  assert.equal(changed.RouteTables![0]!.Routes!.length, 2)
  await older.run('DetachInternetGateway', { InternetGatewayId: GatewayId, VpcId: vpcId })
  await older.run('DeleteSubnet', { SubnetId: subnetId })
  await older.run('DeleteVpc', { VpcId: vpcId })
  const left = await older.run<ec2.DescribeRouteTablesResult>('DescribeRouteTables', {})
  assert.deepEqual(left.RouteTables, [])
})

test('all blocks of a VPC have local routes, and no route is made inside any of them', async () => {
  await using older = await openOlder({
    ...vpc,
    ipv4Associations: [{ associationId: 'vpc-cidr-assoc-1', cidr: '10.7.0.0/20' }],
    ipv6Associations: [{ associationId: 'vpc-cidr-assoc-2', cidr: 'fd00:1:2:300::/56' }],
  })
  const made = await older.run<ec2.CreateInternetGatewayResult>('CreateInternetGateway', {})
  const GatewayId = made.InternetGateway!.InternetGatewayId!
  await older.run('AttachInternetGateway', { InternetGatewayId: GatewayId, VpcId: vpcId })

  const { RouteTables } = await older.run<ec2.DescribeRouteTablesResult>('DescribeRouteTables', {})

  const [table] = RouteTables!
  assert.deepEqual(
    table!.Routes!.map(route => [route.DestinationCidrBlock ?? route.DestinationIpv6CidrBlock, route.GatewayId]),
    [
      ['10.0.0.0/16', 'local'],
      ['10.7.0.0/20', 'local'],
      ['fd00:1:2:300::/56', 'local'],
    ],
  )
  const inside = { code: 'InvalidParameterValue', message: /equal to or more specific/ }
  for (const destination of [
    { DestinationCidrBlock: '10.7.15.0/24' },
    { DestinationIpv6CidrBlock: 'fd00:1:2:3ff::/64' },
  ]) {
    const asked = { RouteTableId: table!.RouteTableId, GatewayId, ...destination }
    await assert.rejects(older.run('CreateRoute', asked), inside)
  }
  const outside = { DestinationCidrBlock: '10.7.16.0/24' }
  await older.run('CreateRoute', { RouteTableId: table!.RouteTableId, GatewayId, ...outside })
})

test('the network ACL of a VPC with an IPv6 block has rules for IPv6 too', async () => {
  await using older = await openOlder({
    ...vpc,
    ipv6Associations: [{ associationId: 'vpc-cidr-assoc-2', cidr: 'fd00:1:2:300::/56' }],
  })

  const { NetworkAcls } = await older.run<ec2.DescribeNetworkAclsResult>('DescribeNetworkAcls', {})

  const ingress = NetworkAcls![0]!.Entries!.filter(entry => entry.Egress === false)
  assert.deepEqual(
    ingress.map(entry => [entry.RuleNumber, entry.RuleAction, entry.CidrBlock ?? entry.Ipv6CidrBlock]),
    [
      [100, 'allow', '0.0.0.0/0'],
      [101, 'allow', '::/0'],
      [32_767, 'deny', '0.0.0.0/0'],
      [32_768, 'deny', '::/0'],
    ],
  )
})

for (const [what, name, input, count, code] of [
  ['200 route tables', 'CreateRouteTable', { VpcId: vpcId }, 199, 'RouteTableLimitExceeded'],
  ['50 internet gateways', 'CreateInternetGateway', {}, 50, 'InternetGatewayLimitExceeded'],
] as const) {
  test(`there are ${what} at most`, async () => {
    await using older = await openOlder()
    for (let made = 0; made < count; made++) await older.run(name, input)

    await assert.rejects(older.run(name, input), { code })
  })
}

test('a route table has 500 routes at most, beside the local one', async () => {
  const routes = Array.from({ length: 499 }, (_, index) => ({
    destination: `172.${16 + Math.floor(index / 256)}.${index % 256}.0/24`,
    gatewayId: 'igw-00000000000000000',
  }))
  await using older = await openOlder({ ...vpc, mainRouteTable: { routes, tags: [] } })
  const { RouteTables } = await older.run<ec2.DescribeRouteTablesResult>('DescribeRouteTables', {})
  const made = await older.run<ec2.CreateInternetGatewayResult>('CreateInternetGateway', {})
  const route = {
    RouteTableId: RouteTables![0]!.RouteTableId,
    GatewayId: made.InternetGateway!.InternetGatewayId!,
  }
  await older.run('AttachInternetGateway', { InternetGatewayId: route.GatewayId, VpcId: vpcId })
  await older.run('CreateRoute', { ...route, DestinationCidrBlock: '192.0.2.0/24' })

  const oneMore = older.run('CreateRoute', { ...route, DestinationCidrBlock: '198.51.100.0/24' })

  await assert.rejects(oneMore, { code: 'RouteLimitExceeded' })
})

test('a route table of an older store is found by its client token, and gives it back when it is deleted', async () => {
  await using older = await openOlder()
  const input = { VpcId: vpcId, ClientToken: 'token' }
  const { RouteTable: made } = await older.run<ec2.CreateRouteTableResult>('CreateRouteTable', input)
  const RouteTableId = made!.RouteTableId!
  // Such a store has the table alone.
  await older.store.commit({
    writes: [remove({ name: 'network.client-token', indexes: {} }, `route-table/${account}/${region}/token`, 1)],
  })

  const { RouteTable: again } = await older.run<ec2.CreateRouteTableResult>('CreateRouteTable', input)
  await older.run('DeleteRouteTable', { RouteTableId })
  const { RouteTable: another } = await older.run<ec2.CreateRouteTableResult>('CreateRouteTable', input)

  assert.equal(again!.RouteTableId, RouteTableId)
  assert.notEqual(another!.RouteTableId, RouteTableId)
})
