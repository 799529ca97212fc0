// Rules of security groups: changed, described, filtered and limited, as AWS does; and network interfaces with their groups.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import * as ec2 from '@aws-sdk/client-ec2'
import { ListKeysCommand } from '@aws-sdk/client-kms'
import { makePrivateNetwork } from '../private-network.ts'
import { startPostern } from '../start-postern.ts'
import { refused, unreachable } from './refused.ts'

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const administrator = await postern.administrator()
const client = postern.clients(administrator).ec2
const network = await makePrivateNetwork(postern, client)
const { vpcId: VpcId } = network

let groups = 0
async function makeGroup(): Promise<string> {
  const GroupName = `group ${++groups}`
  return (await client.send(new ec2.CreateSecurityGroupCommand({ GroupName, Description: 'd', VpcId }))).GroupId!
}

async function authorize(GroupId: string, ...IpPermissions: ec2.IpPermission[]): Promise<readonly string[]> {
  const made = await client.send(new ec2.AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }))
  return made.SecurityGroupRules!.map(rule => rule.SecurityGroupRuleId!)
}

const rulesOf = async (GroupId: string): Promise<readonly ec2.SecurityGroupRule[]> => {
  const Filters = [{ Name: 'group-id', Values: [GroupId] }]
  return (await client.send(new ec2.DescribeSecurityGroupRulesCommand({ Filters }))).SecurityGroupRules!
}
const ruleOf = async (GroupId: string, id: string): Promise<ec2.SecurityGroupRule> =>
  (await rulesOf(GroupId)).find(rule => rule.SecurityGroupRuleId === id)!

const modify = (GroupId: string, SecurityGroupRuleId: string, SecurityGroupRule?: ec2.SecurityGroupRuleRequest) =>
  client.send(
    new ec2.ModifySecurityGroupRulesCommand({
      GroupId,
      SecurityGroupRules: [{ SecurityGroupRuleId, ...(SecurityGroupRule === undefined ? {} : { SecurityGroupRule }) }],
    }),
  )

const https = { IpProtocol: 'tcp', FromPort: 443, ToPort: 443 }

test('ModifySecurityGroupRules acts on the very next connection', async () => {
  const GroupId = network.groupId
  const rule = (await rulesOf(GroupId)).find(one => one.IsEgress === false)!
  const { kms } = postern.clients(administrator, { kmsUrl: network.url })
  await kms.send(new ListKeysCommand({}))

  await modify(GroupId, rule.SecurityGroupRuleId!, { ...https, CidrIpv4: '10.9.0.0/16' })

  await unreachable(postern.clients(administrator, { kmsUrl: network.url }).kms.send(new ListKeysCommand({})))
  await modify(GroupId, rule.SecurityGroupRuleId!, { ...https, CidrIpv4: '10.0.0.0/16' })
  await postern.clients(administrator, { kmsUrl: network.url }).kms.send(new ListKeysCommand({}))
})

test('ModifySecurityGroupRules changes protocol, ports, peer and description, and keeps id, direction and tags', async () => {
  const GroupId = await makeGroup()
  const [id] = await authorize(GroupId, { ...https, IpRanges: [{ CidrIp: '10.1.0.0/16', Description: 'old' }] })
  const Tags = [{ Key: 'team', Value: 'red' }]
  await client.send(new ec2.CreateTagsCommand({ Resources: [id!], Tags }))

  await modify(GroupId, id!, {
    IpProtocol: '17',
    FromPort: 53,
    ToPort: 54,
    CidrIpv4: '10.2.3.4/16',
    Description: 'new',
  })

  const { GroupOwnerId, SecurityGroupRuleArn, ...rule } = await ruleOf(GroupId, id!)
  assert.match(GroupOwnerId!, /^\d{12}$/)
  assert.equal(SecurityGroupRuleArn, `arn:aws:ec2:us-west-2:${GroupOwnerId}:security-group-rule/${id}`)
  assert.deepEqual(rule, {
    SecurityGroupRuleId: id,
    GroupId,
    IsEgress: false,
    IpProtocol: 'udp',
    FromPort: 53,
    ToPort: 54,
    CidrIpv4: '10.2.0.0/16',
    Description: 'new',
    Tags,
  })
})

