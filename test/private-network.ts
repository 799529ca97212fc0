// A VPC with an interface endpoint for KMS, as tests want it.
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  CreateVpcEndpointCommand,
  DescribeVpcEndpointsCommand,
  ModifyVpcAttributeCommand,
} from '@aws-sdk/client-ec2'
import type { EC2Client, VpcEndpoint } from '@aws-sdk/client-ec2'
import { setTimeout as delay } from 'node:timers/promises'
import type { Postern } from './start-postern.ts'

export interface PrivateNetwork {
  readonly vpcId: string
  readonly subnetIds: readonly [string, string]
  readonly groupId: string
  readonly endpointId: string
  /** The endpoint's URL by address. */
  readonly url: string
}

/** The rule that admits HTTPS from a range. */
export const admitHttps = (cidr: string) => ({
  IpProtocol: 'tcp',
  FromPort: 443,
  ToPort: 443,
  IpRanges: [{ CidrIp: cidr }],
})

/** Makes a VPC 10.x.0.0/16 with two subnets in two zones and an available endpoint with private DNS. */
export async function makePrivateNetwork(
  postern: Postern,
  ec2: EC2Client,
  cidr: `10.${number}.0.0/16` = '10.0.0.0/16',
): Promise<PrivateNetwork> {
  const vpcId = (await ec2.send(new CreateVpcCommand({ CidrBlock: cidr }))).Vpc!.VpcId!
  const [first, second] = cidr.split('.')
  const subnet = async (third: number, zone: string): Promise<string> => {
    const block = `${first}.${second}.${third}.0/24`
    const made = await ec2.send(new CreateSubnetCommand({ VpcId: vpcId, CidrBlock: block, AvailabilityZone: zone }))
    return made.Subnet!.SubnetId!
  }
  const subnetIds = [await subnet(1, 'us-west-2a'), await subnet(2, 'us-west-2b')] as const
  await ec2.send(new ModifyVpcAttributeCommand({ VpcId: vpcId, EnableDnsSupport: { Value: true } }))
  await ec2.send(new ModifyVpcAttributeCommand({ VpcId: vpcId, EnableDnsHostnames: { Value: true } }))
  const group = await ec2.send(
    new CreateSecurityGroupCommand({ GroupName: 'kms-clients', Description: 'Clients of KMS', VpcId: vpcId }),
  )
  const groupId = group.GroupId!
  await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: groupId, IpPermissions: [admitHttps(cidr)] }))
  const endpointId = await makeEndpoint(ec2, { vpcId, subnetIds, groupId })
  await untilAvailable(ec2, endpointId)
  const variables = await postern.environment('--endpoint', endpointId)
  return { vpcId, subnetIds, groupId, endpointId, url: variables['AWS_ENDPOINT_URL_KMS']! }
}

/** Makes an endpoint for KMS with private DNS; it may be pending still. */
export async function makeEndpoint(
  ec2: EC2Client,
  { vpcId, subnetIds, groupId }: Pick<PrivateNetwork, 'vpcId' | 'subnetIds' | 'groupId'>,
  options: { readonly privateDns?: boolean } = {},
): Promise<string> {
  const made = await ec2.send(
    new CreateVpcEndpointCommand({
      VpcEndpointType: 'Interface',
      VpcId: vpcId,
      ServiceName: 'com.amazonaws.us-west-2.kms',
      SubnetIds: [...subnetIds],
      SecurityGroupIds: [groupId],
      PrivateDnsEnabled: options.privateDns ?? true,
    }),
  )
  return made.VpcEndpoint!.VpcEndpointId!
}

/** Waits as clients do: by asking. */
export async function untilAvailable(ec2: EC2Client, endpointId: string): Promise<VpcEndpoint> {
  const end = Date.now() + 10_000
  while (Date.now() < end) {
    const { VpcEndpoints } = await ec2.send(new DescribeVpcEndpointsCommand({ VpcEndpointIds: [endpointId] }))
    const [endpoint] = VpcEndpoints ?? []
    // The wire has it in lower case, other than the SDK's type says.
    if (endpoint?.State?.toLowerCase() === 'available') return endpoint
    await delay(20)
  }
  throw new Error(`Endpoint ${endpointId} did not become available`)
}
