// The resolver of a VPC, asked by clients that others wrote: dig, and the c-ares of Node.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { promises as dns } from 'node:dns'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { after, test } from 'node:test'
import { ModifyVpcAttributeCommand, ModifyVpcEndpointCommand } from '@aws-sdk/client-ec2'
import { RECURSION_AVAILABLE, decode, encode } from 'dns-packet'
import { makePrivateNetwork, untilAvailable } from '../private-network.ts'
import { run, startPostern } from '../start-postern.ts'

if (spawnSync('dig', ['-v']).error !== undefined) {
  throw new Error('These tests drive dig, which is not installed here: "apt-get install dnsutils" brings it')
}

/** Another resolver: it knows example.com, and has so much to say of long.example that it takes TCP. */
const upstreamUdp = createSocket('udp4')
const upstreamTcp = createServer(socket => {
  socket.on('data', received => socket.end(framed(upstreamAnswer(received.subarray(2), 'tcp'))))
})
upstreamUdp.on('message', (query, from) => {
  upstreamUdp.send(upstreamAnswer(query, 'udp'), from.port, from.address)
})
upstreamUdp.bind(0, '127.0.0.1')
await once(upstreamUdp, 'listening')
const upstreamPort = upstreamUdp.address().port
upstreamTcp.listen(upstreamPort, '127.0.0.1')
await once(upstreamTcp, 'listening')
after(() => {
  upstreamUdp.close()
  upstreamTcp.close()
})

const framed = (message: Buffer): Buffer => {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(message.length, 0)
  return Buffer.concat([length, message])
}

function upstreamAnswer(bytes: Buffer, transport: 'udp' | 'tcp'): Buffer {
  const { id = 0, questions = [] } = decode(bytes)
  const [question] = questions
  const isLong = question!.name.toLowerCase() === 'long.example'
  const count = isLong ? 200 : Number(question!.type === 'A')
  const answers = Array.from({ length: count }, (_, index) => ({
    type: 'A' as const,
    name: question!.name,
    ttl: 30,
    data: `192.0.2.${index + 1}`,
  }))
  const flags = RECURSION_AVAILABLE | 0x01_00
  const cut = isLong && transport === 'udp'
  return encode({ type: 'response', id, flags: cut ? flags | 0x02_00 : flags, questions, answers: cut ? [] : answers })
}

const postern = await startPostern({ words: ['--resolver-upstream', `127.0.0.1:${upstreamPort}`] })
after(() => postern[Symbol.asyncDispose]())
const { ec2 } = postern.clients(await postern.administrator())
const network = await makePrivateNetwork(postern, ec2)
const { DnsEntries = [] } = await untilAvailable(ec2, network.endpointId)
const [regional = '', zonalA = '', zonalB = '', ...privateNames] = DnsEntries.map(entry => entry.DnsName!)
const { vpcs } = JSON.parse((await postern.postern('status', '--json')).out) as {
  readonly vpcs: readonly { readonly window: string }[]
}
const server = `127.${vpcs[0]!.window.split('.')[1]}.0.2`
const window = server.split('.').slice(0, 2).join('.')

async function dig(...words: readonly string[]): Promise<string> {
  const port = String(postern.resolverPort)
  const { status, out, error } = await run(
    'dig',
    [`@${server}`, '-p', port, '+tries=3', '+time=5', ...words],
    process.env,
  )
  assert.equal(status, 0, error + out)
  return out
}

const statusOf = (out: string): string | undefined => /status: (\w+)/.exec(out)?.[1]
const flagsOf = (out: string): string | undefined => /;; flags: ([a-z ]+);/.exec(out)?.[1]
const linesOf = (out: string): readonly string[] => out.trim().split('\n').filter(Boolean).sort()

/** The addresses of an interface's name as the loopback network serves them. */
const inSubnet = (third: number): RegExp =>
  new RegExp(String.raw`^${window.replace('.', String.raw`\.`)}\.${third}\.\d+$`)

