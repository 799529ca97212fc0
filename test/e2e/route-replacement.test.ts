// Routes, and which table a subnet or a VPC has, changed in place, as Terraform does it.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { LookupEventsCommand } from '@aws-sdk/client-cloudtrail'
import * as ec2 from '@aws-sdk/client-ec2'
import { startPostern } from '../start-postern.ts'
import { refused } from './refused.ts'
import { anywhere, filter, routingWith } from './routing-calls.ts'

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const { ec2: client, cloudtrail } = postern.clients(await postern.administrator())
const stranger = (await postern.otherAccount('444455556666')).ec2
const { makeVpc, makeSubnet, makeTable, makeGateway, associate, describeTables, mainTable, routesOf } =
  routingWith(client)

const replaceRoute = (input: ec2.ReplaceRouteCommandInput) => client.send(new ec2.ReplaceRouteCommand(input))
const replace = (AssociationId: string, RouteTableId: string, more: { readonly DryRun?: boolean } = {}) =>
  client.send(new ec2.ReplaceRouteTableAssociationCommand({ AssociationId, RouteTableId, ...more }))
const mainAssociation = async (vpcId: string): Promise<string> =>
  (await mainTable(vpcId)).Associations!.find(one => one.Main)!.RouteTableAssociationId!
const remove = (RouteTableId: string) => client.send(new ec2.DeleteRouteTableCommand({ RouteTableId }))
const noTable = 'rtb-00000000000000000'

/** A route to a gateway that is no longer the VPC's, and the one that is. */
async function makeRoute(destination: Partial<ec2.CreateRouteCommandInput> = { DestinationCidrBlock: anywhere }) {
  const vpcId = await makeVpc()
  const [RouteTableId, first] = [await makeTable(vpcId), await makeGateway(vpcId)]
  await client.send(new ec2.CreateRouteCommand({ RouteTableId, GatewayId: first, ...destination }))
  await client.send(new ec2.DetachInternetGatewayCommand({ InternetGatewayId: first, VpcId: vpcId }))
  return { vpcId, RouteTableId, first, GatewayId: await makeGateway(vpcId) }
}

describe('ReplaceRoute', async () => {
  for (const [what, destination] of Object.entries({
    'an IPv4 route': { DestinationCidrBlock: '192.0.2.0/24' },
    'an IPv6 route': { DestinationIpv6CidrBlock: '2001:db8::/64' },
  })) {
    test(`gives ${what} another target, and leaves the others as they are`, async () => {
      const { RouteTableId, first, GatewayId } = await makeRoute(destination)
      await client.send(
        new ec2.CreateRouteCommand({ RouteTableId, GatewayId, DestinationCidrBlock: '198.51.100.0/24' }),
      )
      const before = await routesOf(RouteTableId)

      await replaceRoute({ RouteTableId, GatewayId, ...destination })

      const changed = before.map(route =>
        route.GatewayId === first ? { ...route, GatewayId, State: 'active' as const } : route,
      )
      assert.deepEqual(await routesOf(RouteTableId), changed)
      assert.ok(before.some(route => route.State === 'blackhole'))
    })
  }

  test('finds its route by any form of the block, and the same target once more is no error', async () => {
    const { RouteTableId, GatewayId } = await makeRoute({ DestinationCidrBlock: '192.0.2.0/24' })

    for (const DestinationCidrBlock of ['192.0.2.9/24', '192.0.2.0/24'])
      await replaceRoute({ RouteTableId, GatewayId, DestinationCidrBlock })

    assert.deepEqual(
      (await routesOf(RouteTableId)).map(route => route.GatewayId),
      ['local', GatewayId],
    )
  })

  test('works in the main table too', async () => {
    const vpcId = await makeVpc()
    const RouteTableId = (await mainTable(vpcId)).RouteTableId!
    const first = await makeGateway(vpcId)
    const route = { RouteTableId, DestinationCidrBlock: anywhere }
    await client.send(new ec2.CreateRouteCommand({ ...route, GatewayId: first }))
    await client.send(new ec2.DetachInternetGatewayCommand({ InternetGatewayId: first, VpcId: vpcId }))
    const GatewayId = await makeGateway(vpcId)

    await replaceRoute({ ...route, GatewayId })

    assert.equal((await routesOf(RouteTableId))[1]!.GatewayId, GatewayId)
  })

  test('resets a local route, which has its target already', async () => {
    const RouteTableId = await makeTable(await makeVpc('10.9.0.0/16'))
    const before = await routesOf(RouteTableId)

    await replaceRoute({ RouteTableId, DestinationCidrBlock: '10.9.0.0/16', LocalTarget: true })

    assert.deepEqual(await routesOf(RouteTableId), before)
  })

  const made = await makeRoute()
  const before = await routesOf(made.RouteTableId)
  const { RouteTableId, GatewayId } = made
  const loose = await makeGateway()
  const route = { RouteTableId, DestinationCidrBlock: anywhere }
  const cases: readonly (readonly [what: string, input: ec2.ReplaceRouteCommandInput, code: string, text?: string])[] =
    [
      [
        'a route that there is not',
        { RouteTableId, GatewayId, DestinationCidrBlock: '192.0.2.0/24' },
        'InvalidParameterValue',
        `There is no route defined for '192.0.2.0/24' in the route table. Use CreateRoute instead.`,
      ],
      [
        'a gateway of another VPC',
        { ...route, GatewayId: loose },
        'InvalidParameterValue',
        'belong to different networks',
      ],
      ['a gateway that there is not', { ...route, GatewayId: 'igw-00000000000000000' }, 'InvalidGatewayID.NotFound'],
      ['no target', route, 'MissingParameter', 'exactly one of'],
      ['two targets', { ...route, GatewayId, NatGatewayId: 'nat-1' }, 'MissingParameter', 'exactly one of'],
      [
        'a target beside the local one',
        { ...route, GatewayId, LocalTarget: true },
        'MissingParameter',
        'exactly one of',
      ],
      ['the local target for another block', { ...route, LocalTarget: true }, 'InvalidParameterValue', anywhere],
      ['no destination', { RouteTableId, GatewayId }, 'MissingParameter'],
      [
        'a local route',
        { RouteTableId, GatewayId, DestinationCidrBlock: '10.0.0.0/16' },
        'InvalidParameterValue',
        'This route can target only an interface or an instance',
      ],
      ['a table that there is not', { ...route, GatewayId, RouteTableId: noTable }, 'InvalidRouteTableID.NotFound'],
      ['a malformed table', { ...route, GatewayId, RouteTableId: 'x' }, 'InvalidRouteTableId.Malformed'],
      ['a dry run', { ...route, GatewayId, DryRun: true }, 'DryRunOperation'],
    ]
  for (const [what, input, code, text] of cases) test(`refuses ${what}`, () => refused(replaceRoute(input), code, text))

  test('refuses another account, which has no such table', () =>
    refused(stranger.send(new ec2.ReplaceRouteCommand({ ...route, GatewayId })), 'InvalidRouteTableID.NotFound'))

  test('has changed nothing where it was refused', async () => {
    assert.deepEqual(await routesOf(RouteTableId), before)
  })
})

