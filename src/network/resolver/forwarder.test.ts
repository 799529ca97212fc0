import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { RECURSION_DESIRED, decode, encode } from 'dns-packet'
import { seededRandom } from '../../base/index.ts'
import { Forwarder } from './forwarder.ts'
import { parseQuery } from './parse-query.ts'
import type { DnsQuery } from './parse-query.ts'
import { withLength } from './tcp-messages.ts'

const sent = encode({
  type: 'query',
  id: 7,
  flags: RECURSION_DESIRED,
  questions: [{ type: 'A', name: 'example.com', class: 'IN' }],
})
const query = parsed(sent)

function parsed(bytes: Buffer): DnsQuery {
  const result = parseQuery(bytes)
  assert.ok(result.kind === 'query')
  return result.query
}

function forwarderTo(host: string, port: number) {
  const reports: string[] = []
  const random = seededRandom(20_261_124)
  return { forwarder: new Forwarder({ upstream: { host, port }, random, report: text => reports.push(text) }), reports }
}

/** An upstream over UDP that answers each query with what `reply` makes of it, or not at all. */
async function upstream(reply: (query: Buffer) => readonly Buffer[]) {
  const socket = createSocket('udp4')
  const seen: Buffer[] = []
  socket.on('message', (message, from) => {
    seen.push(message)
    for (const each of reply(message)) socket.send(each, from.port, from.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return { socket, seen, port: socket.address().port }
}

function answerOf(message: Buffer): Buffer {
  const answer = Buffer.from(message)
  answer[2]! |= 0x80
  return answer
}

for (const transport of ['udp', 'tcp'] as const) {
  for (const host of ['255.255.255.255', 'no-such-host.invalid']) {
    test(`forward() gives nothing over ${transport} where ${host} cannot be reached, and says so once`, async () => {
      const { forwarder, reports } = forwarderTo(host, 53)

      const answers = await Promise.all([
        forwarder.forward(query, transport, 'vpc-1'),
        forwarder.forward(query, transport, 'vpc-1'),
      ])
      answers.push(await forwarder.forward(query, transport, 'vpc-1'))

      assert.deepEqual(answers, [undefined, undefined, undefined])
      assert.equal(reports.length, 1)
    })
  }
}

test("forward() asks with an id of its own and gives the answer under the client's", async () => {
  const { socket, seen, port } = await upstream(message => [answerOf(message)])
  const { forwarder } = forwarderTo('localhost', port)

  const answer = await forwarder.forward(query, 'udp', 'vpc-1')
  socket.close()

  assert.notEqual(seen[0]!.readUInt16BE(0), 7)
  assert.deepEqual(answer, answerOf(sent))
})

test('forward() takes no answer with another id, to another question, or that is a query', async () => {
  const { socket, port } = await upstream(message => {
    const right = answerOf(message)
    const otherId = Buffer.from(right)
    otherId[0]! ^= 1
    const otherName = Buffer.from(right)
    otherName[13]! ^= 1
    return [otherId, otherName, message, Buffer.alloc(3), Buffer.concat([right, Buffer.from('right')])]
  })
  const { forwarder } = forwarderTo('127.0.0.1', port)

  const answer = await forwarder.forward(query, 'udp', 'vpc-1')
  socket.close()

  assert.equal(answer!.toString('latin1').endsWith('right'), true)
})

test('forward() takes a refusal of the header alone from an upstream that cannot read the query', async () => {
  const refusal = (message: Buffer): Buffer =>
    Buffer.concat([message.subarray(0, 2), Buffer.from([0x80, 1]), Buffer.alloc(8)])
  const { socket, port } = await upstream(message => [refusal(message)])
  const { forwarder } = forwarderTo('127.0.0.1', port)

  const answer = await forwarder.forward(query, 'udp', 'vpc-1')
  socket.close()

  assert.deepEqual(answer, refusal(sent))
})

test('forward() waits for at most 64 answers of a VPC and 128 in all, and gives up on all of them when it is disposed of', async () => {
  const { socket, port } = await upstream(() => [])
  const { forwarder, reports } = forwarderTo('127.0.0.1', port)
  const many = (vpcId: string) => Array.from({ length: 64 }, () => forwarder.forward(query, 'udp', vpcId))

  const startedAt = performance.now()
  const ofOne = many('vpc-1')
  const above = await forwarder.forward(query, 'udp', 'vpc-1')
  const ofOther = many('vpc-2')
  const aboveAll = await forwarder.forward(query, 'udp', 'vpc-3')
  forwarder[Symbol.dispose]()
  const answers = await Promise.all([...ofOne, ...ofOther])
  socket.close()

  assert.deepEqual([above, aboveAll], [undefined, undefined])
  assert.ok(answers.every(answer => answer === undefined))
  assert.ok(performance.now() - startedAt < 2_000)
  assert.deepEqual(reports, [])
})

test('forward() takes no more than it lets wait: what was answered makes room', async () => {
  const { socket, port } = await upstream(message => [answerOf(message)])
  const { forwarder } = forwarderTo('127.0.0.1', port)

  for (let round = 0; round < 3; round++) {
    const answers = await Promise.all(Array.from({ length: 60 }, () => forwarder.forward(query, 'udp', 'vpc-1')))
    assert.ok(answers.every(answer => answer !== undefined))
  }
  socket.close()
})

test('forward() uses another id and another port for each query', async () => {
  const ports = new Set<number>()
  const { socket, seen, port } = await upstream(message => [answerOf(message)])
  socket.on('message', (_, from) => ports.add(from.port))
  const { forwarder } = forwarderTo('127.0.0.1', port)

  await Promise.all(Array.from({ length: 20 }, () => forwarder.forward(query, 'udp', 'vpc-1')))
  socket.close()

  assert.equal(ports.size, 20)
  assert.equal(new Set(seen.map(message => message.readUInt16BE(0))).size, 20)
})

test('forward() takes no answer from another address or port than the upstream’s', async () => {
  const forger = createSocket('udp4')
  const { socket, port } = await upstream(() => [])
  socket.on('message', (message, from) => {
    const forged = Buffer.concat([answerOf(message), Buffer.from('forged')])
    forger.send(forged, from.port, from.address, () => socket.send(answerOf(message), from.port, from.address))
  })
  const { forwarder } = forwarderTo('127.0.0.1', port)

  const answer = await forwarder.forward(query, 'udp', 'vpc-1')
  socket.close()
  forger.close()

  assert.deepEqual(answer, answerOf(sent))
})

const option = (code: number, data: Buffer) => ({ code, data })

test('forward() passes on the question and what the client takes, and nothing else of the packet', async () => {
  const { socket, seen, port } = await upstream(message => [answerOf(message)])
  const { forwarder } = forwarderTo('127.0.0.1', port)
  const cookie = option(10, Buffer.from('secret!!'))
  const opt = {
    type: 'OPT',
    name: '.',
    udpPayloadSize: 60_000,
    flags: 0x80_00,
    options: [cookie],
    extendedRcode: 0,
    ednsVersion: 0,
    flag_do: true,
  }
  const extra = { type: 'TXT', name: 'extra.example', data: 'extra' }
  const client = encode({
    type: 'query',
    id: 7,
    flags: RECURSION_DESIRED | 0x0440,
    questions: [{ type: 'A', name: 'ExAmPlE.com', class: 'IN' }],
    additionals: [extra, opt] as unknown as [],
  })

  await forwarder.forward(parsed(client), 'udp', 'vpc-1')
  socket.close()

  const asked = decode(seen[0]!)
  assert.equal(seen[0]!.includes('extra'), false)
  assert.equal(seen[0]!.includes('secret'), false)
  assert.equal(asked.flags, RECURSION_DESIRED)
  assert.equal(asked.questions?.[0]?.name, 'ExAmPlE.com')
  const [only, ...more] = asked.additionals ?? []
  assert.ok(only?.type === 'OPT' && more.length === 0)
  assert.deepEqual([only.udpPayloadSize, only.flag_do, only.options], [1_232, true, []])
})

test('forward() sends a client to TCP whose upstream answers with more than the client takes', async () => {
  const { socket, port } = await upstream(message => [Buffer.concat([answerOf(message), Buffer.alloc(513)])])
  const { forwarder } = forwarderTo('127.0.0.1', port)

  const answer = await forwarder.forward(query, 'udp', 'vpc-1')
  socket.close()

  assert.deepEqual([decode(answer!).flag_tc, decode(answer!).id, answer!.length], [true, 7, sent.length])
})

test('an answer to the question of another type or class is none', async () => {
  const { socket, port } = await upstream(message => {
    const right = answerOf(message)
    const other = (at: number): Buffer => {
      const changed = Buffer.from(right)
      changed[at]! ^= 2
      return Buffer.concat([changed, Buffer.from('wrong')])
    }
    const none = Buffer.concat([right.subarray(0, 4), Buffer.alloc(8), Buffer.from('wrong')])
    return [other(right.length - 3), other(right.length - 1), none, right]
  })
  const { forwarder } = forwarderTo('127.0.0.1', port)

  const answer = await forwarder.forward(query, 'udp', 'vpc-1')
  socket.close()

  assert.deepEqual(answer, answerOf(sent))
})

test('forward() asks over TCP what came over TCP, so that an answer too long for UDP comes whole', async () => {
  const server = createServer(socket => {
    socket.once('data', received => {
      const whole = withLength(Buffer.concat([answerOf(received.subarray(2)), Buffer.alloc(4_000)]))
      socket.write(whole.subarray(0, 100))
      setImmediate(() => socket.end(whole.subarray(100)))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { forwarder } = forwarderTo('127.0.0.1', (server.address() as AddressInfo).port)

  const answer = await forwarder.forward(query, 'tcp', 'vpc-1')
  server.close()

  assert.equal(answer!.length, sent.length + 4_000)
  assert.equal(answer!.readUInt16BE(0), 7)
})
