import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { after, test } from 'node:test'
import { ConnectionCounter, connectionLimits } from './connection-limits.ts'

const opened: (Server | Socket)[] = []
after(() => {
  for (const one of opened) if ('destroy' in one) one.destroy()
  for (const one of opened) if ('listening' in one) one.close()
})

async function door(counter: ConnectionCounter): Promise<number> {
  const server = createServer()
  counter.guard(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  opened.push(server)
  return (server.address() as { port: number }).port
}

/** Connects from an address, and tells whether the connection stays. */
async function stays(port: number, localAddress = '127.0.0.1'): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port, localAddress })
  opened.push(socket)
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  const closed = once(socket, 'close').then(() => false)
  // What is too many is closed in the same turn in which it is accepted.
  socket.resume()
  return Promise.race([closed, new Promise<boolean>(resolve => setTimeout(() => resolve(true), 100))])
}

test('[B20] one address may have half of all connections, and others are still let in', async () => {
  let refused = 0
  const port = await door(new ConnectionCounter({ inAll: 4, ofOneAddress: 2 }, () => refused++))

  const mine = [await stays(port), await stays(port), await stays(port)]
  const others = [await stays(port, '127.0.0.2'), await stays(port, '127.0.0.2'), await stays(port, '127.0.0.3')]

  assert.deepEqual(mine, [true, true, false])
  assert.deepEqual(others, [true, true, false])
  assert.equal(refused, 2)
})

test('the same address at another door is counted apart, and in all together', async () => {
  const counter = new ConnectionCounter({ inAll: 3, ofOneAddress: 2 }, () => undefined)
  const [one, other] = [await door(counter), await door(counter)]

  const first = [await stays(one), await stays(one), await stays(one)]
  const second = [await stays(other), await stays(other)]

  assert.deepEqual(first, [true, true, false])
  assert.deepEqual(second, [true, false])
})

test('[B20] behind a proxy each client is counted by its own address, and no connection twice in all', async () => {
  const counter = new ConnectionCounter({ inAll: 4, ofOneAddress: 2 }, () => undefined)
  const clients = ['10.0.1.50', '10.0.1.50', '10.0.1.50', '10.0.1.51', '10.0.1.52']
  const behind = createServer()
  counter.guard(behind, () => clients.shift())
  const listener = createServer(socket => behind.emit('connection', socket))
  counter.guard(listener, () => undefined)
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  opened.push(listener)
  const { port } = listener.address() as { port: number }

  const stayed = [await stays(port), await stays(port), await stays(port), await stays(port), await stays(port)]

  assert.deepEqual(stayed, [true, true, false, true, true])
  assert.equal(await stays(port), false)
})

test('connectionLimits() leaves descriptors for the rest of the process', () => {
  assert.deepEqual(connectionLimits(1_024), { inAll: 824, ofOneAddress: 412 })
  assert.deepEqual(connectionLimits(256), { inAll: 128, ofOneAddress: 64 })
  assert.deepEqual(connectionLimits(1_048_576), { inAll: 20_000, ofOneAddress: 10_000 })
})
