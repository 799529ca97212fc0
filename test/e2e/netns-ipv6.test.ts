// Clients with IPv6 inside a VPC that is a network namespace: endpoints of both families, and of IPv6 alone in an IPv6-only subnet.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { after, test } from 'node:test'
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  CreateVpcEndpointCommand,
  DescribeNetworkInterfacesCommand,
  ModifyVpcAttributeCommand,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2'
import type { IpAddressType, NetworkInterface } from '@aws-sdk/client-ec2'
import { attachedClients } from '../attached-clients.ts'
import { endNetnsPostern, startNetnsPostern } from '../netns-postern.ts'
import { admitHttps, untilAvailable } from '../private-network.ts'
import { trailText } from '../start-postern.ts'

if (spawnSync('aws', ['--version']).status !== 0) {
  throw new Error('These tests drive the AWS CLI, which is not installed here: "apt-get install awscli" brings it')
}

const postern = await startNetnsPostern()
const { ec2 } = postern.clients(await postern.administrator())
const clients = await attachedClients(postern)
after(async () => {
  await clients.detachAll()
  await endNetnsPostern(postern)
})

const made = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16', AmazonProvidedIpv6CidrBlock: true }))
const VpcId = made.Vpc!.VpcId!
const vpcBlock = made.Vpc!.Ipv6CidrBlockAssociationSet![0]!.Ipv6CidrBlock!
const part = (number: number): string => vpcBlock.replace('00::/56', `0${number}::/64`)
await ec2.send(new ModifyVpcAttributeCommand({ VpcId, EnableDnsHostnames: { Value: true } }))

async function makeSubnet(input: object): Promise<string> {
  const { Subnet } = await ec2.send(new CreateSubnetCommand({ VpcId, AvailabilityZone: 'us-west-2a', ...input }))
  return Subnet!.SubnetId!
}
const both = await makeSubnet({ CidrBlock: '10.0.1.0/24', Ipv6CidrBlock: part(1) })
const bare = await makeSubnet({ Ipv6Native: true, Ipv6CidrBlock: part(2) })

const group = await ec2.send(new CreateSecurityGroupCommand({ GroupName: 'kms', Description: 'Clients of KMS', VpcId }))
const GroupId = group.GroupId!
const ipv6Rule = { IpProtocol: 'tcp', FromPort: 443, ToPort: 443, Ipv6Ranges: [{ CidrIpv6: vpcBlock }] }
const ipv4Rule = admitHttps('10.0.0.0/16')
await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [ipv6Rule] }))

/** Makes an endpoint, and gives its id and its only interface. */
async function makeEndpoint(
  SubnetId: string,
  type: IpAddressType,
  PrivateDnsEnabled: boolean,
): Promise<readonly [string, NetworkInterface]> {
  const { VpcEndpoint } = await ec2.send(
    new CreateVpcEndpointCommand({
      VpcEndpointType: 'Interface',
      VpcId,
      ServiceName: 'com.amazonaws.us-west-2.kms',
      SubnetIds: [SubnetId],
      SecurityGroupIds: [GroupId],
      IpAddressType: type,
      PrivateDnsEnabled,
    }),
  )
  const id = VpcEndpoint!.VpcEndpointId!
  const { NetworkInterfaceIds } = await untilAvailable(ec2, id)
  const { NetworkInterfaces } = await ec2.send(new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds }))
  return [id, NetworkInterfaces![0]!]
}
const [, dual] = await makeEndpoint(both, 'dualstack', false)
const [singleId, single] = await makeEndpoint(bare, 'ipv6', true)

const client = await clients.attach('six', VpcId, '--create', '--subnet', both)
const inside = (...words: readonly string[]) => clients.inside(client, ...words)

const knock = `
const socket = require('node:net').connect({ host: process.argv[1], port: 443 })
socket.on('connect', () => { console.log('open'); process.exit() })
socket.on('error', error => { console.log(error.code); process.exit() })
setTimeout(() => { console.log('silence'); process.exit() }, 2000)`

/** Whether a connection to an address of an endpoint is opened from inside. */
async function knocks(address: string | undefined): Promise<string> {
  const { out, error } = await inside(process.execPath, '-e', knock, address!)
  return out.trim() || error
}

const everywhere = async (): Promise<readonly string[]> => [
  await knocks(single.Ipv6Address),
  await knocks(dual.Ipv6Address),
  await knocks(dual.PrivateIpAddress),
]

test('an endpoint of the type ipv6 has an IPv6 address of its subnet and no other', () => {
  assert.ok(single.Ipv6Address!.startsWith(part(2).replace(/:\/64$/, '')), single.Ipv6Address)
  assert.deepEqual([single.PrivateIpAddress, single.Ipv6Native], [undefined, true])
})

test('"postern env" gives the URL of an endpoint that has IPv6 alone', async () => {
  const variables = await postern.environment('--endpoint', singleId)

  assert.equal(variables['AWS_ENDPOINT_URL_KMS'], `https://[${single.Ipv6Address}]:443`)
})

test('a rule of IPv6 opens the IPv6 addresses of endpoints to a client in the VPC, and not the IPv4 ones', async () => {
  assert.deepEqual(await everywhere(), ['open', 'open', 'silence'])
})

test('the name of the service has AAAA alone where its endpoint has IPv6 alone', async () => {
  const four = await inside('getent', 'ahostsv4', 'kms.us-west-2.amazonaws.com')
  const { out, error } = await inside('getent', 'ahosts', 'kms.us-west-2.amazonaws.com')

  assert.notEqual(four.status, 0)
  assert.deepEqual(
    [
      ...new Set(
        out
          .trim()
          .split('\n')
          .map(line => line.split(' ')[0]),
      ),
    ],
    [single.Ipv6Address],
    error,
  )
})

test('the unmodified AWS CLI reaches the endpoint over IPv6, and the trail has the address that it came from', async () => {
  const { status, out, error } = await inside('aws', 'kms', 'list-keys', '--output', 'json')

  assert.equal(status, 0, error)
  assert.deepEqual(JSON.parse(out), { Keys: [] })
  const record = trailText(postern)
    .split('\n')
    .findLast(line => line.includes('"eventName":"ListKeys"'))!
  assert.ok(record.includes(`"sourceIPAddress":"${client.workload.ipv6Address}"`), record)
  assert.ok(record.includes(`"vpcEndpointId":"${singleId}"`), record)
})

test('without a rule of IPv6 the endpoint is silent there, and "postern status" tells that it admits nobody', async () => {
  await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [ipv4Rule] }))
  const before = await postern.postern('status')
  await ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId, IpPermissions: [ipv6Rule] }))

  const during = await everywhere()
  const { out } = await postern.postern('status')
  await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [ipv6Rule] }))

  assert.deepEqual(during, ['silence', 'silence', 'open'])
  assert.ok(!before.out.includes('No rule of its security groups'), before.out)
  assert.equal(out.split('No rule of its security groups').length, 2, out)
})

test('a workload cannot be attached in an IPv6-only subnet', async () => {
  const words = ['--vpc', VpcId, '--netns', clients.named('bare'), '--create', '--subnet', bare]

  assert.match(await clients.notDone('attach', ...words), /is IPv6-only, and a workload needs an IPv4 address too/)
})
