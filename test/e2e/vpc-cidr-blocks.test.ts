// Blocks of VPCs and subnets: associated, described, filtered by, used, and removed, as AWS does; and what AWS refuses.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import * as ec2 from '@aws-sdk/client-ec2'
import { ListKeysCommand } from '@aws-sdk/client-kms'
import { admitHttps, untilAvailable } from '../private-network.ts'
import { startPostern } from '../start-postern.ts'
import { refused, unreachable } from './refused.ts'

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const administrator = await postern.administrator()
const client = postern.clients(administrator).ec2

const makeVpc = async (CidrBlock: string, more: Partial<ec2.CreateVpcCommandInput> = {}): Promise<ec2.Vpc> =>
  (await client.send(new ec2.CreateVpcCommand({ CidrBlock, ...more }))).Vpc!
const associate = (VpcId: string, more: Partial<ec2.AssociateVpcCidrBlockCommandInput>) =>
  client.send(new ec2.AssociateVpcCidrBlockCommand({ VpcId, ...more }))
const disassociate = (AssociationId: string) => client.send(new ec2.DisassociateVpcCidrBlockCommand({ AssociationId }))
const makeSubnet = async (
  VpcId: string,
  CidrBlock: string,
  more: Partial<ec2.CreateSubnetCommandInput> = {},
): Promise<ec2.Subnet> => (await client.send(new ec2.CreateSubnetCommand({ VpcId, CidrBlock, ...more }))).Subnet!
const describe = async (VpcId: string): Promise<ec2.Vpc> =>
  (await client.send(new ec2.DescribeVpcsCommand({ VpcIds: [VpcId] }))).Vpcs![0]!
const describeSubnet = async (SubnetId: string): Promise<ec2.Subnet> =>
  (await client.send(new ec2.DescribeSubnetsCommand({ SubnetIds: [SubnetId] }))).Subnets![0]!
const associateSubnet = (SubnetId: string, Ipv6CidrBlock: string) =>
  client.send(new ec2.AssociateSubnetCidrBlockCommand({ SubnetId, Ipv6CidrBlock }))
const disassociateSubnet = (AssociationId: string) =>
  client.send(new ec2.DisassociateSubnetCidrBlockCommand({ AssociationId }))
const modifySubnet = (SubnetId: string, more: Partial<ec2.ModifySubnetAttributeCommandInput>) =>
  client.send(new ec2.ModifySubnetAttributeCommand({ SubnetId, ...more }))
const filter = (Name: string, ...Values: string[]): { readonly Filters: ec2.Filter[] } => ({
  Filters: [{ Name, Values }],
})

/** A /64 of a VPC's /56. */
const part = (vpc: ec2.Vpc, number: number): string =>
  vpc.Ipv6CidrBlockAssociationSet![0]!.Ipv6CidrBlock!.replace('00::/56', `0${number}::/64`)

test('AssociateVpcCidrBlock answers "associating", and DescribeVpcs then "associated"', async () => {
  const { VpcId } = await makeVpc('10.2.0.0/16')

  const answer = await associate(VpcId!, { CidrBlock: '10.3.0.9/16' })

  const { AssociationId } = answer.CidrBlockAssociation!
  assert.equal(answer.VpcId, VpcId)
  assert.match(AssociationId!, /^vpc-cidr-assoc-[0-9a-f]{17}$/)
  assert.deepEqual(answer.CidrBlockAssociation, {
    AssociationId,
    CidrBlock: '10.3.0.0/16',
    CidrBlockState: { State: 'associating' },
  })
  const vpc = await describe(VpcId!)
  assert.equal(vpc.CidrBlock, '10.2.0.0/16')
  assert.deepEqual(
    vpc.CidrBlockAssociationSet!.map(one => [one.CidrBlock, one.CidrBlockState?.State]),
    [
      ['10.2.0.0/16', 'associated'],
      ['10.3.0.0/16', 'associated'],
    ],
  )
})

