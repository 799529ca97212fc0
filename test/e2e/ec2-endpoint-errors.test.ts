// What EC2 says of endpoints and of what they stand on: a case for each operation of each row of the table of AWS's errors.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import * as ec2 from '@aws-sdk/client-ec2'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import type { EndpointServiceRow, SubnetValue, VpcValue } from '../../src/network/index.ts'
import { endpointServices } from '../../src/network/index.ts'
import { requirePrivateDns, requireServedZone } from '../../src/services/ec2/endpoint-checks.ts'
import { makeEndpoint, untilAvailable } from '../private-network.ts'
import { startPostern } from '../start-postern.ts'
import { makeUser } from './user.ts'

interface Row {
  readonly condition: string
  readonly operations: readonly string[]
  readonly code: string
  readonly message: string
  readonly httpStatus: number
}

/** What an operation answers where a row's condition holds. Names in braces of its message stand for these values. */
interface Case {
  readonly operation: string
  readonly fails: () => Promise<unknown>
  readonly values?: Readonly<Record<string, string>>
}

/** Where the condition cannot come about here, or AWS itself answers otherwise: why, and the test of that. */
interface OtherCase {
  readonly operation: string
  readonly because: string
  readonly holds: () => Promise<void> | void
}

const { errors: rows } = JSON.parse(
  readFileSync(new URL('../vectors/ec2-endpoint-errors.json', import.meta.url), 'utf8'),
) as { readonly errors: readonly Row[] }

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const administrator = await postern.administrator()
const { ec2: client, iam, sts } = postern.clients(administrator)
const { Account: account } = await sts.send(new GetCallerIdentityCommand({}))

const ServiceName = 'com.amazonaws.us-west-2.kms'
const VpcId = await makeVpc()
const [SubnetId, second] = [
  await makeSubnet('10.0.1.0/24', 'us-west-2a'),
  await makeSubnet('10.0.2.0/24', 'us-west-2a'),
]
const GroupId = await makeGroup('clients')
const network = { vpcId: VpcId, subnetIds: [SubnetId, SubnetId], groupId: GroupId } as const
const VpcEndpointId = await makeEndpoint(client, network)
const withoutNames = await makeEndpoint(client, network, { privateDns: false })
const plainVpc = await makeVpc({ names: false })
const inPlainVpc = await makeEndpoint(
  client,
  { vpcId: plainVpc, subnetIds: [] as never, groupId: await defaultGroup(plainVpc) },
  { privateDns: false },
)
const fullVpc = await makeVpc()
const { ec2: powerless } = postern.clients((await makeUser(iam, 'powerless')).credentials)
const { ec2: stranger } = postern.clients({ ...administrator, secretAccessKey: 'x'.repeat(40) })

async function makeVpc({ names = true } = {}): Promise<string> {
  const { Vpc } = await client.send(new ec2.CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))
  if (names)
    await client.send(new ec2.ModifyVpcAttributeCommand({ VpcId: Vpc!.VpcId, EnableDnsHostnames: { Value: true } }))
  return Vpc!.VpcId!
}

async function makeSubnet(CidrBlock: string, AvailabilityZone: string): Promise<string> {
  const { Subnet } = await client.send(new ec2.CreateSubnetCommand({ VpcId, CidrBlock, AvailabilityZone }))
  return Subnet!.SubnetId!
}

async function makeGroup(GroupName: string): Promise<string> {
  return (await client.send(new ec2.CreateSecurityGroupCommand({ GroupName, Description: 'd', VpcId }))).GroupId!
}

async function defaultGroup(vpcId: string): Promise<string> {
  const Filters = [
    { Name: 'vpc-id', Values: [vpcId] },
    { Name: 'group-name', Values: ['default'] },
  ]
  return (await client.send(new ec2.DescribeSecurityGroupsCommand({ Filters }))).SecurityGroups![0]!.GroupId!
}

before(async () => {
  await untilAvailable(client, VpcEndpointId)
  for (let made = 0; made < 50; made++) await create({ VpcId: fullVpc, PrivateDnsEnabled: false })
})

