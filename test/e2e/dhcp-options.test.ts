// DHCP options, which clients make, give to VPCs and read back.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import * as ec2 from '@aws-sdk/client-ec2'
import { startPostern } from '../start-postern.ts'
import { refused } from './refused.ts'
import { filter, routingWith, tagged } from './routing-calls.ts'

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const { ec2: client } = postern.clients(await postern.administrator())
const stranger = (await postern.otherAccount('444455556666')).ec2
const { makeVpc } = routingWith(client)

const typical = [
  { Key: 'domain-name', Values: ['example.com'] },
  { Key: 'domain-name-servers', Values: ['AmazonProvidedDNS'] },
  { Key: 'ntp-servers', Values: ['169.254.169.123', 'fd00:ec2::123'] },
  { Key: 'netbios-name-servers', Values: ['10.0.0.9'] },
  { Key: 'netbios-node-type', Values: ['2'] },
]
const create = (DhcpConfigurations: ec2.NewDhcpConfiguration[], more: object = {}) =>
  client.send(new ec2.CreateDhcpOptionsCommand({ DhcpConfigurations, ...more }))
const make = async (): Promise<string> => (await create(typical)).DhcpOptions!.DhcpOptionsId!
const describe = async (input: ec2.DescribeDhcpOptionsCommandInput) =>
  (await client.send(new ec2.DescribeDhcpOptionsCommand(input))).DhcpOptions!
const associate = (DhcpOptionsId: string, VpcId: string, by = client) =>
  by.send(new ec2.AssociateDhcpOptionsCommand({ DhcpOptionsId, VpcId }))
const remove = (DhcpOptionsId: string, by = client) => by.send(new ec2.DeleteDhcpOptionsCommand({ DhcpOptionsId }))
const optionsOf = async (vpcId: string): Promise<string> =>
  (await client.send(new ec2.DescribeVpcsCommand({ VpcIds: [vpcId] }))).Vpcs![0]!.DhcpOptionsId!

test('options are made, read back as they were given, and found by what is in them and by their tags', async () => {
  const { DhcpOptions: made } = await create(typical, { TagSpecifications: tagged('dhcp-options', 'k') })

  const id = made!.DhcpOptionsId!
  assert.match(id, /^dopt-[0-9a-f]{17}$/)
  assert.deepEqual(
    made!.DhcpConfigurations,
    typical.map(({ Key, Values }) => ({ Key, Values: Values.map(Value => ({ Value })) })),
  )
  for (const by of [filter('value', 'example.com'), filter('key', 'ntp-servers'), filter('tag:k', 'v')])
    assert.deepEqual(await describe(by), [made])
  await client.send(new ec2.CreateTagsCommand({ Resources: [id], Tags: [{ Key: 'l', Value: 'w' }] }))
  assert.equal((await describe({ DhcpOptionsIds: [id] }))[0]!.Tags!.length, 2)
  await remove(id)
  await refused(describe({ DhcpOptionsIds: [id] }), 'InvalidDhcpOptionID.NotFound')
})

test('a VPC is given options, none, and those of its account again', async () => {
  const [vpcId, id] = [await makeVpc(), await make()]
  const standard = await optionsOf(vpcId)
  const seen = [standard]

  for (const options of [id, 'default', standard]) {
    await associate(options, vpcId)
    seen.push(await optionsOf(vpcId))
    const { Vpcs } = await client.send(new ec2.DescribeVpcsCommand(filter('dhcp-options-id', options)))
    assert.ok(Vpcs!.some(vpc => vpc.VpcId === vpcId))
  }

  assert.deepEqual(seen, [standard, id, 'default', standard])
})

test('options are deleted when no VPC has them, and those of the account never', async () => {
  const [vpcId, id] = [await makeVpc(), await make()]
  const standard = await optionsOf(vpcId)
  await associate(id, vpcId)

  await refused(remove(id), 'DependencyViolation', `The dhcpOptions '${id}' has dependencies and cannot be deleted.`)
  await refused(remove(standard), 'DependencyViolation')
  await associate('default', vpcId)
  await remove(id)

  await refused(remove(id), 'InvalidDhcpOptionID.NotFound', `The dhcpOption ID '${id}' does not exist`)
  await refused(associate(id, vpcId), 'InvalidDhcpOptionID.NotFound')
})

const cases: readonly (readonly [string, ec2.NewDhcpConfiguration[], string, string?])[] = [
  ['none', [], 'MissingParameter'],
  ['an unknown one', [{ Key: 'gateway', Values: ['10.0.0.1'] }], 'InvalidParameterValue', 'Unknown DHCP option'],
  ['one with a name of Object', [{ Key: 'constructor', Values: ['x'] }], 'InvalidParameterValue'],
  ['one without a value', [{ Key: 'domain-name', Values: [] }], 'InvalidParameterValue'],
  [
    'one with five values',
    [{ Key: 'ntp-servers', Values: Array<string>(5).fill('10.0.0.1') }],
    'InvalidParameterValue',
  ],
  ['a domain with a line in it', [{ Key: 'domain-name', Values: ['a\nnameserver 10.0.0.1'] }], 'InvalidParameterValue'],
  ['one twice', [typical[0]!, typical[0]!], 'InvalidParameterValue', 'Duplicate DHCP option'],
  [
    'name servers that would not be asked',
    [{ Key: 'domain-name-servers', Values: ['10.0.0.5'] }],
    'UnsupportedOperation',
    `The name server '10.0.0.5' is not supported: only AmazonProvidedDNS is`,
  ],
]
for (const [what, given, code, text] of cases)
  test(`options are refused: ${what}`, () => refused(create(given), code, text))

test('a dry run makes and changes nothing, and what there is not is refused', async () => {
  const [vpcId, id] = [await makeVpc(), await make()]
  const before = [await describe({}), await optionsOf(vpcId)]

  await refused(create(typical, { DryRun: true }), 'DryRunOperation')
  const both = { DhcpOptionsId: id, VpcId: vpcId, DryRun: true }
  await refused(client.send(new ec2.AssociateDhcpOptionsCommand(both)), 'DryRunOperation')
  await refused(client.send(new ec2.DeleteDhcpOptionsCommand({ DhcpOptionsId: id, DryRun: true })), 'DryRunOperation')
  await refused(associate('dopt-00000000', vpcId), 'InvalidDhcpOptionID.NotFound')
  await refused(associate('x', vpcId), 'InvalidDhcpOptionsId.Malformed')
  await refused(associate(id, 'vpc-00000000'), 'InvalidVpcID.NotFound')

  assert.deepEqual([await describe({}), await optionsOf(vpcId)], before)
})

test('another account sees none of them, and can neither use nor delete them', async () => {
  const [id, { Vpc }] = [await make(), await stranger.send(new ec2.CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))]

  const { DhcpOptions } = await stranger.send(new ec2.DescribeDhcpOptionsCommand({}))

  assert.equal(DhcpOptions!.length, 1)
  await refused(associate(id, Vpc!.VpcId!, stranger), 'InvalidDhcpOptionID.NotFound')
  await refused(remove(id, stranger), 'InvalidDhcpOptionID.NotFound')
  await refused(associate(id, await makeVpc(), stranger), 'InvalidDhcpOptionID.NotFound')
})