test('ModifySecurityGroupRules changes rules of both directions and all kinds of peer at once', async () => {
  const [GroupId, other] = [await makeGroup(), await makeGroup()]
  const [ipv6, group] = await authorize(
    GroupId,
    { ...https, Ipv6Ranges: [{ CidrIpv6: 'fd00::/56' }] },
    { ...https, UserIdGroupPairs: [{ GroupId }] },
  )
  const egress = (await rulesOf(GroupId)).find(rule => rule.IsEgress === true)!
  const account = egress.GroupOwnerId!

  await client.send(
    new ec2.ModifySecurityGroupRulesCommand({
      GroupId,
      SecurityGroupRules: [
        { SecurityGroupRuleId: ipv6!, SecurityGroupRule: { ...https, CidrIpv6: 'FD00:0:0:1::/64' } },
        { SecurityGroupRuleId: group!, SecurityGroupRule: { ...https, ReferencedGroupId: `${account}/${other}` } },
        { SecurityGroupRuleId: egress.SecurityGroupRuleId!, SecurityGroupRule: { ...https, CidrIpv4: '10.0.0.0/16' } },
      ],
    }),
  )

  const rules = await rulesOf(GroupId)
  const of = (id: string | undefined) => rules.find(rule => rule.SecurityGroupRuleId === id)!
  assert.equal(of(ipv6).CidrIpv6, 'fd00:0:0:1::/64')
  assert.equal(of(group).ReferencedGroupInfo?.GroupId, other)
  assert.deepEqual([of(egress.SecurityGroupRuleId).IsEgress, of(egress.SecurityGroupRuleId).FromPort], [true, 443])
  await refused(
    client.send(new ec2.DeleteSecurityGroupCommand({ GroupId: other })),
    'DependencyViolation',
    `resource ${other} has a dependent object`,
  )
})

const place = await makeGroup()
const [first, second] = await authorize(
  place,
  { ...https, IpRanges: [{ CidrIp: '10.1.0.0/16' }] },
  { ...https, IpRanges: [{ CidrIp: '10.2.0.0/16' }] },
)
const [elsewhere] = await authorize(await makeGroup(), { ...https, IpRanges: [{ CidrIp: '10.1.0.0/16' }] })

const cidr = (CidrIpv4: string): ec2.SecurityGroupRuleRequest => ({ ...https, CidrIpv4 })
const describe = (more: Partial<ec2.UpdateSecurityGroupRuleDescriptionsIngressCommandInput>) =>
  client.send(new ec2.UpdateSecurityGroupRuleDescriptionsIngressCommand({ GroupId: place, ...more }))
const describeEgress = (more: Partial<ec2.UpdateSecurityGroupRuleDescriptionsEgressCommandInput>) =>
  client.send(new ec2.UpdateSecurityGroupRuleDescriptionsEgressCommand({ GroupId: place, ...more }))