test('a VPC that is made with an IPv6 block has a /56 that no other VPC has', async () => {
  const [one, other] = await Promise.all(
    [1, 2].map(() => makeVpc('10.2.0.0/16', { AmazonProvidedIpv6CidrBlock: true })),
  )

  const [first] = one!.Ipv6CidrBlockAssociationSet!
  assert.match(first!.Ipv6CidrBlock!, /^fd70:6f73:7400:[0-9a-f]+00::\/56$/)
  assert.deepEqual(
    { ...first, AssociationId: '', Ipv6CidrBlock: '' },
    {
      AssociationId: '',
      Ipv6CidrBlock: '',
      Ipv6CidrBlockState: { State: 'associated' },
      NetworkBorderGroup: 'us-west-2',
      Ipv6Pool: 'Amazon',
      Ipv6AddressAttribute: 'private',
      IpSource: 'amazon',
    },
  )
  assert.notEqual(first!.Ipv6CidrBlock, other!.Ipv6CidrBlockAssociationSet![0]!.Ipv6CidrBlock)
})

test('an IPv6 block is associated later, up to five, and removed', async () => {
  const { VpcId } = await makeVpc('10.2.0.0/16')
  const add = () => associate(VpcId!, { AmazonProvidedIpv6CidrBlock: true })
  const first = (await add()).Ipv6CidrBlockAssociation!
  for (let turn = 0; turn < 4; turn++) await add()

  await refused(add(), 'CidrLimitExceeded', `This network '${VpcId}' has met its maximum number of allowed CIDRs: 5`)
  const removed = await disassociate(first.AssociationId!)

  assert.equal(first.Ipv6CidrBlockState?.State, 'associating')
  assert.equal(removed.Ipv6CidrBlockAssociation?.Ipv6CidrBlockState?.State, 'disassociating')
  const blocks = (await describe(VpcId!)).Ipv6CidrBlockAssociationSet!.map(one => one.Ipv6CidrBlock)
  assert.equal(new Set(blocks).size, 4)
  assert.ok(!blocks.includes(first.Ipv6CidrBlock))
  await refused(disassociate(first.AssociationId!), 'InvalidVpcCidrBlockAssociationID.NotFound')
})

/** What may go out of the groups of a VPC with this name. */
async function outboundOf(VpcId: string, name: string): Promise<readonly unknown[]> {
  const Filters = [...filter('vpc-id', VpcId).Filters, ...filter('group-name', name).Filters]
  const { SecurityGroups } = await client.send(new ec2.DescribeSecurityGroupsCommand({ Filters }))
  return SecurityGroups!.flatMap(group =>
    (group.IpPermissionsEgress ?? []).flatMap(({ IpRanges = [], Ipv6Ranges = [] }) => [
      ...IpRanges.map(range => range.CidrIp),
      ...Ipv6Ranges.map(range => range.CidrIpv6),
    ]),
  )
}

const makeGroup = (VpcId: string) =>
  client.send(new ec2.CreateSecurityGroupCommand({ VpcId, GroupName: 'own', Description: 'd' }))

test('everything may go out of new groups, by IPv6 too where the VPC has a block of it', async () => {
  const { VpcId: without } = await makeVpc('10.0.0.0/16')
  const { VpcId: with6 } = await makeVpc('10.0.0.0/16', { AmazonProvidedIpv6CidrBlock: true })
  for (const id of [without!, with6!]) await makeGroup(id)

  for (const name of ['default', 'own']) {
    assert.deepEqual(await outboundOf(without!, name), ['0.0.0.0/0'])
    assert.deepEqual(await outboundOf(with6!, name), ['0.0.0.0/0', '::/0'])
  }
})

test('the first IPv6 block of a VPC opens its default group for IPv6, once, and no group that was changed', async () => {
  const [{ VpcId: unchanged }, { VpcId: changed }] = [await makeVpc('10.0.0.0/16'), await makeVpc('10.0.0.0/16')]
  await makeGroup(unchanged!)
  const found = await client.send(new ec2.DescribeSecurityGroupsCommand(filter('vpc-id', changed!)))
  const all = { IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }
  await client.send(
    new ec2.RevokeSecurityGroupEgressCommand({ GroupId: found.SecurityGroups![0]!.GroupId!, IpPermissions: [all] }),
  )

  for (const id of [unchanged!, changed!]) {
    await associate(id, { AmazonProvidedIpv6CidrBlock: true })
    await associate(id, { AmazonProvidedIpv6CidrBlock: true })
  }

  assert.deepEqual(await outboundOf(unchanged!, 'default'), ['0.0.0.0/0', '::/0'])
  assert.deepEqual(await outboundOf(unchanged!, 'own'), ['0.0.0.0/0'])
  assert.deepEqual(await outboundOf(changed!, 'default'), [])
})

