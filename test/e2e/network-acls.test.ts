// Network ACLs: made, changed and read back as AWS does it, and kept by the doors of endpoints.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { LookupEventsCommand } from '@aws-sdk/client-cloudtrail'
import * as ec2 from '@aws-sdk/client-ec2'
import { ListKeysCommand } from '@aws-sdk/client-kms'
import { makePrivateNetwork } from '../private-network.ts'
import { startPostern } from '../start-postern.ts'
import { refused, unreachable } from './refused.ts'
import { anywhere, filter, routingWith, tagged } from './routing-calls.ts'

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const administrator = await postern.administrator()
const { ec2: client, cloudtrail } = postern.clients(administrator)
const stranger = (await postern.otherAccount('444455556666')).ec2
const { makeVpc, makeSubnet, describeAcls } = routingWith(client)

type EntryInput = ec2.CreateNetworkAclEntryCommandInput

const makeAcl = async (VpcId: string, more: Partial<ec2.CreateNetworkAclCommandInput> = {}): Promise<string> =>
  (await client.send(new ec2.CreateNetworkAclCommand({ VpcId, ...more }))).NetworkAcl!.NetworkAclId!
const entry = (NetworkAclId: string, more: Partial<EntryInput> = {}): EntryInput => ({
  NetworkAclId,
  RuleNumber: 100,
  Egress: false,
  Protocol: '6',
  RuleAction: 'allow',
  CidrBlock: anywhere,
  PortRange: { From: 443, To: 443 },
  ...more,
})
const everything = (NetworkAclId: string, Egress: boolean): EntryInput => ({
  NetworkAclId,
  Egress,
  RuleNumber: 100,
  Protocol: '-1',
  RuleAction: 'allow',
  CidrBlock: anywhere,
})
const add = (input: EntryInput) => client.send(new ec2.CreateNetworkAclEntryCommand(input))
const change = (input: EntryInput) => client.send(new ec2.ReplaceNetworkAclEntryCommand(input))
const drop = (NetworkAclId: string, Egress: boolean, RuleNumber = 100) =>
  client.send(new ec2.DeleteNetworkAclEntryCommand({ NetworkAclId, Egress, RuleNumber }))
const replace = async (AssociationId: string, NetworkAclId: string): Promise<string> =>
  (await client.send(new ec2.ReplaceNetworkAclAssociationCommand({ AssociationId, NetworkAclId }))).NewAssociationId!
const remove = (NetworkAclId: string) => client.send(new ec2.DeleteNetworkAclCommand({ NetworkAclId }))
const read = async (id: string): Promise<ec2.NetworkAcl> => (await describeAcls({ NetworkAclIds: [id] }))[0]!
const defaultAcl = async (vpcId: string): Promise<ec2.NetworkAcl> =>
  (await describeAcls(filter('vpc-id', vpcId))).find(acl => acl.IsDefault === true)!
const associationOf = async (subnetId: string): Promise<ec2.NetworkAclAssociation> =>
  (await describeAcls(filter('association.subnet-id', subnetId)))[0]!.Associations!.find(
    one => one.SubnetId === subnetId,
  )!

/** The rules that somebody made, in the order that EC2 shows them. */
const rulesOf = async (id: string): Promise<readonly string[]> =>
  (await read(id))
    .Entries!.filter(({ RuleNumber: number = 0 }) => number < 32_767)
    .map(({ Egress: isEgress, RuleNumber, RuleAction, Protocol, CidrBlock, Ipv6CidrBlock, PortRange, IcmpTypeCode }) =>
      [
        isEgress === true ? 'out' : 'in',
        RuleNumber,
        RuleAction,
        Protocol,
        CidrBlock ?? Ipv6CidrBlock,
        ...(PortRange === undefined ? [] : [`${PortRange.From}-${PortRange.To}`]),
        ...(IcmpTypeCode === undefined ? [] : [`${IcmpTypeCode.Type}/${IcmpTypeCode.Code}`]),
      ].join(' '),
    )

