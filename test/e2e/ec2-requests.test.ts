// What EC2's requests may ask for: what Postern does not have is refused, never ignored, and in AWS's codes.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import * as ec2 from '@aws-sdk/client-ec2'
import { makeEndpoint, makePrivateNetwork } from '../private-network.ts'
import { startPostern } from '../start-postern.ts'
import { refused } from './refused.ts'

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const clients = postern.clients(await postern.administrator())
const client = clients.ec2
const network = await makePrivateNetwork(postern, client)
const { vpcId: VpcId, endpointId: VpcEndpointId, groupId: GroupId } = network
const [firstSubnet, secondSubnet] = network.subnetIds
const defaultGroup = (await client.send(new ec2.DescribeSecurityGroupsCommand({ GroupNames: ['default'] })))
  .SecurityGroups![0]!.GroupId!
const loose = await makeGroup('loose')
const otherSubnet = await makeSubnet('10.0.3.0/24')

async function makeGroup(GroupName: string): Promise<string> {
  const made = await client.send(new ec2.CreateSecurityGroupCommand({ GroupName, Description: 'd', VpcId }))
  return made.GroupId!
}

async function makeSubnet(CidrBlock: string): Promise<string> {
  const made = await client.send(new ec2.CreateSubnetCommand({ VpcId, CidrBlock, AvailabilityZone: 'us-west-2c' }))
  return made.Subnet!.SubnetId!
}

const endpoint = {
  VpcId,
  VpcEndpointType: 'Interface',
  ServiceName: 'com.amazonaws.us-west-2.kms',
  PrivateDnsEnabled: false,
} as const
const arn = 'arn:aws:vpc-lattice:us-west-2:111122223333:x/y'

const createVpc = (input: ec2.CreateVpcCommandInput) =>
  client.send(new ec2.CreateVpcCommand({ CidrBlock: '10.9.0.0/16', ...input }))
const createSubnet = (input: Partial<ec2.CreateSubnetCommandInput>) =>
  client.send(new ec2.CreateSubnetCommand({ VpcId, CidrBlock: '10.0.9.0/24', ...input }))
const createEndpoint = (input: Partial<ec2.CreateVpcEndpointCommandInput>) =>
  client.send(new ec2.CreateVpcEndpointCommand({ ...endpoint, ...input }))
const modifyEndpoint = (input: Partial<ec2.ModifyVpcEndpointCommandInput>) =>
  client.send(new ec2.ModifyVpcEndpointCommand({ VpcEndpointId, ...input }))

