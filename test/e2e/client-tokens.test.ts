// Requests that say by a client token which of them are one: however they come, at most one thing is made under a token.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import * as ec2 from '@aws-sdk/client-ec2'
import { startPostern } from '../start-postern.ts'
import { refused } from './refused.ts'

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const { ec2: client } = postern.clients(await postern.administrator())
const stranger = (await postern.otherAccount('444455556666')).ec2

async function makeVpc(of = client): Promise<string> {
  return (await of.send(new ec2.CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))).Vpc!.VpcId!
}

const idOf: Readonly<Record<string, (VpcId: string, ClientToken: string, of?: ec2.EC2Client) => Promise<string>>> = {
  async CreateVpcEndpoint(VpcId, ClientToken, of = client) {
    const made = await of.send(
      new ec2.CreateVpcEndpointCommand({
        VpcId,
        ClientToken,
        VpcEndpointType: 'Interface',
        ServiceName: 'com.amazonaws.us-west-2.kms',
        PrivateDnsEnabled: false,
      }),
    )
    return made.VpcEndpoint!.VpcEndpointId!
  },
  async CreateRouteTable(VpcId, ClientToken, of = client) {
    const made = await of.send(new ec2.CreateRouteTableCommand({ VpcId, ClientToken }))
    return made.RouteTable!.RouteTableId!
  },
}

const countOf: Readonly<Record<string, (vpcIds: readonly string[]) => Promise<number>>> = {
  async CreateVpcEndpoint(vpcIds) {
    const Filters = [{ Name: 'vpc-id', Values: [...vpcIds] }]
    return (await client.send(new ec2.DescribeVpcEndpointsCommand({ Filters }))).VpcEndpoints!.length
  },
  async CreateRouteTable(vpcIds) {
    const Filters = [{ Name: 'vpc-id', Values: [...vpcIds] }]
    // Each VPC has a main one.
    return (await client.send(new ec2.DescribeRouteTablesCommand({ Filters }))).RouteTables!.length - vpcIds.length
  },
}

const outcomeOf = (call: Promise<string>): Promise<string> => call.catch((error: Error) => error.name)

for (const [name, make] of Object.entries(idOf)) {
  describe(name, () => {
    test('makes one thing where the same request comes ten times at once', async () => {
      const vpcId = await makeVpc()

      const ids = await Promise.all(Array.from({ length: 10 }, () => make(vpcId, 'ten times')))

      assert.equal(new Set(ids).size, 1)
      assert.equal(await countOf[name]!([vpcId]), 1)
    })

    test('makes one thing where requests for ten VPCs come at once under one token, and refuses the others', async () => {
      const vpcIds = await Promise.all(Array.from({ length: 10 }, () => makeVpc()))

      const outcomes = await Promise.all(vpcIds.map(vpcId => outcomeOf(make(vpcId, 'ten VPCs'))))

      assert.equal(outcomes.filter(outcome => outcome === 'IdempotentParameterMismatch').length, 9, outcomes.join(' '))
      assert.equal(await countOf[name]!(vpcIds), 1)
    })

    test('refuses another request under a token in AWS’s words', async () => {
      await make(await makeVpc(), 'words')

      await refused(
        make(await makeVpc(), 'words'),
        'IdempotentParameterMismatch',
        'Arguments on this idempotent request are inconsistent with arguments used in previous request(s).',
      )
    })

    test('takes a token of another account as its own', async () => {
      const ids = [await make(await makeVpc(), 'shared'), await make(await makeVpc(stranger), 'shared', stranger)]

      assert.equal(new Set(ids).size, 2)
    })

    test('takes a token of 64 characters, and refuses what is longer, empty, or not ASCII', async () => {
      const vpcId = await makeVpc()
      const longest = '~ token 1'.padEnd(64, '-')

      await make(vpcId, longest)

      for (const token of [`${longest}-`, '', 'tokén', 'to\nken', '\u0000'])
        await refused(make(vpcId, token), 'InvalidParameterValue', 'clientToken')
      assert.equal(await countOf[name]!([vpcId]), 1)
    })
  })
}

test('an endpoint and a route table can be made under the same token', async () => {
  const vpcId = await makeVpc()

  await idOf['CreateVpcEndpoint']!(vpcId, 'of both')
  await idOf['CreateRouteTable']!(vpcId, 'of both')

  assert.equal(await countOf['CreateVpcEndpoint']!([vpcId]), 1)
})

test('a token is free again once what was made under it is gone', async () => {
  const vpcId = await makeVpc()
  const token = 'used again'
  const [endpoint, table] = [
    await idOf['CreateVpcEndpoint']!(vpcId, token),
    await idOf['CreateRouteTable']!(vpcId, token),
  ]
  await client.send(new ec2.DeleteVpcEndpointsCommand({ VpcEndpointIds: [endpoint] }))
  await client.send(new ec2.DeleteRouteTableCommand({ RouteTableId: table }))
  for (const deadline = Date.now() + 30_000; (await countOf['CreateVpcEndpoint']!([vpcId])) > 0;)
    assert.ok(Date.now() < deadline, 'the endpoint goes')

  const again = [await idOf['CreateVpcEndpoint']!(vpcId, token), await idOf['CreateRouteTable']!(vpcId, token)]

  assert.equal(new Set([endpoint, table, ...again]).size, 4)
})

test('a token is free again once a VPC has taken its main route table with it', async () => {
  const vpcId = await makeVpc()
  const token = 'of a main table'
  const table = await idOf['CreateRouteTable']!(vpcId, token)
  const Filters = [{ Name: 'vpc-id', Values: [vpcId] }]
  const { RouteTables } = await client.send(new ec2.DescribeRouteTablesCommand({ Filters }))
  const born = RouteTables!.find(one => one.RouteTableId !== table)!
  await client.send(
    new ec2.ReplaceRouteTableAssociationCommand({
      AssociationId: born.Associations![0]!.RouteTableAssociationId!,
      RouteTableId: table,
    }),
  )
  await client.send(new ec2.DeleteRouteTableCommand({ RouteTableId: born.RouteTableId! }))
  await client.send(new ec2.DeleteVpcCommand({ VpcId: vpcId }))

  const again = await idOf['CreateRouteTable']!(await makeVpc(), token)

  assert.notEqual(again, table)
})
