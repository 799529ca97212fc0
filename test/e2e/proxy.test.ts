// Endpoints behind proxies, by senders of our own: who is believed, what is believed, and what becomes of the rest.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectTcp, createServer } from 'node:net'
import type { Socket } from 'node:net'
import { connect as startTls } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import {
  AssociateVpcCidrBlockCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateNetworkAclEntryCommand,
  CreateSubnetCommand,
  CreateVpcEndpointCommand,
  DeleteNetworkAclEntryCommand,
  DeleteVpcEndpointsCommand,
  DescribeNetworkAclsCommand,
  DescribeVpcEndpointsCommand,
  DescribeNetworkInterfacesCommand,
  ModifyVpcEndpointCommand,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2'
import type { VpcEndpoint } from '@aws-sdk/client-ec2'
import { CreateKeyCommand, ListAliasesCommand, ListKeysCommand } from '@aws-sdk/client-kms'
import type { KMSClient } from '@aws-sdk/client-kms'
import { admitHttps, makeEndpoint, untilAvailable } from '../private-network.ts'
import { idAtAws, limitedPeer, recordOf, startProxiedPostern, stranger } from '../proxied-postern.ts'
import { endpointEntry, proxyHeader } from '../proxy-header.ts'
import type { HeaderParts } from '../proxy-header.ts'
import { Sender, lookupHere } from '../proxy-sender.ts'
import type { SenderOptions } from '../proxy-sender.ts'
import { post, readAnswer, send, signed } from '../raw-client.ts'
import { refused, unreachable } from './refused.ts'

const proxied = await startProxiedPostern()
const { postern, administrator, ec2, one, other, ports } = proxied
const senders = new AsyncDisposableStack()
after(async () => {
  await senders.disposeAsync()
  await proxied[Symbol.asyncDispose]()
})
const name = 'kms.us-west-2.amazonaws.com'

/** An SDK client that comes through a proxy which sends this header. */
async function through(
  header: HeaderParts | Buffer,
  options: Omit<SenderOptions, 'header' | 'to'> & { readonly to?: number } = {},
): Promise<KMSClient> {
  const bytes = Buffer.isBuffer(header) ? header : proxyHeader(header)
  const sender = senders.use(await Sender.start({ to: ports.open, ...options, header: bytes }))
  const kmsUrl = `https://${name}:${sender.port}`
  return postern.clients(administrator, { kmsUrl, lookup: lookupHere }).kms
}

/** The record of a request that was answered. */
async function recorded(kms: KMSClient) {
  const { $metadata } = await kms.send(new ListKeysCommand({}))
  return recordOf(postern, $metadata.requestId!)
}

const byAws = endpointEntry(idAtAws)
const hello = await clientHello()

/** What a client of TLS says first. */
async function clientHello(): Promise<Buffer> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const tls = startTls({ host: '127.0.0.1', port, servername: name, ca: postern.authority })
  tls.on('error', () => undefined)
  const [socket] = (await once(server, 'connection')) as [Socket]
  const [chunk] = (await once(socket, 'data')) as [Buffer]
  tls.destroy()
  server.close()
  return chunk
}

test('the endpoint comes from the id that AWS gives in the header, and the client from its source address', async () => {
  const record = await recorded(await through({ source: '10.0.1.50', entries: [byAws], checksum: true }))

  assert.equal(record.vpcEndpointId, one.endpointId)
  assert.equal(record.sourceIPAddress, '10.0.1.50')
})

test('an id of ours in the header is the endpoint that has it', async () => {
  const record = await recorded(await through({ source: '10.0.2.7', entries: [endpointEntry(other.endpointId)] }))

  assert.deepEqual([record.vpcEndpointId, record.sourceIPAddress], [other.endpointId, '10.0.2.7'])
})

test('a listener that leads to one endpoint needs no id in the header', async () => {
  const first = await recorded(await through({ source: '10.0.1.50' }, { to: ports.one }))
  const second = await recorded(await through({ source: '10.0.1.50' }, { to: ports.other }))

  assert.deepEqual([first.vpcEndpointId, second.vpcEndpointId], [one.endpointId, other.endpointId])
})

