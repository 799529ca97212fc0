// Conditions on EC2's requests: what a Deny names is denied, and the same without it is permitted.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import * as ec2 from '@aws-sdk/client-ec2'
import { makeEndpoint, makePrivateNetwork } from '../private-network.ts'
import { startPostern } from '../start-postern.ts'
import { refused } from './refused.ts'
import { allow, makeUser, putPolicy } from './user.ts'
import type { Statement } from './user.ts'

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const clients = postern.clients(await postern.administrator())
const network = await makePrivateNetwork(postern, clients.ec2)
const user = postern.clients((await makeUser(clients.iam, 'operator', allow('ec2:*'))).credentials)

const team = (Value: string) => [{ Key: 'team', Value }]
const tagged = (ResourceType: ec2.ResourceType, Value: string): ec2.TagSpecification[] => [
  { ResourceType, Tags: team(Value) },
]

const denyIf = (action: string, operator: string, key: string, value: string): Statement => ({
  Effect: 'Deny',
  Action: action,
  Resource: '*',
  Condition: { [operator]: { [key]: value } },
})

async function groupOf(value: string): Promise<string> {
  const GroupName = `group of ${value} ${Math.random()}`
  const made = await clients.ec2.send(
    new ec2.CreateSecurityGroupCommand({
      GroupName,
      Description: 'd',
      VpcId: network.vpcId,
      TagSpecifications: tagged('security-group', value),
    }),
  )
  return made.GroupId!
}

async function tableOf(value: string): Promise<string> {
  const TagSpecifications = tagged('route-table', value)
  const made = await clients.ec2.send(new ec2.CreateRouteTableCommand({ VpcId: network.vpcId, TagSpecifications }))
  return made.RouteTable!.RouteTableId!
}

let subnets = 89

async function subnetIn(value: string): Promise<string> {
  const CidrBlock = `10.0.${++subnets}.0/24`
  const TagSpecifications = tagged('subnet', value)
  const made = await clients.ec2.send(
    new ec2.CreateSubnetCommand({ VpcId: network.vpcId, CidrBlock, TagSpecifications }),
  )
  return made.Subnet!.SubnetId!
}

async function aclOf(value: string): Promise<string> {
  const TagSpecifications = tagged('network-acl', value)
  const made = await clients.ec2.send(new ec2.CreateNetworkAclCommand({ VpcId: network.vpcId, TagSpecifications }))
  return made.NetworkAcl!.NetworkAclId!
}

/** The request that gives a subnet another ACL. */
async function replaceAcl(subnetId: string, NetworkAclId: string): Promise<ec2.ReplaceNetworkAclAssociationCommand> {
  const Filters = [{ Name: 'association.subnet-id', Values: [subnetId] }]
  const { NetworkAcls } = await clients.ec2.send(new ec2.DescribeNetworkAclsCommand({ Filters }))
  const association = NetworkAcls![0]!.Associations!.find(one => one.SubnetId === subnetId)!
  return new ec2.ReplaceNetworkAclAssociationCommand({
    AssociationId: association.NetworkAclAssociationId!,
    NetworkAclId,
  })
}

async function associationOf(value: string, ofTable = 'blue'): Promise<string> {
  const made = await clients.ec2.send(
    new ec2.AssociateRouteTableCommand({ RouteTableId: await tableOf(ofTable), SubnetId: await subnetIn(value) }),
  )
  return made.AssociationId!
}

const replaceAssociation = (AssociationId: string, RouteTableId: string) =>
  new ec2.ReplaceRouteTableAssociationCommand({ AssociationId, RouteTableId })

async function vpcOf(value: string): Promise<ec2.Vpc> {
  const made = await clients.ec2.send(
    new ec2.CreateVpcCommand({
      CidrBlock: '10.5.0.0/16',
      AmazonProvidedIpv6CidrBlock: true,
      TagSpecifications: tagged('vpc', value),
    }),
  )
  return made.Vpc!
}