describe('a new network ACL', () => {
  test('lets nothing through, is no default one, and has no subnet', async () => {
    const vpcId = await makeVpc()

    const { NetworkAcl: made } = await client.send(
      new ec2.CreateNetworkAclCommand({ VpcId: vpcId, TagSpecifications: tagged('network-acl', 'k') }),
    )

    assert.match(made!.NetworkAclId!, /^acl-[0-9a-f]{17}$/)
    const last = (Egress: boolean) => ({
      CidrBlock: anywhere,
      Egress,
      Protocol: '-1',
      RuleAction: 'deny',
      RuleNumber: 32_767,
    })
    const { NetworkAclId, OwnerId } = made!
    const Tags = [{ Key: 'k', Value: 'v' }]
    const expected = { NetworkAclId, OwnerId, VpcId: vpcId, IsDefault: false, Associations: [], Tags }
    assert.deepEqual(made, { ...expected, Entries: [last(true), last(false)] })
    assert.deepEqual(await read(NetworkAclId!), made)
  })

  test('is given to a subnet, and the default one again', async () => {
    const vpcId = await makeVpc()
    const [subnet, acl] = [await makeSubnet(vpcId), await makeAcl(vpcId)]
    const born = await associationOf(subnet)

    const first = await replace(born.NetworkAclAssociationId!, acl)
    const given = await associationOf(subnet)
    const second = await replace(first, born.NetworkAclId!)

    assert.match(first, /^aclassoc-[0-9a-f]{17}$/)
    assert.deepEqual(given, { NetworkAclAssociationId: first, NetworkAclId: acl, SubnetId: subnet })
    assert.equal((await associationOf(subnet)).NetworkAclId, born.NetworkAclId)
    assert.equal(new Set([born.NetworkAclAssociationId, first, second]).size, 3)
    assert.equal(await replace(second, born.NetworkAclId!), second)
    await refused(replace(first, acl), 'InvalidAssociationID.NotFound', `The association ID '${first}' does not exist`)
  })

  test('is deleted when no subnet has it, and a VPC after its ACLs; the default one goes with the VPC', async () => {
    const vpcId = await makeVpc()
    const [subnet, acl] = [await makeSubnet(vpcId), await makeAcl(vpcId)]
    const born = await associationOf(subnet)
    const association = await replace(born.NetworkAclAssociationId!, acl)
    const removeVpc = () => client.send(new ec2.DeleteVpcCommand({ VpcId: vpcId }))

    await refused(remove(acl), 'DependencyViolation', `The networkAcl '${acl}' has dependencies and cannot be deleted.`)
    await refused(remove(born.NetworkAclId!), 'InvalidParameterValue', 'cannot delete default network ACL')
    await replace(association, born.NetworkAclId!)
    await client.send(new ec2.DeleteSubnetCommand({ SubnetId: subnet }))
    await refused(removeVpc(), 'DependencyViolation')
    await remove(acl)
    await refused(remove(acl), 'InvalidNetworkAclID.NotFound', `The networkAcl ID '${acl}' does not exist`)
    await removeVpc()

    assert.deepEqual(await describeAcls(filter('vpc-id', vpcId)), [])
  })

  test('is made once under a client token', async () => {
    const [vpcId, other] = [await makeVpc(), await makeVpc()]
    const token = { ClientToken: 'one ACL' }

    const ids = await Promise.all(Array.from({ length: 5 }, () => makeAcl(vpcId, token)))

    assert.equal(new Set(ids).size, 1)
    await refused(makeAcl(other, token), 'IdempotentParameterMismatch')
    await refused(makeAcl(vpcId, { ClientToken: 'x'.repeat(65) }), 'InvalidParameterValue')
    await remove(ids[0]!)
    assert.notEqual(await makeAcl(other, token), ids[0])
  })

  test('can be tagged, found by its tags, and is gone for other accounts', async () => {
    const acl = await makeAcl(await makeVpc())

    await client.send(new ec2.CreateTagsCommand({ Resources: [acl], Tags: [{ Key: 'of', Value: 'mine' }] }))

    assert.deepEqual(
      (await describeAcls(filter('tag:of', 'mine'))).map(each => each.NetworkAclId),
      [acl],
    )
    const { NetworkAcls } = await stranger.send(new ec2.DescribeNetworkAclsCommand({}))
    assert.deepEqual(NetworkAcls, [])
    for (const command of [
      new ec2.DeleteNetworkAclCommand({ NetworkAclId: acl }),
      new ec2.CreateNetworkAclEntryCommand(entry(acl)),
      new ec2.ReplaceNetworkAclEntryCommand(entry(acl)),
      new ec2.DeleteNetworkAclEntryCommand({ NetworkAclId: acl, RuleNumber: 100, Egress: false }),
    ])
      await refused(stranger.send(command as ec2.DeleteNetworkAclCommand), 'InvalidNetworkAclID.NotFound')
  })
})