const refusals: readonly (readonly [string, () => Promise<unknown>, string, string])[] = [
  [
    'a rule that becomes another of the group',
    () => modify(place, first!, cidr('10.2.0.0/16')),
    'InvalidPermission.Duplicate',
    'the specified rule "peer: 10.2.0.0/16, TCP, from port: 443, to port: 443, ALLOW" already exists',
  ],
  [
    'two rules that become one',
    () =>
      client.send(
        new ec2.ModifySecurityGroupRulesCommand({
          GroupId: place,
          SecurityGroupRules: [first!, second!].map(SecurityGroupRuleId => ({
            SecurityGroupRuleId,
            SecurityGroupRule: cidr('10.3.0.0/16'),
          })),
        }),
      ),
    'InvalidPermission.Duplicate',
    'already exists',
  ],
  [
    'one rule twice',
    () =>
      client.send(
        new ec2.ModifySecurityGroupRulesCommand({
          GroupId: place,
          SecurityGroupRules: [1, 2].map(() => ({
            SecurityGroupRuleId: first!,
            SecurityGroupRule: cidr('10.3.0.0/16'),
          })),
        }),
      ),
    'InvalidParameterValue',
    'multiple times',
  ],
  [
    'another kind of peer',
    () => modify(place, first!, { ...https, CidrIpv6: '::/0' }),
    'InvalidParameterValue',
    'cannot be changed',
  ],
  ['no peer', () => modify(place, first!, https), 'MissingParameter', 'Exactly one of'],
  ['no rule to become', () => modify(place, first!), 'MissingParameter', 'securityGroupRule'],
  [
    'no protocol',
    () => modify(place, first!, { CidrIpv4: '10.3.0.0/16' }),
    'MissingParameter',
    'The request must contain the parameter ipProtocol',
  ],
  [
    'two peers',
    () => modify(place, first!, { ...cidr('10.3.0.0/16'), CidrIpv6: '::/0' }),
    'InvalidParameterCombination',
    'Exactly one of',
  ],
  [
    'a prefix list, of which there is none',
    () => modify(place, first!, { ...https, PrefixListId: 'pl-00000000' }),
    'InvalidPrefixListID.NotFound',
    `The prefix list ID 'pl-00000000' does not exist`,
  ],
  [
    'a description with a line end',
    () => modify(place, first!, { ...cidr('10.3.0.0/16'), Description: 'a\nb' }),
    'InvalidParameterValue',
    'Invalid rule description.',
  ],
  [
    'ports that are none',
    () => modify(place, first!, { ...cidr('10.3.0.0/16'), FromPort: 5, ToPort: 4 }),
    'InvalidParameterValue',
    'Invalid TCP/UDP port range (5:4)',
  ],
  [
    'a rule of another group',
    () => modify(place, elsewhere!, cidr('10.3.0.0/16')),
    'InvalidSecurityGroupRuleId.NotFound',
    `The security group rule ID '${elsewhere}' does not exist`,
  ],
  [
    'an unknown group',
    () => modify('sg-00000000000000000', first!, cidr('10.3.0.0/16')),
    'InvalidGroup.NotFound',
    'does not exist',
  ],
  [
    'a description for a rule that is not there',
    () => describe({ IpPermissions: [{ ...https, IpRanges: [{ CidrIp: '10.99.0.0/16', Description: 'x' }] }] }),
    'InvalidPermission.NotFound',
    'The specified rule does not exist in this security group.',
  ],
  [
    'a description for an ingress rule as one of egress',
    () => describeEgress({ SecurityGroupRuleDescriptions: [{ SecurityGroupRuleId: first!, Description: 'x' }] }),
    'InvalidSecurityGroupRuleId.NotFound',
    'does not exist',
  ],
  [
    'a description beyond what AWS allows',
    () => describe({ SecurityGroupRuleDescriptions: [{ SecurityGroupRuleId: first!, Description: '<x>' }] }),
    'InvalidParameterValue',
    'Invalid rule description.',
  ],
  ['descriptions of nothing', () => describe({}), 'MissingParameter', ''],
  [
    'descriptions by ids and by permissions',
    () =>
      describe({
        IpPermissions: [{ ...https, IpRanges: [{ CidrIp: '10.1.0.0/16' }] }],
        SecurityGroupRuleDescriptions: [{ SecurityGroupRuleId: first!, Description: 'x' }],
      }),
    'InvalidParameterCombination',
    'cannot be used with',
  ],
]

for (const [what, request, code, text] of refusals) {
  test(`a request for ${what} is refused with ${code}, and changes nothing`, async () => {
    const before = await rulesOf(place)

    await refused(request(), code, text)

    assert.deepEqual(await rulesOf(place), before)
  })
}

test('descriptions are set and taken away, by ids and by permissions, of one direction', async () => {
  const GroupId = await makeGroup()
  const [one, other] = await authorize(
    GroupId,
    { ...https, IpRanges: [{ CidrIp: '10.1.0.0/16', Description: 'old' }] },
    { ...https, UserIdGroupPairs: [{ GroupId, Description: 'members' }] },
  )
  const descriptions = async () => {
    const rules = await rulesOf(GroupId)
    return [one, other].map(id => rules.find(rule => rule.SecurityGroupRuleId === id)!.Description)
  }

  const byId = await describe({
    GroupId,
    SecurityGroupRuleDescriptions: [{ SecurityGroupRuleId: one!, Description: 'new' }, { SecurityGroupRuleId: other! }],
  })
  const afterIds = await descriptions()
  await describe({
    GroupId,
    IpPermissions: [
      { ...https, IpRanges: [{ CidrIp: '10.1.0.0/16' }], UserIdGroupPairs: [{ GroupId, Description: 'again' }] },
    ],
  })
  const afterPermissions = await descriptions()
  await describeEgress({
    GroupId,
    IpPermissions: [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0', Description: 'everything' }] }],
  })

  assert.equal(byId.Return, true)
  assert.deepEqual(afterIds, ['new', undefined])
  assert.deepEqual(afterPermissions, [undefined, 'again'])
  assert.equal((await rulesOf(GroupId)).find(rule => rule.IsEgress === true)?.Description, 'everything')
})

test('a group has sixty rules each way and for each kind of address; one that names a group counts for both', async () => {
  const GroupId = await makeGroup()
  const ipv4 = (count: number, from = 0) =>
    Array.from({ length: count }, (_, index) => ({ CidrIp: `10.${from + index}.0.0/16` }))
  const ipv6 = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ CidrIpv6: `fd00:0:0:${index.toString(16)}::/64` }))
  const full = 'RulesPerSecurityGroupLimitExceeded'

  await refused(authorize(GroupId, { ...https, IpRanges: ipv4(61) }), full)
  await authorize(GroupId, { ...https, IpRanges: ipv4(59), Ipv6Ranges: ipv6(58), UserIdGroupPairs: [{ GroupId }] })
  await refused(authorize(GroupId, { ...https, IpRanges: ipv4(1, 100) }), full, 'The maximum number of rules')
  await authorize(GroupId, { ...https, Ipv6Ranges: [{ CidrIpv6: 'fd00:0:0:ffff::/64' }] })
  await refused(authorize(GroupId, { ...https, Ipv6Ranges: [{ CidrIpv6: 'fd00:0:0:fffe::/64' }] }), full)
  // Egress is counted by itself.
  const egress = { GroupId, IpPermissions: [{ ...https, IpRanges: ipv4(59) }] }
  await client.send(new ec2.AuthorizeSecurityGroupEgressCommand(egress))

  assert.equal((await rulesOf(GroupId)).length, 60 + 59 + 60)
})