/** A subnet without an IPv6 block, and one that it can have. */
async function subnetOf(value: string): Promise<{ readonly subnet: ec2.Subnet; readonly ipv6: string }> {
  const { VpcId, Ipv6CidrBlockAssociationSet: blocks } = await vpcOf('blue')
  const made = await clients.ec2.send(
    new ec2.CreateSubnetCommand({
      VpcId: VpcId!,
      CidrBlock: '10.5.1.0/24',
      TagSpecifications: tagged('subnet', value),
    }),
  )
  return { subnet: made.Subnet!, ipv6: blocks![0]!.Ipv6CidrBlock!.replace('/56', '/64') }
}

interface MadeRule {
  readonly GroupId: string
  readonly SecurityGroupRuleId: string
}

/** A rule and its group, both with the tag. */
async function ruleOf(
  value: string,
  peer: ec2.IpPermission = { IpRanges: [{ CidrIp: '10.7.0.0/16' }] },
): Promise<MadeRule> {
  const GroupId = await groupOf(value)
  const made = await clients.ec2.send(
    new ec2.AuthorizeSecurityGroupIngressCommand({
      GroupId,
      IpPermissions: [{ IpProtocol: '-1', ...peer }],
      TagSpecifications: tagged('security-group-rule', value),
    }),
  )
  return { GroupId, SecurityGroupRuleId: made.SecurityGroupRules![0]!.SecurityGroupRuleId! }
}

const send =
  (make: (value: string) => Promise<unknown>) =>
  async (value: string): Promise<unknown> =>
    user.ec2.send((await make(value)) as ec2.DescribeVpcsCommand)

