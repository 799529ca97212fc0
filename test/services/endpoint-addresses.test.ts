// The addresses of endpoints: own ones, IPv4 and IPv6, and what becomes of them when an endpoint is changed. On a store, without doors.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { seededRandom } from '../../src/base/index.ts'
import { offeredServices, openNetwork, removeEndpoint, subnetCollection } from '../../src/network/index.ts'
import type { ServiceError } from '../../src/base/index.ts'
import { ec2Service } from '../../src/services/index.ts'
import type { PreparedOperation } from '../../src/services/operation.ts'
import { ConflictError, openMemoryStore } from '../../src/storage/index.ts'
import type { ec2 } from '../../src/wire/index.ts'
import { noPrincipals } from '../no-principals.ts'
import { account, region, scope } from './ec2-room.ts'

const stores = new AsyncDisposableStack()
after(() => stores.disposeAsync())

/** A VPC with two subnets of both families and one without IPv6, each in a zone of its own. */
async function openVpc({ servesIpv6 = true } = {}) {
  const store = stores.use(await openMemoryStore())
  const network = openNetwork({ store })
  const offered = offeredServices({ services: ['kms'], fips: false })
  const needs = {
    network,
    principals: noPrincipals,
    random: seededRandom(20_261_125),
    offered,
    servesIpv6,
    regions: [region],
  }
  const prepare = (name: string, input: object): Promise<PreparedOperation> =>
    ec2Service.operations.get(name)!.prepare(input, scope, needs)
  const run = async <Output>(name: string, input: object): Promise<Output> => {
    const { output, commit } = await (await prepare(name, input)).run()
    if (commit !== undefined) await store.commit(commit)
    return output as Output
  }
  const { Vpc } = await run<ec2.CreateVpcResult>('CreateVpc', {
    CidrBlock: '10.0.0.0/16',
    AmazonProvidedIpv6CidrBlock: true,
  })
  const VpcId = Vpc!.VpcId!
  const stem = Vpc!.Ipv6CidrBlockAssociationSet![0]!.Ipv6CidrBlock!.replace(/00::\/56$/, '')
  const makeSubnet = async (CidrBlock: string, zone: string, Ipv6CidrBlock?: string): Promise<string> => {
    const input = { VpcId, CidrBlock, AvailabilityZone: `${region}${zone}`, Ipv6CidrBlock }
    return (await run<ec2.CreateSubnetResult>('CreateSubnet', input)).Subnet!.SubnetId!
  }
  const first = await makeSubnet('10.0.1.0/24', 'a', `${stem}01::/64`)
  const second = await makeSubnet('10.0.2.0/24', 'b', `${stem}02::/64`)
  const without = await makeSubnet('10.0.3.0/24', 'c')
  const makeIpv6Only = async (zone: string, Ipv6CidrBlock: string): Promise<ec2.Subnet> => {
    const input = { VpcId, Ipv6Native: true, AvailabilityZone: `${region}${zone}`, Ipv6CidrBlock }
    return (await run<ec2.CreateSubnetResult>('CreateSubnet', input)).Subnet!
  }
  const endpoint = {
    VpcId,
    VpcEndpointType: 'Interface',
    ServiceName: 'com.amazonaws.us-west-2.kms',
    PrivateDnsEnabled: false,
  }
  return {
    store,
    network,
    prepare,
    run,
    VpcId,
    first,
    second,
    without,
    /** What the addresses of the first subnet begin with; the second one's have another digit. */
    prefix: `${stem}01::`,
    makeSubnet,
    makeIpv6Only,
    /** The IPv6 block of a subnet by its number. */
    block: (number: number) => `${stem}0${number}::/64`,
    create: async (input: object): Promise<ec2.VpcEndpoint> =>
      (await run<ec2.CreateVpcEndpointResult>('CreateVpcEndpoint', { ...endpoint, ...input })).VpcEndpoint!,
    modify: (VpcEndpointId: string | undefined, input: object): Promise<unknown> =>
      run('ModifyVpcEndpoint', { VpcEndpointId, ...input }),
    async show(id: string | undefined): Promise<ec2.VpcEndpoint> {
      const described = await run<ec2.DescribeVpcEndpointsResult>('DescribeVpcEndpoints', { VpcEndpointIds: [id] })
      return described.VpcEndpoints![0]!
    },
    /** The interfaces of an endpoint, by subnet. */
    async interfacesOf(id: string | undefined): Promise<ReadonlyMap<string, ec2.NetworkInterface>> {
      const Filters = [{ Name: 'description', Values: [`VPC Endpoint Interface ${id}`] }]
      const described = await run<ec2.DescribeNetworkInterfacesResult>('DescribeNetworkInterfaces', { Filters })
      return new Map(described.NetworkInterfaces!.map(one => [one.SubnetId!, one]))
    },
    async used(subnetId: string): Promise<readonly string[]> {
      return (await store.get(subnetCollection, subnetId))!.value.usedAddresses
    },
  }
}

