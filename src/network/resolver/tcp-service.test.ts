import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { test } from 'node:test'
import { TcpService } from './tcp-service.ts'
import { takeMessages, withLength } from './tcp-messages.ts'

/** A service that gives back what it is asked, and says which queries it has seen. */
async function openService(
  answer = async (query: Buffer): Promise<Buffer | undefined> => (query.length === 0 ? undefined : query),
) {
  const seen: string[] = []
  const service = new TcpService(async (query, address) => {
    seen.push(`${address} ${query.toString()}`)
    return answer(query)
  })
  service.server.listen(0, '127.0.0.1')
  await once(service.server, 'listening')
  const { port } = service.server.address() as AddressInfo
  const clients: Socket[] = []
  const open = async (localAddress = '127.0.0.1'): Promise<Socket> => {
    const socket = connect({ port, host: '127.0.0.1', localAddress })
    clients.push(socket)
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    return socket
  }
  const end = async (): Promise<void> => {
    for (const socket of clients) socket.destroy()
    await service.close()
  }
  return { seen, open, [Symbol.asyncDispose]: end }
}

const message = (text: string): Buffer => withLength(Buffer.from(text))

/** Reads until there are so many answers, or the other end closes. */
async function answers(socket: Socket, count: number): Promise<readonly string[]> {
  let received: Buffer = Buffer.alloc(0)
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    received = Buffer.concat([received, chunk as Buffer])
    if (takeMessages(received).messages.length >= count) break
  }
  return takeMessages(received).messages.map(String)
}

test('a service does not wait longer for a client that sends a byte now and then', async context => {
  context.mock.timers.enable({ apis: ['setTimeout'] })
  await using opened = await openService()
  const socket = await opened.open()
  // Not `once`: writing to what was closed is an error too.
  const closed = new Promise(resolve => socket.once('close', resolve))
  socket.write(message('whole'))
  await answers(socket, 1)

  for (let seconds = 0; seconds < 6; seconds++) {
    socket.write(Buffer.from([1]))
    await new Promise(setImmediate)
    context.mock.timers.tick(1_000)
  }

  await closed
})

test('a service answers many queries of one connection in their order, however they are cut', async () => {
  await using opened = await openService()
  const socket = await opened.open()
  const all = Buffer.concat(['one', 'two', 'three', 'four'].map(message))

  for (const byte of all.subarray(0, 9)) {
    socket.write(Buffer.from([byte]))
    await new Promise(setImmediate)
  }
  socket.write(all.subarray(9))

  assert.deepEqual(await answers(socket, 4), ['one', 'two', 'three', 'four'])
})

test('a service ends a connection whose message is empty', async () => {
  await using opened = await openService()
  const socket = await opened.open()

  socket.write(Buffer.from([0, 0]))

  assert.deepEqual(await answers(socket, 1), [])
})

test('a service ends a connection that announces more than any query has, before it comes', async () => {
  await using opened = await openService()
  const socket = await opened.open()

  socket.write(Buffer.from([0xff, 0xff, 1]))

  assert.deepEqual(await answers(socket, 1), [])
  assert.deepEqual(opened.seen, [])
})

test('a service asks for no second query while the first is not answered', async () => {
  const gate = Promise.withResolvers<Buffer>()
  await using opened = await openService(() => gate.promise)
  const socket = await opened.open()

  socket.write(Buffer.concat([message('first'), message('second')]))
  while (opened.seen.length === 0) await new Promise(setImmediate)
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)

  assert.deepEqual(opened.seen, ['127.0.0.1 first'])
  gate.resolve(Buffer.from('done'))
  assert.deepEqual(await answers(socket, 2), ['done', 'done'])
})

test('a service keeps 256 connections, and takes room from the client that has most', async () => {
  await using opened = await openService()
  const few = await opened.open('127.0.9.1')
  for (let client = 0; client < 16; client++) {
    for (let index = 0; index < 16; index++) await opened.open(`127.0.8.${client + 1}`)
  }

  const late = await opened.open('127.0.9.2')
  late.write(message('late'))
  few.write(message('few'))

  assert.deepEqual([await answers(late, 1), await answers(few, 1)], [['late'], ['few']])
})
