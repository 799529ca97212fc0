import { setTimeout as delay } from 'node:timers/promises'
import { answers, callOf } from './act.ts'
import type { Act } from './act.ts'
import type { Asker, Output } from './aws-client.ts'
import type { DemoServer } from './demo-server.ts'
import { DemoFailure } from './demo-failure.ts'
import { textAt } from './short-text.ts'
import type { Story } from './story.ts'

/** The service that the demo makes endpoints for. */
export const serviceName = 'com.amazonaws.us-west-2.kms'
/** The zones of its subnets, one each. */
export const zones = ['us-west-2a', 'us-west-2b'] as const

/** A network of the story, with one endpoint. */
export interface StoryNetwork {
  readonly vpcId: string
  readonly groupId: string
  readonly endpointId: string
  /** The endpoint's URL by address. */
  readonly url: string
  /** The names of the endpoint: regional, two zonal, private. */
  readonly names: readonly string[]
}

/** The parts that an endpoint stands on. */
export interface EndpointParts {
  readonly vpcId: string
  readonly subnetIds: readonly string[]
  readonly groupId: string
}

/** The rule that admits HTTPS from the VPC. */
export const httpsRule = (groupId: string): Readonly<Record<string, unknown>> => ({
  GroupId: groupId,
  IpPermissions: [{ IpProtocol: 'tcp', FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: '10.0.0.0/16' }] }],
})

/** Makes VPC, subnets, security group and rule; the caller says how each is told. */
export async function makeParts(
  asker: Asker,
  together: (acts: readonly Act[]) => Promise<readonly Output[]>,
  inZones: readonly string[] = zones,
): Promise<EndpointParts> {
  const ec2 = (operation: string, input: object, ...show: readonly string[]): Act =>
    answers(callOf(asker, 'ec2', operation, { ...input }), ...show)
  const [vpc] = await together([ec2('CreateVpc', { CidrBlock: '10.0.0.0/16' }, 'Vpc.VpcId', 'Vpc.CidrBlock')])
  const VpcId = textAt(vpc, 'Vpc.VpcId')
  const made = await together([
    ...inZones.map((zone, index) =>
      ec2(
        'CreateSubnet',
        { VpcId, CidrBlock: `10.0.${index + 1}.0/24`, AvailabilityZone: zone },
        'Subnet.SubnetId',
        'Subnet.AvailabilityZone',
        'Subnet.CidrBlock',
      ),
    ),
    ec2('CreateSecurityGroup', { GroupName: 'kms-clients', Description: 'Clients of KMS', VpcId }, 'GroupId'),
  ])
  const groupId = textAt(made.at(-1), 'GroupId')
  await together([
    ec2(
      'AuthorizeSecurityGroupIngress',
      httpsRule(groupId),
      'SecurityGroupRules.IpProtocol',
      'SecurityGroupRules.FromPort',
      'SecurityGroupRules.CidrIpv4',
    ),
  ])
  return { vpcId: VpcId, subnetIds: made.slice(0, -1).map(each => textAt(each, 'Subnet.SubnetId')), groupId }
}

/** Sets both DNS attributes of the VPC. */
export const dnsAttributes = (asker: Asker, VpcId: string): readonly [Act, Act] => [
  answers(callOf(asker, 'ec2', 'ModifyVpcAttribute', { VpcId, EnableDnsSupport: { Value: true } })),
  answers(callOf(asker, 'ec2', 'ModifyVpcAttribute', { VpcId, EnableDnsHostnames: { Value: true } })),
]

/** What `create-vpc-endpoint` is given. */
export const endpointInput = ({ vpcId, subnetIds, groupId }: EndpointParts) => ({
  VpcEndpointType: 'Interface',
  VpcId: vpcId,
  ServiceName: serviceName,
  SubnetIds: subnetIds,
  SecurityGroupIds: [groupId],
  PrivateDnsEnabled: true,
})

/** Asks until the endpoint is available, with `does` telling each call. */
export async function untilAvailable(
  asker: Asker,
  endpointId: string,
  does: (act: Act) => Promise<Output>,
): Promise<Output> {
  const call = callOf(asker, 'ec2', 'DescribeVpcEndpoints', { VpcEndpointIds: [endpointId] })
  for (let tries = 0; tries < 50; tries++) {
    const described = await does(answers(call, 'VpcEndpoints.State', 'VpcEndpoints.NetworkInterfaceIds'))
    if (textAt(described, 'VpcEndpoints.0.State') === 'available') return described
    await delay(200)
  }
  throw new DemoFailure({ at: `endpoint ${endpointId}`, expected: 'available', came: 'still pending' })
}

/** The names of a described endpoint, in the order of the answer. */
export const namesOf = (described: Output): readonly string[] =>
  textAt(described, 'VpcEndpoints.0.DnsEntries.DnsName').split(',')

/** A whole network, with an interface in one zone, in one line of the story. */
export async function makeQuietNetwork(
  story: Story,
  server: DemoServer,
  asker: Asker,
  title: string,
): Promise<StoryNetwork> {
  let network: StoryNetwork | undefined
  await story.quietly(title, async does => {
    const together = (acts: readonly Act[]): Promise<readonly Output[]> => Promise.all(acts.map(does))
    const parts = await makeParts(asker, together, zones.slice(0, 1))
    // Of the two attributes this is the one that is off in a new VPC.
    await does(dnsAttributes(asker, parts.vpcId)[1])
    const made = await does(answers(callOf(asker, 'ec2', 'CreateVpcEndpoint', endpointInput(parts))))
    const endpointId = textAt(made, 'VpcEndpoint.VpcEndpointId')
    const names = namesOf(await untilAvailable(asker, endpointId, does))
    network = { ...parts, endpointId, names, url: await server.endpointUrl(endpointId) }
  })
  story.say(`It is ${network!.vpcId} with ${network!.endpointId}.`)
  return network!
}
