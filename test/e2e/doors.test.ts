// Doors that cannot be opened, and whom they admit.
import assert from 'node:assert/strict'
import { promises as dns } from 'node:dns'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { Server } from 'node:net'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  CreateVpcEndpointCommand,
  DeleteVpcEndpointsCommand,
  DescribeVpcEndpointsCommand,
} from '@aws-sdk/client-ec2'
import type { VpcEndpoint } from '@aws-sdk/client-ec2'
import { CreateKeyCommand, ListKeysCommand } from '@aws-sdk/client-kms'
import { admitHttps, makeEndpoint, makePrivateNetwork, untilAvailable } from '../private-network.ts'
import { startPostern } from '../start-postern.ts'

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const administrator = await postern.administrator()
const { ec2 } = postern.clients(administrator)

interface Status {
  readonly ready: boolean
  readonly vpcs: readonly { readonly vpcId: string; readonly window: string }[]
  readonly endpoints: readonly {
    readonly endpointId: string
    readonly state: string
    readonly urls: readonly string[]
    readonly problems: readonly string[]
  }[]
}

const readStatus = async (): Promise<Status> => JSON.parse((await postern.postern('status', '--json')).out) as Status
const statusOf = async (endpointId: string): Promise<Status['endpoints'][number]> =>
  (await readStatus()).endpoints.find(each => each.endpointId === endpointId)!

async function take(host: string): Promise<Server> {
  const server = createServer().unref()
  server.listen(postern.endpointPort, host)
  await once(server, 'listening')
  return server
}

async function describe(endpointId: string): Promise<VpcEndpoint> {
  const { VpcEndpoints } = await ec2.send(new DescribeVpcEndpointsCommand({ VpcEndpointIds: [endpointId] }))
  return VpcEndpoints![0]!
}

async function untilFailed(endpointId: string): Promise<VpcEndpoint> {
  for (let count = 0; count < 500; count++) {
    // The server may not have started yet.
    const endpoint = await describe(endpointId).catch(() => undefined)
    // The wire has it in lower case, other than the SDK's type says.
    if (endpoint?.State?.toLowerCase() === 'failed') return endpoint
    await delay(20)
  }
  throw new Error(`Endpoint ${endpointId} did not fail`)
}

/** An endpoint of one interface, at 10.x.1.77, which is served at 127.N.1.77. */
async function makeOneDoor(second: number) {
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: `10.${second}.0.0/16` }))
  const VpcId = Vpc!.VpcId!
  const { Subnet } = await ec2.send(new CreateSubnetCommand({ VpcId, CidrBlock: `10.${second}.1.0/24` }))
  const SubnetId = Subnet!.SubnetId!
  const { vpcs } = await readStatus()
  const host = vpcs.find(vpc => vpc.vpcId === VpcId)!.window.replace('0.0/16', '1.77')
  const make = () =>
    ec2.send(
      new CreateVpcEndpointCommand({
        VpcEndpointType: 'Interface',
        VpcId,
        ServiceName: 'com.amazonaws.us-west-2.kms',
        SubnetIds: [SubnetId],
        SubnetConfigurations: [{ SubnetId, Ipv4: `10.${second}.1.77` }],
        PrivateDnsEnabled: false,
      }),
    )
  return { host, make }
}

test('an endpoint whose door cannot be opened fails, says so where operators look, and recovers by itself', async () => {
  const { host, make } = await makeOneDoor(1)
  const taker = await take(host)

  const endpointId = (await make()).VpcEndpoint!.VpcEndpointId!
  const failed = await untilFailed(endpointId)
  const status = await statusOf(endpointId)
  const ready = await fetch(`http://127.0.0.1:${postern.metricsPort}/ready`)
  taker.close()
  const recovered = await untilAvailable(ec2, endpointId)

  assert.equal(failed.LastError!.Code, 'DoorNotOpened')
  assert.match(status.problems[0]!, new RegExp(`A door of ${endpointId} at ${host} cannot be opened: .*EADDRINUSE`))
  assert.equal(ready.status, 503)
  assert.match(await ready.text(), new RegExp(endpointId))
  assert.equal(recovered.LastError, undefined)
  assert.equal((await statusOf(endpointId)).urls.length, 1)
  assert.equal((await readStatus()).ready, true)
})

test('an available endpoint whose only door is gone after a restart fails, and recovers', async () => {
  const { host, make } = await makeOneDoor(2)
  const endpointId = (await make()).VpcEndpoint!.VpcEndpointId!
  await untilAvailable(ec2, endpointId)
  await postern.stop()
  const taker = await take(host)

  const start = postern.start()
  const failed = await untilFailed(endpointId)
  taker.close()
  await start
  const recovered = await untilAvailable(ec2, endpointId)

  assert.equal(failed.LastError!.Code, 'DoorNotOpened')
  assert.equal(recovered.LastError, undefined)
})

