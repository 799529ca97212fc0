// Two requests of EC2 at once that must not both be done: whichever is later meets a conflict, and would start over.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../../src/base/index.ts'
import {
  attachWorkload,
  dhcpOptionsId,
  mainAssociationId,
  mainRouteTableId,
  networkAclAssociationId,
  networkAclId,
  openNetwork,
} from '../../src/network/index.ts'
import { ConflictError } from '../../src/storage/index.ts'
import { account, endpointIn, groupRule, openEc2Room, region } from './ec2-room.ts'
import type { Ec2Room } from './ec2-room.ts'

type Asked = readonly [name: string, input: object]

const aclEntry = { RuleNumber: 100, Egress: false, Protocol: '-1', RuleAction: 'allow', CidrBlock: '0.0.0.0/0' }

const ipv6Vpc = { CidrBlock: '10.0.0.0/16', AmazonProvidedIpv6CidrBlock: true }

interface Ipv6Vpc {
  readonly VpcId: string
  readonly Ipv6CidrBlockAssociationSet: readonly [{ readonly AssociationId: string; readonly Ipv6CidrBlock: string }]
}

const races: Readonly<Record<string, (on: Ec2Room) => Promise<readonly [Asked, Asked]>>> = {
  'CreateVpcEndpoint and DeleteSecurityGroup of its group': async on => {
    const VpcId = await on.makeVpc()
    const GroupId = await on.makeGroup(VpcId)
    return [
      ['CreateVpcEndpoint', { ...endpointIn(VpcId), SecurityGroupIds: [GroupId] }],
      ['DeleteSecurityGroup', { GroupId }],
    ]
  },
  'ModifyVpcEndpoint and DeleteSecurityGroup of the group that it adds': async on => {
    const VpcId = await on.makeVpc()
    const GroupId = await on.makeGroup(VpcId)
    const VpcEndpointId = await on.makeEndpoint(VpcId)
    return [
      ['ModifyVpcEndpoint', { VpcEndpointId, AddSecurityGroupIds: [GroupId] }],
      ['DeleteSecurityGroup', { GroupId }],
    ]
  },
  'AuthorizeSecurityGroupIngress and DeleteSecurityGroup of the group that its rule names': async on => {
    const VpcId = await on.makeVpc()
    const [GroupId, other] = [await on.makeGroup(VpcId), await on.makeGroup(VpcId, 'other')]
    return [
      ['AuthorizeSecurityGroupIngress', { GroupId: other, IpPermissions: groupRule(GroupId) }],
      ['DeleteSecurityGroup', { GroupId }],
    ]
  },
  'two CreateVpcEndpoint with private DNS in one VPC': async on => {
    const VpcId = await on.makeNamedVpc()
    const input = { ...endpointIn(VpcId), PrivateDnsEnabled: true }
    return [
      ['CreateVpcEndpoint', input],
      ['CreateVpcEndpoint', input],
    ]
  },
  'ModifyVpcEndpoint of two endpoints that shall have private DNS': async on => {
    const VpcId = await on.makeNamedVpc()
    return [
      ['ModifyVpcEndpoint', { VpcEndpointId: await on.makeEndpoint(VpcId), PrivateDnsEnabled: true }],
      ['ModifyVpcEndpoint', { VpcEndpointId: await on.makeEndpoint(VpcId), PrivateDnsEnabled: true }],
    ]
  },
  'two CreateVpcEndpoint with one client token': async on => {
    const input = { ...endpointIn(await on.makeVpc()), ClientToken: 'token' }
    return [
      ['CreateVpcEndpoint', input],
      ['CreateVpcEndpoint', input],
    ]
  },
  'two CreateRouteTable with one client token': async on => {
    const input = { VpcId: await on.makeVpc(), ClientToken: 'token' }
    return [
      ['CreateRouteTable', input],
      ['CreateRouteTable', input],
    ]
  },
  'two CreateVpcEndpoint with one client token in two VPCs': async on => {
    const input = (VpcId: string) => ({ ...endpointIn(VpcId), ClientToken: 'token' })
    return [
      ['CreateVpcEndpoint', input(await on.makeVpc())],
      ['CreateVpcEndpoint', input(await on.makeVpc())],
    ]
  },
  'two CreateRouteTable with one client token in two VPCs': async on => [
    ['CreateRouteTable', { VpcId: await on.makeVpc(), ClientToken: 'token' }],
    ['CreateRouteTable', { VpcId: await on.makeVpc(), ClientToken: 'token' }],
  ],
  'ModifyVpcEndpoint and DeleteSubnet of the subnet that it adds': async on => {
    const VpcId = await on.makeVpc()
    const [VpcEndpointId, SubnetId] = [await on.makeEndpoint(VpcId), await on.makeSubnet(VpcId)]
    return [
      ['ModifyVpcEndpoint', { VpcEndpointId, AddSubnetIds: [SubnetId] }],
      ['DeleteSubnet', { SubnetId }],
    ]
  },
  'CreateVpcEndpoint and DeleteVpc': async on => {
    const VpcId = await on.makeVpc()
    return [
      ['CreateVpcEndpoint', endpointIn(VpcId)],
      ['DeleteVpc', { VpcId }],
    ]
  },
  'CreateRoute and AssociateVpcCidrBlock of a block that holds its destination': async on => {
    const VpcId = await on.makeVpc()
    const [RouteTableId, GatewayId] = [await on.makeTable(VpcId), await on.makeGateway()]
    await on.do('AttachInternetGateway', { InternetGatewayId: GatewayId, VpcId })
    return [
      ['CreateRoute', { RouteTableId, GatewayId, DestinationCidrBlock: '10.2.1.0/24' }],
      ['AssociateVpcCidrBlock', { VpcId, CidrBlock: '10.2.0.0/16' }],
    ]
  },
  'CreateSecurityGroup and DeleteVpc': async on => {
    const VpcId = await on.makeVpc()
    return [
      ['CreateSecurityGroup', { VpcId, GroupName: 'g', Description: 'd' }],
      ['DeleteVpc', { VpcId }],
    ]
  },
  'two CreateSecurityGroup with one name': async on => {
    const VpcId = await on.makeVpc()
    const input = { VpcId, GroupName: 'g', Description: 'd' }
    return [
      ['CreateSecurityGroup', input],
      ['CreateSecurityGroup', input],
    ]
  },
  'two AssociateVpcCidrBlock with one block': async on => {
    const VpcId = await on.makeVpc()
    return [
      ['AssociateVpcCidrBlock', { VpcId, CidrBlock: '10.2.0.0/16' }],
      ['AssociateVpcCidrBlock', { VpcId, CidrBlock: '10.2.0.0/20' }],
    ]
  },
  'CreateSubnet in a block and DisassociateVpcCidrBlock of it': async on => {
    const VpcId = await on.makeVpc()
    const { CidrBlockAssociation } = await on.do<{ CidrBlockAssociation: { AssociationId: string } }>(
      'AssociateVpcCidrBlock',
      { VpcId, CidrBlock: '10.2.0.0/16' },
    )
    return [
      ['CreateSubnet', { VpcId, CidrBlock: '10.2.1.0/24' }],
      ['DisassociateVpcCidrBlock', { AssociationId: CidrBlockAssociation.AssociationId }],
    ]
  },
  'AssociateSubnetCidrBlock in a block and DisassociateVpcCidrBlock of it': async on => {
    const { Vpc } = await on.do<{ Vpc: Ipv6Vpc }>('CreateVpc', ipv6Vpc)
    const SubnetId = await on.makeSubnet(Vpc.VpcId)
    const [{ AssociationId, Ipv6CidrBlock }] = Vpc.Ipv6CidrBlockAssociationSet
    return [
      ['AssociateSubnetCidrBlock', { SubnetId, Ipv6CidrBlock: Ipv6CidrBlock.replace('/56', '/64') }],
      ['DisassociateVpcCidrBlock', { AssociationId }],
    ]
  },
  'two CreateSubnet with one IPv6 block': async on => {
    const { Vpc } = await on.do<{ Vpc: Ipv6Vpc }>('CreateVpc', ipv6Vpc)
    const { VpcId, Ipv6CidrBlockAssociationSet: blocks } = Vpc
    const Ipv6CidrBlock = blocks[0].Ipv6CidrBlock.replace('/56', '/64')
    return [
      ['CreateSubnet', { VpcId, CidrBlock: '10.0.1.0/24', Ipv6CidrBlock }],
      ['CreateSubnet', { VpcId, CidrBlock: '10.0.2.0/24', Ipv6CidrBlock }],
    ]
  },
  'ModifySecurityGroupRules and DeleteSecurityGroup of the group that its rule names then': async on => {
    const VpcId = await on.makeVpc()
    const [first, second, GroupId] = [
      await on.makeGroup(VpcId, 'first'),
      await on.makeGroup(VpcId, 'second'),
      await on.makeGroup(VpcId, 'third'),
    ]
    const made = await on.do<{ SecurityGroupRules: readonly [{ SecurityGroupRuleId: string }] }>(
      'AuthorizeSecurityGroupIngress',
      { GroupId: first, IpPermissions: groupRule(second) },
    )
    const [{ SecurityGroupRuleId }] = made.SecurityGroupRules
    const SecurityGroupRule = { IpProtocol: '-1', ReferencedGroupId: GroupId }
    return [
      [
        'ModifySecurityGroupRules',
        { GroupId: first, SecurityGroupRules: [{ SecurityGroupRuleId, SecurityGroupRule }] },
      ],
      ['DeleteSecurityGroup', { GroupId }],
    ]
  },
  'CreateRouteTable and DeleteVpc': async on => {
    const VpcId = await on.makeVpc()
    return [
      ['CreateRouteTable', { VpcId }],
      ['DeleteVpc', { VpcId }],
    ]
  },
  'AttachInternetGateway and DeleteVpc': async on => {
    const [VpcId, InternetGatewayId] = [await on.makeVpc(), await on.makeGateway()]
    return [
      ['AttachInternetGateway', { InternetGatewayId, VpcId }],
      ['DeleteVpc', { VpcId }],
    ]
  },
  'AttachInternetGateway of two gateways to one VPC': async on => {
    const VpcId = await on.makeVpc()
    return [
      ['AttachInternetGateway', { InternetGatewayId: await on.makeGateway(), VpcId }],
      ['AttachInternetGateway', { InternetGatewayId: await on.makeGateway(), VpcId }],
    ]
  },
  'AttachInternetGateway of one gateway to two VPCs': async on => {
    const InternetGatewayId = await on.makeGateway()
    return [
      ['AttachInternetGateway', { InternetGatewayId, VpcId: await on.makeVpc() }],
      ['AttachInternetGateway', { InternetGatewayId, VpcId: await on.makeVpc() }],
    ]
  },
  'AssociateRouteTable of one subnet with two tables': async on => {
    const VpcId = await on.makeVpc()
    const SubnetId = await on.makeSubnet(VpcId)
    return [
      ['AssociateRouteTable', { RouteTableId: await on.makeTable(VpcId), SubnetId }],
      ['AssociateRouteTable', { RouteTableId: await on.makeTable(VpcId), SubnetId }],
    ]
  },
  'AssociateRouteTable and DeleteRouteTable': async on => {
    const VpcId = await on.makeVpc()
    const [SubnetId, RouteTableId] = [await on.makeSubnet(VpcId), await on.makeTable(VpcId)]
    return [
      ['AssociateRouteTable', { RouteTableId, SubnetId }],
      ['DeleteRouteTable', { RouteTableId }],
    ]
  },
  'ReplaceRouteTableAssociation of a subnet and DeleteRouteTable of the table that it gets': async on => {
    const VpcId = await on.makeVpc()
    const { AssociationId } = await on.associate(VpcId)
    const RouteTableId = await on.makeTable(VpcId)
    return [
      ['ReplaceRouteTableAssociation', { AssociationId, RouteTableId }],
      ['DeleteRouteTable', { RouteTableId }],
    ]
  },
  'ReplaceRouteTableAssociation of the main one and DeleteRouteTable of the table that becomes it': async on => {
    const VpcId = await on.makeVpc()
    const RouteTableId = await on.makeTable(VpcId)
    return [
      ['ReplaceRouteTableAssociation', { AssociationId: mainAssociationId(VpcId), RouteTableId }],
      ['DeleteRouteTable', { RouteTableId }],
    ]
  },
  'ReplaceRouteTableAssociation back to the table that a VPC was born with and DeleteRouteTable of it': async on => {
    const VpcId = await on.makeVpc()
    const { NewAssociationId: AssociationId } = await on.do<{ NewAssociationId: string }>(
      'ReplaceRouteTableAssociation',
      { AssociationId: mainAssociationId(VpcId), RouteTableId: await on.makeTable(VpcId) },
    )
    const RouteTableId = mainRouteTableId(VpcId)
    return [
      ['ReplaceRouteTableAssociation', { AssociationId, RouteTableId }],
      ['DeleteRouteTable', { RouteTableId }],
    ]
  },
  'two ReplaceRouteTableAssociation of the main one': async on => {
    const VpcId = await on.makeVpc()
    const AssociationId = mainAssociationId(VpcId)
    return [
      ['ReplaceRouteTableAssociation', { AssociationId, RouteTableId: await on.makeTable(VpcId) }],
      ['ReplaceRouteTableAssociation', { AssociationId, RouteTableId: await on.makeTable(VpcId) }],
    ]
  },
  'ReplaceRouteTableAssociation and DisassociateRouteTable': async on => {
    const VpcId = await on.makeVpc()
    const { AssociationId } = await on.associate(VpcId)
    return [
      ['ReplaceRouteTableAssociation', { AssociationId, RouteTableId: await on.makeTable(VpcId) }],
      ['DisassociateRouteTable', { AssociationId }],
    ]
  },
  'ReplaceRoute and DeleteRoute': async on => {
    const VpcId = await on.makeVpc()
    const [RouteTableId, first, second] = [await on.makeTable(VpcId), await on.makeGateway(), await on.makeGateway()]
    const route = { RouteTableId, DestinationCidrBlock: '192.0.2.0/24' }
    await on.do('AttachInternetGateway', { InternetGatewayId: first, VpcId })
    await on.do('CreateRoute', { ...route, GatewayId: first })
    await on.do('DetachInternetGateway', { InternetGatewayId: first, VpcId })
    await on.do('AttachInternetGateway', { InternetGatewayId: second, VpcId })
    return [
      ['ReplaceRoute', { ...route, GatewayId: second }],
      ['DeleteRoute', route],
    ]
  },
  'CreateNetworkAcl and DeleteVpc': async on => {
    const VpcId = await on.makeVpc()
    return [
      ['CreateNetworkAcl', { VpcId }],
      ['DeleteVpc', { VpcId }],
    ]
  },
  'two CreateNetworkAcl with one client token in two VPCs': async on => [
    ['CreateNetworkAcl', { VpcId: await on.makeVpc(), ClientToken: 'token' }],
    ['CreateNetworkAcl', { VpcId: await on.makeVpc(), ClientToken: 'token' }],
  ],
  'ReplaceNetworkAclAssociation and DeleteNetworkAcl of the ACL that the subnet gets': async on => {
    const VpcId = await on.makeVpc()
    const AssociationId = networkAclAssociationId(await on.makeSubnet(VpcId))
    const NetworkAclId = await on.makeAcl(VpcId)
    return [
      ['ReplaceNetworkAclAssociation', { AssociationId, NetworkAclId }],
      ['DeleteNetworkAcl', { NetworkAclId }],
    ]
  },
  'two CreateNetworkAclEntry with one number': async on => {
    const entry = { ...aclEntry, NetworkAclId: await on.makeAcl(await on.makeVpc()) }
    return [
      ['CreateNetworkAclEntry', entry],
      ['CreateNetworkAclEntry', { ...entry, RuleAction: 'deny' }],
    ]
  },
  'two DeleteNetworkAclEntry of the default ACL': async on => {
    const NetworkAclId = networkAclId(await on.makeVpc())
    return [
      ['DeleteNetworkAclEntry', { NetworkAclId, RuleNumber: 100, Egress: false }],
      ['DeleteNetworkAclEntry', { NetworkAclId, RuleNumber: 100, Egress: true }],
    ]
  },
  'AssociateDhcpOptions and DeleteDhcpOptions': async on => {
    const [VpcId, DhcpOptionsId] = [await on.makeVpc(), await on.makeDhcpOptions()]
    return [
      ['AssociateDhcpOptions', { DhcpOptionsId, VpcId }],
      ['DeleteDhcpOptions', { DhcpOptionsId }],
    ]
  },
  'two CreateTags on DHCP options that nobody has tagged': async () => {
    const Resources = [dhcpOptionsId({ account, region })]
    return [
      ['CreateTags', { Resources, Tags: [{ Key: 'a', Value: '1' }] }],
      ['CreateTags', { Resources, Tags: [{ Key: 'b', Value: '2' }] }],
    ]
  },
  'DeleteVpcEndpoints and CreateTags on what it was asked about': async on => {
    const VpcEndpointId = await on.makeEndpoint(await on.makeVpc())
    return [
      ['CreateTags', { Resources: [VpcEndpointId], Tags: [{ Key: 'keep', Value: 'yes' }] }],
      ['DeleteVpcEndpoints', { VpcEndpointIds: [VpcEndpointId] }],
    ]
  },
}