describe('ReplaceRouteTableAssociation', () => {
  test('gives a subnet another table, under another id', async () => {
    const vpcId = await makeVpc()
    const [subnet, table, other] = [await makeSubnet(vpcId), await makeTable(vpcId), await makeTable(vpcId)]
    const id = await associate(table, subnet)

    const { NewAssociationId, AssociationState } = await replace(id, other)

    assert.match(NewAssociationId!, /^rtbassoc-[0-9a-f]{17}$/)
    assert.notEqual(NewAssociationId, id)
    assert.deepEqual(AssociationState, { State: 'associated' })
    assert.deepEqual(
      (await describeTables(filter('association.subnet-id', subnet))).map(each => each.RouteTableId),
      [other],
    )
    await refused(replace(id, table), 'InvalidAssociationID.NotFound', `The association ID '${id}' does not exist`)
    await remove(table)
  })

  test('leaves an association with the same table as it is', async () => {
    const vpcId = await makeVpc()
    const [subnet, table] = [await makeSubnet(vpcId), await makeTable(vpcId)]
    const id = await associate(table, subnet)

    assert.equal((await replace(id, table)).NewAssociationId, id)
  })

  test('makes another table the main one, which is then shown as such, and alone', async () => {
    const vpcId = await makeVpc()
    const born = (await mainTable(vpcId)).RouteTableId!
    const [old, table] = [await mainAssociation(vpcId), await makeTable(vpcId)]

    const { NewAssociationId: id } = await replace(old, table)

    const main = await mainTable(vpcId)
    assert.equal(main.RouteTableId, table)
    assert.deepEqual(main.Associations, [
      {
        Main: true,
        RouteTableAssociationId: id,
        RouteTableId: table,
        AssociationState: { State: 'associated' },
      },
    ])
    assert.deepEqual((await describeTables({ RouteTableIds: [born] }))[0]!.Associations, [])
    await refused(replace(old, born), 'InvalidAssociationID.NotFound')
    await refused(
      client.send(new ec2.DisassociateRouteTableCommand({ AssociationId: id! })),
      'InvalidParameterValue',
      `cannot disassociate the main route table association ${id}`,
    )
    await refused(remove(table), 'DependencyViolation')
  })

  test('gives the main place back, and the VPC is deleted with what it was born with', async () => {
    const vpcId = await makeVpc()
    const born = (await mainTable(vpcId)).RouteTableId!
    const table = await makeTable(vpcId)
    const { NewAssociationId: id } = await replace(await mainAssociation(vpcId), table)

    await replace(id!, born)

    assert.equal((await mainTable(vpcId)).RouteTableId, born)
    await remove(table)
    await client.send(new ec2.DeleteVpcCommand({ VpcId: vpcId }))
    assert.deepEqual(await describeTables(filter('vpc-id', vpcId)), [])
  })

  test('frees the table that a VPC was born with: it can be deleted, and stays away', async () => {
    const vpcId = await makeVpc()
    const born = (await mainTable(vpcId)).RouteTableId!
    const table = await makeTable(vpcId)
    const { NewAssociationId: id } = await replace(await mainAssociation(vpcId), table)

    await remove(born)

    const left = await describeTables(filter('vpc-id', vpcId))
    assert.deepEqual(
      left.map(each => each.RouteTableId),
      [table],
    )
    await refused(describeTables({ RouteTableIds: [born] }), 'InvalidRouteTableID.NotFound')
    await refused(replace(id!, born), 'InvalidRouteTableID.NotFound')
    await refused(remove(born), 'InvalidRouteTableID.NotFound')
    await client.send(new ec2.CreateTagsCommand({ Resources: [vpcId], Tags: [{ Key: 'a', Value: 'b' }] }))
    assert.equal((await describeTables(filter('vpc-id', vpcId))).length, 1)
  })

  test('keeps a VPC from being deleted while it has a table beside the main one, which goes with it', async () => {
    const vpcId = await makeVpc()
    const born = (await mainTable(vpcId)).RouteTableId!
    const table = await makeTable(vpcId)
    await replace(await mainAssociation(vpcId), table)
    const removeVpc = () => client.send(new ec2.DeleteVpcCommand({ VpcId: vpcId }))

    await refused(removeVpc(), 'DependencyViolation')
    await remove(born)
    await removeVpc()

    await refused(describeTables({ RouteTableIds: [table] }), 'InvalidRouteTableID.NotFound')
  })

  test('keeps routes and tags of both tables', async () => {
    const vpcId = await makeVpc()
    const [born, table] = [(await mainTable(vpcId)).RouteTableId!, await makeTable(vpcId)]
    const GatewayId = await makeGateway(vpcId)
    for (const RouteTableId of [born, table])
      await client.send(new ec2.CreateRouteCommand({ RouteTableId, DestinationCidrBlock: anywhere, GatewayId }))
    await client.send(new ec2.CreateTagsCommand({ Resources: [born, table], Tags: [{ Key: 'a', Value: 'b' }] }))

    await replace(await mainAssociation(vpcId), table)
    await client.send(new ec2.CreateTagsCommand({ Resources: [born, table], Tags: [{ Key: 'c', Value: 'd' }] }))

    for (const { Routes, Tags } of await describeTables(filter('vpc-id', vpcId)))
      assert.deepEqual([Routes!.length, Tags!.length], [2, 2])
    assert.equal((await mainTable(vpcId)).RouteTableId, table)
  })

  test('refuses tables and associations that there are not, and tables of other VPCs', async () => {
    const [vpcId, otherVpc] = [await makeVpc(), await makeVpc()]
    const [subnet, table, otherTable] = [await makeSubnet(vpcId), await makeTable(vpcId), await makeTable(otherVpc)]
    const [id, main] = [await associate(table, subnet), await mainAssociation(vpcId)]
    const before = await describeTables(filter('vpc-id', vpcId))

    await refused(replace('rtbassoc-00000000000000000', table), 'InvalidAssociationID.NotFound')
    await refused(replace(id, noTable), 'InvalidRouteTableID.NotFound', `The routeTable ID '${noTable}' does not exist`)
    await refused(replace(id, 'rtb'), 'InvalidRouteTableId.Malformed', 'Invalid id: "rtb" (expecting "rtb-...")')
    for (const association of [id, main]) {
      await refused(replace(association, otherTable), 'InvalidParameterValue', 'belong to different networks')
      await refused(replace(association, table, { DryRun: true }), 'DryRunOperation')
      await refused(
        stranger.send(new ec2.ReplaceRouteTableAssociationCommand({ AssociationId: association, RouteTableId: table })),
        'InvalidAssociationID.NotFound',
      )
    }
    assert.deepEqual(await describeTables(filter('vpc-id', vpcId)), before)
  })
})

