// Route tables, internet gateways, and what a VPC is born with, as the AWS SDK and the AWS CLI read them.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { after, describe, test } from 'node:test'
import * as ec2 from '@aws-sdk/client-ec2'
import { startPostern } from '../start-postern.ts'
import { refused } from './refused.ts'
import { anywhere, filter, routingWith, tagged } from './routing-calls.ts'

if (spawnSync('aws', ['--version']).status !== 0) {
  throw new Error('These tests drive the AWS CLI, which is not installed here: "apt-get install awscli" brings it')
}

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const { ec2: client } = postern.clients(await postern.administrator())
const { makeVpc, makeSubnet, makeTable, makeGateway, associate, describeTables, describeAcls, mainTable, routesOf } =
  routingWith(client)

const idForm = (prefix: string): RegExp => new RegExp(`^${prefix}-[0-9a-f]{17}$`)

describe('what a VPC is born with', () => {
  test('a VPC has one main route table, with the local route', async () => {
    const vpcId = await makeVpc('10.1.0.0/16')

    const table = await mainTable(vpcId)

    const { RouteTableId, OwnerId } = table
    assert.match(RouteTableId!, idForm('rtb'))
    const association = table.Associations![0]!.RouteTableAssociationId!
    assert.match(association, idForm('rtbassoc'))
    assert.deepEqual(table, {
      RouteTableId,
      VpcId: vpcId,
      OwnerId,
      Associations: [
        {
          Main: true,
          RouteTableAssociationId: association,
          RouteTableId,
          AssociationState: { State: 'associated' },
        },
      ],
      Routes: [
        {
          DestinationCidrBlock: '10.1.0.0/16',
          GatewayId: 'local',
          Origin: 'CreateRouteTable',
          State: 'active',
        },
      ],
      PropagatingVgws: [],
      Tags: [],
    })
  })

  test('a VPC has one default network ACL, which all its subnets have', async () => {
    const vpcId = await makeVpc()
    const subnet = await makeSubnet(vpcId)

    const [acl, ...others] = await describeAcls({
      Filters: [
        { Name: 'default', Values: ['true'] },
        { Name: 'vpc-id', Values: [vpcId] },
      ],
    })

    assert.deepEqual(others, [])
    assert.match(acl!.NetworkAclId!, idForm('acl'))
    const entry = (Egress: boolean, RuleNumber: number, RuleAction: string) => ({
      CidrBlock: anywhere,
      Egress,
      Protocol: '-1',
      RuleAction,
      RuleNumber,
    })
    assert.deepEqual(acl!.Entries, [
      entry(true, 100, 'allow'),
      entry(true, 32_767, 'deny'),
      entry(false, 100, 'allow'),
      entry(false, 32_767, 'deny'),
    ])
    assert.deepEqual(
      acl!.Associations!.map(({ NetworkAclId, SubnetId }) => [NetworkAclId, SubnetId]),
      [[acl!.NetworkAclId, subnet]],
    )
    assert.match(acl!.Associations![0]!.NetworkAclAssociationId!, idForm('aclassoc'))
  })

  test('all VPCs of an account have its DHCP options', async () => {
    const vpcId = await makeVpc()
    const { Vpcs } = await client.send(new ec2.DescribeVpcsCommand({}))
    const [id, ...others] = new Set(Vpcs!.map(vpc => vpc.DhcpOptionsId!))

    const { DhcpOptions } = await client.send(new ec2.DescribeDhcpOptionsCommand({ DhcpOptionsIds: [id!] }))
    const { Vpcs: found } = await client.send(new ec2.DescribeVpcsCommand(filter('dhcp-options-id', id!)))

    assert.deepEqual(others, [])
    assert.match(id!, idForm('dopt'))
    assert.deepEqual(DhcpOptions![0]!.DhcpConfigurations, [
      { Key: 'domain-name', Values: [{ Value: 'us-west-2.compute.internal' }] },
      { Key: 'domain-name-servers', Values: [{ Value: 'AmazonProvidedDNS' }] },
    ])
    assert.ok(found!.some(vpc => vpc.VpcId === vpcId))
  })

  test('what a VPC is born with can be tagged, found by its tags, and loses them again', async () => {
    const vpcId = await makeVpc()
    const table = (await mainTable(vpcId)).RouteTableId!
    const acl = (await describeAcls(filter('vpc-id', vpcId)))[0]!.NetworkAclId!
    const dhcp = (await client.send(new ec2.DescribeDhcpOptionsCommand({}))).DhcpOptions![0]!.DhcpOptionsId!
    const Resources = [vpcId, table, acl, dhcp]

    await client.send(new ec2.CreateTagsCommand({ Resources, Tags: [{ Key: 'born', Value: 'with' }] }))

    const tags = await client.send(new ec2.DescribeTagsCommand(filter('key', 'born')))
    assert.deepEqual(
      tags.Tags!.map(tag => `${tag.ResourceType} ${tag.ResourceId} ${tag.Value}`).sort(),
      [`vpc ${vpcId} with`, `route-table ${table} with`, `network-acl ${acl} with`, `dhcp-options ${dhcp} with`].sort(),
    )
    assert.deepEqual(
      (await describeTables(filter('tag:born', 'with'))).map(each => each.RouteTableId),
      [table],
    )
    assert.deepEqual((await describeAcls(filter('tag-key', 'born')))[0]!.Tags, [{ Key: 'born', Value: 'with' }])
    await client.send(new ec2.DeleteTagsCommand({ Resources, Tags: [{ Key: 'born' }] }))
    assert.deepEqual((await client.send(new ec2.DescribeTagsCommand(filter('key', 'born')))).Tags, [])
  })

  test('the main route table keeps its routes and its tags through changes of each', async () => {
    const vpcId = await makeVpc()
    const RouteTableId = (await mainTable(vpcId)).RouteTableId!
    const GatewayId = await makeGateway(vpcId)
    await client.send(new ec2.CreateTagsCommand({ Resources: [RouteTableId], Tags: [{ Key: 'a', Value: 'b' }] }))

    await client.send(new ec2.CreateRouteCommand({ RouteTableId, DestinationCidrBlock: anywhere, GatewayId }))
    await client.send(new ec2.CreateTagsCommand({ Resources: [RouteTableId], Tags: [{ Key: 'c', Value: 'd' }] }))

    const { Routes, Tags } = await mainTable(vpcId)
    assert.deepEqual(
      Routes!.map(route => route.GatewayId),
      ['local', GatewayId],
    )
    assert.equal(Tags!.length, 2)
  })

  test('nothing of a VPC is left when it is deleted', async () => {
    const vpcId = await makeVpc()
    const { RouteTableId } = await mainTable(vpcId)
    await client.send(new ec2.CreateTagsCommand({ Resources: [RouteTableId!], Tags: [{ Key: 'gone', Value: '' }] }))

    await client.send(new ec2.DeleteVpcCommand({ VpcId: vpcId }))

    assert.deepEqual(await describeTables(filter('vpc-id', vpcId)), [])
    assert.deepEqual(await describeAcls(filter('vpc-id', vpcId)), [])
    assert.deepEqual((await client.send(new ec2.DescribeTagsCommand(filter('key', 'gone')))).Tags, [])
    await refused(describeTables({ RouteTableIds: [RouteTableId!] }), 'InvalidRouteTableID.NotFound')
  })
})