for (const [name, requests] of Object.entries(races)) {
  for (const order of ['this way round', 'the other way round']) {
    test(`of two at once the later one meets a conflict: ${name}, ${order}`, async () => {
      await using ec2 = await openEc2Room()
      const [one, other] = await requests(ec2)
      const asked = order === 'this way round' ? [one, other] : [other, one]
      const outcomes = await Promise.all(asked.map(async ([called, input]) => (await ec2.prepare(called, input)).run()))
      await ec2.store.commit(outcomes[0]!.commit!)

      const later = ec2.store.commit(outcomes[1]!.commit!)

      await assert.rejects(later, ConflictError)
    })
  }
}

for (const isFirst of [true, false]) {
  test(`a workload is attached or its group deleted, not both: the workload ${isFirst ? 'first' : 'last'}`, async () => {
    await using ec2 = await openEc2Room()
    const VpcId = await ec2.makeVpc()
    const GroupId = await ec2.makeGroup(VpcId)
    await ec2.makeSubnet(VpcId)
    const network = openNetwork({ store: ec2.store })
    const vpc = (await network.findVpc(VpcId, { account, region }))!
    const place = { vpc, subnets: await network.subnetsOf(VpcId), groups: await network.securityGroupsOf(VpcId) }
    const wanted = { namespace: 'web', groupIds: [GroupId], makesNamespace: false }
    const { writes } = attachWorkload(place, wanted, seededRandom(1))
    const deletion = (await (await ec2.prepare('DeleteSecurityGroup', { GroupId })).run()).commit!
    const commits = isFirst ? [{ writes }, deletion] : [deletion, { writes }]
    await ec2.store.commit(commits[0]!)

    await assert.rejects(ec2.store.commit(commits[1]!), ConflictError)
  })
}