test('a VPC has five IPv4 blocks at most', async () => {
  const { VpcId } = await makeVpc('10.2.0.0/16')
  for (const second of [3, 4, 5, 6]) await associate(VpcId!, { CidrBlock: `10.${second}.0.0/16` })

  await refused(
    associate(VpcId!, { CidrBlock: '10.7.0.0/16' }),
    'CidrLimitExceeded',
    `This network '${VpcId}' has met its maximum number of allowed CIDRs: 5`,
  )
})

test('the first block of a VPC cannot be removed', async () => {
  const { CidrBlockAssociationSet } = await makeVpc('10.2.0.0/16')
  const { AssociationId } = CidrBlockAssociationSet![0]!

  await refused(
    disassociate(AssociationId!),
    'OperationNotPermitted',
    `The vpc CIDR block with association ID ${AssociationId} may not be disassociated. It is the primary IPv4 CIDR block of the VPC`,
  )
})

test('a block with a subnet in it cannot be removed before the subnet', async () => {
  const vpc = await makeVpc('10.2.0.0/16', { AmazonProvidedIpv6CidrBlock: true })
  const ipv4 = (await associate(vpc.VpcId!, { CidrBlock: '100.64.0.0/16' })).CidrBlockAssociation!
  const [ipv6] = vpc.Ipv6CidrBlockAssociationSet!
  const subnet = await makeSubnet(vpc.VpcId!, '100.64.7.0/24', { Ipv6CidrBlock: part(vpc, 7) })

  await refused(
    disassociate(ipv4.AssociationId!),
    'InvalidCidrBlock.InUse',
    `The vpc ${vpc.VpcId} currently has a subnet within CIDR block 100.64.0.0/16`,
  )
  await refused(
    disassociate(ipv6!.AssociationId!),
    'InvalidCidrBlock.InUse',
    `The vpc ${vpc.VpcId} currently has a subnet within CIDR block ${ipv6!.Ipv6CidrBlock}`,
  )
  await client.send(new ec2.DeleteSubnetCommand({ SubnetId: subnet.SubnetId! }))
  await disassociate(ipv4.AssociationId!)
  await disassociate(ipv6!.AssociationId!)
  const { CidrBlockAssociationSet, Ipv6CidrBlockAssociationSet } = await describe(vpc.VpcId!)

  assert.deepEqual([CidrBlockAssociationSet!.length, Ipv6CidrBlockAssociationSet!.length], [1, 0])
  await refused(makeSubnet(vpc.VpcId!, '100.64.7.0/24'), 'InvalidSubnet.Range')
})

const someVpc = await makeVpc('10.2.0.0/16', { AmazonProvidedIpv6CidrBlock: true })
const vpcId = someVpc.VpcId!
const someSubnet = await makeSubnet(vpcId, '10.2.1.0/24', { Ipv6CidrBlock: part(someVpc, 1) })
const plainSubnet = await makeSubnet(vpcId, '10.2.2.0/24')