async function refusedWith(call: Promise<unknown>, code: string, text: RegExp): Promise<void> {
  await assert.rejects(call, (error: ServiceError) => {
    assert.equal(error.code, code, error.message)
    assert.match(error.message, text)
    return true
  })
}

test('an endpoint has IPv4 where its request names no type, and an address in each of its subnets', async () => {
  const vpc = await openVpc()

  const made = await vpc.create({ SubnetIds: [vpc.first, vpc.without] })

  const interfaces = await vpc.interfacesOf(made.VpcEndpointId)
  assert.equal(made.IpAddressType, 'ipv4')
  assert.deepEqual(made.DnsOptions, { DnsRecordIpType: 'ipv4', PrivateDnsOnlyForInboundResolverEndpoint: false })
  assert.match(interfaces.get(vpc.first)!.PrivateIpAddress!, /^10\.0\.1\.\d+$/)
  assert.match(interfaces.get(vpc.without)!.PrivateIpAddress!, /^10\.0\.3\.\d+$/)
  assert.ok([...interfaces.values()].every(one => one.Ipv6Addresses!.length === 0 && one.DenyAllIgwTraffic !== true))
})

test('an endpoint of both families has an IPv6 address of each of its subnets too, and keeps internet traffic out', async () => {
  const vpc = await openVpc()

  const made = await vpc.create({ SubnetIds: [vpc.first, vpc.second], IpAddressType: 'dualstack' })

  const interfaces = await vpc.interfacesOf(made.VpcEndpointId)
  const one = interfaces.get(vpc.first)!
  assert.equal(made.IpAddressType, 'dualstack')
  assert.equal(made.DnsOptions!.DnsRecordIpType, 'dualstack')
  assert.ok(one.Ipv6Address!.startsWith(vpc.prefix.replace(/::$/, ':')), one.Ipv6Address)
  assert.deepEqual(one.Ipv6Addresses, [{ Ipv6Address: one.Ipv6Address, IsPrimaryIpv6: false }])
  assert.equal(one.DenyAllIgwTraffic, true)
  assert.deepEqual(await vpc.used(vpc.first), [one.PrivateIpAddress, one.Ipv6Address])
})

const recordTypes = ['ipv4', 'ipv6', 'dualstack', 'service-defined']
const permitted: Readonly<Record<string, readonly string[]>> = {
  ipv4: ['ipv4'],
  ipv6: ['ipv6'],
  dualstack: recordTypes,
}
for (const [IpAddressType, fitting] of Object.entries(permitted)) {
  for (const DnsRecordIpType of recordTypes) {
    const fits = fitting.includes(DnsRecordIpType)
    const title = `an endpoint of the type ${IpAddressType} ${fits ? 'can' : 'cannot'} have names that answer ${DnsRecordIpType}`

    test(title, async () => {
      const vpc = await openVpc()

      const made = vpc.create({ IpAddressType, DnsOptions: { DnsRecordIpType } })

      if (fits) assert.equal((await made).DnsOptions!.DnsRecordIpType, DnsRecordIpType)
      else
        await refusedWith(
          made,
          'InvalidParameter',
          new RegExp(`${DnsRecordIpType} cannot be used with .* ${IpAddressType}:`),
        )
    })
  }
}