for (const how of ['byte by byte', 'glued'] as const) {
  test(`a header that comes ${how} is read, and what follows is not lost`, async () => {
    const record = await recorded(await through({ source: '10.0.1.51', entries: [byAws], checksum: true }, { how }))

    assert.deepEqual([record.vpcEndpointId, record.sourceIPAddress], [one.endpointId, '10.0.1.51'])
  })
}

test('a network ACL that lets no answers out to the port in the header shuts the door to it', async () => {
  const { NetworkAcls } = await ec2.send(
    new DescribeNetworkAclsCommand({ Filters: [{ Name: 'vpc-id', Values: [one.vpcId] }] }),
  )
  const rule = { NetworkAclId: NetworkAcls![0]!.NetworkAclId!, RuleNumber: 1, Egress: true }
  const deny = async (port: number) => {
    const ports = { Protocol: '6', CidrBlock: '0.0.0.0/0', PortRange: { From: port, To: port } }
    await ec2.send(new CreateNetworkAclEntryCommand({ ...rule, ...ports, RuleAction: 'deny' }))
  }
  const undo = () => ec2.send(new DeleteNetworkAclEntryCommand(rule))
  // The headers of these tests say that it is 51234.
  const reach = async () => (await through({ source: '10.0.9.9', entries: [byAws] })).send(new ListKeysCommand({}))

  await deny(51_234)
  await unreachable(reach())
  await undo()
  await deny(51_235)

  await reach()
  await undo()
})

test('an endpoint of IPv6 alone is reached by a client with an IPv6 address that a rule admits, and by no other', async () => {
  const { vpcId: VpcId, groupId: GroupId } = other
  const made = await ec2.send(new AssociateVpcCidrBlockCommand({ VpcId, AmazonProvidedIpv6CidrBlock: true }))
  const Ipv6CidrBlock = made.Ipv6CidrBlockAssociation!.Ipv6CidrBlock!.replace('/56', '/64')
  const { Subnet } = await ec2.send(new CreateSubnetCommand({ VpcId, Ipv6Native: true, Ipv6CidrBlock }))
  const { VpcEndpoint } = await ec2.send(
    new CreateVpcEndpointCommand({
      VpcEndpointType: 'Interface',
      VpcId,
      ServiceName: 'com.amazonaws.us-west-2.kms',
      SubnetIds: [Subnet!.SubnetId!],
      SecurityGroupIds: [GroupId],
      IpAddressType: 'ipv6',
      PrivateDnsEnabled: false,
    }),
  )
  const endpointId = VpcEndpoint!.VpcEndpointId!
  const { NetworkInterfaceIds } = await untilAvailable(ec2, endpointId)
  const { NetworkInterfaces } = await ec2.send(new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds }))
  const destination = NetworkInterfaces![0]!.Ipv6Address!
  const source = Ipv6CidrBlock.replace('/64', '77')
  const header = { source, destination, entries: [endpointEntry(endpointId)] }
  const rule = {
    GroupId,
    IpPermissions: [{ IpProtocol: 'tcp', FromPort: 443, ToPort: 443, Ipv6Ranges: [{ CidrIpv6: `${source}/128` }] }],
  }

  await unreachable((await through(header)).send(new ListKeysCommand({})))
  await ec2.send(new AuthorizeSecurityGroupIngressCommand(rule))
  const record = await recorded(await through(header))
  const stranger6 = { ...header, source: source.replace(/77$/, '78') }
  const elsewhere = { ...header, entries: [endpointEntry(other.endpointId)] }
  for (const wrong of [stranger6, elsewhere]) await unreachable((await through(wrong)).send(new ListKeysCommand({})))
  await ec2.send(new RevokeSecurityGroupIngressCommand(rule))
  await ec2.send(new DeleteVpcEndpointsCommand({ VpcEndpointIds: [endpointId] }))

  assert.deepEqual([record.vpcEndpointId, record.sourceIPAddress], [endpointId, source])
})

