// The resolver of a VPC, by DNS over UDP and TCP.
import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { CreateVpcCommand, ModifyVpcAttributeCommand } from '@aws-sdk/client-ec2'
import { RECURSION_DESIRED, decode, encode } from 'dns-packet'
import { startPostern } from '../start-postern.ts'
import type { Postern } from '../start-postern.ts'

// Takes queries and never answers.
const silent = createSocket('udp4')
silent.bind(0, '127.0.0.1')
await once(silent, 'listening')
after(() => silent.close())
const silentUpstream = `127.0.0.1:${silent.address().port}`

const postern = await startPostern({ words: ['--resolver-upstream', silentUpstream] })
after(() => postern[Symbol.asyncDispose]())

/** A new VPC; gives its id and its resolver's address. */
async function makeVpc(
  server: Postern,
  cidr: string,
): Promise<{ readonly vpcId: string; readonly host: string; readonly setDns: (on: boolean) => Promise<unknown> }> {
  const { ec2 } = server.clients(await server.administrator())
  const vpcId = (await ec2.send(new CreateVpcCommand({ CidrBlock: cidr }))).Vpc!.VpcId!
  const { vpcs } = JSON.parse((await server.postern('status', '--json')).out) as {
    readonly vpcs: readonly { readonly vpcId: string; readonly window: string }[]
  }
  const window = vpcs.find(vpc => vpc.vpcId === vpcId)!.window.split('.')[1]!
  const setDns = (on: boolean) =>
    ec2.send(new ModifyVpcAttributeCommand({ VpcId: vpcId, EnableDnsSupport: { Value: on } }))
  return { vpcId, host: `127.${window}.0.2`, setDns }
}

const queryFor = (name: string): Buffer =>
  encode({ type: 'query', id: 7, flags: RECURSION_DESIRED, questions: [{ type: 'A', name, class: 'IN' }] })
const codeOf = (bytes: Buffer): string => (decode(bytes) as unknown as { rcode: string }).rcode

/** Asks until there is an answer, as clients do: what comes by UDP may be lost. */
async function askByUdp(host: string, name: string, port = postern.resolverPort): Promise<Buffer> {
  const socket = createSocket('udp4')
  const answered = once(socket, 'message', { signal: AbortSignal.timeout(20_000) })
  const asking = setInterval(() => socket.send(queryFor(name), port, host), 4_000)
  try {
    socket.send(queryFor(name), port, host)
    const [answer] = (await answered) as [Buffer]
    return answer
  } finally {
    clearInterval(asking)
    socket.close()
  }
}

async function openTcp(host: string, localAddress = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ host, port: postern.resolverPort, localAddress })
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

const writeQuery = (socket: Socket, name: string): boolean => {
  const query = queryFor(name)
  return socket.write(Buffer.concat([Buffer.from([0, query.length]), query]))
}

async function askByTcp(socket: Socket, name: string): Promise<string> {
  writeQuery(socket, name)
  const [answer] = (await once(socket, 'data', { signal: AbortSignal.timeout(10_000) })) as [Buffer]
  return codeOf(answer.subarray(2))
}

const { host } = await makeVpc(postern, '10.0.0.0/16')
const ownName = 'kms.us-west-2.vpce.amazonaws.com'

test('a query that the upstream does not answer in time gets SERVFAIL, over UDP and TCP', async () => {
  const overUdp = askByUdp(host, 'example.com')
  const overTcp = askByTcp(await openTcp(host), 'example.com')

  assert.equal(codeOf(await overUdp), 'SERVFAIL')
  assert.equal(await overTcp, 'SERVFAIL')
})

test('a flood of queries to a silent upstream takes a bounded number of descriptors, and own names are answered', async () => {
  const descriptors = (): number => readdirSync(`/proc/${postern.processId}/fd`).length
  const before = descriptors()
  const flood = createSocket('udp4')
  after(() => flood.close())
  let failures = 0
  flood.on('message', answer => (failures += codeOf(answer) === 'SERVFAIL' ? 1 : 0))

  for (let round = 0; round < 20; round++) {
    for (let count = 0; count < 100; count++) flood.send(queryFor('example.com'), postern.resolverPort, host)
    await delay(5)
  }
  const own = codeOf(await askByUdp(host, ownName))
  const during = descriptors()

  assert.equal(own, 'NOERROR')
  assert.ok(during - before <= 140, `${during - before} more descriptors`)
  assert.ok(failures > 100, `${failures} failures at once`)
})

/** Sends queries as fast as it can, and counts the bytes that came back a while later. */
async function flood(from: string, name: string, count: number, to = host, port = postern.resolverPort) {
  const socket = createSocket('udp4')
  socket.bind(0, from)
  await once(socket, 'listening')
  const answers = { count: 0, bytes: 0, cut: 0 }
  socket.on('message', answer => {
    answers.count++
    answers.bytes += answer.length
    if (decode(answer).flag_tc) answers.cut++
  })
  const startedAt = performance.now()
  for (let sent = 0; sent < count; sent += 50) {
    for (let each = 0; each < 50; each++) socket.send(queryFor(name), port, to)
    await delay(1)
  }
  await delay(300)
  const seconds = (performance.now() - startedAt) / 1_000
  socket.close()
  return { ...answers, sent: count * queryFor(name).length, seconds }
}