test('DeleteRouteTable meets a conflict where a subnet was made and given the table meanwhile', async () => {
  await using ec2 = await openEc2Room()
  const VpcId = await ec2.makeVpc()
  const RouteTableId = await ec2.makeTable(VpcId)
  const { commit } = await (await ec2.prepare('DeleteRouteTable', { RouteTableId })).run()
  await ec2.do('AssociateRouteTable', { RouteTableId, SubnetId: await ec2.makeSubnet(VpcId) })

  const later = ec2.store.commit(commit!)

  await assert.rejects(later, ConflictError)
})

test('DeleteRouteTable deletes no table that becomes the main one while it is read', async () => {
  await using ec2 = await openEc2Room()
  const VpcId = await ec2.makeVpc()
  const RouteTableId = await ec2.makeTable(VpcId)
  const { run } = await ec2.prepare('DeleteRouteTable', { RouteTableId })
  const get = ec2.store.get.bind(ec2.store)
  let reads = 0
  ec2.store.get = async (collection, id) => {
    // The second time it is read to say by which version the commit goes.
    if (id === VpcId && ++reads === 2)
      await ec2.do('ReplaceRouteTableAssociation', { AssociationId: mainAssociationId(VpcId), RouteTableId })
    return await get(collection, id)
  }

  const later = run().then(({ commit }) => ec2.store.commit(commit!))

  await assert.rejects(later, { code: 'DependencyViolation' })
})