const create = (input: Partial<ec2.CreateVpcEndpointCommandInput>) =>
  client.send(
    new ec2.CreateVpcEndpointCommand({
      VpcId,
      VpcEndpointType: 'Interface',
      ServiceName,
      PrivateDnsEnabled: false,
      ...input,
    }),
  )
const modify = (input: Partial<ec2.ModifyVpcEndpointCommandInput>) =>
  client.send(new ec2.ModifyVpcEndpointCommand({ VpcEndpointId, ...input }))

/** A case on each of the operations that make and change endpoints. */
const both = (
  input: Partial<ec2.CreateVpcEndpointCommandInput>,
  changes: Partial<ec2.ModifyVpcEndpointCommandInput>,
  values: Case['values'] = {},
): readonly Case[] => [
  { operation: 'CreateVpcEndpoint', fails: () => create(input), values },
  { operation: 'ModifyVpcEndpoint', fails: () => modify(changes), values },
]

const withPolicy = (PolicyDocument: string): readonly Case[] => both({ PolicyDocument }, { PolicyDocument })
const allowed = (principal: unknown): string =>
  JSON.stringify({ Statement: [{ Effect: 'Allow', Principal: principal, Action: '*', Resource: '*' }] })

const noVpc = 'vpc-00000000000000000'
const noSubnet = 'subnet-00000000000000000'
const noGroup = 'sg-00000000000000000'
const noEndpoint = 'vpce-00000000000000000'
const rule = { IpProtocol: 'tcp', FromPort: 443, ToPort: 443, CidrIp: '10.0.0.0/16' }
const ports = { cidr: rule.CidrIp, from: '443', to: '443' }
const kms = endpointServices()[0]!
const vpcValue = { vpcId: VpcId, region: 'us-west-2', enableDnsSupport: true, enableDnsHostnames: true } as VpcValue
const onBoth = (because: string, holds: OtherCase['holds']): readonly OtherCase[] =>
  ['CreateVpcEndpoint', 'ModifyVpcEndpoint'].map(operation => ({ operation, because, holds }))

/** AWS's words, of a check that no request leads to. */
function saysOf(condition: string, check: () => void, values: Readonly<Record<string, string>>): void {
  const row = rows.find(known => known.condition === condition)!
  assert.throws(check, (error: Error & { readonly code: string }) => {
    assert.equal(error.code, row.code)
    assert.match(error.message, patternOf(row.message, values))
    return true
  })
}

const withoutPrivateName = 'PrivateDnsEnabled true and the service has no private DNS name'
const outsideZones = 'subnet in an AZ the service does not serve'

