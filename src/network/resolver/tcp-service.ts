import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { takeMessages, withLength } from './tcp-messages.ts'

const idleMillis = 5_000
const maxConnections = 256
const maxConnectionsOfClient = 16

/** DNS over TCP: reads queries, writes answers. It owns its connections, so that closing it ends them. */
export class TcpService {
  /** Does not listen yet. */
  readonly server: Server
  readonly #answer: (query: Buffer) => Promise<Buffer | undefined>
  readonly #clients = new Map<string, Set<Socket>>()

  /** @param answer gives nothing where the connection shall end. */
  constructor(answer: (query: Buffer) => Promise<Buffer | undefined>) {
    this.#answer = answer
    this.server = createServer({ allowHalfOpen: true }, socket => this.#accept(socket))
    this.server.maxConnections = maxConnections
  }

  /** Ends all connections at once. */
  async close(): Promise<void> {
    const closed = once(this.server, 'close')
    this.server.close()
    for (const sockets of this.#clients.values()) for (const socket of sockets) socket.destroy()
    await closed
  }

  #accept(socket: Socket): void {
    const address = socket.remoteAddress ?? ''
    const sockets = this.#clients.get(address) ?? new Set()
    this.#clients.set(address, sockets.add(socket))
    socket.once('close', () => {
      sockets.delete(socket)
      if (sockets.size === 0) this.#clients.delete(address)
    })
    // One client must not take the connections of all others; its oldest makes room for its newest.
    const [oldest] = sockets
    if (sockets.size > maxConnectionsOfClient) oldest!.destroy()
    socket.setTimeout(idleMillis, () => socket.destroy())
    socket.on('error', () => socket.destroy())
    this.#serve(socket).catch(() => socket.destroy())
  }

  // One query after the other: so a client can't have more under way than it has connections.
  async #serve(socket: Socket): Promise<void> {
    let received: Buffer = Buffer.alloc(0)
    for await (const chunk of socket) {
      const { messages, rest } = takeMessages(Buffer.concat([received, chunk as Buffer]))
      received = rest
      for (const message of messages) {
        const answer = await this.#answer(message)
        if (answer === undefined || socket.destroyed) return
        // Nothing more is read until the client has taken its answer.
        await new Promise(resolve => socket.write(withLength(answer), resolve))
      }
    }
    socket.end()
  }
}