const unserved: readonly (readonly [string, () => Promise<unknown>, string])[] = [
  ...(
    [
      { InstanceTenancy: 'dedicated' },
      { InstanceTenancy: 'host' },
      { Ipv6CidrBlock: '2001:db8::/56' },
      { Ipv6Pool: 'pool' },
      { Ipv6IpamPoolId: 'ipam-pool-1' },
      { Ipv6NetmaskLength: 56 },
      { Ipv6CidrBlockNetworkBorderGroup: 'us-west-2' },
      { Ipv4IpamPoolId: 'ipam-pool-1' },
      { Ipv4NetmaskLength: 16 },
      { VpcEncryptionControl: { Mode: 'enforce' } },
    ] satisfies ec2.CreateVpcCommandInput[]
  ).map(input => [`CreateVpc ${JSON.stringify(input)}`, () => createVpc(input), 'UnsupportedOperation'] as const),
  ...(
    [
      { Ipv6IpamPoolId: 'ipam-pool-1' },
      { Ipv6NetmaskLength: 64 },
      { Ipv4IpamPoolId: 'ipam-pool-1' },
      { Ipv4NetmaskLength: 24 },
      { OutpostArn: 'arn:aws:outposts:us-west-2:111122223333:outpost/op-1' },
    ] satisfies Partial<ec2.CreateSubnetCommandInput>[]
  ).map(input => [`CreateSubnet ${JSON.stringify(input)}`, () => createSubnet(input), 'UnsupportedOperation'] as const),
  ...(
    [
      { ServiceRegion: 'us-east-1' },
      { RouteTableIds: ['rtb-1'] },
      { ResourceConfigurationArn: arn },
      { ServiceNetworkArn: arn },
      { SubnetIds: [firstSubnet], SubnetConfigurations: [{ SubnetId: firstSubnet, Ipv6: '2001:db8::1' }] },
      { DnsOptions: { PrivateDnsPreference: 'ALL_DOMAINS' } },
      { DnsOptions: { PrivateDnsSpecifiedDomains: ['example.com'] } },
      { IpAddressType: 'dualstack' },
    ] satisfies Partial<ec2.CreateVpcEndpointCommandInput>[]
  ).map(
    input => [`CreateVpcEndpoint ${JSON.stringify(input)}`, () => createEndpoint(input), 'InvalidParameter'] as const,
  ),
  ...(
    [
      { AddRouteTableIds: ['rtb-1'] },
      { RemoveRouteTableIds: ['rtb-1'] },
      { SubnetConfigurations: [{ SubnetId: firstSubnet, Ipv6: '2001:db8::1' }] },
      { DnsOptions: { PrivateDnsPreference: 'ALL_DOMAINS' } },
    ] satisfies Partial<ec2.ModifyVpcEndpointCommandInput>[]
  ).map(
    input => [`ModifyVpcEndpoint ${JSON.stringify(input)}`, () => modifyEndpoint(input), 'InvalidParameter'] as const,
  ),
  [
    'DescribeVpcEndpointServices in another Region',
    () => client.send(new ec2.DescribeVpcEndpointServicesCommand({ ServiceRegions: ['us-east-1'] })),
    'InvalidParameter',
  ],
  [
    'DescribePrefixLists of a list',
    () => client.send(new ec2.DescribePrefixListsCommand({ PrefixListIds: ['pl-00000000'] })),
    'InvalidPrefixListID.NotFound',
  ],
  [
    'DescribePrefixLists with a filter that there is not',
    () => client.send(new ec2.DescribePrefixListsCommand({ Filters: [{ Name: 'nope', Values: ['x'] }] })),
    'InvalidParameterValue',
  ],
  [
    'DeleteSecurityGroup by a name',
    () => client.send(new ec2.DeleteSecurityGroupCommand({ GroupName: 'loose' })),
    'VPCIdNotSpecified',
  ],
  [
    'DeleteSecurityGroup by a name beside an id',
    () => client.send(new ec2.DeleteSecurityGroupCommand({ GroupName: 'other', GroupId: loose })),
    'InvalidParameterCombination',
  ],
  [
    'RevokeSecurityGroupIngress by ids and permissions',
    () =>
      client.send(
        new ec2.RevokeSecurityGroupIngressCommand({
          GroupId,
          SecurityGroupRuleIds: ['sgr-0'],
          CidrIp: '0.0.0.0/0',
        }),
      ),
    'InvalidParameterCombination',
  ],
]

for (const [name, request, code] of unserved) {
  test(`${name} is refused with ${code}`, async () => {
    await refused(request(), code)
  })
}

test('what asks for nothing is taken: default tenancy, no IPv6, the own Region', async () => {
  const made = await createVpc({ InstanceTenancy: 'default', AmazonProvidedIpv6CidrBlock: false })

  await client.send(new ec2.DeleteVpcCommand({ VpcId: made.Vpc!.VpcId! }))
  const services = await client.send(new ec2.DescribeVpcEndpointServicesCommand({ ServiceRegions: ['us-west-2'] }))
  const offered = ['cloudtrail', 'ec2', 'kms', 'sts'].map(label => `com.amazonaws.us-west-2.${label}`)
  assert.deepEqual(services.ServiceNames, offered)
})