test('an IPv6-only subnet has an IPv6 block, no IPv4 and no IPv4 address that could be free', async () => {
  const vpc = await openVpc({ servesIpv6: false })
  const { SubnetId } = await vpc.makeIpv6Only('a', vpc.block(8))

  const find = async (Name: string, value: string): Promise<readonly ec2.Subnet[]> => {
    const Filters = [{ Name, Values: [value] }]
    return (await vpc.run<ec2.DescribeSubnetsResult>('DescribeSubnets', { Filters })).Subnets!
  }
  const [subnet, ...more] = await find('ipv6-native', 'true')
  const others = await find('ipv6-native', 'false')

  assert.deepEqual([subnet!.SubnetId, more], [SubnetId, []])
  assert.deepEqual([subnet!.Ipv6Native, subnet!.AvailableIpAddressCount], [true, 0])
  assert.deepEqual([subnet!.AssignIpv6AddressOnCreation, 'CidrBlock' in subnet!], [true, false])
  assert.equal(subnet!.PrivateDnsNameOptionsOnLaunch!.HostnameType, 'resource-name')
  assert.equal(subnet!.Ipv6CidrBlockAssociationSet![0]!.Ipv6CidrBlock, vpc.block(8))
  assert.deepEqual(others.map(one => one.SubnetId!).sort(), [vpc.first, vpc.second, vpc.without].sort())
  assert.deepEqual(await find('cidr-block', '10.0.0.0/16'), [])
})

test('an IPv6-only subnet cannot have an IPv4 block, be without an IPv6 one, have one that is not free, or lose it', async () => {
  const vpc = await openVpc()
  const make = (input: object) => vpc.run('CreateSubnet', { VpcId: vpc.VpcId, Ipv6Native: true, ...input })
  const both = { CidrBlock: '10.0.8.0/24', Ipv6CidrBlock: vpc.block(8) }
  const { SubnetId, Ipv6CidrBlockAssociationSet: blocks } = await vpc.makeIpv6Only('a', vpc.block(9))
  const { AssociationId } = blocks![0]!
  const remove = () => vpc.run('DisassociateSubnetCidrBlock', { AssociationId })
  const AssignIpv6AddressOnCreation = { Value: false }
  await vpc.run('ModifySubnetAttribute', { SubnetId, AssignIpv6AddressOnCreation })

  await refusedWith(make(both), 'InvalidParameterCombination', /you cannot set ipv6Native to true/)
  await refusedWith(make({}), 'MissingParameter', /Either 'ipv6CidrBlock' or/)
  await refusedWith(make({ Ipv6CidrBlock: '2001:db8::/64' }), 'InvalidSubnet.Range', /is invalid/)
  for (const taken of [vpc.block(1), vpc.block(9)])
    await refusedWith(make({ Ipv6CidrBlock: taken }), 'InvalidSubnet.Conflict', /conflicts with another subnet/)
  await refusedWith(remove(), 'InvalidCidrBlock.InUse', /its subnet is IPv6-only/)
})

test('the block of a VPC cannot go while an IPv6-only subnet is in it, and no IPv4 subnet conflicts with that', async () => {
  const vpc = await openVpc()
  const made = await vpc.run<ec2.AssociateVpcCidrBlockResult>('AssociateVpcCidrBlock', {
    VpcId: vpc.VpcId,
    AmazonProvidedIpv6CidrBlock: true,
  })
  const { AssociationId, Ipv6CidrBlock } = made.Ipv6CidrBlockAssociation!
  const { SubnetId } = await vpc.makeIpv6Only('a', Ipv6CidrBlock!.replace('/56', '/64'))
  const remove = () => vpc.run('DisassociateVpcCidrBlock', { AssociationId })

  await refusedWith(remove(), 'InvalidCidrBlock.InUse', /has a subnet within CIDR block/)
  await vpc.makeSubnet('10.0.10.0/24', 'a')
  await vpc.run('DeleteSubnet', { SubnetId })
  await remove()
})