describe('routes', () => {
  test('a route is active while its gateway is attached, and a blackhole while it is not, or is gone', async () => {
    const vpcId = await makeVpc()
    const [RouteTableId, GatewayId] = [await makeTable(vpcId), await makeGateway(vpcId)]
    const attachment = { InternetGatewayId: GatewayId, VpcId: vpcId }
    const state = async () => (await routesOf(RouteTableId)).find(route => route.GatewayId === GatewayId)?.State

    const { Return } = await client.send(
      new ec2.CreateRouteCommand({ RouteTableId, DestinationCidrBlock: anywhere, GatewayId }),
    )
    const attached = await state()
    await client.send(new ec2.DetachInternetGatewayCommand(attachment))
    const detached = await state()
    await client.send(new ec2.AttachInternetGatewayCommand(attachment))
    const again = await state()
    await client.send(new ec2.DetachInternetGatewayCommand(attachment))
    await client.send(new ec2.DeleteInternetGatewayCommand({ InternetGatewayId: GatewayId }))
    const deleted = await state()
    await client.send(new ec2.DeleteRouteCommand({ RouteTableId, DestinationCidrBlock: anywhere }))

    assert.equal(Return, true)
    assert.deepEqual([attached, detached, again, deleted], ['active', 'blackhole', 'active', 'blackhole'])
    assert.deepEqual(
      (await routesOf(RouteTableId)).map(route => route.GatewayId),
      ['local'],
    )
  })

  test('a route is a blackhole while its gateway is attached to another VPC', async () => {
    const [vpcId, other] = [await makeVpc(), await makeVpc()]
    const [RouteTableId, GatewayId] = [await makeTable(vpcId), await makeGateway(vpcId)]
    await client.send(new ec2.CreateRouteCommand({ RouteTableId, DestinationCidrBlock: anywhere, GatewayId }))

    await client.send(new ec2.DetachInternetGatewayCommand({ InternetGatewayId: GatewayId, VpcId: vpcId }))
    await client.send(new ec2.AttachInternetGatewayCommand({ InternetGatewayId: GatewayId, VpcId: other }))

    assert.equal((await routesOf(RouteTableId))[1]!.State, 'blackhole')
  })

  test('a route keeps its block in one form, IPv4 and IPv6, and is deleted by any', async () => {
    const vpcId = await makeVpc()
    const [RouteTableId, GatewayId] = [await makeTable(vpcId), await makeGateway(vpcId)]
    const destinations = [{ DestinationCidrBlock: '192.0.2.77/24' }, { DestinationIpv6CidrBlock: '2001:DB8:0::1/64' }]

    for (const destination of destinations)
      await client.send(new ec2.CreateRouteCommand({ RouteTableId, GatewayId, ...destination }))

    const shown = (await routesOf(RouteTableId)).slice(1)
    assert.deepEqual(
      shown.map(({ DestinationCidrBlock: ipv4, DestinationIpv6CidrBlock: ipv6, Origin }) => [ipv4 ?? ipv6, Origin]),
      [
        ['192.0.2.0/24', 'CreateRoute'],
        ['2001:db8::/64', 'CreateRoute'],
      ],
    )
    for (const destination of [{ DestinationCidrBlock: '192.0.2.0/24' }, { DestinationIpv6CidrBlock: '2001:db8::/64' }])
      await client.send(new ec2.DeleteRouteCommand({ RouteTableId, ...destination }))
    assert.equal((await routesOf(RouteTableId)).length, 1)
  })

  test('the same route once more is no error, and no second route; another target for its block is refused', async () => {
    const vpcId = await makeVpc()
    const [RouteTableId, first] = [await makeTable(vpcId), await makeGateway(vpcId)]
    const route = { RouteTableId, DestinationCidrBlock: anywhere }
    await client.send(new ec2.CreateRouteCommand({ ...route, GatewayId: first }))

    await client.send(new ec2.CreateRouteCommand({ ...route, GatewayId: first }))
    await client.send(new ec2.DetachInternetGatewayCommand({ InternetGatewayId: first, VpcId: vpcId }))
    const second = await makeGateway(vpcId)

    assert.equal((await routesOf(RouteTableId)).length, 2)
    await refused(
      client.send(new ec2.CreateRouteCommand({ ...route, GatewayId: second })),
      'RouteAlreadyExists',
      'The route identified by 0.0.0.0/0 already exists.',
    )
  })
})