test('dig gets the addresses of all interfaces for the regional and the private names, and of one for a zonal one', async () => {
  for (const name of [regional, ...privateNames]) {
    const [first = '', second = ''] = linesOf(await dig('+short', name, 'A'))
    assert.match(first, inSubnet(1))
    assert.match(second, inSubnet(2))
  }
  assert.match((await dig('+short', zonalA)).trim(), inSubnet(1))
  assert.match((await dig('+short', zonalB)).trim(), inSubnet(2))
  assert.ok(privateNames.includes('kms.us-west-2.amazonaws.com'))
})

test('dig reads whole answers without a warning: authoritative, for 60 seconds, with EDNS', async () => {
  const out = await dig(regional)

  assert.equal(statusOf(out), 'NOERROR')
  assert.equal(flagsOf(out), 'qr aa rd ra')
  assert.match(out, /EDNS: version: 0, flags:; udp: 1232/)
  assert.match(out, /\.\s60\s+IN\s+A\s/)
  assert.doesNotMatch(out, /WARN|Warn|mismatch|malformed|extra bytes/)
})

test('dig sees that a name exists without IPv6 addresses, that another does not exist, and the SOA records of both', async () => {
  const without = await dig(regional, 'AAAA')
  const absent = await dig('nobody.kms.us-west-2.vpce.amazonaws.com')

  assert.deepEqual([statusOf(without), statusOf(absent)], ['NOERROR', 'NXDOMAIN'])
  for (const out of [without, absent]) {
    assert.match(out, /ANSWER: 0, AUTHORITY: 1/)
    assert.match(out, /kms\.us-west-2\.vpce\.amazonaws\.com\. 60\s+IN\s+SOA\s/)
  }
})

for (const words of [
  ['+dnssec'],
  ['+nsid', '+cookie', '+subnet=192.0.2.0/24', '+padding=128'],
  ['+ednsopt=65001:00112233'],
  ['+noedns'],
  ['+bufsize=512'],
  ['+tcp'],
  ['+tcp', '+keepopen'],
  ['+adflag', '+cdflag', '+norecurse'],
]) {
  test(`dig gets both addresses with ${words.join(' ')}`, async () => {
    assert.equal(linesOf(await dig('+short', ...words, regional)).length, 2)
  })
}

for (const [words, status] of [
  [['+edns=1', '+noednsnegotiation', 'kms.us-west-2.amazonaws.com'], 'BADVERS'],
  [['-c', 'CH', 'version.bind', 'TXT'], 'REFUSED'],
  [['+opcode=NOTIFY', 'kms.us-west-2.amazonaws.com', 'SOA'], 'NOTIMP'],
  [['+opcode=UPDATE', 'kms.us-west-2.amazonaws.com', 'SOA'], 'NOTIMP'],
  [['+norecurse', 'example.com'], 'REFUSED'],
  [['+header-only'], 'FORMERR'],
] as const) {
  test(`dig gets ${status} for ${words.join(' ')}`, async () => {
    assert.equal(statusOf(await dig(...words)), status)
  })
}

test('dig gets no transfer of a zone', async () => {
  assert.match(await dig('+noidnin', 'kms.us-west-2.vpce.amazonaws.com', 'AXFR'), /Transfer failed/)
})

test('dig gets one record for ANY, by UDP and TCP', async () => {
  for (const words of [['+notcp'], ['+tcp']]) {
    assert.match(await dig(...words, '+noall', '+answer', regional, 'ANY'), /^\S+\s+60\s+IN\s+HINFO\s+"RFC8482" ""\n*$/)
  }
})

test('dig finds the host of an address, and the address of the host', async () => {
  assert.equal((await dig('+short', '-x', '10.0.1.17')).trim(), 'ip-10-0-1-17.us-west-2.compute.internal.')
  assert.equal((await dig('+short', 'ip-10-0-1-17.us-west-2.compute.internal')).trim(), `${window}.1.17`)
})