test('an endpoint of the type ipv6 has IPv6 alone in its subnets, wanted addresses too, and gives them back', async () => {
  const vpc = await openVpc()
  const { SubnetId: bare } = await vpc.makeIpv6Only('a', vpc.block(8))
  const { SubnetId: other } = await vpc.makeIpv6Only('b', vpc.block(9))
  const wanted = vpc.block(8).replace('/64', 'ab')

  const made = await vpc.create({
    SubnetIds: [bare, other],
    SubnetConfigurations: [{ SubnetId: bare, Ipv6: wanted.toUpperCase() }],
    IpAddressType: 'ipv6',
  })

  const interfaces = await vpc.interfacesOf(made.VpcEndpointId)
  const one = interfaces.get(bare!)!
  assert.deepEqual([made.IpAddressType, made.DnsOptions!.DnsRecordIpType], ['ipv6', 'ipv6'])
  assert.deepEqual([one.Ipv6Address, one.Ipv6Native, one.PrivateIpAddresses], [wanted, true, []])
  assert.ok(!('PrivateIpAddress' in one) && !('PrivateDnsName' in one))
  assert.ok(interfaces.get(other!)!.Ipv6Address!.startsWith(vpc.block(9).replace(/:\/64$/, '')))
  assert.deepEqual(await vpc.used(bare!), [wanted])

  await vpc.modify(made.VpcEndpointId, { SubnetConfigurations: [{ SubnetId: bare, Ipv6: wanted.replace('ab', 'ac') }] })
  const moved = (await vpc.interfacesOf(made.VpcEndpointId)).get(bare!)!
  const { NetworkInterfaceId } = moved
  assert.deepEqual(await vpc.used(bare!), [wanted.replace('ab', 'ac')])
  assert.notEqual(NetworkInterfaceId, one.NetworkInterfaceId)

  await vpc.modify(made.VpcEndpointId, { RemoveSubnetIds: [other] })
  const record = (await vpc.network.findOwnEndpoint(made.VpcEndpointId!, { account, region }))!
  await vpc.store.commit({ writes: removeEndpoint(record, await vpc.network.subnetsOf(vpc.VpcId)) })
  assert.deepEqual([await vpc.used(bare!), await vpc.used(other!)], [[], []])
})

test('the type ipv6 wants IPv6-only subnets, and each other type subnets with IPv4, when an endpoint is made and later', async () => {
  const vpc = await openVpc()
  const { SubnetId: bare } = await vpc.makeIpv6Only('c', vpc.block(8))
  const single = await vpc.create({ SubnetIds: [bare], IpAddressType: 'ipv6' })
  const plain = await vpc.create({ SubnetIds: [vpc.first] })
  const refused = (call: Promise<unknown>, text: RegExp) => refusedWith(call, 'InvalidParameter', text)

  await refused(vpc.create({ SubnetIds: [vpc.first], IpAddressType: 'ipv6' }), /is not IPv6-only/)
  await refused(vpc.create({ SubnetIds: [bare, vpc.first], IpAddressType: 'ipv6' }), /is not IPv6-only/)
  await refused(vpc.modify(single.VpcEndpointId, { AddSubnetIds: [vpc.first] }), /is not IPv6-only/)
  await refused(vpc.modify(plain.VpcEndpointId, { IpAddressType: 'ipv6' }), /is not IPv6-only/)
  for (const IpAddressType of ['ipv4', 'dualstack']) {
    const text = new RegExp(`The subnet ${bare} is IPv6-only: the IP address type ${IpAddressType} needs`)
    await refused(vpc.create({ SubnetIds: [vpc.first, bare], IpAddressType }), text)
    await refused(vpc.modify(single.VpcEndpointId, { IpAddressType }), text)
  }
  await refused(vpc.modify(plain.VpcEndpointId, { AddSubnetIds: [bare] }), /is IPv6-only/)
  const SubnetConfigurations = [{ SubnetId: bare, Ipv4: '10.0.1.77' }]
  await refused(vpc.modify(single.VpcEndpointId, { SubnetConfigurations }), /cannot have an IPv4 address/)
})