describe('associations', () => {
  test('a subnet is given a table, and has the main one again afterwards', async () => {
    const vpcId = await makeVpc()
    const [subnet, table] = [await makeSubnet(vpcId), await makeTable(vpcId)]

    const id = await associate(table, subnet)
    const [shown] = await describeTables(filter('association.subnet-id', subnet))
    await client.send(new ec2.DisassociateRouteTableCommand({ AssociationId: id }))

    assert.match(id, idForm('rtbassoc'))
    assert.deepEqual(shown!.Associations, [
      {
        Main: false,
        RouteTableAssociationId: id,
        RouteTableId: table,
        SubnetId: subnet,
        AssociationState: { State: 'associated' },
      },
    ])
    assert.deepEqual(await describeTables(filter('association.route-table-association-id', id)), [])
    await refused(
      client.send(new ec2.DisassociateRouteTableCommand({ AssociationId: id })),
      'InvalidAssociationID.NotFound',
      `The association ID '${id}' does not exist`,
    )
  })

  test('a subnet has one table: the same once more is the same association, another one is refused', async () => {
    const vpcId = await makeVpc()
    const [subnet, table, other] = [await makeSubnet(vpcId), await makeTable(vpcId), await makeTable(vpcId)]

    const ids = [await associate(table, subnet), await associate(table, subnet)]

    assert.equal(new Set(ids).size, 1)
    await refused(
      associate(other, subnet),
      'Resource.AlreadyAssociated',
      `the specified association for route table ${other} conflicts with an existing association`,
    )
  })

  test('a subnet can be given the main table by name, beside the association that makes it the main one', async () => {
    const vpcId = await makeVpc()
    const [subnet, table] = [await makeSubnet(vpcId), (await mainTable(vpcId)).RouteTableId!]

    await associate(table, subnet)

    const { Associations } = await mainTable(vpcId)
    assert.deepEqual(
      Associations!.map(({ Main: isMain, SubnetId }) => [isMain, SubnetId]),
      [
        [true, undefined],
        [false, subnet],
      ],
    )
  })

  test('a subnet that is deleted takes its association with it', async () => {
    const vpcId = await makeVpc()
    const [subnet, table] = [await makeSubnet(vpcId), await makeTable(vpcId)]
    await associate(table, subnet)

    await client.send(new ec2.DeleteSubnetCommand({ SubnetId: subnet }))

    assert.deepEqual((await describeTables({ RouteTableIds: [table] }))[0]!.Associations, [])
    await client.send(new ec2.DeleteRouteTableCommand({ RouteTableId: table }))
  })
})