test('DescribeSecurityGroups filters by what rules say', async () => {
  const [GroupId, other] = [await makeGroup(), await makeGroup()]
  const nameOfOther = `group ${groups}`
  await authorize(
    GroupId,
    { IpProtocol: 'tcp', FromPort: 7001, ToPort: 7002, IpRanges: [{ CidrIp: '10.77.0.0/16' }] },
    { IpProtocol: 'udp', FromPort: 7003, ToPort: 7003, Ipv6Ranges: [{ CidrIpv6: 'fd77::/64' }] },
    { IpProtocol: 'icmp', FromPort: -1, ToPort: -1, UserIdGroupPairs: [{ GroupId: other }] },
  )
  const found = async (Name: string, Value: string): Promise<readonly (string | undefined)[]> => {
    const Filters = [{ Name, Values: [Value] }]
    const { SecurityGroups } = await client.send(new ec2.DescribeSecurityGroupsCommand({ Filters }))
    return SecurityGroups!.map(group => group.GroupId)
  }

  for (const [name, value] of [
    ['ip-permission.cidr', '10.77.0.0/16'],
    ['ip-permission.ipv6-cidr', 'fd77::/64'],
    ['ip-permission.group-id', other],
    ['ip-permission.group-name', nameOfOther],
    ['ip-permission.from-port', '7001'],
    ['ip-permission.to-port', '7002'],
    ['ip-permission.protocol', 'icmp'],
  ] as const)
    assert.deepEqual(await found(name, value), [GroupId], name)
  assert.deepEqual(await found('egress.ip-permission.group-name', nameOfOther), [])
  assert.deepEqual(await found('egress.ip-permission.cidr', '10.77.0.0/16'), [])
  assert.ok((await found('egress.ip-permission.cidr', '0.0.0.0/0')).includes(GroupId))
  assert.ok((await found('egress.ip-permission.protocol', '-1')).includes(other))
  assert.deepEqual(await found('ip-permission.prefix-list-id', 'pl-*'), [])
})

const [someInterface] = (
  await client.send(new ec2.DescribeNetworkInterfacesCommand({ Filters: [{ Name: 'vpc-id', Values: [VpcId] }] }))
).NetworkInterfaces!
const NetworkInterfaceId = someInterface!.NetworkInterfaceId!

test('an interface of an endpoint is shown as AWS shows one', () => {
  const { SubnetId, PrivateIpAddress, MacAddress, Attachment, AvailabilityZone, OwnerId, ...rest } = someInterface!

  assert.ok(network.subnetIds.includes(SubnetId!))
  assert.match(PrivateIpAddress!, /^10\.0\.[12]\.\d+$/)
  assert.match(MacAddress!, /^02(:[0-9a-f]{2}){5}$/)
  assert.match(Attachment!.AttachmentId!, /^ela-attach-[0-9a-f]+$/)
  assert.match(AvailabilityZone!, /^us-west-2[ab]$/)
  assert.match(OwnerId!, /^\d{12}$/)
  assert.deepEqual(
    [rest.InterfaceType, rest.Status, rest.RequesterManaged, rest.SourceDestCheck, rest.VpcId, rest.Groups],
    ['vpc_endpoint', 'in-use', true, true, VpcId, [{ GroupId: network.groupId, GroupName: 'kms-clients' }]],
  )
  assert.deepEqual(rest.PrivateIpAddresses, [{ Primary: true, PrivateDnsName: rest.PrivateDnsName, PrivateIpAddress }])
})