const codes: readonly (readonly [string, () => Promise<unknown>, string, string])[] = [
  [
    'an unknown subnet on CreateVpcEndpoint',
    () => createEndpoint({ SubnetIds: ['subnet-00000000000000000'] }),
    'InvalidSubnetId.NotFound',
    `The subnet ID 'subnet-00000000000000000' does not exist`,
  ],
  [
    'an unknown subnet on ModifyVpcEndpoint',
    () => modifyEndpoint({ AddSubnetIds: ['subnet-00000000000000000'] }),
    'InvalidSubnetId.NotFound',
    `The subnet ID 'subnet-00000000000000000' does not exist`,
  ],
  [
    'an unknown subnet to remove',
    () => modifyEndpoint({ RemoveSubnetIds: ['subnet-00000000000000000'] }),
    'InvalidSubnetId.NotFound',
    `The subnet ID 'subnet-00000000000000000' does not exist`,
  ],
  [
    'a malformed subnet to remove',
    () => modifyEndpoint({ RemoveSubnetIds: ['subnet_x'] }),
    'InvalidSubnetId.Malformed',
    `Invalid Subnet Id: 'subnet_x'`,
  ],
  [
    'a subnet to remove that the endpoint is not in',
    () => modifyEndpoint({ RemoveSubnetIds: [otherSubnet] }),
    'InvalidParameter',
    `The subnet ${otherSubnet} is not associated with the VPC endpoint ${VpcEndpointId}`,
  ],
  [
    'a security group to remove that the endpoint does not have',
    () => modifyEndpoint({ RemoveSecurityGroupIds: [loose] }),
    'InvalidParameter',
    `The security group ${loose} is not associated with the VPC endpoint ${VpcEndpointId}`,
  ],
  [
    'an unknown security group to remove',
    () => modifyEndpoint({ RemoveSecurityGroupIds: ['sg-00000000000000000'] }),
    'InvalidGroup.NotFound',
    `The security group 'sg-00000000000000000' does not exist`,
  ],
  [
    'a malformed id on DeleteVpcEndpoints',
    () => client.send(new ec2.DeleteVpcEndpointsCommand({ VpcEndpointIds: [VpcEndpointId, 'foo'] })),
    'InvalidVpcEndpointId.Malformed',
    `Invalid Id: 'foo' (expecting 'vpce-...; the Id may only contain`,
  ],
  [
    'CreateVpcEndpoint without a service',
    () => client.send(new ec2.CreateVpcEndpointCommand({ VpcId, VpcEndpointType: 'Interface' })),
    'MissingParameter',
    'The request must contain the parameter ServiceName',
  ],
  [
    'a group name that there is not',
    () => client.send(new ec2.DescribeSecurityGroupsCommand({ GroupNames: ['default', 'nobody'] })),
    'InvalidGroup.NotFound',
    `The security group 'nobody' does not exist`,
  ],
  [
    'tags on a VPC that there is not',
    () =>
      client.send(
        new ec2.CreateTagsCommand({ Resources: ['vpc-00000000000000000'], Tags: [{ Key: 'a', Value: 'b' }] }),
      ),
    'InvalidVpcID.NotFound',
    `The vpc ID 'vpc-00000000000000000' does not exist`,
  ],
  [
    'a group description beyond ASCII',
    () => client.send(new ec2.CreateSecurityGroupCommand({ GroupName: 'x', Description: 'é', VpcId })),
    'InvalidParameterValue',
    'Value (é) for parameter GroupDescription is invalid. Character sets beyond ASCII are not supported.',
  ],
  [
    'a group description of 256 characters',
    () => client.send(new ec2.CreateSecurityGroupCommand({ GroupName: 'x', Description: 'd'.repeat(256), VpcId })),
    'InvalidParameterValue',
    'for parameter GroupDescription is invalid',
  ],
]

for (const [name, request, code, text] of codes) {
  test(`${name} is refused with ${code}, in the words of AWS`, async () => {
    await refused(request(), code, text)
  })
}

for (const cidr of [
  '0.0.0.0/16',
  '0.255.0.0/24',
  '127.0.0.0/16',
  '127.255.255.0/28',
  '169.254.0.0/16',
  '169.254.169.0/24',
  '224.0.0.0/16',
  '239.1.0.0/16',
  '240.0.0.0/16',
  '255.255.0.0/16',
]) {
  test(`a VPC with the block ${cidr} is refused`, async () => {
    await refused(createVpc({ CidrBlock: cidr }), 'InvalidVpc.Range', `The CIDR '${cidr}' is invalid.`)
  })
}

test('DeleteVpcEndpoints with a malformed id deletes none of the others', async () => {
  const { VpcEndpoints } = await client.send(new ec2.DescribeVpcEndpointsCommand({ VpcEndpointIds: [VpcEndpointId] }))

  assert.equal(VpcEndpoints![0]!.State, 'available')
})

test('DescribeVpcs gives a VPC once that is named twice', async () => {
  const { Vpcs } = await client.send(new ec2.DescribeVpcsCommand({ VpcIds: [VpcId, VpcId] }))

  assert.deepEqual(
    Vpcs?.map(vpc => vpc.VpcId),
    [VpcId],
  )
})

test('a repeated CreateVpcEndpoint is answered with the same endpoint and group names, and may say DryRun', async () => {
  const input = { SubnetIds: [firstSubnet], SecurityGroupIds: [loose], ClientToken: 'token' }
  const first = await createEndpoint(input)

  const second = await createEndpoint(input)
  const third = await createEndpoint({ ...input, DryRun: false })

  for (const { VpcEndpoint, ClientToken } of [second, third]) {
    assert.equal(VpcEndpoint?.VpcEndpointId, first.VpcEndpoint?.VpcEndpointId)
    assert.deepEqual(VpcEndpoint?.Groups, [{ GroupId: loose, GroupName: 'loose' }])
    assert.equal(ClientToken, 'token')
  }
  await refused(createEndpoint({ ...input, SecurityGroupIds: [GroupId] }), 'IdempotentParameterMismatch')
})