describe('deletion in order', () => {
  test('a VPC is deleted after its gateway is detached and its route tables are deleted', async () => {
    const vpcId = await makeVpc()
    const [InternetGatewayId, RouteTableId] = [await makeGateway(vpcId), await makeTable(vpcId)]
    const remove = () => client.send(new ec2.DeleteVpcCommand({ VpcId: vpcId }))
    const text = `The vpc '${vpcId}' has dependencies and cannot be deleted.`

    await refused(remove(), 'DependencyViolation', text)
    await client.send(new ec2.DeleteRouteTableCommand({ RouteTableId }))
    await refused(remove(), 'DependencyViolation', text)
    await refused(
      client.send(new ec2.DeleteInternetGatewayCommand({ InternetGatewayId })),
      'DependencyViolation',
      `The internetGateway '${InternetGatewayId}' has dependencies and cannot be deleted.`,
    )
    await client.send(new ec2.DetachInternetGatewayCommand({ InternetGatewayId, VpcId: vpcId }))

    await remove()
    await client.send(new ec2.DeleteInternetGatewayCommand({ InternetGatewayId }))
  })

  test('a route table is deleted when no subnet has it, and the main one never', async () => {
    const vpcId = await makeVpc()
    const [subnet, table] = [await makeSubnet(vpcId), await makeTable(vpcId)]
    const main = (await mainTable(vpcId)).RouteTableId!
    const AssociationId = await associate(table, subnet)
    const remove = (RouteTableId: string) => client.send(new ec2.DeleteRouteTableCommand({ RouteTableId }))
    const text = (id: string) => `The routeTable '${id}' has dependencies and cannot be deleted.`

    await refused(remove(table), 'DependencyViolation', text(table))
    await refused(remove(main), 'DependencyViolation', text(main))
    await client.send(new ec2.DisassociateRouteTableCommand({ AssociationId }))

    await remove(table)
    await refused(remove(table), 'InvalidRouteTableID.NotFound', `The routeTable ID '${table}' does not exist`)
  })
})