describe('entries', async () => {
  test('are kept by number in each direction, in one form, and found by filters', async () => {
    const acl = await makeAcl(await makeVpc())

    await add(entry(acl, { RuleNumber: 200, CidrBlock: '10.1.2.3/16', PortRange: { From: 1_024, To: 65_535 } }))
    await add(entry(acl, { Protocol: 'udp', PortRange: { From: 53, To: 53 } }))
    await add(entry(acl, { Egress: true, RuleAction: 'deny' }))
    await add({
      NetworkAclId: acl,
      Egress: true,
      RuleNumber: 101,
      Protocol: 'icmp',
      RuleAction: 'allow',
      CidrBlock: anywhere,
      IcmpTypeCode: { Type: -1, Code: -1 },
    })
    await add({
      ...everything(acl, true),
      RuleNumber: 32_766,
      CidrBlock: undefined,
      Ipv6CidrBlock: '2001:DB8::1/32',
      PortRange: { From: 0, To: 0 },
    })

    assert.deepEqual(await rulesOf(acl), [
      'out 100 deny 6 0.0.0.0/0 443-443',
      'out 101 allow 1 0.0.0.0/0 -1/-1',
      'out 32766 allow -1 2001:db8::/32',
      'in 100 allow 17 0.0.0.0/0 53-53',
      'in 200 allow 6 10.1.0.0/16 1024-65535',
    ])
    for (const [name, value] of [
      ['entry.port-range.from', '1024'],
      ['entry.port-range.to', '53'],
      ['entry.icmp.type', '-1'],
      ['entry.icmp.code', '-1'],
      ['entry.ipv6-cidr', '2001:db8::/32'],
      ['entry.rule-number', '32766'],
    ] as const) {
      const found = await describeAcls({ NetworkAclIds: [acl], ...filter(name, value) })
      assert.equal(found.length, 1, name)
    }
  })

  test('are replaced and deleted by number and direction', async () => {
    const acl = await makeAcl(await makeVpc())
    for (const Egress of [false, true]) await add(entry(acl, { Egress }))

    await change(entry(acl, { RuleAction: 'deny', CidrBlock: '10.0.0.0/8' }))
    const changed = await rulesOf(acl)
    await drop(acl, true)

    assert.deepEqual(changed, ['out 100 allow 6 0.0.0.0/0 443-443', 'in 100 deny 6 10.0.0.0/8 443-443'])
    assert.deepEqual(await rulesOf(acl), ['in 100 deny 6 10.0.0.0/8 443-443'])
    const text = (direction: string) => `no ${direction} entry with number 100 in network ACL ${acl}`
    await refused(drop(acl, true), 'InvalidNetworkAclEntry.NotFound', text('egress'))
    await refused(change(entry(acl, { Egress: true })), 'InvalidNetworkAclEntry.NotFound', text('egress'))
  })

  test('of the default ACL are changed in one direction, and the other stays what a VPC is born with', async () => {
    const { Vpc } = await client.send(
      new ec2.CreateVpcCommand({ CidrBlock: '10.0.0.0/16', AmazonProvidedIpv6CidrBlock: true }),
    )
    const { NetworkAclId: id } = await defaultAcl(Vpc!.VpcId!)
    await client.send(new ec2.CreateTagsCommand({ Resources: [id!], Tags: [{ Key: 'a', Value: 'b' }] }))

    await drop(id!, false, 101)
    await add(entry(id!, { RuleNumber: 99, RuleAction: 'deny' }))

    assert.deepEqual(await rulesOf(id!), [
      'out 100 allow -1 0.0.0.0/0',
      'out 101 allow -1 ::/0',
      'in 99 deny 6 0.0.0.0/0 443-443',
      'in 100 allow -1 0.0.0.0/0',
    ])
    const { Tags, Entries } = await read(id!)
    assert.deepEqual(Tags, [{ Key: 'a', Value: 'b' }])
    assert.equal(Entries!.filter(({ RuleNumber: number = 0 }) => number > 32_766).length, 4)
  })

  const acl = await makeAcl(await makeVpc())
  await add(entry(acl, { RuleNumber: 1 }))
  const before = await rulesOf(acl)
  const cases: readonly (readonly [what: string, more: Partial<EntryInput>, code: string, text?: string])[] = [
    [
      'a number that is taken',
      { RuleNumber: 1 },
      'NetworkAclEntryAlreadyExists',
      'The network acl entry identified by 1 already exists.',
    ],
    ['a number below 1', { RuleNumber: 0 }, 'InvalidParameterValue', 'ruleNumber'],
    ['the number of a last rule', { RuleNumber: 32_767 }, 'InvalidParameterValue', 'ruleNumber'],
    ['no block', { CidrBlock: undefined }, 'MissingParameter', 'cidrBlock or ipv6CidrBlock'],
    ['two blocks', { Ipv6CidrBlock: '::/0' }, 'InvalidParameterCombination'],
    ['a block that is none', { CidrBlock: '10.0.0.0/33' }, 'InvalidParameterValue', 'This is not a valid CIDR block.'],
    ['an IPv6 block that is none', { CidrBlock: undefined, Ipv6CidrBlock: '10.0.0.0/8' }, 'InvalidParameterValue'],
    ['IPv6 in the place of IPv4', { CidrBlock: '::/0' }, 'InvalidParameterValue'],
    ['an unknown action', { RuleAction: 'log' as 'deny' }, 'InvalidParameterValue'],
    ['an unknown protocol', { Protocol: 'sctp' }, 'InvalidParameterValue', 'protocol'],
    ['a protocol that is none', { Protocol: '256' }, 'InvalidParameterValue', 'protocol'],
    ['a protocol with a sign', { Protocol: '+6' }, 'InvalidParameterValue', 'protocol'],
    ['a protocol by a name of Object', { Protocol: 'constructor' }, 'InvalidParameterValue', 'protocol'],
    ['TCP without ports', { PortRange: undefined }, 'MissingParameter', 'portRange'],
    ['TCP without a last port', { PortRange: { From: 1 } }, 'MissingParameter', 'portRange'],
    ['ports that end before they begin', { PortRange: { From: 2, To: 1 } }, 'InvalidParameterValue', 'portRange'],
    ['a port that is none', { PortRange: { From: 1, To: 65_536 } }, 'InvalidParameterValue', 'portRange'],
    ['ICMP without a type', { Protocol: '1' }, 'MissingParameter', 'icmpTypeCode'],
    ['an ICMP type that is none', { Protocol: '1', IcmpTypeCode: { Type: 256, Code: 0 } }, 'InvalidParameterValue'],
    ['an ACL that there is not', { NetworkAclId: 'acl-00000000' }, 'InvalidNetworkAclID.NotFound'],
    ['a malformed ACL', { NetworkAclId: 'x' }, 'InvalidNetworkAclId.Malformed', '(expecting "acl-...")'],
    ['a dry run', { DryRun: true }, 'DryRunOperation'],
  ]
  for (const [what, more, code, text] of cases)
    test(`are refused with ${what}`, () => refused(add(entry(acl, { RuleNumber: 2, ...more })), code, text))

  test('that were refused have changed nothing', async () => {
    assert.deepEqual(await rulesOf(acl), before)
  })

  test('are 20 in each direction at most', async () => {
    const full = await makeAcl(await makeVpc())
    for (let number = 1; number <= 20; number++) await add(entry(full, { RuleNumber: number }))

    await refused(add(entry(full, { RuleNumber: 21 })), 'NetworkAclEntryLimitExceeded')
    await add(entry(full, { Egress: true }))
  })
})