const refusals: readonly (readonly [string, () => Promise<unknown>, string, string])[] = [
  ['no block', () => associate(vpcId, {}), 'MissingParameter', 'Either cidrBlock or amazonProvidedIpv6CidrBlock'],
  [
    'a block of each kind',
    () => associate(vpcId, { CidrBlock: '10.3.0.0/16', AmazonProvidedIpv6CidrBlock: true }),
    'InvalidParameterCombination',
    'The parameter cidrBlock cannot be used with the parameter amazonProvidedIpv6CidrBlock',
  ],
  [
    'a /15',
    () => associate(vpcId, { CidrBlock: '10.4.0.0/15' }),
    'InvalidVpc.Range',
    `The CIDR '10.4.0.0/15' is invalid.`,
  ],
  ['a block that overlaps', () => associate(vpcId, { CidrBlock: '10.2.9.0/24' }), 'InvalidVpc.Range', 'overlaps'],
  [
    'a block of another private range',
    () => associate(vpcId, { CidrBlock: '192.168.0.0/16' }),
    'InvalidVpc.Range',
    `The CIDR '192.168.0.0/16' is restricted.`,
  ],
  ['an IPv4 pool', () => associate(vpcId, { Ipv4IpamPoolId: 'ipam-pool-1' }), 'UnsupportedOperation', 'Ipv4IpamPoolId'],
  ['an IPv4 length', () => associate(vpcId, { Ipv4NetmaskLength: 20 }), 'UnsupportedOperation', 'Ipv4NetmaskLength'],
  ['an IPv6 pool', () => associate(vpcId, { Ipv6Pool: 'pool' }), 'UnsupportedOperation', 'Ipv6Pool'],
  ['an IPAM pool', () => associate(vpcId, { Ipv6IpamPoolId: 'ipam-pool-1' }), 'UnsupportedOperation', 'Ipv6IpamPoolId'],
  ['an IPv6 length', () => associate(vpcId, { Ipv6NetmaskLength: 56 }), 'UnsupportedOperation', 'Ipv6NetmaskLength'],
  [
    'an IPv6 block of its choice',
    () => associate(vpcId, { Ipv6CidrBlock: '2001:db8::/56', Ipv6Pool: 'pool' }),
    'UnsupportedOperation',
    'is not supported',
  ],
  [
    'the border group of another Region',
    () => associate(vpcId, { AmazonProvidedIpv6CidrBlock: true, Ipv6CidrBlockNetworkBorderGroup: 'us-west-2-lax-1' }),
    'UnsupportedOperation',
    'Ipv6CidrBlockNetworkBorderGroup',
  ],
  [
    'an unknown VPC',
    () => associate('vpc-00000000000000000', { CidrBlock: '10.3.0.0/16' }),
    'InvalidVpcID.NotFound',
    `The vpc ID 'vpc-00000000000000000' does not exist`,
  ],
  [
    'an unknown association',
    () => disassociate('vpc-cidr-assoc-00000000000000000'),
    'InvalidVpcCidrBlockAssociationID.NotFound',
    `The vpc CIDR block association ID 'vpc-cidr-assoc-00000000000000000' does not exist`,
  ],
  [
    'the association of a subnet',
    () => disassociate(someSubnet.Ipv6CidrBlockAssociationSet![0]!.AssociationId!),
    'InvalidVpcCidrBlockAssociationID.NotFound',
    'does not exist',
  ],
  [
    'a subnet with an IPv6 block outside the VPC',
    () => makeSubnet(vpcId, '10.2.8.0/24', { Ipv6CidrBlock: '2001:db8::/64' }),
    'InvalidSubnet.Range',
    `The IPv6 CIDR '2001:db8::/64' is invalid.`,
  ],
  [
    'a subnet with an IPv6 block that is no /64',
    () => makeSubnet(vpcId, '10.2.8.0/24', { Ipv6CidrBlock: part(someVpc, 8).replace('/64', '/60') }),
    'InvalidParameterValue',
    'invalid value for parameter ipv6-cidr-block',
  ],
  [
    'a subnet with the IPv6 block of another',
    () => makeSubnet(vpcId, '10.2.8.0/24', { Ipv6CidrBlock: part(someVpc, 1) }),
    'InvalidSubnet.Conflict',
    'conflicts with another subnet',
  ],
  [
    'another IPv6 block for a subnet that has one',
    () => associateSubnet(someSubnet.SubnetId!, part(someVpc, 8)),
    'CidrLimitExceeded',
    'allowed CIDRs: 1',
  ],
  [
    'the IPv6 block of another subnet',
    () => associateSubnet(plainSubnet.SubnetId!, part(someVpc, 1)),
    'InvalidSubnet.Conflict',
    'conflicts with another subnet',
  ],
  [
    'a block of IPv4 for a subnet',
    () => associateSubnet(plainSubnet.SubnetId!, '10.2.2.0/24'),
    'InvalidParameterValue',
    'invalid value for parameter ipv6-cidr-block: 10.2.2.0/24',
  ],
  [
    'a block for an unknown subnet',
    () => associateSubnet('subnet-00000000000000000', part(someVpc, 8)),
    'InvalidSubnetID.NotFound',
    'does not exist',
  ],
  [
    'an IPAM pool for a subnet',
    () =>
      client.send(
        new ec2.AssociateSubnetCidrBlockCommand({ SubnetId: plainSubnet.SubnetId!, Ipv6IpamPoolId: 'ipam-pool-1' }),
      ),
    'UnsupportedOperation',
    'Ipv6IpamPoolId',
  ],
  [
    'an unknown association of a subnet',
    () => disassociateSubnet('subnet-cidr-assoc-00000000000000000'),
    'InvalidSubnetCidrBlockAssociationID.NotFound',
    `The subnet CIDR block with association ID 'subnet-cidr-assoc-00000000000000000' does not exist`,
  ],
  [
    'two attributes of a subnet at once',
    () =>
      modifySubnet(plainSubnet.SubnetId!, {
        MapPublicIpOnLaunch: { Value: true },
        AssignIpv6AddressOnCreation: { Value: true },
      }),
    'InvalidParameterCombination',
    'Only one subnet attribute can be modified at a time. Provided attributes: [',
  ],
  ['no attribute of a subnet', () => modifySubnet(plainSubnet.SubnetId!, {}), 'MissingParameter', 'attribute'],
  [
    'an attribute without a value',
    () => modifySubnet(plainSubnet.SubnetId!, { MapPublicIpOnLaunch: {} }),
    'MissingParameter',
    '',
  ],
  [
    'IPv6 addresses in a subnet without a block of them',
    () => modifySubnet(plainSubnet.SubnetId!, { AssignIpv6AddressOnCreation: { Value: true } }),
    'InvalidParameterValue',
    `Invalid value 'true' for assign-ipv6-address-on-creation. Cannot set assign-ipv6-address-on-creation to true unless the subnet (${plainSubnet.SubnetId}) has an IPv6 CIDR block associated with it.`,
  ],
  [
    'DNS64 in a subnet without IPv6',
    () => modifySubnet(plainSubnet.SubnetId!, { EnableDns64: { Value: true } }),
    'InvalidParameterValue',
    `Invalid value 'true' for enable-dns64.`,
  ],
  [
    'DNS64, which the resolver does not do',
    () => modifySubnet(someSubnet.SubnetId!, { EnableDns64: { Value: true } }),
    'UnsupportedOperation',
    'EnableDns64',
  ],
  [
    'addresses of customers',
    () => modifySubnet(someSubnet.SubnetId!, { MapCustomerOwnedIpOnLaunch: { Value: true } }),
    'UnsupportedOperation',
    'MapCustomerOwnedIpOnLaunch',
  ],
  [
    'a pool of customers',
    () => modifySubnet(someSubnet.SubnetId!, { CustomerOwnedIpv4Pool: 'pool' }),
    'UnsupportedOperation',
    'CustomerOwnedIpv4Pool',
  ],
  [
    'a kind of host names that there is not',
    () => modifySubnet(someSubnet.SubnetId!, { PrivateDnsHostnameTypeOnLaunch: 'other' as 'ip-name' }),
    'InvalidParameterValue',
    '',
  ],
  [
    'an attribute of an unknown subnet',
    () => modifySubnet('subnet-00000000000000000', { MapPublicIpOnLaunch: { Value: true } }),
    'InvalidSubnetID.NotFound',
    'does not exist',
  ],
]