describe('filters', async () => {
  const vpcId = await makeVpc('10.5.0.0/16')
  const subnet = await makeSubnet(vpcId, '10.5.1.0/24')
  const [table, gateway] = [await makeTable(vpcId), await makeGateway(vpcId)]
  const AssociationId = await associate(table, subnet)
  const main = (await mainTable(vpcId)).RouteTableId!
  await client.send(
    new ec2.CreateRouteCommand({ RouteTableId: table, DestinationCidrBlock: '198.51.100.0/24', GatewayId: gateway }),
  )
  await client.send(
    new ec2.CreateRouteCommand({ RouteTableId: table, DestinationIpv6CidrBlock: '::/0', GatewayId: gateway }),
  )
  const acl = (await describeAcls(filter('vpc-id', vpcId)))[0]!

  const ofTables: readonly (readonly [name: string, value: string, expected: readonly string[]])[] = [
    ['association.main', 'true', [main]],
    ['association.main', 'false', [table]],
    ['association.route-table-association-id', AssociationId, [table]],
    ['association.route-table-id', table, [table]],
    ['association.subnet-id', subnet, [table]],
    ['association.gateway-id', '*', []],
    ['owner-id', '*', [main, table]],
    ['route-table-id', table, [table]],
    ['route.destination-cidr-block', '10.5.0.0/16', [main, table]],
    ['route.destination-cidr-block', '198.51.100.0/24', [table]],
    ['route.destination-ipv6-cidr-block', '::/0', [table]],
    ['route.gateway-id', 'local', [main, table]],
    ['route.gateway-id', gateway, [table]],
    ['route.nat-gateway-id', '*', []],
    ['route.origin', 'CreateRoute', [table]],
    ['route.state', 'active', [main, table]],
    ['route.state', 'blackhole', []],
  ]
  for (const [name, value, expected] of ofTables) {
    test(`DescribeRouteTables by ${name}=${value}`, async () => {
      const found = await describeTables({
        Filters: [
          { Name: 'vpc-id', Values: [vpcId] },
          { Name: name, Values: [value] },
        ],
      })

      assert.deepEqual(new Set(found.map(each => each.RouteTableId)), new Set(expected))
    })
  }

  const ofAcls: Readonly<Record<string, readonly [string, boolean]>> = {
    default: ['true', true],
    'association.subnet-id': [subnet, true],
    'association.network-acl-id': [acl.NetworkAclId!, true],
    'association.association-id': [acl.Associations![0]!.NetworkAclAssociationId!, true],
    'entry.cidr': [anywhere, true],
    'entry.ipv6-cidr': ['::/0', false],
    'entry.egress': ['true', true],
    'entry.protocol': ['-1', true],
    'entry.rule-action': ['deny', true],
    'entry.rule-number': ['32767', true],
    'entry.port-range.from': ['*', false],
    'network-acl-id': [acl.NetworkAclId!, true],
    'owner-id': [acl.OwnerId!, true],
  }
  for (const [name, [value, isFound]] of Object.entries(ofAcls)) {
    test(`DescribeNetworkAcls by ${name}=${value}`, async () => {
      const found = await describeAcls({
        Filters: [
          { Name: 'vpc-id', Values: [vpcId] },
          { Name: name, Values: [value] },
        ],
      })

      assert.equal(found.length, isFound ? 1 : 0)
    })
  }

  const ofGateways: Readonly<Record<string, string>> = {
    'attachment.vpc-id': vpcId,
    'attachment.state': 'available',
    'internet-gateway-id': gateway,
    'owner-id': acl.OwnerId!,
  }
  for (const [name, value] of Object.entries(ofGateways)) {
    test(`DescribeInternetGateways by ${name}=${value}`, async () => {
      const { InternetGateways } = await client.send(
        new ec2.DescribeInternetGatewaysCommand({ InternetGatewayIds: [gateway], ...filter(name, value) }),
      )

      assert.deepEqual(InternetGateways, [
        {
          InternetGatewayId: gateway,
          OwnerId: acl.OwnerId,
          Attachments: [{ State: 'available', VpcId: vpcId }],
          Tags: [],
        },
      ])
    })
  }

  for (const [name, value] of Object.entries({
    key: 'domain-name-servers',
    value: 'AmazonProvidedDNS',
    'owner-id': acl.OwnerId!,
  })) {
    test(`DescribeDhcpOptions by ${name}=${value}`, async () => {
      const found = await client.send(new ec2.DescribeDhcpOptionsCommand(filter(name, value)))
      const others = await client.send(new ec2.DescribeDhcpOptionsCommand(filter(name, 'x')))

      assert.deepEqual([found.DhcpOptions!.length, others.DhcpOptions!.length], [1, 0])
    })
  }
})