test('dig gets what the upstream says of other names, by TCP where it is long', async () => {
  assert.equal((await dig('+short', 'example.com')).trim(), '192.0.2.1')
  assert.equal(linesOf(await dig('+short', 'long.example')).length, 200)
})

test('the resolver of Node finds all names of the endpoint, and says why others have no addresses', async () => {
  const resolver = new dns.Resolver({ timeout: 5_000, tries: 3 })
  resolver.setServers([`${server}:${postern.resolverPort}`])

  for (const name of [regional, 'KMS.us-west-2.amazonaws.com']) {
    const found = await resolver.resolve4(name, { ttl: true })
    assert.deepEqual(
      found.map(({ ttl }) => ttl),
      [60, 60],
    )
  }
  assert.equal((await resolver.resolve4('long.example')).length, 200)
  assert.equal((await resolver.resolveSoa('kms.us-west-2.vpce.amazonaws.com')).minttl, 60)
  assert.deepEqual(await resolver.reverse('10.0.1.17'), ['ip-10-0-1-17.us-west-2.compute.internal'])
  await assert.rejects(resolver.resolve6(regional), { code: 'ENODATA' })
  await assert.rejects(resolver.resolve4('kms.eu-west-1.amazonaws.com'), { code: 'ENOTFOUND' })
  await assert.rejects(resolver.resolveTxt('kms.us-west-2.amazonaws.com'), { code: 'ENODATA' })
})

test('answers begin with either address, also for a client that asks for A and AAAA by turns', async () => {
  const resolver = new dns.Resolver({ timeout: 5_000, tries: 3 })
  resolver.setServers([`${server}:${postern.resolverPort}`])
  const firsts = new Set<string>()
  for (let count = 0; count < 64 && firsts.size < 2; count++) {
    firsts.add((await resolver.resolve4(regional))[0]!)
    await assert.rejects(resolver.resolve6(regional), { code: 'ENODATA' })
  }

  assert.equal(firsts.size, 2)
})

test('private names and hosts are there only while private DNS and both attributes of the VPC are on', async () => {
  const name = 'kms.us-west-2.amazonaws.com'
  const status = async (asked: string, ...words: readonly string[]) => statusOf(await dig(...words, asked))
  const setHostnames = (Value: boolean) =>
    ec2.send(new ModifyVpcAttributeCommand({ VpcId: network.vpcId, EnableDnsHostnames: { Value } }))
  const setPrivateDns = (PrivateDnsEnabled: boolean) =>
    ec2.send(new ModifyVpcEndpointCommand({ VpcEndpointId: network.endpointId, PrivateDnsEnabled }))

  await setPrivateDns(false)
  assert.deepEqual([await status(name), await status(regional)], ['NXDOMAIN', 'NOERROR'])
  await setPrivateDns(true)
  assert.equal(await status(name), 'NOERROR')
  await setHostnames(false)
  assert.deepEqual([await status(name), await status(regional)], ['NXDOMAIN', 'NOERROR'])
  assert.equal((await dig('+short', '-x', '10.0.1.17')).trim(), '')
  await setHostnames(true)
  assert.equal(await status(name), 'NOERROR')
})

test('a VPC without DNS support has nobody who answers', async () => {
  const setSupport = (Value: boolean) =>
    ec2.send(new ModifyVpcAttributeCommand({ VpcId: network.vpcId, EnableDnsSupport: { Value } }))
  await setSupport(false)
  const port = String(postern.resolverPort)
  const words = [`@${server}`, '-p', port, '+tries=1', '+time=1', regional]

  const byUdp = await run('dig', words, process.env)
  const byTcp = await run('dig', ['+tcp', ...words], process.env)
  await setSupport(true)

  assert.deepEqual([byUdp.status, byTcp.status], [9, 9])
})