for (const [what, request, code, text] of refusals) {
  test(`a request for ${what} is refused with ${code}`, async () => {
    await refused(request(), code, text)
  })
}

test('a refused block leaves the VPC as it was', async () => {
  const { CidrBlockAssociationSet, Ipv6CidrBlockAssociationSet } = await describe(vpcId)

  assert.deepEqual([CidrBlockAssociationSet!.length, Ipv6CidrBlockAssociationSet!.length], [1, 1])
})

test('a route that leads elsewhere keeps a VPC from a block that holds its destination', async () => {
  const { VpcId } = await makeVpc('10.2.0.0/16')
  const { InternetGateway } = await client.send(new ec2.CreateInternetGatewayCommand({}))
  const { InternetGatewayId } = InternetGateway!
  await client.send(new ec2.AttachInternetGatewayCommand({ VpcId: VpcId!, InternetGatewayId: InternetGatewayId! }))
  const { RouteTable } = await client.send(new ec2.CreateRouteTableCommand({ VpcId: VpcId! }))
  await client.send(
    new ec2.CreateRouteCommand({
      RouteTableId: RouteTable!.RouteTableId!,
      DestinationCidrBlock: '100.64.1.0/24',
      GatewayId: InternetGatewayId!,
    }),
  )

  await refused(associate(VpcId!, { CidrBlock: '100.64.0.0/16' }), 'InvalidVpc.Range', '100.64.1.0/24')
  await associate(VpcId!, { CidrBlock: '100.64.1.0/25' })
})

