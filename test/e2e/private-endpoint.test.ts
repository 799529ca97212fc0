// A VPC, its endpoint, its names and its door, by the AWS SDK.
import assert from 'node:assert/strict'
import { Resolver } from 'node:dns/promises'
import type { LookupFunction } from 'node:net'
import { after, test } from 'node:test'
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateVpcEndpointCommand,
  DeleteVpcEndpointsCommand,
  DescribeNetworkInterfacesCommand,
  DescribeVpcEndpointsCommand,
  ModifyVpcAttributeCommand,
  ModifyVpcEndpointCommand,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2'
import { ListKeysCommand } from '@aws-sdk/client-kms'
import { admitHttps, makeEndpoint, makePrivateNetwork, untilAvailable } from '../private-network.ts'
import { recordOf } from '../proxied-postern.ts'
import { openConnection, post, readAnswer, send, signed } from '../raw-client.ts'
import { startPostern } from '../start-postern.ts'
import { refused, unreachable } from './refused.ts'

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const administrator = await postern.administrator()
const { ec2 } = postern.clients(administrator)
const network = await makePrivateNetwork(postern, ec2)
const endpoint = await untilAvailable(ec2, network.endpointId)
const window = /^https:\/\/127\.(\d+)\./.exec(network.url)![1]!
const resolver = new Resolver()
resolver.setServers([`127.${window}.0.2:${postern.resolverPort}`])

const lookup: LookupFunction = (name, options, done) => {
  resolver.resolve4(name).then(
    addresses =>
      options.all === true
        ? done(
            null,
            addresses.map(address => ({ address, family: 4 })),
          )
        : done(null, addresses[0]!, 4),
    (error: unknown) => done(error as NodeJS.ErrnoException, ''),
  )
}
const names = endpoint.DnsEntries!.map(entry => entry.DnsName!)

test('CreateVpcEndpoint answers with a pending endpoint that becomes available with an interface in each subnet', async () => {
  const made = await ec2.send(
    new CreateVpcEndpointCommand({
      VpcEndpointType: 'Interface',
      VpcId: network.vpcId,
      ServiceName: 'com.amazonaws.us-west-2.kms',
      SubnetIds: [...network.subnetIds],
      PrivateDnsEnabled: false,
    }),
  )

  const available = await untilAvailable(ec2, made.VpcEndpoint!.VpcEndpointId!)
  const { NetworkInterfaces } = await ec2.send(
    new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: available.NetworkInterfaceIds! }),
  )

  assert.equal(made.VpcEndpoint!.State, 'pending')
  assert.deepEqual(new Set(NetworkInterfaces!.map(each => each.SubnetId)), new Set(network.subnetIds))
  for (const { PrivateIpAddress, SubnetId } of NetworkInterfaces!) {
    const third = SubnetId === network.subnetIds[0] ? 1 : 2
    assert.match(PrivateIpAddress!, new RegExp(String.raw`^10\.0\.${third}\.\d+$`))
  }
  assert.equal(available.DnsEntries!.length, 3)
})

test("an endpoint's DnsEntries are regional, zonal, private, in AWS's order and form", () => {
  const stem = names[0]!.replace(/\.kms\..*$/, '')

  assert.match(stem, new RegExp(`^${network.endpointId}-[a-z0-9]{8}$`))
  assert.deepEqual(names, [
    `${stem}.kms.us-west-2.vpce.amazonaws.com`,
    `${stem}-us-west-2a.kms.us-west-2.vpce.amazonaws.com`,
    `${stem}-us-west-2b.kms.us-west-2.vpce.amazonaws.com`,
    'kms.us-west-2.amazonaws.com',
    'kms.us-west-2.api.aws',
  ])
})

for (const [index, what] of ['regional', 'first zonal', 'second zonal', 'private', 'private dual-stack'].entries()) {
  test(`ListKeys works at the ${what} name, which the VPC's resolver answers`, async () => {
    const { kms } = postern.clients(administrator, {
      kmsUrl: `https://${names[index]}:${postern.endpointPort}`,
      lookup,
    })

    const { Keys } = await kms.send(new ListKeysCommand({}))

    assert.ok(Array.isArray(Keys))
  })
}

test('ListKeys works at a URL by address, without names', async () => {
  const { kms } = postern.clients(administrator, { kmsUrl: network.url })

  const { Keys } = await kms.send(new ListKeysCommand({}))

  assert.ok(Array.isArray(Keys))
})