test('an endpoint can change its type with its subnets: from IPv6 alone to both families and back', async () => {
  const vpc = await openVpc()
  const { SubnetId: bare } = await vpc.makeIpv6Only('c', vpc.block(8))
  const { VpcEndpointId } = await vpc.create({ SubnetIds: [bare], IpAddressType: 'ipv6' })

  const toBoth = { IpAddressType: 'dualstack', AddSubnetIds: [vpc.first], RemoveSubnetIds: [bare] }
  await vpc.modify(VpcEndpointId, toBoth)
  const both = (await vpc.interfacesOf(VpcEndpointId)).get(vpc.first)!
  await vpc.modify(VpcEndpointId, { IpAddressType: 'ipv6', AddSubnetIds: [bare], RemoveSubnetIds: [vpc.first] })
  const after = await vpc.interfacesOf(VpcEndpointId)

  assert.ok(both.PrivateIpAddress !== undefined && both.Ipv6Address !== undefined && both.Ipv6Native === undefined)
  assert.deepEqual([...after.keys()], [bare])
  assert.equal(after.get(bare!)!.PrivateIpAddress, undefined)
  assert.deepEqual(await vpc.used(vpc.first), [])
})

test('the type dualstack wants an IPv6 block in each subnet, also in those that come later', async () => {
  const vpc = await openVpc()
  const { VpcEndpointId } = await vpc.create({ SubnetIds: [vpc.first], IpAddressType: 'dualstack' })
  const plain = await vpc.create({ SubnetIds: [vpc.without] })

  const text = new RegExp(`The subnet ${vpc.without} has no IPv6 CIDR block`)
  await refusedWith(
    vpc.create({ SubnetIds: [vpc.first, vpc.without], IpAddressType: 'dualstack' }),
    'InvalidParameter',
    text,
  )
  await refusedWith(vpc.modify(VpcEndpointId, { AddSubnetIds: [vpc.without] }), 'InvalidParameter', text)
  await refusedWith(vpc.modify(plain.VpcEndpointId, { IpAddressType: 'dualstack' }), 'InvalidParameter', text)
})

for (const input of [
  { IpAddressType: 'dualstack' },
  { IpAddressType: 'ipv6' },
  { DnsOptions: { DnsRecordIpType: 'dualstack' } },
  { DnsOptions: { DnsRecordIpType: 'ipv6' } },
  { DnsOptions: { DnsRecordIpType: 'service-defined' } },
]) {
  test(`${JSON.stringify(input)} is refused where the driver opens no IPv6 doors, when an endpoint is made and later`, async () => {
    const vpc = await openVpc({ servesIpv6: false })
    const { VpcEndpointId } = await vpc.create({})

    await refusedWith(vpc.create(input), 'InvalidParameter', /serves no IPv6/)
    await refusedWith(vpc.modify(VpcEndpointId, input), 'InvalidParameter', /serves no IPv6/)
  })
}

test('an endpoint gets the addresses that it wants, in one spelling', async () => {
  const vpc = await openVpc()
  const Ipv6 = `${vpc.prefix.toUpperCase()}0:0:00AB`

  const made = await vpc.create({
    SubnetIds: [vpc.first, vpc.second],
    SubnetConfigurations: [{ SubnetId: vpc.first, Ipv4: '10.0.1.77', Ipv6 }],
    IpAddressType: 'dualstack',
  })

  const interfaces = await vpc.interfacesOf(made.VpcEndpointId)
  const { PrivateIpAddress, Ipv6Address } = interfaces.get(vpc.first)!
  assert.deepEqual([PrivateIpAddress, Ipv6Address], ['10.0.1.77', `${vpc.prefix}ab`])
  assert.match(interfaces.get(vpc.second)!.PrivateIpAddress!, /^10\.0\.2\./)
})

const outside = /does not fall within the subnet's address range/
for (const Ipv4 of [
  '10.0.1.0',
  '10.0.1.3',
  '10.0.1.255',
  '10.0.2.9',
  '10.0.1.09',
  '10.0.1.9/32',
  '0xa.0.1.9',
  '::1',
  '',
]) {
  test(`the IPv4 address "${Ipv4}" is none of the subnet 10.0.1.0/24`, async () => {
    const vpc = await openVpc()

    const made = vpc.create({ SubnetIds: [vpc.first], SubnetConfigurations: [{ SubnetId: vpc.first, Ipv4 }] })

    await refusedWith(made, 'InvalidParameterValue', outside)
  })
}