test('policies see the endpoint and the address of the client, not those of the proxy', async () => {
  const fits = { 'aws:SourceVpce': one.endpointId, 'aws:SourceVpc': one.vpcId, 'aws:VpcSourceIp': '10.0.1.60' }
  const [{ 'aws:VpcSourceIp': address, ...ids }] = [fits]
  const PolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: '*',
        Action: '*',
        Resource: '*',
        Condition: { StringEquals: ids, IpAddress: { 'aws:VpcSourceIp': address } },
      },
    ],
  })
  await ec2.send(new ModifyVpcEndpointCommand({ VpcEndpointId: one.endpointId, PolicyDocument }))

  const mine = await through({ source: '10.0.1.60', entries: [byAws] })
  const neighbours = await through({ source: '10.0.1.61', entries: [byAws] })

  await mine.send(new ListKeysCommand({}))
  await refused(neighbours.send(new ListKeysCommand({})), 'AccessDeniedException')
  await ec2.send(new ModifyVpcEndpointCommand({ VpcEndpointId: one.endpointId, ResetPolicy: true }))
})

test('[E44] who is not in the VPC, or whom no rule admits, gets no byte of TLS', async () => {
  const rule = (cidr: string) => ({ GroupId: one.groupId, IpPermissions: [admitHttps(cidr)] })
  const outside = await through({ source: '10.1.1.50', entries: [byAws] })
  const inside = await through({ source: '10.0.1.70', entries: [byAws] })
  const mapped = await through({ source: '::ffff:a00:146', destination: '::ffff:a00:10b', entries: [byAws] })
  await unreachable(outside.send(new ListKeysCommand({})))

  await ec2.send(new AuthorizeSecurityGroupIngressCommand(rule('10.0.1.70/32')))
  await ec2.send(new RevokeSecurityGroupIngressCommand(rule('10.0.0.0/16')))

  const beside = await through({ source: '10.0.1.71', entries: [byAws] })
  await unreachable(beside.send(new ListKeysCommand({})))
  await inside.send(new ListKeysCommand({}))
  const record = await recorded(mapped)
  assert.equal(record.sourceIPAddress, '10.0.1.70')
  await ec2.send(new AuthorizeSecurityGroupIngressCommand(rule('10.0.0.0/16')))
  await ec2.send(new RevokeSecurityGroupIngressCommand(rule('10.0.1.70/32')))
})

/** How long a connection of our own to a listener stays open after these bytes, and what comes back. */
async function fate(
  bytes: Buffer,
  options: { readonly to?: number; readonly from?: string; readonly tls?: boolean } = {},
): Promise<{ readonly answer: Buffer; readonly seconds: number }> {
  const started = performance.now()
  const { to = ports.open, from = '127.0.0.1' } = options
  const socket = connectTcp({ host: '127.0.0.1', port: to, localAddress: from })
  const answer: Buffer[] = []
  socket.on('data', (chunk: Buffer) => answer.push(chunk))
  socket.on('error', () => undefined)
  const closed = once(socket, 'close').catch(() => undefined)
  socket.write(bytes)
  await closed
  return { answer: Buffer.concat(answer), seconds: (performance.now() - started) / 1_000 }
}

const stillServes = async (): Promise<void> => {
  await (await through({ entries: [byAws] })).send(new ListKeysCommand({}))
}