test('a source gets at most 1024 answers a second, however much it asks, and others get theirs', async () => {
  const { count, seconds } = await flood('127.0.5.1', ownName, 4_000)
  const other = codeOf(await askByUdp(host, ownName))

  assert.ok(count > 100 && count <= 1_024 * (1 + seconds) + 1, `${count} answers in ${seconds} s`)
  assert.equal(other, 'NOERROR')
})

test('a flood in the name of somebody becomes no more bytes than were sent, and he is still answered by TCP', async () => {
  await using server = await startPostern()
  const vpc = await makeVpc(server, '10.0.0.0/16')

  const { count, bytes, cut, sent, seconds } = await flood(
    '127.0.5.2',
    'example.com',
    2_000,
    vpc.host,
    server.resolverPort,
  )
  const socket = connect({ host: vpc.host, port: server.resolverPort, localAddress: '127.0.5.2' })
  await once(socket, 'connect')
  const byTcp = await askByTcp(socket, ownName)
  socket.destroy()

  assert.ok(bytes <= sent)
  assert.ok(count - cut <= 128 * (1 + seconds) + 1, `${count - cut} whole answers in ${seconds} s`)
  assert.ok(cut > 0 && count < 2_000)
  assert.equal(byTcp, 'NOERROR')
})

test('connections of one client that say nothing keep nobody out, not even that client', async () => {
  const idle = await Promise.all(Array.from({ length: 300 }, () => openTcp(host)))

  const same = await askByTcp(await openTcp(host), ownName)
  const other = await askByTcp(await openTcp(host, '127.0.0.9'), ownName)

  assert.deepEqual([same, other], ['NOERROR', 'NOERROR'])
  for (const socket of idle) socket.destroy()
})

test('a client that ends its side of the connection behind its query still gets the answer', async () => {
  const socket = await openTcp(host)
  const query = queryFor(ownName)

  socket.end(Buffer.concat([Buffer.from([0, query.length]), query]))
  const [answer] = (await once(socket, 'data')) as [Buffer]

  assert.equal(codeOf(answer.subarray(2)), 'NOERROR')
})

test('a resolver that is switched off ends its open connections, and comes back when it is switched on', async () => {
  const vpc = await makeVpc(postern, '10.1.0.0/16')
  const socket = await openTcp(vpc.host)
  await askByTcp(socket, ownName)
  const closed = once(socket, 'close')

  await vpc.setDns(false)
  await closed
  await assert.rejects(openTcp(vpc.host))
  await vpc.setDns(true)

  assert.equal(await askByTcp(await untilOpen(vpc.host), ownName), 'NOERROR')
})

async function untilOpen(address: string): Promise<Socket> {
  const end = Date.now() + 10_000
  for (;;) {
    try {
      return await openTcp(address)
    } catch (error) {
      if (Date.now() > end) throw error
      await delay(20)
    }
  }
}

test('a resolver whose port is taken is shown as a problem and opened once the port is free', async () => {
  const taker = createSocket('udp4')
  taker.bind(postern.resolverPort, '127.3.0.2')
  await once(taker, 'listening')
  const vpc = await makeVpc(postern, '10.3.0.0/16')
  assert.equal(vpc.host, '127.3.0.2')

  const problems = await (await fetch(`http://127.0.0.1:${postern.metricsPort}/ready`)).text()
  taker.close()

  assert.match(problems, new RegExp(`resolver of ${vpc.vpcId} cannot be opened`))
  assert.equal(await askByTcp(await untilOpen(vpc.host), ownName), 'NOERROR')
})

for (const upstream of ['255.255.255.255:53', 'no-such-host.invalid:53']) {
  test(`the server lives on and answers SERVFAIL where its upstream is ${upstream}`, async () => {
    await using server = await startPostern({ words: ['--resolver-upstream', upstream] })
    const vpc = await makeVpc(server, '10.0.0.0/16')

    const answers = [
      await askByUdp(vpc.host, 'example.com', server.resolverPort),
      await askByUdp(vpc.host, 'example.org', server.resolverPort),
    ]

    assert.deepEqual(answers.map(codeOf), ['SERVFAIL', 'SERVFAIL'])
    assert.equal(await server.stop(), 0)
  })
}

test('SIGTERM ends the server while a client keeps a connection of a resolver busy', async () => {
  const socket = await openTcp(host)
  const busy = setInterval(() => writeQuery(socket, ownName), 50)
  await once(socket, 'data')

  const code = await Promise.race([postern.stop(), delay(5_000, 'still running', { ref: false })])
  clearInterval(busy)
  socket.destroy()

  assert.equal(code, 0)
})
