// A short-lived process inside the namespace of a VPC: opens sockets, hands them over and closes its own copies.
import { createSocket } from 'node:dgram'
import type { Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer, isIPv6 } from 'node:net'
import type { Server, Socket } from 'node:net'
import type { OpenerAnswer, OpenerWord } from './opener-protocol.ts'
import type { SocketWish } from './protocol.ts'

const given = new Map<number, Server | UdpSocket | Socket>()

// They are ended by whoever started them, not by a Ctrl-C on the terminal.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined)
process.on('disconnect', () => process.exit())
process.on('message', (word: OpenerWord) => {
  if ('wish' in word) void give(word.id, word.wish)
  else take(word.taken)
})

async function give(id: number, wish: SocketWish): Promise<void> {
  try {
    const handle = await open(wish)
    given.set(id, handle)
    answer({ id, kind: 'socket' }, handle)
  } catch (error) {
    answer({ id, kind: 'failed', reason: error instanceof Error ? error.message : String(error) })
  }
}

function take(id: number): void {
  const handle = given.get(id)
  given.delete(id)
  if (handle !== undefined && 'close' in handle) handle.close()
  answer({ id, kind: 'closed' })
}

async function open({ kind, address, port }: SocketWish): Promise<Server | UdpSocket | Socket> {
  switch (kind) {
    case 'listen-tcp': {
      // Whoever comes while the socket is on its way is nobody's to serve.
      const server = createServer(socket => socket.destroy())
      server.listen({ host: address, port, exclusive: true })
      await once(server, 'listening')
      return server
    }
    case 'bind-udp': {
      const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
      socket.bind({ address, port, exclusive: true })
      await once(socket, 'listening')
      return socket
    }
    case 'connect': {
      const socket = connect({ host: address, port })
      await once(socket, 'connect')
      return socket
    }
  }
}

function answer(message: OpenerAnswer, handle?: Server | UdpSocket | Socket): void {
  process.send?.(message, handle)
}