async function refusedConnections(reason: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${postern.metricsPort}/metrics`)).text()
  const line = text.split('\n').find(each => each.startsWith('postern_refused_proxy') && each.includes(`"${reason}"`))
  return Number(line?.split(' ').at(-1) ?? 0)
}

test('[E45] who is not a trusted peer is closed at once, however right the header is, and others are still served', async () => {
  const header = proxyHeader({ entries: [byAws] })

  const { answer, seconds } = await fate(Buffer.concat([header, hello]), { from: stranger })
  const silent = await fate(Buffer.alloc(0), { from: stranger, to: ports.one })

  assert.equal(answer.length, 0)
  assert.ok(seconds < 4 && silent.seconds < 4, 'nobody waits for a header')
  assert.ok((await refusedConnections('not a trusted peer')) >= 2)
  assert.match(postern.log, /"peer":"127\.0\.0\.9","reason":"not a trusted peer"/)
  await stillServes()
})

test('[E45] without a header, or with a part of one, a connection ends after five seconds', async () => {
  const beginnings = [Buffer.alloc(0), proxyHeader().subarray(0, 5), proxyHeader().subarray(0, 20)]

  const fates = await Promise.all(beginnings.map(bytes => fate(bytes)))

  for (const { answer, seconds } of fates) {
    assert.equal(answer.length, 0)
    assert.ok(seconds >= 4.9, `after ${seconds} seconds`)
  }
  await stillServes()
})

test('[E45] TLS without a header gets no answer', async () => {
  const { answer, seconds } = await fate(hello)

  assert.equal(answer.length, 0)
  assert.ok(seconds < 4, 'at once: it can be no header')
  await unreachable((await through(Buffer.alloc(0))).send(new ListKeysCommand({})))
})

const wrong: Readonly<Record<string, Buffer>> = {
  'a text header': Buffer.from('PROXY TCP4 10.0.1.50 10.0.1.11 51234 443\r\n'),
  'a text header of more than 107 bytes': Buffer.from(`PROXY UNKNOWN ${'x'.repeat(120)}\r\n`),
  'a length that is too short': proxyHeader({ entries: [byAws], length: 20 }),
  'a length that is too long': proxyHeader({ entries: [byAws], length: 65_535 }),
  'an unknown family': proxyHeader({ entries: [byAws], family: 0x41 }),
  'no family': proxyHeader({ entries: [byAws], family: 0x00 }),
  'Unix sockets': proxyHeader({ entries: [byAws], family: 0x31 }),
  datagrams: proxyHeader({ entries: [byAws], family: 0x12 }),
  'an entry past the end': proxyHeader({ entries: [byAws], length: 12 + 20 }),
  'two endpoints': proxyHeader({ entries: [byAws, endpointEntry(other.endpointId)] }),
  'a wrong checksum': proxyHeader({ entries: [byAws, [0x03, Buffer.from('01020304', 'hex')]] }),
  'an endpoint id that nobody has': proxyHeader({ entries: [endpointEntry('vpce-0123456789abcdef0')] }),
  'no endpoint id': proxyHeader(),
}

for (const [what, header] of Object.entries(wrong)) {
  test(`[E46] a connection that begins with ${what} ends without an answer`, async () => {
    const { answer, seconds } = await fate(Buffer.concat([header, hello]))

    assert.equal(answer.length, 0)
    assert.ok(seconds < 4, 'at once')
    await stillServes()
  })
}

test('[E46] a health check is over with its header, whatever address it claims and whatever follows', async () => {
  const plain = await fate(Buffer.concat([proxyHeader({ command: 0x20 }), hello]), { to: ports.one })
  const claiming = proxyHeader({ command: 0x20, source: '10.0.1.50', entries: [byAws] })
  const claimed = await fate(Buffer.concat([claiming, hello]))

  assert.deepEqual([plain.answer.length, claimed.answer.length], [0, 0])
  await unreachable((await through(claiming)).send(new ListKeysCommand({})))
})

test('[E46] of two headers the first counts, and the second is an error of TLS', async () => {
  const first = proxyHeader({ source: '10.0.1.50', entries: [byAws] })
  const second = proxyHeader({ source: '10.0.2.99', entries: [endpointEntry(other.endpointId)] })

  const { answer } = await fate(Buffer.concat([first, second, hello]))

  // At most an alert (type 21), and never a ServerHello (type 22).
  assert.ok(answer.length === 0 || answer[0] === 21, answer.toString('hex'))
  await assert.rejects((await through(Buffer.concat([first, second]))).send(new ListKeysCommand({})))
  await stillServes()
})

test('a peer that may speak for one endpoint is closed when it speaks for another', async () => {
  const from = limitedPeer

  const own = await recorded(await through({ entries: [byAws] }, { from }))
  const foreign = await through({ entries: [endpointEntry(other.endpointId)] }, { from })
  const foreignListener = await through({}, { from, to: ports.other })

  assert.equal(own.vpcEndpointId, one.endpointId)
  await unreachable(foreign.send(new ListKeysCommand({})))
  await unreachable(foreignListener.send(new ListKeysCommand({})))
})

test('a header that names another endpoint than its listener leads to is refused, and one that names the same is not', async () => {
  const contrary = await through({ entries: [endpointEntry(other.endpointId)] }, { to: ports.one })
  const same = await through({ entries: [byAws] }, { to: ports.one })

  await unreachable(contrary.send(new ListKeysCommand({})))
  await same.send(new ListKeysCommand({}))
})

test('a client that asked for the address of another endpoint of the VPC is not led to this one', async () => {
  const neighbour = await makeEndpoint(ec2, other, { privateDns: false })
  const { SubnetIds } = await untilAvailable(ec2, neighbour)
  assert.equal(SubnetIds!.length, 2)
  const addresses = await addressesOf(neighbour)

  const kms = await through({ destination: addresses[0]! }, { to: ports.other })
  const right = await through({ destination: addresses[0]!, entries: [endpointEntry(neighbour)] })

  await unreachable(kms.send(new ListKeysCommand({})))
  assert.equal((await recorded(right)).vpcEndpointId, neighbour)
  await ec2.send(new DeleteVpcEndpointsCommand({ VpcEndpointIds: [neighbour] }))
  await unreachable(right.send(new ListKeysCommand({})).then(() => right.send(new ListKeysCommand({}))))
})

async function addressesOf(endpointId: string): Promise<readonly string[]> {
  const { VpcEndpoints } = await ec2.send(new DescribeVpcEndpointsCommand({ VpcEndpointIds: [endpointId] }))
  const NetworkInterfaceIds = VpcEndpoints![0]!.NetworkInterfaceIds!
  const { NetworkInterfaces } = await ec2.send(new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds }))
  return NetworkInterfaces!.map(each => each.PrivateIpAddress!)
}

/** TLS with a client's own bytes inside, behind a header. */
async function openTls(header: Buffer, to = ports.open): Promise<TLSSocket> {
  const sender = senders.use(await Sender.start({ to, header }))
  const socket = startTls({ host: '127.0.0.1', port: sender.port, servername: name, ca: postern.authority })
  socket.on('error', () => undefined)
  await once(socket, 'secureConnect')
  return socket
}

const claims = {
  'x-forwarded-for': '10.0.9.9',
  forwarded: 'for=10.0.9.9;by=10.0.9.8;host=evil.example',
  'x-amzn-vpce-id': other.endpointId,
  'x-real-ip': '10.0.9.9',
}

test('[E47] nothing in a request says where it comes from, neither behind a proxy nor at the public door', async () => {
  const request = { service: 'kms', target: 'TrentService.ListKeys', body: '{}', headers: claims }
  const socket = await openTls(proxyHeader({ source: '10.0.1.50', entries: [byAws] }))

  socket.write(post(signed(postern, administrator, { ...request, host: name }), '{}'))
  const inside = await readAnswer(socket)
  const outside = await send(postern, post(signed(postern, administrator, request), '{}'))

  const [proxiedOne, direct] = [inside, outside].map(answer =>
    recordOf(postern, answer!.headers.get('x-amzn-requestid')!),
  )
  assert.deepEqual([proxiedOne!.vpcEndpointId, proxiedOne!.sourceIPAddress], [one.endpointId, '10.0.1.50'])
  assert.deepEqual([direct!.vpcEndpointId, direct!.sourceIPAddress], [undefined, '127.0.0.1'])
  assert.doesNotMatch(JSON.stringify([proxiedOne, direct]), /10\.0\.9\.9/)
  socket.destroy()
})

test('[E45] a connection that a header began has the deadlines of every other: for the handshake, and for a request', async () => {
  const silent = await fate(proxyHeader({ entries: [byAws] }))
  const socket = await openTls(proxyHeader({ entries: [byAws] }))
  const began = performance.now()
  const drip = setInterval(() => socket.writable && socket.write('x'), 500)
  socket.write('POST / HTTP/1.1\r\nhost: x\r\nx-slow: ')
  socket.resume()
  await once(socket, 'close')
  clearInterval(drip)
  const seconds = (performance.now() - began) / 1_000

  assert.ok(silent.seconds < 9, `no handshake for ${silent.seconds} seconds`)
  assert.ok(seconds > 3 && seconds < 10, `no whole head for ${seconds} seconds`)
})

test('a request that is under way when the server stops is finished', async () => {
  const kms = await through({ entries: [byAws] })
  await kms.send(new ListKeysCommand({}))
  const made = kms.send(new CreateKeyCommand({ KeySpec: 'RSA_4096', KeyUsage: 'SIGN_VERIFY' }))
  await delay(100)

  const [{ KeyMetadata }, code] = await Promise.all([made, postern.stop()])

  assert.ok(KeyMetadata!.KeyId)
  assert.equal(code, 0)
  await postern.start()
})

test('an endpoint whose listener cannot be opened is failed and says why, and is available once it can', async () => {
  await postern.stop()
  const taker = createServer().listen(ports.other, '127.0.0.1')
  using _closing = { [Symbol.dispose]: () => void taker.close() }
  await once(taker, 'listening')

  const started = postern.start()
  const failed = await untilFailed(other.endpointId)
  await untilServes()
  taker.close()
  await started
  await untilAvailable(ec2, other.endpointId)

  assert.match(failed.LastError!.Message!, /EADDRINUSE/)
  assert.equal((await recorded(await through({}, { to: ports.other }))).vpcEndpointId, other.endpointId)
})

/** Doors open one after another. */
async function untilServes(): Promise<void> {
  for (let count = 0; ; count++) {
    try {
      return await stillServes()
    } catch (error) {
      if (count === 100) throw error
      await delay(100)
    }
  }
}

async function untilFailed(endpointId: string): Promise<VpcEndpoint> {
  for (let count = 0; count < 500; count++) {
    // The server may not have started yet.
    const found = await ec2
      .send(new DescribeVpcEndpointsCommand({ VpcEndpointIds: [endpointId] }))
      .catch(() => undefined)
    const endpoint = found?.VpcEndpoints![0]
    // The wire has it in lower case, other than the SDK's type says.
    if (endpoint?.State?.toLowerCase() === 'failed') return endpoint
    await delay(40)
  }
  throw new Error(`Endpoint ${endpointId} did not fail`)
}

test('a deleted endpoint has no listener any more, and an open connection through it ends', async () => {
  const kms = await through({}, { to: ports.other })
  await kms.send(new ListAliasesCommand({}))

  await ec2.send(new DeleteVpcEndpointsCommand({ VpcEndpointIds: [other.endpointId] }))

  await assert.rejects(kms.send(new ListAliasesCommand({})))
  await untilClosed(ports.other)
  await unreachable((await through({ entries: [endpointEntry(other.endpointId)] })).send(new ListKeysCommand({})))
  await stillServes()
})

async function untilClosed(port: number): Promise<void> {
  for (let count = 0; ; count++) {
    const socket = connectTcp({ host: '127.0.0.1', port })
    const code = await once(socket, 'connect').then(
      () => 'connected',
      (error: unknown) => (error as NodeJS.ErrnoException).code,
    )
    socket.destroy()
    if (code === 'ECONNREFUSED') return
    assert.ok(count < 100, 'the listener is closed')
    await delay(20)
  }
}

test('a listener that leads to all endpoints is closed with the last of them, and open again with the next', async () => {
  const { VpcEndpoints = [] } = await ec2.send(new DescribeVpcEndpointsCommand({}))

  await ec2.send(new DeleteVpcEndpointsCommand({ VpcEndpointIds: VpcEndpoints.map(each => each.VpcEndpointId!) }))
  await untilClosed(ports.open)
  const endpointId = await makeEndpoint(ec2, other)
  await untilAvailable(ec2, endpointId)

  const next = await through({ entries: [endpointEntry(endpointId)] })
  assert.equal((await recorded(next)).vpcEndpointId, endpointId)
})