const cases: Readonly<Record<string, readonly (Case | OtherCase)[]>> = {
  'unknown service name (also a name of another Region without ServiceRegion)': [
    'com.amazonaws.us-west-2.nothing',
    'com.amazonaws.us-east-1.kms',
    'com.amazonaws.us-west-2.kms-fips',
    '',
  ].flatMap((serviceName): readonly Case[] => [
    { operation: 'CreateVpcEndpoint', fails: () => create({ ServiceName: serviceName }), values: { serviceName } },
    {
      operation: 'DescribeVpcEndpointServices',
      fails: () => client.send(new ec2.DescribeVpcEndpointServicesCommand({ ServiceNames: [serviceName] })),
      values: { serviceName },
    },
  ]),
  'service exists, endpoint type not offered (e.g. Gateway for kms; type defaults to Gateway when omitted)': [
    {
      operation: 'CreateVpcEndpoint',
      fails: () => create({ VpcEndpointType: undefined }),
      values: { serviceName: ServiceName, type: 'Gateway' },
    },
    {
      operation: 'CreateVpcEndpoint',
      fails: () => create({ VpcEndpointType: 'GatewayLoadBalancer' }),
      values: { serviceName: ServiceName, type: 'GatewayLoadBalancer' },
    },
  ],
  'PrivateDnsEnabled true while enableDnsSupport or enableDnsHostnames is false': [
    ...both(
      { VpcId: plainVpc, PrivateDnsEnabled: true },
      { VpcEndpointId: inPlainVpc, PrivateDnsEnabled: true },
      { vpcId: plainVpc },
    ),
    // AWS's default for its own services.
    {
      operation: 'CreateVpcEndpoint',
      fails: () => create({ VpcId: plainVpc, PrivateDnsEnabled: undefined }),
      values: { vpcId: plainVpc },
    },
  ],
  'PrivateDnsEnabled true and the VPC already has a PHZ / endpoint for the private DNS name': both(
    { PrivateDnsEnabled: true },
    { VpcEndpointId: withoutNames, PrivateDnsEnabled: true },
    { privateDnsName: 'kms.us-west-2.amazonaws.com', vpcId: VpcId },
  ),
  [withoutPrivateName]: onBoth('every service that is offered here has one', () => {
    assert.ok(endpointServices().every(row => row.privateNames.length > 0))
    const row: EndpointServiceRow = { ...kms, privateNames: [] }
    saysOf(withoutPrivateName, () => requirePrivateDns(row, vpcValue, []), { serviceName: ServiceName })
  }),
  'two subnets (or a new one and an existing one) in the same AZ': [
    {
      operation: 'CreateVpcEndpoint',
      fails: () => create({ SubnetIds: [SubnetId, second] }),
      values: { subnetId: second },
    },
    { operation: 'ModifyVpcEndpoint', fails: () => modify({ AddSubnetIds: [second] }), values: { subnetId: second } },
  ],
  [outsideZones]: onBoth('every service that is offered here is in all zones', () => {
    assert.ok(endpointServices().every(row => row.absentFrom.length === 0))
    const row: EndpointServiceRow = { ...kms, absentFrom: ['usw2-az1'] }
    const subnet = { subnetId: SubnetId, zone: 'us-west-2a', region: 'us-west-2' } as SubnetValue
    saysOf(outsideZones, () => requireServedZone(subnet, row), { serviceName: ServiceName, subnetId: SubnetId })
    requireServedZone({ ...subnet, zone: 'us-west-2b' }, row)
  }),
  'policy is not valid IAM JSON': withPolicy('{"Statement": [}'),
  'policy names a Principal that does not exist': withPolicy(allowed({ AWS: `arn:aws:iam::${account}:user/nobody` })),
  'policy > 20,480 characters incl. white space': withPolicy(allowed('*').padEnd(20_481)),
  'VPC does not exist': [
    { operation: 'CreateVpcEndpoint', fails: () => create({ VpcId: noVpc }), values: { vpcId: noVpc } },
  ],
  'subnet does not exist': both({ SubnetIds: [noSubnet] }, { AddSubnetIds: [noSubnet] }, { subnetId: noSubnet }),
  'subnet id malformed': both({ SubnetIds: ['subnet_x'] }, { AddSubnetIds: ['subnet_x'] }, { id: 'subnet_x' }),
  "security group not in the endpoint's VPC / not found": [
    ...both({ SecurityGroupIds: [noGroup] }, { AddSecurityGroupIds: [noGroup] }, { sgId: noGroup }),
    {
      operation: 'CreateVpcEndpoint',
      fails: () => create({ VpcId: plainVpc, SecurityGroupIds: [GroupId] }),
      values: { sgId: GroupId },
    },
  ],
  'more than the quota of interface endpoints in the VPC (50)': [
    { operation: 'CreateVpcEndpoint', fails: () => create({ VpcId: fullVpc }) },
  ],
  'endpoint id unknown': [
    {
      operation: 'DescribeVpcEndpoints',
      fails: () => client.send(new ec2.DescribeVpcEndpointsCommand({ VpcEndpointIds: [noEndpoint] })),
      values: { vpceId: noEndpoint },
    },
    {
      operation: 'ModifyVpcEndpoint',
      fails: () => modify({ VpcEndpointId: noEndpoint }),
      values: { vpceId: noEndpoint },
    },
  ],
  'endpoint id unknown, delete (reported inside Unsuccessful, HTTP 200)': [
    { operation: 'DeleteVpcEndpoints', fails: unsuccessfulDeletion, values: { vpceId: noEndpoint } },
  ],
  'endpoint id malformed': [
    {
      operation: 'DescribeVpcEndpoints',
      fails: () => client.send(new ec2.DescribeVpcEndpointsCommand({ VpcEndpointIds: ['vpc-1'] })),
      values: { id: 'vpc-1' },
    },
    { operation: 'ModifyVpcEndpoint', fails: () => modify({ VpcEndpointId: 'vpce_1' }), values: { id: 'vpce_1' } },
    {
      operation: 'DeleteVpcEndpoints',
      fails: () => client.send(new ec2.DeleteVpcEndpointsCommand({ VpcEndpointIds: ['vpce_x'] })),
      values: { id: 'vpce_x' },
    },
  ],
  'route table already routes the prefix list (Gateway endpoints only)': onBoth(
    'there are no gateway endpoints, which alone put routes into tables',
    async () => {
      const { ServiceDetails } = await client.send(new ec2.DescribeVpcEndpointServicesCommand({}))
      const types = ServiceDetails!.flatMap(detail => detail.ServiceType!.map(each => each.ServiceType))
      assert.deepEqual([...new Set(types)], ['Interface'])
      for (const call of [create({ RouteTableIds: ['rtb-1'] }), modify({ AddRouteTableIds: ['rtb-1'] })]) {
        await assert.rejects(call, { name: 'InvalidParameter' })
      }
    },
  ),
  'PrivateDnsOnlyForInboundResolverEndpoint on a non S3-like service or without a Gateway endpoint': both(
    { DnsOptions: { PrivateDnsOnlyForInboundResolverEndpoint: true } },
    { DnsOptions: { PrivateDnsOnlyForInboundResolverEndpoint: true } },
    { vpcId: VpcId },
  ),
  'DryRun and permitted': [
    { operation: '*', fails: () => create({ DryRun: true }) },
    { operation: '*', fails: () => modify({ DryRun: true, PrivateDnsEnabled: false }) },
    {
      operation: '*',
      fails: () => client.send(new ec2.DeleteVpcEndpointsCommand({ DryRun: true, VpcEndpointIds: [VpcEndpointId] })),
    },
    { operation: '*', fails: () => client.send(new ec2.DescribeVpcEndpointsCommand({ DryRun: true })) },
    { operation: '*', fails: () => client.send(new ec2.DescribeVpcEndpointServicesCommand({ DryRun: true })) },
    { operation: '*', fails: () => client.send(new ec2.DescribeVpcEndpointConnectionsCommand({ DryRun: true })) },
  ],
  'caller not permitted': [
    {
      operation: '*',
      fails: () => powerless.send(new ec2.DeleteVpcEndpointsCommand({ DryRun: true, VpcEndpointIds: [VpcEndpointId] })),
      values: {
        arn: `arn:aws:iam::${account}:user/powerless`,
        action: 'ec2:DeleteVpcEndpoints',
        resource: `arn:aws:ec2:us-west-2:${account}:vpc-endpoint/${VpcEndpointId}`,
      },
    },
  ],
  'bad signature / unknown key': [
    { operation: '*', fails: () => stranger.send(new ec2.DescribeVpcEndpointsCommand({})) },
  ],
  'missing parameter': [
    { operation: '*', fails: () => create({ ServiceName: undefined }), values: { name: 'ServiceName' } },
  ],
  'VPC not found': (
    [
      ['DescribeVpcs', () => client.send(new ec2.DescribeVpcsCommand({ VpcIds: [noVpc] }))],
      ['DeleteVpc', () => client.send(new ec2.DeleteVpcCommand({ VpcId: noVpc }))],
      ['CreateSubnet', () => client.send(new ec2.CreateSubnetCommand({ VpcId: noVpc, CidrBlock: '10.0.1.0/24' }))],
      [
        'CreateSecurityGroup',
        () => client.send(new ec2.CreateSecurityGroupCommand({ VpcId: noVpc, GroupName: 'g', Description: 'd' })),
      ],
      [
        'DescribeVpcAttribute',
        () => client.send(new ec2.DescribeVpcAttributeCommand({ VpcId: noVpc, Attribute: 'enableDnsSupport' })),
      ],
      [
        'ModifyVpcAttribute',
        () => client.send(new ec2.ModifyVpcAttributeCommand({ VpcId: noVpc, EnableDnsSupport: { Value: true } })),
      ],
    ] as const
  ).map(([operation, fails]): Case => ({ operation, fails, values: { vpcId: noVpc } })),
  'VPC CIDR outside /16../28': ['10.0.0.0/15', '10.0.0.0/29'].map((cidr): Case => ({
    operation: 'CreateVpc',
    fails: () => client.send(new ec2.CreateVpcCommand({ CidrBlock: cidr })),
    values: { cidr },
  })),
  'VPC still has endpoints, ENIs, subnets, SGs': [
    { operation: 'DeleteVpc', fails: () => client.send(new ec2.DeleteVpcCommand({ VpcId })), values: { vpcId: VpcId } },
    {
      operation: 'DeleteVpc',
      fails: () => client.send(new ec2.DeleteVpcCommand({ VpcId: plainVpc })),
      values: { vpcId: plainVpc },
    },
  ],
  'subnet still has an endpoint ENI': [
    {
      operation: 'DeleteSubnet',
      fails: () => client.send(new ec2.DeleteSubnetCommand({ SubnetId })),
      values: { subnetId: SubnetId },
    },
  ],
  'security group attached to an endpoint ENI or referenced': [
    {
      operation: 'DeleteSecurityGroup',
      fails: () => client.send(new ec2.DeleteSecurityGroupCommand({ GroupId })),
      values: { sgId: GroupId },
    },
    {
      operation: 'DeleteSecurityGroup',
      async fails() {
        const named = await makeGroup('named by another')
        const other = await makeGroup('names another')
        const IpPermissions = [{ IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: named }] }]
        await client.send(new ec2.AuthorizeSecurityGroupIngressCommand({ GroupId: other, IpPermissions }))
        await client.send(new ec2.DeleteSecurityGroupCommand({ GroupId: named }))
      },
    },
  ],
  'deleting the default group': [
    {
      operation: 'DeleteSecurityGroup',
      fails: async () => client.send(new ec2.DeleteSecurityGroupCommand({ GroupId: await defaultGroup(fullVpc) })),
    },
  ],
  'group name taken': [
    {
      operation: 'CreateSecurityGroup',
      fails: () => makeGroup('clients'),
      values: { name: 'clients', vpcId: VpcId },
    },
  ],
  'group not found': (
    [
      ['DescribeSecurityGroups', () => client.send(new ec2.DescribeSecurityGroupsCommand({ GroupIds: [noGroup] }))],
      ['DeleteSecurityGroup', () => client.send(new ec2.DeleteSecurityGroupCommand({ GroupId: noGroup }))],
      [
        'AuthorizeSecurityGroupIngress',
        () => client.send(new ec2.AuthorizeSecurityGroupIngressCommand({ GroupId: noGroup, ...rule })),
      ],
      [
        'AuthorizeSecurityGroupEgress',
        () => client.send(new ec2.AuthorizeSecurityGroupEgressCommand({ GroupId: noGroup, IpPermissions: [inList()] })),
      ],
    ] as const
  ).map(([operation, fails]): Case => ({ operation, fails, values: { sgId: noGroup } })),
  'rule exists': [
    {
      operation: 'AuthorizeSecurityGroupIngress',
      async fails() {
        const group = await makeGroup('twice in')
        for (let time = 0; time < 2; time++)
          await client.send(new ec2.AuthorizeSecurityGroupIngressCommand({ GroupId: group, ...rule }))
      },
      values: ports,
    },
    {
      operation: 'AuthorizeSecurityGroupEgress',
      async fails() {
        const group = await makeGroup('twice out')
        for (let time = 0; time < 2; time++) {
          const input = { GroupId: group, IpPermissions: [inList()] }
          await client.send(new ec2.AuthorizeSecurityGroupEgressCommand(input))
        }
      },
      values: ports,
    },
  ],
  'rule absent on revoke': [
    {
      operation: 'RevokeSecurityGroupIngress',
      fails() {
        const input = { GroupId, IpPermissions: [inList('10.77.0.0/16')] }
        return client.send(new ec2.RevokeSecurityGroupIngressCommand(input))
      },
    },
    {
      operation: 'RevokeSecurityGroupEgress',
      fails() {
        const input = { GroupId, IpPermissions: [inList('10.77.0.0/16')] }
        return client.send(new ec2.RevokeSecurityGroupEgressCommand(input))
      },
    },
  ],
  'subnet CIDR not inside the VPC': [
    {
      operation: 'CreateSubnet',
      fails: () => makeSubnet('10.1.0.0/24', 'us-west-2a'),
      values: { cidr: '10.1.0.0/24' },
    },
  ],
  'subnet CIDR overlaps': [
    {
      operation: 'CreateSubnet',
      fails: () => makeSubnet('10.0.1.0/28', 'us-west-2a'),
      values: { cidr: '10.0.1.0/28' },
    },
  ],
  'bad AZ': [
    {
      operation: 'CreateSubnet',
      fails: () => makeSubnet('10.0.9.0/24', 'us-east-1a'),
      values: { az: 'us-east-1a', list: 'us-west-2a, us-west-2b, us-west-2c, us-west-2d' },
    },
  ],
  'ENI not found': [
    {
      operation: 'DescribeNetworkInterfaces',
      fails: () =>
        client.send(new ec2.DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: ['eni-00000000000000000'] })),
      values: { eniId: 'eni-00000000000000000' },
    },
  ],
}