/** A Deny, and the request that it names when asked with `red`, but not with `blue`. */
const cases: Readonly<Record<string, readonly [Statement, (value: string) => Promise<unknown>]>> = {
  'DeleteSecurityGroup by aws:ResourceTag': [
    denyIf('ec2:DeleteSecurityGroup', 'StringEquals', 'aws:ResourceTag/team', 'red'),
    send(async value => new ec2.DeleteSecurityGroupCommand({ GroupId: await groupOf(value) })),
  ],
  'DeleteSecurityGroup by ec2:ResourceTag': [
    denyIf('ec2:DeleteSecurityGroup', 'StringEquals', 'ec2:ResourceTag/team', 'red'),
    send(async value => new ec2.DeleteSecurityGroupCommand({ GroupId: await groupOf(value) })),
  ],
  'AuthorizeSecurityGroupIngress by aws:ResourceTag': [
    denyIf('ec2:AuthorizeSecurityGroupIngress', 'StringEquals', 'aws:ResourceTag/team', 'red'),
    send(
      async value =>
        new ec2.AuthorizeSecurityGroupIngressCommand({
          GroupId: await groupOf(value),
          IpPermissions: [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
        }),
    ),
  ],
  'CreateTags by aws:RequestTag': [
    denyIf('ec2:CreateTags', 'StringEquals', 'aws:RequestTag/team', 'red'),
    send(async value => new ec2.CreateTagsCommand({ Resources: [network.vpcId], Tags: team(value) })),
  ],
  'CreateTags by aws:TagKeys': [
    denyIf('ec2:CreateTags', 'ForAnyValue:StringEquals', 'aws:TagKeys', 'red'),
    send(
      async value =>
        new ec2.CreateTagsCommand({
          Resources: [network.vpcId],
          Tags: [
            { Key: 'other', Value: '' },
            { Key: value, Value: '' },
          ],
        }),
    ),
  ],
  'CreateSecurityGroup by ec2:CreateTags with aws:RequestTag': [
    denyIf('ec2:CreateTags', 'StringEquals', 'aws:RequestTag/team', 'red'),
    send(
      async value =>
        new ec2.CreateSecurityGroupCommand({
          GroupName: `made by the user ${value}`,
          Description: 'd',
          VpcId: network.vpcId,
          TagSpecifications: tagged('security-group', value),
        }),
    ),
  ],
  'DeleteRouteTable by ec2:ResourceTag': [
    denyIf('ec2:DeleteRouteTable', 'StringEquals', 'ec2:ResourceTag/team', 'red'),
    send(async value => new ec2.DeleteRouteTableCommand({ RouteTableId: await tableOf(value) })),
  ],
  'ReplaceRoute by a tag of the table': [
    denyIf('ec2:ReplaceRoute', 'StringEquals', 'aws:ResourceTag/team', 'red'),
    send(
      async value =>
        new ec2.ReplaceRouteCommand({
          RouteTableId: await tableOf(value),
          DestinationCidrBlock: '10.0.0.0/16',
          LocalTarget: true,
        }),
    ),
  ],
  'ReplaceRouteTableAssociation by a tag of the new table': [
    denyIf('ec2:ReplaceRouteTableAssociation', 'StringEquals', 'aws:ResourceTag/team', 'red'),
    send(async value => replaceAssociation(await associationOf('blue'), await tableOf(value))),
  ],
  'ReplaceRouteTableAssociation by a tag of the table that is replaced': [
    denyIf('ec2:ReplaceRouteTableAssociation', 'StringEquals', 'aws:ResourceTag/team', 'red'),
    send(async value => replaceAssociation(await associationOf('blue', value), await tableOf('blue'))),
  ],
  'ReplaceRouteTableAssociation by a tag of the subnet': [
    denyIf('ec2:ReplaceRouteTableAssociation', 'StringEquals', 'aws:ResourceTag/team', 'red'),
    send(async value => replaceAssociation(await associationOf(value), await tableOf('blue'))),
  ],
  'CreateNetworkAcl by aws:RequestTag': [
    denyIf('ec2:CreateNetworkAcl', 'StringEquals', 'aws:RequestTag/team', 'red'),
    send(
      async value =>
        new ec2.CreateNetworkAclCommand({ VpcId: network.vpcId, TagSpecifications: tagged('network-acl', value) }),
    ),
  ],
  'DeleteNetworkAcl by a tag of it': [
    denyIf('ec2:DeleteNetworkAcl', 'StringEquals', 'ec2:ResourceTag/team', 'red'),
    send(async value => new ec2.DeleteNetworkAclCommand({ NetworkAclId: await aclOf(value) })),
  ],
  'CreateNetworkAclEntry by a tag of the ACL': [
    denyIf('ec2:CreateNetworkAclEntry', 'StringEquals', 'aws:ResourceTag/team', 'red'),
    send(
      async value =>
        new ec2.CreateNetworkAclEntryCommand({
          NetworkAclId: await aclOf(value),
          RuleNumber: 1,
          Egress: false,
          Protocol: '-1',
          RuleAction: 'allow',
          CidrBlock: '0.0.0.0/0',
        }),
    ),
  ],
  'ReplaceNetworkAclAssociation by a tag of the new ACL': [
    denyIf('ec2:ReplaceNetworkAclAssociation', 'StringEquals', 'aws:ResourceTag/team', 'red'),
    send(async value => replaceAcl(await subnetIn('blue'), await aclOf(value))),
  ],
  'ReplaceNetworkAclAssociation by a tag of the ACL that is replaced': [
    denyIf('ec2:ReplaceNetworkAclAssociation', 'StringEquals', 'aws:ResourceTag/team', 'red'),
    send(async value => {
      const subnetId = await subnetIn('blue')
      await clients.ec2.send(await replaceAcl(subnetId, await aclOf(value)))
      return replaceAcl(subnetId, await aclOf('blue'))
    }),
  ],
  'ReplaceNetworkAclAssociation by a tag of the subnet': [
    denyIf('ec2:ReplaceNetworkAclAssociation', 'StringEquals', 'aws:ResourceTag/team', 'red'),
    send(async value => replaceAcl(await subnetIn(value), await aclOf('blue'))),
  ],
  'DisassociateRouteTable by a tag of the subnet': [
    denyIf('ec2:DisassociateRouteTable', 'StringEquals', 'aws:ResourceTag/team', 'red'),
    send(async value => new ec2.DisassociateRouteTableCommand({ AssociationId: await associationOf(value) })),
  ],
  'AttachInternetGateway by a tag of the gateway': [
    denyIf('ec2:AttachInternetGateway', 'StringEquals', 'aws:ResourceTag/team', 'red'),
    send(async value => {
      const TagSpecifications = tagged('internet-gateway', value)
      const made = await clients.ec2.send(new ec2.CreateInternetGatewayCommand({ TagSpecifications }))
      const { InternetGatewayId } = made.InternetGateway!
      return new ec2.AttachInternetGatewayCommand({ InternetGatewayId, VpcId: network.vpcId })
    }),
  ],
  'AssociateVpcCidrBlock by a tag of the VPC': [
    denyIf('ec2:AssociateVpcCidrBlock', 'StringEquals', 'aws:ResourceTag/team', 'red'),
    send(async value => {
      const { VpcId } = await vpcOf(value)
      return new ec2.AssociateVpcCidrBlockCommand({ VpcId: VpcId!, AmazonProvidedIpv6CidrBlock: true })
    }),
  ],
  'DisassociateVpcCidrBlock by a tag of the VPC that has the block': [
    denyIf('ec2:DisassociateVpcCidrBlock', 'StringEquals', 'ec2:ResourceTag/team', 'red'),
    send(async value => {
      const { Ipv6CidrBlockAssociationSet: blocks } = await vpcOf(value)
      return new ec2.DisassociateVpcCidrBlockCommand({ AssociationId: blocks![0]!.AssociationId! })
    }),
  ],
  'AssociateSubnetCidrBlock by a tag of the subnet': [
    denyIf('ec2:AssociateSubnetCidrBlock', 'StringEquals', 'aws:ResourceTag/team', 'red'),
    send(async value => {
      const { subnet, ipv6 } = await subnetOf(value)
      return new ec2.AssociateSubnetCidrBlockCommand({ SubnetId: subnet.SubnetId!, Ipv6CidrBlock: ipv6 })
    }),
  ],
  'DisassociateSubnetCidrBlock by a tag of the subnet that has the block': [
    denyIf('ec2:DisassociateSubnetCidrBlock', 'StringEquals', 'aws:ResourceTag/team', 'red'),
    send(async value => {
      const { subnet, ipv6 } = await subnetOf(value)
      const input = { SubnetId: subnet.SubnetId!, Ipv6CidrBlock: ipv6 }
      const made = await clients.ec2.send(new ec2.AssociateSubnetCidrBlockCommand(input))
      const { AssociationId } = made.Ipv6CidrBlockAssociation!
      return new ec2.DisassociateSubnetCidrBlockCommand({ AssociationId: AssociationId! })
    }),
  ],
  'ModifySubnetAttribute by ec2:Attribute': [
    denyIf('ec2:ModifySubnetAttribute', 'StringEquals', 'ec2:Attribute/MapPublicIpOnLaunch', 'true'),
    send(
      async value =>
        new ec2.ModifySubnetAttributeCommand({
          SubnetId: network.subnetIds[0],
          MapPublicIpOnLaunch: { Value: value === 'red' },
        }),
    ),
  ],
  'ModifySecurityGroupRules by a tag of the rule': [
    denyIf('ec2:ModifySecurityGroupRules', 'StringEquals', 'aws:ResourceTag/team', 'red'),
    send(async value => {
      const { GroupId, SecurityGroupRuleId } = await ruleOf(value)
      const SecurityGroupRule = { IpProtocol: '-1', CidrIpv4: '10.8.0.0/16' }
      return new ec2.ModifySecurityGroupRulesCommand({
        GroupId,
        SecurityGroupRules: [{ SecurityGroupRuleId, SecurityGroupRule }],
      })
    }),
  ],
  'ModifySecurityGroupRules by a tag of the group that the rule names': [
    denyIf('ec2:ModifySecurityGroupRules', 'StringEquals', 'aws:ResourceTag/team', 'red'),
    send(async value => {
      const { GroupId, SecurityGroupRuleId } = await ruleOf('blue', {
        UserIdGroupPairs: [{ GroupId: network.groupId }],
      })
      const SecurityGroupRule = { IpProtocol: '-1', ReferencedGroupId: await groupOf(value) }
      return new ec2.ModifySecurityGroupRulesCommand({
        GroupId,
        SecurityGroupRules: [{ SecurityGroupRuleId, SecurityGroupRule }],
      })
    }),
  ],
  'UpdateSecurityGroupRuleDescriptionsIngress by a tag of the group': [
    denyIf('ec2:UpdateSecurityGroupRuleDescriptionsIngress', 'StringEquals', 'aws:ResourceTag/team', 'red'),
    send(async value => {
      const { GroupId, SecurityGroupRuleId } = await ruleOf(value)
      return new ec2.UpdateSecurityGroupRuleDescriptionsIngressCommand({
        GroupId,
        SecurityGroupRuleDescriptions: [{ SecurityGroupRuleId, Description: 'new' }],
      })
    }),
  ],
  'CreateSubnet by ec2:CreateAction of its tags': [
    denyIf('ec2:CreateTags', 'StringEquals', 'ec2:CreateAction', 'CreateSubnet'),
    send(
      async value =>
        new ec2.CreateSubnetCommand({
          VpcId: network.vpcId,
          CidrBlock: '10.0.77.0/24',
          TagSpecifications: value === 'red' ? tagged('subnet', value) : [],
        }),
    ),
  ],
  'CreateVpcEndpoint by ec2:VpceServiceName': [
    denyIf('ec2:CreateVpcEndpoint', 'StringEquals', 'ec2:VpceServiceName', 'com.amazonaws.us-west-2.kms'),
    // Another service is permitted, and not there.
    async value => {
      const ServiceName = `com.amazonaws.us-west-2.${value === 'red' ? 'kms' : 'other'}`
      const made = user.ec2.send(new ec2.CreateVpcEndpointCommand({ VpcId: network.vpcId, ServiceName }))
      if (value === 'red') await made
      else await refused(made, 'InvalidServiceName')
    },
  ],
  'DeleteVpcEndpoints by ec2:VpceServiceName': [
    denyIf('ec2:DeleteVpcEndpoints', 'StringEquals', 'ec2:VpceServiceName', 'com.amazonaws.us-west-2.kms'),
    send(async value => {
      const id = value === 'red' ? network.endpointId : 'vpce-00000000000000000'
      return new ec2.DeleteVpcEndpointsCommand({ VpcEndpointIds: [id] })
    }),
  ],
  'ModifyVpcEndpoint by ec2:Attribute': [
    denyIf('ec2:ModifyVpcEndpoint', 'StringEquals', 'ec2:Attribute/PrivateDnsEnabled', 'false'),
    send(
      async value =>
        new ec2.ModifyVpcEndpointCommand({ VpcEndpointId: network.endpointId, PrivateDnsEnabled: value !== 'red' }),
    ),
  ],
  'ModifyVpcEndpoint by the ARN of a subnet that only SubnetConfigurations name': [
    { Effect: 'Deny', Action: 'ec2:*', Resource: `arn:aws:ec2:*:*:subnet/${network.subnetIds[0]}` },
    send(async value => {
      const [SubnetId, Ipv4] =
        value === 'red' ? [network.subnetIds[0], '10.0.1.99'] : [network.subnetIds[1], '10.0.2.99']
      return new ec2.ModifyVpcEndpointCommand({
        VpcEndpointId: network.endpointId,
        SubnetConfigurations: [{ SubnetId, Ipv4 }],
      })
    }),
  ],
}

for (const [name, [deny, request]] of Object.entries(cases)) {
  test(`a Deny refuses ${name}, and permits what it does not name`, async () => {
    await putPolicy(clients.iam, 'operator', allow('ec2:*'), deny)

    await refused(request('red'), 'UnauthorizedOperation', 'with an explicit deny in an identity-based policy')
    await request('blue')
  })
}

test('a refusal of an action that has no resource names none, and encodes nothing', async () => {
  await putPolicy(clients.iam, 'operator', allow('ec2:CreateVpc'))

  const text =
    /^You are not authorized to perform this operation\. User: \S+ is not authorized to perform: ec2:DescribeVpcs because no identity-based policy allows the ec2:DescribeVpcs action$/
  await refused(user.ec2.send(new ec2.DescribeVpcsCommand({})), 'UnauthorizedOperation', text)
})

test('a Deny of every Region but one refuses requests in another', async () => {
  await putPolicy(
    clients.iam,
    'operator',
    allow('ec2:*'),
    denyIf('ec2:*', 'StringNotEquals', 'ec2:Region', 'us-east-1'),
  )

  await refused(user.ec2.send(new ec2.DescribeVpcsCommand({})), 'UnauthorizedOperation')
})

test('an Allow in one Region permits requests in it', async () => {
  await putPolicy(clients.iam, 'operator', {
    ...allow('ec2:Describe*'),
    Condition: { StringEquals: { 'ec2:Region': 'us-west-2' } },
  })

  const { Vpcs } = await user.ec2.send(new ec2.DescribeVpcsCommand({}))

  assert.ok(Vpcs!.some(vpc => vpc.VpcId === network.vpcId))
})

test('making a thing with tags needs ec2:CreateTags too', async () => {
  await putPolicy(clients.iam, 'operator', allow('ec2:CreateSecurityGroup'))
  const input = { GroupName: 'without tags', Description: 'd', VpcId: network.vpcId }
  const TagSpecifications = tagged('security-group', 'red')

  const withTags = user.ec2.send(new ec2.CreateSecurityGroupCommand({ ...input, TagSpecifications }))
  const withoutTags = user.ec2.send(new ec2.CreateSecurityGroupCommand(input))

  await refused(withTags, 'UnauthorizedOperation', 'ec2:CreateTags')
  await withoutTags
})

test('a rule with tags needs ec2:CreateTags too', async () => {
  await putPolicy(clients.iam, 'operator', allow('ec2:AuthorizeSecurityGroupIngress'))
  const input = {
    GroupId: network.groupId,
    IpPermissions: [{ IpProtocol: 'udp', FromPort: 53, ToPort: 53, IpRanges: [{ CidrIp: '10.9.0.0/16' }] }],
  }
  const TagSpecifications = tagged('security-group-rule', 'red')

  const withTags = user.ec2.send(new ec2.AuthorizeSecurityGroupIngressCommand({ ...input, TagSpecifications }))
  const withoutTags = user.ec2.send(new ec2.AuthorizeSecurityGroupIngressCommand(input))

  await refused(withTags, 'UnauthorizedOperation', 'ec2:CreateTags')
  await withoutTags
})

test('a request on what does not exist is refused like any other, and not found for who may', async () => {
  const deleteVpc = () => user.ec2.send(new ec2.DeleteVpcCommand({ VpcId: 'vpc-00000000000000000' }))
  await putPolicy(clients.iam, 'operator', allow('ec2:Describe*'))
  await refused(deleteVpc(), 'UnauthorizedOperation')
  await putPolicy(clients.iam, 'operator', allow('ec2:*'))

  const permitted = deleteVpc()

  await refused(permitted, 'InvalidVpcID.NotFound')
})

test('an endpoint made with tags can be deleted by who may only delete those of the team', async () => {
  const condition = { Condition: { StringEquals: { 'aws:ResourceTag/team': 'blue' } } }
  await putPolicy(clients.iam, 'operator', { ...allow('ec2:DeleteVpcEndpoints'), ...condition })
  const id = await makeEndpoint(clients.ec2, network, { privateDns: false })
  const remove = () => user.ec2.send(new ec2.DeleteVpcEndpointsCommand({ VpcEndpointIds: [id] }))
  await refused(remove(), 'UnauthorizedOperation')
  await clients.ec2.send(new ec2.CreateTagsCommand({ Resources: [id], Tags: team('blue') }))

  const { Unsuccessful } = await remove()

  assert.deepEqual(Unsuccessful ?? [], [])
})