test('DescribeNetworkInterfaces filters by all that AWS does', async () => {
  const one = someInterface!
  const found = async (Name: string, Value: string): Promise<readonly (string | undefined)[]> => {
    const Filters = [{ Name, Values: [Value] }]
    const { NetworkInterfaces } = await client.send(new ec2.DescribeNetworkInterfacesCommand({ Filters }))
    return NetworkInterfaces!.map(each => each.NetworkInterfaceId)
  }

  for (const [name, value] of [
    ['network-interface-id', NetworkInterfaceId],
    ['subnet-id', one.SubnetId!],
    ['availability-zone', one.AvailabilityZone!],
    ['availability-zone-id', one.AvailabilityZoneId!],
    ['private-ip-address', one.PrivateIpAddress!],
    ['addresses.private-ip-address', one.PrivateIpAddress!],
    ['private-dns-name', one.PrivateDnsName!],
    ['mac-address', one.MacAddress!],
    ['attachment.attachment-id', one.Attachment!.AttachmentId!],
  ] as const)
    assert.deepEqual(await found(name, value), [NetworkInterfaceId], name)
  for (const [name, value] of [
    ['vpc-id', VpcId],
    ['group-id', network.groupId],
    ['group-name', 'kms-clients'],
    ['interface-type', 'vpc_endpoint'],
    ['status', 'in-use'],
    ['requester-managed', 'true'],
    ['requester-id', one.RequesterId!],
    ['source-dest-check', 'true'],
    ['addresses.primary', 'true'],
    ['description', `VPC Endpoint Interface ${network.endpointId}`],
    ['attachment.status', 'attached'],
    ['attachment.device-index', '1'],
    ['attachment.delete-on-termination', 'false'],
    ['attachment.instance-owner-id', 'amazon-aws'],
    ['owner-id', one.OwnerId!],
    ['operator.managed', 'false'],
  ] as const)
    assert.equal((await found(name, value)).length, 2, name)
  for (const name of [
    'ipv6-addresses.ipv6-address',
    'attachment.instance-id',
    'attachment.nat-gateway-id',
    'association.public-ip',
    'association.allocation-id',
    'addresses.association.public-ip',
    'operator.principal',
    'tag-key',
  ])
    assert.deepEqual(await found(name, '*'), [], name)
  await refused(found('nonsense', '*'), 'InvalidParameterValue', `The filter 'nonsense' is invalid`)
})

test('DescribeNetworkInterfaceAttribute gives the one attribute that is asked for', async () => {
  const ask = async (Attribute?: ec2.NetworkInterfaceAttribute, id = NetworkInterfaceId) => {
    const { $metadata: _, ...answer } = await client.send(
      new ec2.DescribeNetworkInterfaceAttributeCommand({
        NetworkInterfaceId: id,
        ...(Attribute === undefined ? {} : { Attribute }),
      }),
    )
    return answer
  }

  assert.deepEqual(await ask('description'), { NetworkInterfaceId, Description: { Value: someInterface!.Description } })
  assert.deepEqual(await ask('groupSet'), { NetworkInterfaceId, Groups: someInterface!.Groups })
  assert.deepEqual(await ask('sourceDestCheck'), { NetworkInterfaceId, SourceDestCheck: { Value: true } })
  assert.deepEqual(await ask('attachment'), { NetworkInterfaceId, Attachment: someInterface!.Attachment })
  assert.deepEqual(await ask('associatePublicIpAddress'), { NetworkInterfaceId, AssociatePublicIpAddress: false })
  await refused(ask(), 'MissingParameter', 'The request must contain the parameter attribute')
  await refused(ask('other' as 'attachment'), 'InvalidParameterValue')
  await refused(
    ask('description', 'eni-00000000000000000'),
    'InvalidNetworkInterfaceID.NotFound',
    `The networkInterface ID 'eni-00000000000000000' does not exist`,
  )
})

test('an interface has five groups at most', async () => {
  const added: string[] = []
  for (let turn = 0; turn < 5; turn++) added.push(await makeGroup())
  const add = (...AddSecurityGroupIds: string[]) =>
    client.send(new ec2.ModifyVpcEndpointCommand({ VpcEndpointId: network.endpointId, AddSecurityGroupIds }))

  await refused(add(...added), 'SecurityGroupsPerInterfaceLimitExceeded')
  await add(...added.slice(1))

  const { Groups } = await client.send(
    new ec2.DescribeNetworkInterfaceAttributeCommand({ NetworkInterfaceId, Attribute: 'groupSet' }),
  )
  assert.equal(Groups?.length, 5)
})