test('DescribeVpcs filters by all that AWS does', async () => {
  const own = await makeVpc('10.44.0.0/16', { AmazonProvidedIpv6CidrBlock: true })
  const added = (await associate(own.VpcId!, { CidrBlock: '10.45.0.0/24' })).CidrBlockAssociation!
  const [ipv6] = own.Ipv6CidrBlockAssociationSet!
  const found = async (...of: Parameters<typeof filter>): Promise<readonly (string | undefined)[]> =>
    (await client.send(new ec2.DescribeVpcsCommand(filter(...of)))).Vpcs!.map(vpc => vpc.VpcId)

  for (const [name, value] of [
    ['vpc-id', own.VpcId!],
    ['cidr', '10.44.0.0/16'],
    ['cidr-block-association.cidr-block', '10.44.0.0/16'],
    ['cidr-block-association.cidr-block', '10.45.0.0/24'],
    ['cidr-block-association.association-id', added.AssociationId!],
    ['ipv6-cidr-block-association.ipv6-cidr-block', ipv6!.Ipv6CidrBlock!],
    ['ipv6-cidr-block-association.association-id', ipv6!.AssociationId!],
  ] as const)
    assert.deepEqual(await found(name, value), [own.VpcId], name)
  for (const [name, value] of [
    ['cidr-block-association.state', 'associated'],
    ['ipv6-cidr-block-association.state', 'associated'],
    ['ipv6-cidr-block-association.ipv6-pool', 'Amazon'],
    ['state', 'available'],
    ['is-default', 'false'],
    ['dhcp-options-id', own.DhcpOptionsId!],
    ['owner-id', own.OwnerId!],
  ] as const)
    assert.ok((await found(name, value)).includes(own.VpcId), name)
  for (const [name, value] of [
    ['cidr', '10.45.0.0/24'],
    ['cidr-block-association.state', 'associating'],
    ['ipv6-cidr-block-association.state', 'disassociated'],
    ['is-default', 'true'],
    ['state', 'pending'],
  ] as const)
    assert.deepEqual(await found(name, value), [], name)
})

test('a subnet has an IPv6 block from its beginning or later, and gives it back', async () => {
  const vpc = await makeVpc('10.2.0.0/16', { AmazonProvidedIpv6CidrBlock: true })
  const { SubnetId } = await makeSubnet(vpc.VpcId!, '10.2.1.0/24')

  const answer = await associateSubnet(SubnetId!, part(vpc, 3))
  const { AssociationId } = answer.Ipv6CidrBlockAssociation!
  const during = await describeSubnet(SubnetId!)
  const removed = await disassociateSubnet(AssociationId!)

  assert.match(AssociationId!, /^subnet-cidr-assoc-[0-9a-f]{17}$/)
  assert.equal(answer.Ipv6CidrBlockAssociation?.Ipv6CidrBlockState?.State, 'associating')
  assert.deepEqual(during.Ipv6CidrBlockAssociationSet, [
    {
      AssociationId,
      Ipv6CidrBlock: part(vpc, 3),
      Ipv6CidrBlockState: { State: 'associated' },
      Ipv6AddressAttribute: 'private',
      IpSource: 'amazon',
    },
  ])
  assert.equal(during.AvailableIpAddressCount, 251)
  assert.equal(removed.Ipv6CidrBlockAssociation?.Ipv6CidrBlockState?.State, 'disassociating')
  assert.deepEqual((await describeSubnet(SubnetId!)).Ipv6CidrBlockAssociationSet, [])
})

test('a subnet that assigns IPv6 addresses keeps its block until it no longer does', async () => {
  const vpc = await makeVpc('10.2.0.0/16', { AmazonProvidedIpv6CidrBlock: true })
  const { SubnetId, Ipv6CidrBlockAssociationSet } = await makeSubnet(vpc.VpcId!, '10.2.1.0/24', {
    Ipv6CidrBlock: part(vpc, 1),
  })
  const { AssociationId } = Ipv6CidrBlockAssociationSet![0]!
  await modifySubnet(SubnetId!, { AssignIpv6AddressOnCreation: { Value: true } })

  await refused(
    disassociateSubnet(AssociationId!),
    'InvalidCidrBlock.InUse',
    `The subnet IPv6 CIDR block with association ID ${AssociationId} may not be disassociated, because its subnet has assign-ipv6-address-on-creation set to true.`,
  )
  await modifySubnet(SubnetId!, { AssignIpv6AddressOnCreation: { Value: false } })
  await disassociateSubnet(AssociationId!)
})