for (const end of ['::', '::3', ':ffff:ffff:ffff:ffff', '::9/128', '::9%lo', '::10.0.1.9']) {
  test(`the IPv6 address that ends in "${end}" is none of the subnet's`, async () => {
    const vpc = await openVpc()
    const Ipv6 = vpc.prefix.replace(/::$/, end)

    const made = vpc.create({
      SubnetIds: [vpc.first],
      SubnetConfigurations: [{ SubnetId: vpc.first, Ipv6 }],
      IpAddressType: 'dualstack',
    })

    await refusedWith(made, 'InvalidParameterValue', outside)
  })
}

test("an IPv6 address of a neighbour's block is refused, and so is one on an endpoint of IPv4 alone", async () => {
  const vpc = await openVpc()
  const configured = (IpAddressType: string, Ipv6: string) =>
    vpc.create({ SubnetIds: [vpc.first], SubnetConfigurations: [{ SubnetId: vpc.first, Ipv6 }], IpAddressType })

  await refusedWith(configured('dualstack', vpc.prefix.replace(/1::$/, '2::9')), 'InvalidParameterValue', outside)
  await refusedWith(
    configured('ipv4', `${vpc.prefix}9`),
    'InvalidParameter',
    /the IP address type of the endpoint is ipv4/,
  )
})

test('an address that an endpoint has is not given again, however it is spelled', async () => {
  const vpc = await openVpc()
  const configured = (wanted: object) =>
    vpc.create({
      SubnetIds: [vpc.first],
      SubnetConfigurations: [{ SubnetId: vpc.first, ...wanted }],
      IpAddressType: 'dualstack',
    })
  await configured({ Ipv4: '10.0.1.77', Ipv6: `${vpc.prefix}ab` })

  await refusedWith(configured({ Ipv4: '10.0.1.77' }), 'InvalidIPAddress.InUse', /already in use/)
  await refusedWith(
    configured({ Ipv6: `${vpc.prefix}0:0:0:AB`.replace('::', ':') }),
    'InvalidIPAddress.InUse',
    /already in use/,
  )
})

test('SubnetConfigurations name subnets of the request, each once', async () => {
  const vpc = await openVpc()
  const { VpcEndpointId } = await vpc.create({ SubnetIds: [vpc.first] })
  const one = { SubnetId: vpc.first, Ipv4: '10.0.1.77' }
  const other = { SubnetId: vpc.second, Ipv4: '10.0.2.77' }
  const create = (...SubnetConfigurations: readonly object[]) =>
    vpc.create({ SubnetIds: [vpc.first], SubnetConfigurations })

  await refusedWith(create(other), 'InvalidParameter', /is not among SubnetIds/)
  await refusedWith(create(one, { ...one, Ipv4: '10.0.1.78' }), 'InvalidParameter', /more than once/)
  await refusedWith(create({ Ipv4: '10.0.1.77' }), 'MissingParameter', /SubnetId/)
  await refusedWith(
    vpc.modify(VpcEndpointId, { SubnetConfigurations: [other] }),
    'InvalidParameter',
    /is not among SubnetIds/,
  )
})

test('another type gives the interfaces that there are IPv6 addresses, and takes them away again', async () => {
  const vpc = await openVpc()
  const { VpcEndpointId } = await vpc.create({ SubnetIds: [vpc.first, vpc.second] })
  const before = await vpc.interfacesOf(VpcEndpointId)

  await vpc.modify(VpcEndpointId, { IpAddressType: 'dualstack' })
  const dual = await vpc.interfacesOf(VpcEndpointId)
  const shown = await vpc.show(VpcEndpointId)
  await vpc.modify(VpcEndpointId, { IpAddressType: 'ipv4' })
  const after = await vpc.interfacesOf(VpcEndpointId)

  assert.deepEqual([shown.IpAddressType, shown.DnsOptions!.DnsRecordIpType], ['dualstack', 'dualstack'])
  for (const [subnetId, { NetworkInterfaceId, PrivateIpAddress }] of before) {
    assert.equal(dual.get(subnetId)!.NetworkInterfaceId, NetworkInterfaceId)
    assert.equal(dual.get(subnetId)!.PrivateIpAddress, PrivateIpAddress)
    assert.ok(dual.get(subnetId)!.Ipv6Address)
    assert.deepEqual(after.get(subnetId), before.get(subnetId))
    assert.deepEqual(await vpc.used(subnetId), [PrivateIpAddress])
  }
  assert.equal((await vpc.show(VpcEndpointId)).DnsOptions!.DnsRecordIpType, 'ipv4')
})