function inList(cidr = rule.CidrIp): ec2.IpPermission {
  return { IpProtocol: 'tcp', FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: cidr }] }
}

/** Its answer says what went wrong: it is thrown, as the errors of the others are. */
async function unsuccessfulDeletion(): Promise<never> {
  const input = { VpcEndpointIds: [noEndpoint] }
  const { Unsuccessful, $metadata } = await client.send(new ec2.DeleteVpcEndpointsCommand(input))
  const [{ ResourceId, Error: error }] = Unsuccessful as [ec2.UnsuccessfulItem]
  assert.equal(ResourceId, noEndpoint)
  throw Object.assign(new Error(error!.Message), { name: error!.Code, $metadata })
}

/** A message of the table, with values for the names in braces; what has none may be anything. */
function patternOf(message: string, values: Readonly<Record<string, string>>): RegExp {
  const quoted = (text: string): string => text.replaceAll(/[^\w]/g, String.raw`\$&`)
  const parts = message.split(/\{(\w+)\}/)
  const source = parts.map((part, index) => {
    if (index % 2 === 0) return quoted(part)
    return values[part] === undefined ? '.+' : quoted(values[part])
  })
  return new RegExp(`^${source.join('')}$`)
}

// Where the table has no text of AWS's, the code alone is known.
const expectedText = ({ message }: Row, values: Case['values'] = {}): RegExp =>
  message.startsWith('(') ? /./ : patternOf(message, values)

for (const row of rows) {
  const known = cases[row.condition] ?? []

  test(`there is a case for each operation of the row "${row.condition}"`, () => {
    const operations = new Set(known.map(each => each.operation))
    assert.deepEqual([...operations].sort(), row.operations.toSorted())
  })

  for (const each of known) {
    if ('holds' in each) {
      test(`${each.operation}, ${row.condition}: it does not come about, as ${each.because}`, () => each.holds())
      continue
    }
    test(`${each.operation}, ${row.condition}: ${row.code} ${JSON.stringify(each.values ?? {})}`, async () => {
      await assert.rejects(each.fails(), (error: ec2.EC2ServiceException & { readonly Code?: string }) => {
        assert.equal(error.Code ?? error.name, row.code, error.message)
        assert.match(error.message, expectedText(row, each.values))
        assert.equal(error.$metadata.httpStatusCode, row.httpStatus)
        return true
      })
    })
  }
}
