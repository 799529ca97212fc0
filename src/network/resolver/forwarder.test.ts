import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { RECURSION_DESIRED, encode } from 'dns-packet'
import { seededRandom } from '../../base/index.ts'
import { Forwarder } from './forwarder.ts'
import { withLength } from './tcp-messages.ts'

const query = encode({
  type: 'query',
  id: 7,
  flags: RECURSION_DESIRED,
  questions: [{ type: 'A', name: 'example.com', class: 'IN' }],
})

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

      const answers = await Promise.all([forwarder.forward(query, transport), forwarder.forward(query, transport)])
      answers.push(await forwarder.forward(query, transport))

      assert.deepEqual(answers, [undefined, undefined, undefined])
      assert.equal(reports.length, 1)
    })
  }
}

test("forward() asks with an id of its own and gives the answer under the client's", async () => {
  const { socket, seen, port } = await upstream(message => [answerOf(message)])
  const { forwarder } = forwarderTo('localhost', port)

  const answer = await forwarder.forward(query, 'udp')
  socket.close()

  assert.notEqual(seen[0]!.readUInt16BE(0), 7)
  assert.deepEqual(answer, answerOf(query))
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

  const answer = await forwarder.forward(query, 'udp')
  socket.close()

  assert.equal(answer!.toString('latin1').endsWith('right'), true)
})

test('forward() takes a refusal of the header alone from an upstream that cannot read the query', async () => {
  const refusal = (message: Buffer): Buffer =>
    Buffer.concat([message.subarray(0, 2), Buffer.from([0x80, 1]), Buffer.alloc(8)])
  const { socket, port } = await upstream(message => [refusal(message)])
  const { forwarder } = forwarderTo('127.0.0.1', port)

  const answer = await forwarder.forward(query, 'udp')
  socket.close()

  assert.deepEqual(answer, refusal(query))
})

test('forward() waits for at most 128 answers of a silent upstream, and gives up on all of them when it is disposed of', async () => {
  const { socket, port } = await upstream(() => [])
  const { forwarder, reports } = forwarderTo('127.0.0.1', port)

  const waiting = Array.from({ length: 128 }, () => forwarder.forward(query, 'udp'))
  const startedAt = performance.now()
  const above = await forwarder.forward(query, 'udp')
  forwarder[Symbol.dispose]()
  const answers = await Promise.all(waiting)
  socket.close()

  assert.equal(above, undefined)
  assert.ok(answers.every(answer => answer === undefined))
  assert.ok(performance.now() - startedAt < 2_000)
  assert.deepEqual(reports, [])
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

  const answer = await forwarder.forward(query, 'tcp')
  server.close()

  assert.equal(answer!.length, query.length + 4_000)
  assert.equal(answer!.readUInt16BE(0), 7)
})