test('an endpoint that has one of two doors goes on serving, and opens the other when it can; its name leads to open ones', async () => {
  const network = await makePrivateNetwork(postern, ec2, '10.3.0.0/16')
  const { urls } = await statusOf(network.endpointId)
  const { DnsName } = (await describe(network.endpointId)).DnsEntries![0]!
  const hosts = urls.map(url => new URL(url).hostname)
  const resolver = new dns.Resolver()
  resolver.setServers([`${hosts[0]!.replace(/\d+\.\d+$/, '0.2')}:${postern.resolverPort}`])
  const addresses = async (): Promise<readonly string[]> => (await resolver.resolve4(DnsName!)).toSorted()
  await postern.stop()
  const taker = await take(hosts[1]!)
  const start = postern.start()
  const { kms } = postern.clients(administrator, { kmsUrl: urls[0]! })
  await untilServed(() => kms.send(new ListKeysCommand({})))
  const during = await statusOf(network.endpointId)
  const state = (await describe(network.endpointId)).State
  await untilServed(addresses)
  const open = await addresses()

  taker.close()
  await start

  assert.deepEqual(open, [hosts[0]])
  assert.deepEqual(await addresses(), hosts.toSorted())
  assert.deepEqual([state, during.urls.length, during.problems.length], ['available', 1, 1])
  assert.equal((await statusOf(network.endpointId)).urls.length, 2)
})

async function untilServed(ask: () => Promise<unknown>): Promise<void> {
  for (let count = 0; count < 200; count++) {
    try {
      await ask()
      return
    } catch {
      await delay(50)
    }
  }
  throw new Error('The endpoint did not serve')
}

test('an endpoint whose groups admit nobody says so in the log and in the status, until a rule admits somebody', async () => {
  const network = await makePrivateNetwork(postern, ec2, '10.4.0.0/16')
  await ec2.send(new DeleteVpcEndpointsCommand({ VpcEndpointIds: [network.endpointId] }))
  const { VpcEndpoint } = await ec2.send(
    new CreateVpcEndpointCommand({
      VpcEndpointType: 'Interface',
      VpcId: network.vpcId,
      ServiceName: 'com.amazonaws.us-west-2.kms',
      SubnetIds: [...network.subnetIds],
      PrivateDnsEnabled: false,
    }),
  )
  const endpointId = VpcEndpoint!.VpcEndpointId!
  const [group] = (await untilAvailable(ec2, endpointId)).Groups!

  const before = (await statusOf(endpointId)).problems
  await ec2.send(
    new AuthorizeSecurityGroupIngressCommand({ GroupId: group!.GroupId!, IpPermissions: [admitHttps('10.4.1.0/24')] }),
  )
  const behind = await statusOf(endpointId)

  assert.match(before.join('\n'), /No rule of its security groups admits TCP 443/)
  assert.match(postern.log, new RegExp(`"endpointId":"${endpointId}".*No rule of its security groups admits TCP 443`))
  assert.deepEqual(behind.problems, [])
  assert.equal((await readStatus()).ready, true)
})

test('an endpoint beside one that fails is opened as ever, and the failed one can be deleted', async () => {
  const { host, make } = await makeOneDoor(5)
  const taker = await take(host)
  const failing = (await make()).VpcEndpoint!.VpcEndpointId!
  await untilFailed(failing)

  const network = await makePrivateNetwork(postern, ec2, '10.6.0.0/16')
  await ec2.send(new DeleteVpcEndpointsCommand({ VpcEndpointIds: [failing] }))
  const other = await makeEndpoint(ec2, network, { privateDns: false })
  await untilAvailable(ec2, other)
  taker.close()

  assert.equal(await statusOf(failing), undefined)
  assert.equal((await readStatus()).ready, true)
})

test('[E48] requests that are under way when their endpoint is deleted are finished, and then the door is shut', async () => {
  const network = await makePrivateNetwork(postern, ec2, '10.7.0.0/16')
  const { kms } = postern.clients(administrator, { kmsUrl: network.url })
  // Slow ones, one after the other: the last of them begins long after the endpoint is gone.
  const underWay = Array.from({ length: 4 }, () =>
    kms.send(new CreateKeyCommand({ KeySpec: 'RSA_3072', KeyUsage: 'SIGN_VERIFY' })),
  )
  const ended: string[] = []
  for (const made of underWay) void made.then(() => ended.push('made'))
  // All were sent at once: when one has its answer, the others are in.
  await Promise.race(underWay)

  await ec2.send(new DeleteVpcEndpointsCommand({ VpcEndpointIds: [network.endpointId] }))
  ended.push('deleted')
  await Promise.all(underWay)

  assert.equal(ended.at(-1), 'made', 'one at least was under way')
  await assert.rejects(once(connect({ host: new URL(network.url).hostname, port: postern.endpointPort }), 'connect'), {
    code: 'ECONNREFUSED',
  })
})