test('RevokeSecurityGroupIngress revokes nothing where one of the rules that it spells out is not there', async () => {
  const rule = { IpProtocol: 'tcp', FromPort: 82, ToPort: 82 }
  const known = { CidrIp: '10.1.0.0/16' }
  const unknown = { CidrIp: '10.2.0.0/16' }
  const made = await client.send(
    new ec2.AuthorizeSecurityGroupIngressCommand({ GroupId: loose, IpPermissions: [{ ...rule, IpRanges: [known] }] }),
  )
  const SecurityGroupRuleIds = [made.SecurityGroupRules![0]!.SecurityGroupRuleId!]
  const revoke = (IpRanges: ec2.IpRange[]) =>
    client.send(new ec2.RevokeSecurityGroupIngressCommand({ GroupId: loose, IpPermissions: [{ ...rule, IpRanges }] }))

  await refused(revoke([known, unknown]), 'InvalidPermission.NotFound')

  await client.send(new ec2.DescribeSecurityGroupRulesCommand({ SecurityGroupRuleIds }))
  await revoke([known])
  await refused(
    client.send(new ec2.DescribeSecurityGroupRulesCommand({ SecurityGroupRuleIds })),
    'InvalidSecurityGroupRuleId.NotFound',
  )
})

test('a revoked rule is told, whether it was spelled out or named by its id', async () => {
  const https = { IpProtocol: 'tcp', FromPort: 443, ToPort: 443 }
  const spelled = { ...https, IpRanges: [{ CidrIp: '10.4.0.0/16', Description: 'four' }] }
  const referring = { ...https, UserIdGroupPairs: [{ GroupId: loose }] }
  const authorized = await client.send(
    new ec2.AuthorizeSecurityGroupIngressCommand({ GroupId: loose, IpPermissions: [spelled, referring] }),
  )
  const [first, second] = authorized.SecurityGroupRules!.map(rule => rule.SecurityGroupRuleId!)

  const bySpelling = await client.send(
    new ec2.RevokeSecurityGroupIngressCommand({
      GroupId: loose,
      IpPermissions: [{ ...https, IpRanges: [{ CidrIp: '10.4.0.0/16' }] }],
    }),
  )
  const byId = await client.send(
    new ec2.RevokeSecurityGroupIngressCommand({ GroupId: loose, SecurityGroupRuleIds: [second!] }),
  )

  const common = { GroupId: loose, IsEgress: false, ...https }
  assert.deepEqual(bySpelling.RevokedSecurityGroupRules, [
    { SecurityGroupRuleId: first, ...common, CidrIpv4: '10.4.0.0/16', Description: 'four' },
  ])
  assert.deepEqual(byId.RevokedSecurityGroupRules, [
    { SecurityGroupRuleId: second, ...common, ReferencedGroupId: loose },
  ])
})

test('the tags of a rule are stored, described, filtered by, changed and deleted', async () => {
  const authorized = await client.send(
    new ec2.AuthorizeSecurityGroupIngressCommand({
      GroupId: loose,
      IpPermissions: [{ IpProtocol: 'udp', FromPort: 53, ToPort: 53, IpRanges: [{ CidrIp: '10.3.0.0/16' }] }],
      TagSpecifications: [{ ResourceType: 'security-group-rule', Tags: [{ Key: 'Name', Value: 'dns' }] }],
    }),
  )
  const rule = authorized.SecurityGroupRules![0]!
  const id = rule.SecurityGroupRuleId!
  const tagsOf = async () => {
    const described = await client.send(
      new ec2.DescribeTagsCommand({ Filters: [{ Name: 'resource-id', Values: [id] }] }),
    )
    return described.Tags?.map(tag => [tag.ResourceType, tag.Key, tag.Value])
  }
  assert.deepEqual(rule.Tags, [{ Key: 'Name', Value: 'dns' }])
  assert.deepEqual(await tagsOf(), [['security-group-rule', 'Name', 'dns']])

  await client.send(new ec2.CreateTagsCommand({ Resources: [id], Tags: [{ Key: 'Name', Value: 'names' }] }))
  const filtered = await client.send(
    new ec2.DescribeSecurityGroupRulesCommand({ Filters: [{ Name: 'tag:Name', Values: ['names'] }] }),
  )
  await client.send(new ec2.DeleteTagsCommand({ Resources: [id], Tags: [{ Key: 'Name' }] }))

  assert.deepEqual(
    filtered.SecurityGroupRules?.map(found => found.SecurityGroupRuleId),
    [id],
  )
  assert.deepEqual(await tagsOf(), [])
})