test('a record type stays while the address type does, and fits the new one after it', async () => {
  const vpc = await openVpc()
  const { VpcEndpointId } = await vpc.create({ IpAddressType: 'dualstack', DnsOptions: { DnsRecordIpType: 'ipv6' } })
  const recordType = async () => (await vpc.show(VpcEndpointId)).DnsOptions!.DnsRecordIpType

  await vpc.modify(VpcEndpointId, { PrivateDnsEnabled: false })
  assert.equal(await recordType(), 'ipv6')
  await vpc.modify(VpcEndpointId, { DnsOptions: { DnsRecordIpType: 'service-defined' } })
  assert.equal(await recordType(), 'service-defined')
  await vpc.modify(VpcEndpointId, { IpAddressType: 'ipv4' })
  assert.equal(await recordType(), 'ipv4')
})

test('ModifyVpcEndpoint replaces the interface of a subnet that another address is wanted in, and leaves the rest', async () => {
  const vpc = await openVpc()
  const { VpcEndpointId } = await vpc.create({ SubnetIds: [vpc.first, vpc.second], IpAddressType: 'dualstack' })
  const before = await vpc.interfacesOf(VpcEndpointId)

  await vpc.modify(VpcEndpointId, { SubnetConfigurations: [{ SubnetId: vpc.first, Ipv4: '10.0.1.200' }] })

  const after = await vpc.interfacesOf(VpcEndpointId)
  const [old, made] = [before.get(vpc.first)!, after.get(vpc.first)!]
  assert.notEqual(made.NetworkInterfaceId, old.NetworkInterfaceId)
  assert.deepEqual([made.PrivateIpAddress, made.Ipv6Address], ['10.0.1.200', old.Ipv6Address])
  assert.deepEqual(after.get(vpc.second), before.get(vpc.second))
  assert.deepEqual(await vpc.used(vpc.first), ['10.0.1.200', old.Ipv6Address])
})

test('ModifyVpcEndpoint leaves the interface that has the wanted addresses already', async () => {
  const vpc = await openVpc()
  const { VpcEndpointId } = await vpc.create({ SubnetIds: [vpc.first], IpAddressType: 'dualstack' })
  const before = await vpc.interfacesOf(VpcEndpointId)
  const { PrivateIpAddress: Ipv4, Ipv6Address } = before.get(vpc.first)!

  const SubnetConfigurations = [{ SubnetId: vpc.first, Ipv4, Ipv6: Ipv6Address!.toUpperCase() }]
  await vpc.modify(VpcEndpointId, { SubnetConfigurations })
  await vpc.modify(VpcEndpointId, { SubnetConfigurations: [{ SubnetId: vpc.first }] })

  assert.deepEqual(await vpc.interfacesOf(VpcEndpointId), before)
})

test('subnets come and go in one request; what goes gives its addresses back', async () => {
  const vpc = await openVpc()
  const { VpcEndpointId } = await vpc.create({ SubnetIds: [vpc.first], IpAddressType: 'dualstack' })

  await vpc.modify(VpcEndpointId, {
    AddSubnetIds: [vpc.second],
    RemoveSubnetIds: [vpc.first],
    SubnetConfigurations: [{ SubnetId: vpc.second, Ipv4: '10.0.2.50' }],
  })

  const interfaces = await vpc.interfacesOf(VpcEndpointId)
  assert.deepEqual([...interfaces.keys()], [vpc.second])
  assert.equal(interfaces.get(vpc.second)!.PrivateIpAddress, '10.0.2.50')
  assert.deepEqual(await vpc.used(vpc.first), [])
  assert.deepEqual((await vpc.show(VpcEndpointId)).SubnetIds, [vpc.second])
})