test('attributes of a subnet are kept one by one, and filtered by', async () => {
  const vpc = await makeVpc('10.2.0.0/16', { AmazonProvidedIpv6CidrBlock: true })
  const { SubnetId } = await makeSubnet(vpc.VpcId!, '10.2.1.0/24', { Ipv6CidrBlock: part(vpc, 1) })
  const id = SubnetId!
  const before = await describeSubnet(id)
  await modifySubnet(id, { MapPublicIpOnLaunch: { Value: true } })
  await modifySubnet(id, { AssignIpv6AddressOnCreation: { Value: true } })
  await modifySubnet(id, { PrivateDnsHostnameTypeOnLaunch: 'resource-name' })
  await modifySubnet(id, { EnableResourceNameDnsARecordOnLaunch: { Value: true } })
  await modifySubnet(id, { EnableResourceNameDnsAAAARecordOnLaunch: { Value: true } })
  await modifySubnet(id, { EnableDns64: { Value: false } })

  const subnet = await describeSubnet(id)

  const shown = ({ MapPublicIpOnLaunch, AssignIpv6AddressOnCreation, PrivateDnsNameOptionsOnLaunch }: ec2.Subnet) => [
    MapPublicIpOnLaunch,
    AssignIpv6AddressOnCreation,
    PrivateDnsNameOptionsOnLaunch,
  ]
  const names = (HostnameType: string, isOn: boolean) => ({
    HostnameType,
    EnableResourceNameDnsARecord: isOn,
    EnableResourceNameDnsAAAARecord: isOn,
  })
  assert.deepEqual(shown(before), [false, false, names('ip-name', false)])
  assert.deepEqual(shown(subnet), [true, true, names('resource-name', true)])
  const filters = [
    ['subnet-id', id],
    ['subnet-arn', subnet.SubnetArn!],
    ['ipv6-cidr-block-association.ipv6-cidr-block', part(vpc, 1)],
    ['ipv6-cidr-block-association.association-id', subnet.Ipv6CidrBlockAssociationSet![0]!.AssociationId!],
    ['ipv6-cidr-block-association.state', 'associated'],
    ['available-ip-address-count', '251'],
    ['availability-zone', subnet.AvailabilityZone!],
    ['availability-zone-id', subnet.AvailabilityZoneId!],
    ['map-public-ip-on-launch', 'true'],
    ['private-dns-name-options-on-launch.hostname-type', 'resource-name'],
    ['private-dns-name-options-on-launch.enable-resource-name-dns-a-record', 'true'],
    ['private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record', 'true'],
    ['ipv6-native', 'false'],
    ['enable-dns64', 'false'],
    ['default-for-az', 'false'],
    ['state', 'available'],
  ].map(([Name, value]): ec2.Filter => ({ Name: Name!, Values: [value!] }))
  const { Subnets } = await client.send(
    new ec2.DescribeSubnetsCommand({ Filters: [...filters, { Name: 'vpc-id', Values: [vpc.VpcId!] }] }),
  )
  assert.deepEqual(
    Subnets!.map(one => one.SubnetId),
    [id],
  )
  for (const { Name } of filters) {
    const none = await client.send(new ec2.DescribeSubnetsCommand(filter(Name!, 'nothing')))
    assert.deepEqual(none.Subnets, [], Name)
  }
})