test('CreateVpc answers with a VPC that is pending, and the next look finds it available', async () => {
  const { Vpc } = await client.send(new ec2.CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))

  const { Vpcs } = await client.send(new ec2.DescribeVpcsCommand({ VpcIds: [Vpc!.VpcId!] }))

  assert.deepEqual([Vpc!.State, Vpcs![0]!.State], ['pending', 'available'])
})

test('ModifyVpcAttribute says which attributes are too many, and that none is too few', async () => {
  const modify = (attributes: object) => client.send(new ec2.ModifyVpcAttributeCommand({ VpcId, ...attributes }))
  const both = { EnableDnsHostnames: { Value: true }, EnableDnsSupport: { Value: true } }

  const text = 'Fields for multiple attribute types specified: enableDnsHostnames, enableDnsSupport'
  await refused(modify(both), 'InvalidParameterCombination', text)
  await refused(modify({}), 'InvalidParameterCombination', 'No attributes specified.')
})

test('DescribeTags filters by a key with its value', async () => {
  const { Vpc } = await client.send(new ec2.CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))
  const Resources = [Vpc!.VpcId!]
  const Tags = [
    { Key: 'owner', Value: 'team a' },
    { Key: 'deputy', Value: 'team b' },
  ]
  await client.send(new ec2.CreateTagsCommand({ Resources, Tags }))
  const find = async (Name: string, Value: string): Promise<readonly unknown[]> => {
    const Filters = [{ Name, Values: [Value] }]
    const found = await client.send(new ec2.DescribeTagsCommand({ Filters }))
    return found.Tags!.map(({ ResourceId, Key }) => [ResourceId, Key])
  }

  assert.deepEqual(await find('tag:owner', 'team a'), [[Vpc!.VpcId, 'owner']])
  assert.deepEqual(await find('tag:owner', 'team b'), [])
})

test('DescribeAvailabilityZones filters by the group of zones, and finds no parent zones', async () => {
  const find = async (Name: string, Value: string): Promise<number> => {
    const Filters = [{ Name, Values: [Value] }]
    return (await client.send(new ec2.DescribeAvailabilityZonesCommand({ Filters }))).AvailabilityZones!.length
  }

  assert.ok((await find('group-name', 'us-west-2-zg-1')) > 1)
  for (const name of ['parent-zone-id', 'parent-zone-name', 'message', 'group-long-name'])
    assert.equal(await find(name, '*'), 0)
})

test('tags for another type than a rule are refused where a rule is made', async () => {
  const authorized = client.send(
    new ec2.AuthorizeSecurityGroupIngressCommand({
      GroupId: loose,
      IpPermissions: [{ IpProtocol: 'udp', FromPort: 54, ToPort: 54, IpRanges: [{ CidrIp: '10.3.0.0/16' }] }],
      TagSpecifications: [{ ResourceType: 'security-group', Tags: [{ Key: 'Name', Value: 'dns' }] }],
    }),
  )

  await refused(authorized, 'InvalidParameterValue', `'security-group' is not a valid taggable resource type`)
})

test('ModifyVpcEndpoint changes subnets and groups, and removes what is attached', async () => {
  const id = await makeEndpoint(client, network, { privateDns: false })
  const VpcEndpoint = { VpcEndpointId: id }

  await modifyEndpoint({ ...VpcEndpoint, AddSubnetIds: [otherSubnet], RemoveSubnetIds: [secondSubnet] })
  await modifyEndpoint({ ...VpcEndpoint, AddSecurityGroupIds: [defaultGroup], RemoveSecurityGroupIds: [GroupId] })

  const { VpcEndpoints } = await client.send(new ec2.DescribeVpcEndpointsCommand({ VpcEndpointIds: [id] }))
  assert.deepEqual(VpcEndpoints![0]!.SubnetIds?.sort(), [firstSubnet, otherSubnet].sort())
  assert.deepEqual(VpcEndpoints![0]!.Groups, [{ GroupId: defaultGroup, GroupName: 'default' }])
})