test('the last subnet can go: the endpoint is without interfaces and names then', async () => {
  const vpc = await openVpc()
  const { VpcEndpointId } = await vpc.create({ SubnetIds: [vpc.first] })

  await vpc.modify(VpcEndpointId, { RemoveSubnetIds: [vpc.first] })

  const { SubnetIds, NetworkInterfaceIds, DnsEntries } = await vpc.show(VpcEndpointId)
  assert.deepEqual([SubnetIds, NetworkInterfaceIds, DnsEntries], [[], [], []])
})

test('of two requests at once for one address the later one meets a conflict', async () => {
  const vpc = await openVpc()
  const ids = [await vpc.create({ SubnetIds: [vpc.first] }), await vpc.create({ SubnetIds: [vpc.first] })]
  const SubnetConfigurations = [{ SubnetId: vpc.first, Ipv4: '10.0.1.200' }]
  const commits = await Promise.all(
    ids.map(async ({ VpcEndpointId }) => {
      const prepared = await vpc.prepare('ModifyVpcEndpoint', { VpcEndpointId, SubnetConfigurations })
      return (await prepared.run()).commit!
    }),
  )

  await vpc.store.commit(commits[0]!)

  await assert.rejects(vpc.store.commit(commits[1]!), ConflictError)
})

test('of two requests at once for addresses that the loopback network cannot tell apart the later one meets a conflict', async () => {
  const vpc = await openVpc()
  await vpc.run('AssociateVpcCidrBlock', { VpcId: vpc.VpcId, CidrBlock: '10.1.0.0/16' })
  const twin = await vpc.makeSubnet('10.1.1.0/24', 'd')
  const { VpcEndpointId: one } = await vpc.create({ SubnetIds: [vpc.first] })
  const { VpcEndpointId: other } = await vpc.create({ SubnetIds: [twin] })
  const move = async (VpcEndpointId: string | undefined, SubnetId: string, Ipv4: string) => {
    const input = { VpcEndpointId, SubnetConfigurations: [{ SubnetId, Ipv4 }] }
    return (await (await vpc.prepare('ModifyVpcEndpoint', input)).run()).commit!
  }
  const commits = [await move(one, vpc.first, '10.0.1.200'), await move(other, twin, '10.1.1.200')]

  await vpc.store.commit(commits[0]!)

  await assert.rejects(vpc.store.commit(commits[1]!), ConflictError)
})

test('one request cannot have two addresses that the loopback network cannot tell apart', async () => {
  const vpc = await openVpc()
  await vpc.run('AssociateVpcCidrBlock', { VpcId: vpc.VpcId, CidrBlock: '10.1.0.0/16' })
  const twin = await vpc.makeSubnet('10.1.1.0/24', 'd')

  const made = vpc.create({
    SubnetIds: [vpc.first, twin],
    SubnetConfigurations: [
      { SubnetId: vpc.first, Ipv4: '10.0.1.200' },
      { SubnetId: twin, Ipv4: '10.1.1.200' },
    ],
  })

  await refusedWith(made, 'InvalidIPAddress.InUse', /10\.1\.1\.200 cannot be used beside 10\.0\.1\.200/)
})

test('a subnet without a free address is refused', async () => {
  const vpc = await openVpc()
  const small = await vpc.makeSubnet('10.0.9.0/28', 'd')
  for (let made = 0; made < 11; made++) await vpc.create({ SubnetIds: [small] })

  await refusedWith(vpc.create({ SubnetIds: [small] }), 'InsufficientFreeAddressesInSubnet', new RegExp(small))
})

test('removeEndpoint() gives back the addresses of both families', async () => {
  const vpc = await openVpc()
  const made = await vpc.create({ SubnetIds: [vpc.first, vpc.second], IpAddressType: 'dualstack' })
  const record = (await vpc.network.findOwnEndpoint(made.VpcEndpointId!, { account, region }))!

  await vpc.store.commit({ writes: removeEndpoint(record, await vpc.network.subnetsOf(vpc.VpcId)) })

  assert.deepEqual(await vpc.used(vpc.first), [])
  assert.deepEqual(await vpc.used(vpc.second), [])
})