test('the trail has both as changes, with what was asked and what came of it', async () => {
  const { vpcId, RouteTableId, GatewayId } = await makeRoute()
  const old = await mainAssociation(vpcId)
  await replaceRoute({ RouteTableId, GatewayId, DestinationCidrBlock: anywhere })
  const { NewAssociationId } = await replace(old, RouteTableId)
  const eventOf = async (name: string) => {
    const LookupAttributes = [{ AttributeKey: 'EventName' as const, AttributeValue: name }]
    const { Events } = await cloudtrail.send(new LookupEventsCommand({ LookupAttributes, MaxResults: 1 }))
    return JSON.parse(Events![0]!.CloudTrailEvent!) as Record<string, unknown>
  }

  const [route, association] = [await eventOf('ReplaceRoute'), await eventOf('ReplaceRouteTableAssociation')]

  assert.deepEqual([route['readOnly'], association['readOnly']], [false, false])
  assert.deepEqual(route['requestParameters'], {
    routeTableId: RouteTableId,
    gatewayId: GatewayId,
    destinationCidrBlock: anywhere,
  })
  assert.deepEqual(association['requestParameters'], { associationId: old, routeTableId: RouteTableId })
  assert.deepEqual(association['responseElements'], {
    requestId: association['requestID'],
    newAssociationId: NewAssociationId,
    associationState: { state: 'associated' },
  })
})