test('DescribeRouteTables gives all tables in pages', async () => {
  const vpcId = await makeVpc()
  for (let count = 0; count < 6; count++) await makeTable(vpcId)
  const input = { MaxResults: 5, ...filter('vpc-id', vpcId) }

  const first = await client.send(new ec2.DescribeRouteTablesCommand(input))
  const second = await client.send(new ec2.DescribeRouteTablesCommand({ ...input, NextToken: first.NextToken }))

  assert.deepEqual([first.RouteTables!.length, second.RouteTables!.length], [5, 2])
  assert.equal(second.NextToken, undefined)
})

test('CreateRouteTable with a known token answers with the table that is there, as it is now', async () => {
  const vpcId = await makeVpc()
  const input = { VpcId: vpcId, ClientToken: `token of ${vpcId}`, TagSpecifications: tagged('route-table', 'k') }
  const first = await client.send(new ec2.CreateRouteTableCommand(input))
  const RouteTableId = first.RouteTable!.RouteTableId!
  const AssociationId = await associate(RouteTableId, await makeSubnet(vpcId))

  const second = await client.send(new ec2.CreateRouteTableCommand(input))

  assert.equal(second.RouteTable!.RouteTableId, RouteTableId)
  assert.equal(second.ClientToken, input.ClientToken)
  assert.equal(second.RouteTable!.Associations![0]!.RouteTableAssociationId, AssociationId)
  assert.equal((await describeTables(filter('vpc-id', vpcId))).length, 2)
  await refused(
    client.send(new ec2.CreateRouteTableCommand({ ...input, TagSpecifications: [] })),
    'IdempotentParameterMismatch',
  )
})

test('a dry run of each operation that changes something changes nothing', async () => {
  const VpcId = await makeVpc()
  const [RouteTableId, InternetGatewayId, SubnetId] = [
    await makeTable(VpcId),
    await makeGateway(),
    await makeSubnet(VpcId),
  ]
  const attached = await makeGateway(await makeVpc())
  const count = async () => (await client.send(new ec2.DescribeInternetGatewaysCommand({}))).InternetGateways!.length
  const before = [await describeTables(filter('vpc-id', VpcId)), await count()]
  const DryRun = true

  for (const call of [
    () => client.send(new ec2.CreateRouteTableCommand({ VpcId, DryRun })),
    () => client.send(new ec2.DeleteRouteTableCommand({ RouteTableId, DryRun })),
    () => client.send(new ec2.AssociateRouteTableCommand({ RouteTableId, SubnetId, DryRun })),
    () => client.send(new ec2.DisassociateRouteTableCommand({ AssociationId: 'rtbassoc-1', DryRun })),
    () => client.send(new ec2.CreateRouteCommand({ RouteTableId, GatewayId: attached, DryRun })),
    () => client.send(new ec2.DeleteRouteCommand({ RouteTableId, DestinationCidrBlock: anywhere, DryRun })),
    () => client.send(new ec2.CreateInternetGatewayCommand({ DryRun })),
    () => client.send(new ec2.DeleteInternetGatewayCommand({ InternetGatewayId, DryRun })),
    () => client.send(new ec2.AttachInternetGatewayCommand({ InternetGatewayId, VpcId, DryRun })),
    () => client.send(new ec2.DetachInternetGatewayCommand({ InternetGatewayId, VpcId, DryRun })),
  ])
    await refused(call(), 'DryRunOperation', 'Request would have succeeded, but DryRun flag is set.')

  assert.deepEqual([await describeTables(filter('vpc-id', VpcId)), await count()], before)
})

test('tags that are given with a table or a gateway are there at once', async () => {
  const VpcId = await makeVpc()

  const table = await client.send(
    new ec2.CreateRouteTableCommand({ VpcId, TagSpecifications: tagged('route-table', 'at once') }),
  )
  const gateway = await client.send(
    new ec2.CreateInternetGatewayCommand({ TagSpecifications: tagged('internet-gateway', 'at once') }),
  )

  const tag = [{ Key: 'at once', Value: 'v' }]
  assert.deepEqual([table.RouteTable!.Tags, gateway.InternetGateway!.Tags], [tag, tag])
  const { InternetGateways } = await client.send(new ec2.DescribeInternetGatewaysCommand(filter('tag:at once', 'v')))
  assert.deepEqual(
    InternetGateways!.map(each => each.InternetGatewayId),
    [gateway.InternetGateway!.InternetGatewayId],
  )
})