test('revoking the rule for port 443 stops the next connection, authorizing it lets the next one in', async () => {
  const rule = { GroupId: network.groupId, IpPermissions: [admitHttps('10.0.0.0/16')] }

  await ec2.send(new RevokeSecurityGroupIngressCommand(rule))
  await unreachable(postern.clients(administrator, { kmsUrl: network.url }).kms.send(new ListKeysCommand({})))
  await ec2.send(new AuthorizeSecurityGroupIngressCommand(rule))

  const { Keys } = await postern.clients(administrator, { kmsUrl: network.url }).kms.send(new ListKeysCommand({}))
  assert.ok(Array.isArray(Keys))
})

test('[E44] the door admits the address that a rule names and no other of the VPC', async () => {
  const reach = (last: number): Promise<unknown> => {
    const localAddress = `127.${window}.1.${last}`
    return postern.clients(administrator, { kmsUrl: network.url, localAddress }).kms.send(new ListKeysCommand({}))
  }
  const wide = { GroupId: network.groupId, IpPermissions: [admitHttps('10.0.0.0/16')] }
  const narrow = { GroupId: network.groupId, IpPermissions: [admitHttps('10.0.1.77/32')] }
  await ec2.send(new AuthorizeSecurityGroupIngressCommand(narrow))

  await ec2.send(new RevokeSecurityGroupIngressCommand(wide))

  await reach(77)
  await unreachable(reach(78))
  await unreachable(reach(76))
  await ec2.send(new AuthorizeSecurityGroupIngressCommand(wide))
  await ec2.send(new RevokeSecurityGroupIngressCommand(narrow))
})

test("[E44] a request for one endpoint's name that comes in at another's door is refused, and one for its own is served", async () => {
  const other = await makePrivateNetwork(postern, ec2, '10.8.0.0/16')
  const { DnsEntries } = await untilAvailable(ec2, other.endpointId)
  const { hostname } = new URL(network.url)
  const ask = async (name: string): Promise<number | undefined> => {
    const host = `${name}:${postern.endpointPort}`
    const request = { service: 'kms', target: 'TrentService.ListKeys', body: '{}', host }
    const bytes = post(signed(postern, administrator, request), '{}')
    return (await send(postern, bytes, { host: hostname, port: postern.endpointPort }))?.status
  }

  const own = await ask(names[0]!)
  const others = await Promise.all(DnsEntries!.slice(0, 3).map(({ DnsName }) => ask(DnsName!)))
  const madeUp = await ask(names[0]!.replace(/^vpce-[0-9a-f]{17}/, 'vpce-00000000000000000'))
  const service = await ask('ec2.us-west-2.amazonaws.com.evil.example')

  assert.equal(own, 200)
  assert.deepEqual(others, [421, 421, 421])
  assert.deepEqual([madeUp, service], [421, 421])
})

test('[E47] no header of a request says where it comes from', async () => {
  const { hostname, host } = new URL(network.url)
  const headers = {
    'x-forwarded-for': '10.0.9.9',
    forwarded: 'for=10.0.9.9',
    'x-amzn-vpce-id': 'vpce-00000000000000000',
  }
  const request = { service: 'kms', target: 'TrentService.ListKeys', body: '{}', host, headers }
  const bytes = post(signed(postern, administrator, request), '{}')
  const from = { host: hostname, port: postern.endpointPort, localAddress: `127.${window}.1.55` }

  const answer = await send(postern, bytes, from)

  const record = recordOf(postern, answer!.headers.get('x-amzn-requestid')!)
  assert.deepEqual([record.vpcEndpointId, record.sourceIPAddress], [network.endpointId, '10.0.1.55'])
})

test('private DNS without both attributes of the VPC is refused in the words of AWS', async () => {
  const other = await makePrivateNetwork(postern, ec2, '10.7.0.0/16')
  await ec2.send(new DeleteVpcEndpointsCommand({ VpcEndpointIds: [other.endpointId] }))
  await ec2.send(new ModifyVpcAttributeCommand({ VpcId: other.vpcId, EnableDnsHostnames: { Value: false } }))

  await refused(
    makeEndpoint(ec2, other),
    'InvalidParameter',
    `Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for ${other.vpcId}`,
  )
})