test('ReplaceRoute meets a conflict where its new target was detached meanwhile', async () => {
  await using ec2 = await openEc2Room()
  const VpcId = await ec2.makeVpc()
  const [RouteTableId, first, GatewayId] = [
    await ec2.makeTable(VpcId),
    await ec2.makeGateway(),
    await ec2.makeGateway(),
  ]
  const route = { RouteTableId, DestinationCidrBlock: '192.0.2.0/24' }
  await ec2.do('AttachInternetGateway', { InternetGatewayId: first, VpcId })
  await ec2.do('CreateRoute', { ...route, GatewayId: first })
  await ec2.do('DetachInternetGateway', { InternetGatewayId: first, VpcId })
  const attached = { InternetGatewayId: GatewayId, VpcId }
  await ec2.do('AttachInternetGateway', attached)
  const { commit } = await (await ec2.prepare('ReplaceRoute', { ...route, GatewayId })).run()
  await ec2.do('DetachInternetGateway', attached)

  const later = ec2.store.commit(commit!)

  await assert.rejects(later, ConflictError)
})

for (const [name, input] of [
  ['CreateVpcEndpoint', endpointIn],
  ['CreateRouteTable', (VpcId: string) => ({ VpcId })],
] as const) {
  test(`${name} that starts over finds what another request has made under its token meanwhile`, async () => {
    await using ec2 = await openEc2Room()
    const [VpcId, other] = [await ec2.makeVpc(), await ec2.makeVpc()]
    const inputs = [VpcId, VpcId, other].map(id => ({ ...input(id), ClientToken: 'token' }))
    const outcomes = await Promise.all(inputs.map(async each => (await ec2.prepare(name, each)).run()))
    await ec2.store.commit(outcomes[0]!.commit!)
    for (const { commit } of outcomes.slice(1)) await assert.rejects(ec2.store.commit(commit!), ConflictError)

    const [same, another] = inputs.slice(1).map(each => ec2.do(name, each))

    assert.deepEqual(await same, outcomes[0]!.output)
    await assert.rejects(another!, { code: 'IdempotentParameterMismatch' })
  })
}

test('what was asked about must be what is changed: other tags since then are a conflict', async () => {
  await using ec2 = await openEc2Room()
  const VpcId = await ec2.makeVpc()
  const prepared = await ec2.prepare('DeleteVpc', { VpcId })
  await ec2.do('CreateTags', { Resources: [VpcId], Tags: [{ Key: 'keep', Value: 'yes' }] })

  const { commit } = await prepared.run()

  await assert.rejects(ec2.store.commit(commit!), ConflictError)
})