test('DescribeRegions gives the Regions that are served, and all when asked for all', async () => {
  const { Regions } = await client.send(new ec2.DescribeRegionsCommand({}))
  const { Regions: all } = await client.send(new ec2.DescribeRegionsCommand({ AllRegions: true }))
  const { Regions: others } = await client.send(
    new ec2.DescribeRegionsCommand({ AllRegions: true, ...filter('opt-in-status', 'not-opted-in') }),
  )

  assert.deepEqual(Regions, [
    { RegionName: 'us-west-2', Endpoint: 'ec2.us-west-2.amazonaws.com', OptInStatus: 'opt-in-not-required' },
  ])
  assert.ok(all!.length > 30)
  assert.equal(others!.length, all!.length - 1)
})

test('DescribeAccountAttributes tells of no default VPC, and gives one attribute when asked for one', async () => {
  const { AccountAttributes } = await client.send(new ec2.DescribeAccountAttributesCommand({}))
  const one = await client.send(new ec2.DescribeAccountAttributesCommand({ AttributeNames: ['default-vpc'] }))

  assert.equal(AccountAttributes!.length, 6)
  assert.deepEqual(one.AccountAttributes, [
    { AttributeName: 'default-vpc', AttributeValues: [{ AttributeValue: 'none' }] },
  ])
})

test('DescribeManagedPrefixLists finds none', async () => {
  const { PrefixLists } = await client.send(new ec2.DescribeManagedPrefixListsCommand(filter('owner-id', 'AWS')))

  assert.deepEqual(PrefixLists, [])
})

test('the AWS CLI makes a way out of a VPC, and reads all of it back', async () => {
  const script = [
    'set -e',
    'text() { aws ec2 "$@" --output text; }',
    'vpc=$(text create-vpc --cidr-block 10.8.0.0/16 --query Vpc.VpcId)',
    'igw=$(text create-internet-gateway --query InternetGateway.InternetGatewayId)',
    'text attach-internet-gateway --internet-gateway-id $igw --vpc-id $vpc',
    'rtb=$(text create-route-table --vpc-id $vpc --query RouteTable.RouteTableId --tag-specifications "ResourceType=route-table,Tags=[{Key=Name,Value=public}]")',
    'text create-route --route-table-id $rtb --destination-cidr-block 0.0.0.0/0 --gateway-id $igw',
    'text describe-route-tables --filters Name=tag:Name,Values=public Name=vpc-id,Values=$vpc --query "RouteTables[].Routes[].[DestinationCidrBlock,State]"',
    'text describe-internet-gateways --filters Name=attachment.vpc-id,Values=$vpc --query "InternetGateways[].Attachments[].State"',
    'text describe-network-acls --filters Name=default,Values=true Name=vpc-id,Values=$vpc --query "length(NetworkAcls)"',
    'text describe-dhcp-options --query "DhcpOptions[].DhcpConfigurations[].Values[].Value"',
    'text describe-regions --query "Regions[].RegionName"',
    'text describe-account-attributes --attribute-names default-vpc --query "AccountAttributes[].AttributeValues[].AttributeValue"',
    'text describe-managed-prefix-lists --query "length(PrefixLists)"',
  ].join('\n')
  const { out } = await postern.postern('env')

  const done = await postern.run('sh', ['-c', `${out}\n${script}`], { AWS_PAGER: '', AWS_MAX_ATTEMPTS: '1' })

  assert.equal(done.status, 0, done.error)
  assert.deepEqual(done.out.trim().split(/\s+/), [
    'True',
    '10.8.0.0/16',
    'active',
    '0.0.0.0/0',
    'active',
    'available',
    '1',
    'us-west-2.compute.internal',
    'AmazonProvidedDNS',
    'us-west-2',
    'none',
    '0',
  ])
})