test('a second endpoint with private DNS in one VPC is refused', async () => {
  await refused(
    makeEndpoint(ec2, network),
    'InvalidParameter',
    `private-dns-enabled cannot be set because there is already a conflicting DNS domain for kms.us-west-2.amazonaws.com in the VPC ${network.vpcId}`,
  )
})

test('the FIPS service name is refused with InvalidServiceName', async () => {
  const input = { VpcEndpointType: 'Interface', VpcId: network.vpcId } as const

  const call = ec2.send(new CreateVpcEndpointCommand({ ...input, ServiceName: 'com.amazonaws.us-west-2.kms-fips' }))

  await refused(
    call,
    'InvalidServiceName',
    "The Vpc Endpoint Service 'com.amazonaws.us-west-2.kms-fips' does not exist",
  )
})

test('an endpoint whose type is not given is a Gateway, which KMS does not have', async () => {
  const call = ec2.send(
    new CreateVpcEndpointCommand({ VpcId: network.vpcId, ServiceName: 'com.amazonaws.us-west-2.kms' }),
  )

  await refused(call, 'InvalidServiceName', "does not support the endpoint type 'Gateway'")
})

test('an endpoint policy is read back byte for byte, and reset to the standard one', async () => {
  const policy = '{ "Statement": [{"Effect":"Allow",  "Principal":"*","Action":"kms:*","Resource":"*"}]}'
  const read = async (): Promise<string> => {
    const { VpcEndpoints } = await ec2.send(new DescribeVpcEndpointsCommand({ VpcEndpointIds: [network.endpointId] }))
    return VpcEndpoints![0]!.PolicyDocument!
  }

  await ec2.send(new ModifyVpcEndpointCommand({ VpcEndpointId: network.endpointId, PolicyDocument: policy }))
  const custom = await read()
  await ec2.send(new ModifyVpcEndpointCommand({ VpcEndpointId: network.endpointId, ResetPolicy: true }))
  const standard = await read()

  assert.equal(custom, policy)
  assert.deepEqual(JSON.parse(standard), {
    Statement: [{ Action: '*', Effect: 'Allow', Principal: '*', Resource: '*' }],
  })
})

for (const [missing, statement] of Object.entries({
  Principal: { Effect: 'Allow', Action: 'kms:*', Resource: '*' },
  Action: { Effect: 'Allow', Principal: '*', Resource: '*' },
  Resource: { Effect: 'Allow', Principal: '*', Action: 'kms:*' },
})) {
  test(`an endpoint policy with a statement without ${missing} is refused, and the old one stays`, async () => {
    const PolicyDocument = JSON.stringify({ Statement: [statement] })

    const call = ec2.send(new ModifyVpcEndpointCommand({ VpcEndpointId: network.endpointId, PolicyDocument }))

    await refused(call, 'InvalidPolicyDocument')
    const { VpcEndpoints } = await ec2.send(new DescribeVpcEndpointsCommand({ VpcEndpointIds: [network.endpointId] }))
    assert.notEqual(VpcEndpoints![0]!.PolicyDocument, PolicyDocument)
  })
}

test('[E48] an open connection through a deleted endpoint is refused at its next request', async () => {
  const other = await makePrivateNetwork(postern, ec2, '10.9.0.0/16')
  const { kms } = postern.clients(administrator, { kmsUrl: other.url })
  await kms.send(new ListKeysCommand({}))
  const { hostname, host } = new URL(other.url)
  const request = { service: 'kms', target: 'TrentService.ListKeys', body: '{}', host }
  const bytes = post(signed(postern, administrator, request), '{}')
  const socket = await openConnection(postern, { host: hostname, port: postern.endpointPort })
  socket.write(bytes)
  const before = await readAnswer(socket)
  const next = readAnswer(socket)

  await ec2.send(new DeleteVpcEndpointsCommand({ VpcEndpointIds: [other.endpointId] }))

  assert.equal(before?.status, 200)
  await assert.rejects(kms.send(new ListKeysCommand({})))
  if (socket.writable) socket.write(bytes)
  assert.notEqual((await next)?.status, 200)
  socket.destroy()
})

test('an endpoint that does not exist is not found, in the words of AWS', async () => {
  const id = 'vpce-0123456789abcdef0'

  const call = ec2.send(new DescribeVpcEndpointsCommand({ VpcEndpointIds: [id] }))

  await refused(call, 'InvalidVpcEndpointId.NotFound', `The Vpc Endpoint Id '${id}' does not exist`)
})