test('an ACL of another VPC, and what there is not, is refused to a subnet', async () => {
  const vpcId = await makeVpc()
  const [subnet, other] = [await makeSubnet(vpcId), await makeAcl(await makeVpc())]
  const { NetworkAclAssociationId: id } = await associationOf(subnet)

  await refused(replace(id!, other), 'InvalidParameterValue', `network ACL ${other} and subnet ${subnet} belong to`)
  await refused(replace(id!, 'acl-00000000'), 'InvalidNetworkAclID.NotFound')
  await refused(replace('aclassoc-00000000', other), 'InvalidAssociationID.NotFound')
  const asStranger = new ec2.ReplaceNetworkAclAssociationCommand({ AssociationId: id!, NetworkAclId: other })
  await refused(stranger.send(asStranger), 'InvalidAssociationID.NotFound')
  const dry = { AssociationId: id!, NetworkAclId: other, DryRun: true }
  await refused(client.send(new ec2.ReplaceNetworkAclAssociationCommand(dry)), 'DryRunOperation')
})

describe('the door of an endpoint', async () => {
  const network = await makePrivateNetwork(postern, client)
  const window = /^https:\/\/127\.(\d+)\./.exec(network.url)![1]!
  /** From an address of the VPC: `1.50` is 10.0.1.50, in the subnet of the door. */
  const from = (rest: string): Promise<unknown> =>
    postern
      .clients(administrator, { kmsUrl: network.url, localAddress: `127.${window}.${rest}` })
      .kms.send(new ListKeysCommand({}))
  const [neighbour, other, outside] = ['1.50', '2.50', '9.50']
  const standard = (await defaultAcl(network.vpcId)).NetworkAclId!
  const [doorSubnet, otherSubnet] = network.subnetIds
  const give = async (subnetId: string, aclId: string) =>
    replace((await associationOf(subnetId)).NetworkAclAssociationId!, aclId)
  const ephemeral = { RuleNumber: 200, PortRange: { From: 1_024, To: 65_535 } }

  test('is open to all while the default ACL is as it was', async () => {
    for (const rest of [neighbour, other, outside]) await from(rest)
  })

  test('is shut to other subnets by the very next request once an entry is deleted, and opens again', async () => {
    for (const isEgress of [false, true]) {
      await drop(standard, isEgress)
      await unreachable(from(other))
      await unreachable(from(outside))
      await from(neighbour)
      await add(everything(standard, isEgress))
      await from(other)
    }
  })

  test('goes by the ACL of its subnet: the port in, the answers out', async () => {
    const acl = await makeAcl(network.vpcId)
    await give(doorSubnet, acl)
    await unreachable(from(other))
    await add(entry(acl))
    await unreachable(from(other))
    await add(entry(acl, { ...ephemeral, Egress: true }))

    await from(other)
    await change(entry(acl, { PortRange: { From: 80, To: 80 } }))
    await unreachable(from(other))
    await give(doorSubnet, standard)
    await from(other)
    await remove(acl)
  })

  test('goes by the ACL of the client’s subnet: the port out, the answers in', async () => {
    const acl = await makeAcl(network.vpcId)
    await give(otherSubnet, acl)
    await unreachable(from(other))
    await from(outside)
    await add(entry(acl, { Egress: true }))
    await unreachable(from(other))
    await add(entry(acl, ephemeral))

    await from(other)
    await give(otherSubnet, standard)
    await remove(acl)
  })

  test('is shut to whom a rule with a lower number denies', async () => {
    const single = entry(standard, { RuleNumber: 1, RuleAction: 'deny', CidrBlock: '10.0.2.50/32' })
    await add(single)

    await unreachable(from(other))
    await from('2.51')
    await drop(standard, false, 1)
    await from(other)
  })
})

test('the trail has the changes, with what was asked', async () => {
  const acl = await makeAcl(await makeVpc())
  await add(entry(acl))
  const LookupAttributes = [{ AttributeKey: 'EventName' as const, AttributeValue: 'CreateNetworkAclEntry' }]

  const { Events } = await cloudtrail.send(new LookupEventsCommand({ LookupAttributes, MaxResults: 1 }))

  const event = JSON.parse(Events![0]!.CloudTrailEvent!) as Record<string, unknown>
  assert.equal(event['readOnly'], false)
  assert.deepEqual(event['requestParameters'], {
    networkAclId: acl,
    ruleNumber: 100,
    egress: false,
    aclProtocol: '6',
    ruleAction: 'allow',
    cidrBlock: anywhere,
    icmpTypeCode: {},
    portRange: { from: 443, to: 443 },
  })
})