test('an endpoint in a further block is reached by clients of all blocks, until the rule or the block is gone', async () => {
  const { VpcId } = await makeVpc('10.2.0.0/24')
  const vpc = VpcId!
  const { CidrBlockAssociation } = await associate(vpc, { CidrBlock: '10.3.1.0/24' })
  const { SubnetId } = await makeSubnet(vpc, '10.3.1.0/24')
  const group = await client.send(new ec2.CreateSecurityGroupCommand({ GroupName: 'g', Description: 'd', VpcId: vpc }))
  const GroupId = group.GroupId!
  const rule = { GroupId, IpPermissions: [admitHttps('10.3.1.0/24')] }
  await client.send(new ec2.AuthorizeSecurityGroupIngressCommand(rule))
  const made = await client.send(
    new ec2.CreateVpcEndpointCommand({
      VpcEndpointType: 'Interface',
      VpcId: vpc,
      ServiceName: 'com.amazonaws.us-west-2.kms',
      SubnetIds: [SubnetId!],
      SecurityGroupIds: [GroupId],
      PrivateDnsEnabled: false,
    }),
  )
  await untilAvailable(client, made.VpcEndpoint!.VpcEndpointId!)
  const variables = await postern.environment('--endpoint', made.VpcEndpoint!.VpcEndpointId!)
  const kmsUrl = variables['AWS_ENDPOINT_URL_KMS']!
  // 127.N: the window of this VPC.
  const window = /\/\/(127\.\d+)\./.exec(kmsUrl)![1]!
  const listFrom = (localAddress: string) =>
    postern.clients(administrator, { kmsUrl, localAddress }).kms.send(new ListKeysCommand({}))

  assert.match(kmsUrl, new RegExp(`//${window.replace('.', String.raw`\.`)}\\.1\\.\\d+:`))
  await listFrom(`${window}.1.9`)
  await unreachable(listFrom(`${window}.0.9`))
  await client.send(
    new ec2.AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [admitHttps('10.2.0.0/24')] }),
  )
  await listFrom(`${window}.0.9`)
  // In no block of the VPC.
  await unreachable(listFrom(`${window}.2.9`))
  await refused(disassociate(CidrBlockAssociation!.AssociationId!), 'InvalidCidrBlock.InUse')
  await client.send(new ec2.RevokeSecurityGroupIngressCommand(rule))
  await unreachable(listFrom(`${window}.1.9`))
})

test('two interfaces of a VPC never end in the same two numbers, chosen or wanted', async () => {
  const { VpcId } = await makeVpc('10.2.0.0/24')
  await associate(VpcId!, { CidrBlock: '10.3.0.0/24' })
  const zone = (letter: string) => ({ AvailabilityZone: `us-west-2${letter}` })
  const [first, second] = [
    await makeSubnet(VpcId!, '10.2.0.0/28', zone('a')),
    await makeSubnet(VpcId!, '10.3.0.0/28', zone('b')),
  ]
  const makeEndpoint = async (SubnetConfigurations: ec2.SubnetConfiguration[]) =>
    client.send(
      new ec2.CreateVpcEndpointCommand({
        VpcEndpointType: 'Interface',
        VpcId: VpcId!,
        ServiceName: 'com.amazonaws.us-west-2.kms',
        SubnetIds: [first.SubnetId!, second.SubnetId!],
        SubnetConfigurations,
        PrivateDnsEnabled: false,
      }),
    )
  const at = (subnet: ec2.Subnet, Ipv4: string): ec2.SubnetConfiguration => ({ SubnetId: subnet.SubnetId!, Ipv4 })

  await refused(
    makeEndpoint([at(first, '10.2.0.7'), at(second, '10.3.0.7')]),
    'InvalidIPAddress.InUse',
    'cannot be used beside',
  )
  // Eleven numbers, two for each endpoint: five endpoints, and the sixth finds none.
  for (let turn = 0; turn < 5; turn++) await makeEndpoint([])
  await refused(makeEndpoint([]), 'InsufficientFreeAddressesInSubnet')

  const { NetworkInterfaces } = await client.send(new ec2.DescribeNetworkInterfacesCommand(filter('vpc-id', VpcId!)))
  const ends = NetworkInterfaces!.map(one => one.PrivateIpAddress!.split('.').slice(2).join('.'))
  assert.equal(new Set(ends).size, 10)
})

test('blocks and attributes are there after a restart, and the same ids remove them', async () => {
  const vpc = await makeVpc('10.2.0.0/16', { AmazonProvidedIpv6CidrBlock: true })
  const { CidrBlockAssociation } = await associate(vpc.VpcId!, { CidrBlock: '10.3.0.0/16' })
  const { SubnetId } = await makeSubnet(vpc.VpcId!, '10.2.1.0/24', { Ipv6CidrBlock: part(vpc, 1) })
  await modifySubnet(SubnetId!, { MapPublicIpOnLaunch: { Value: true } })
  const before = [await describe(vpc.VpcId!), await describeSubnet(SubnetId!)]

  await postern.stop()
  await postern.start()

  assert.deepEqual([await describe(vpc.VpcId!), await describeSubnet(SubnetId!)], before)
  await disassociate(CidrBlockAssociation!.AssociationId!)
  await client.send(new ec2.DeleteSubnetCommand({ SubnetId: SubnetId! }))
  await client.send(new ec2.DeleteVpcCommand({ VpcId: vpc.VpcId! }))
})
