import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { maxQueryBytes } from './parse-query.ts'
import { takeMessages, withLength } from './tcp-messages.ts'

/** How long a client may take over a query, or over its answer; bytes that make no whole query do not count. */
const patienceMillis = 5_000
const maxConnections = 256
const maxConnectionsOfClient = 16

/** DNS over TCP: reads queries, writes answers. It owns its connections, so that closing it ends them. */
export class TcpService {
  /** Does not listen yet. */
  readonly server: Server
  readonly #answer: (query: Buffer, address: string) => Promise<Buffer | undefined>
  readonly #clients = new Map<string, Set<Socket>>()

  /** @param answer gives nothing where the connection shall end. */
  constructor(answer: (query: Buffer, address: string) => Promise<Buffer | undefined>) {
    this.#answer = answer
    this.server = createServer({ allowHalfOpen: true }, socket => this.#accept(socket))
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
    socket.once('close', () => this.#forget(address, socket))
    socket.on('error', () => socket.destroy())
    if (sockets.size > maxConnectionsOfClient) this.#endOldest(address, sockets)
    this.#makeRoom()
    this.#serve(socket, address).catch(() => socket.destroy())
  }

  /** One client must not take the connections of all others: where there are too many, who has most of them loses its oldest. */
  #makeRoom(): void {
    const all = [...this.#clients]
    if (all.reduce((sum, [, sockets]) => sum + sockets.size, 0) <= maxConnections) return
    const [address, sockets] = all.reduce((most, client) => (client[1].size > most[1].size ? client : most))
    this.#endOldest(address, sockets)
  }

  #endOldest(address: string, sockets: ReadonlySet<Socket>): void {
    const [oldest] = sockets
    if (oldest === undefined) return
    oldest.destroy()
    this.#forget(address, oldest)
  }

  #forget(address: string, socket: Socket): void {
    const sockets = this.#clients.get(address)
    sockets?.delete(socket)
    if (sockets?.size === 0) this.#clients.delete(address)
  }

  // One query after the other: so a client can't have more under way than it has connections.
  async #serve(socket: Socket, address: string): Promise<void> {
    const patience = setTimeout(() => socket.destroy(), patienceMillis)
    socket.once('close', () => clearTimeout(patience))
    let received: Buffer = Buffer.alloc(0)
    for await (const chunk of socket) {
      const { messages, rest } = takeMessages(Buffer.concat([received, chunk as Buffer]))
      received = rest
      if (announcesTooMuch(rest)) return void socket.destroy()
      for (const message of messages) {
        const answer = await this.#answer(message, address)
        if (answer === undefined || socket.destroyed) return void socket.destroy()
        // Nothing more is read until the client has taken its answer.
        await new Promise(resolve => socket.write(withLength(answer), resolve))
        patience.refresh()
      }
    }
    socket.end()
  }
}

/** Whether the beginning of a message says that it is longer than any query. */
function announcesTooMuch(rest: Buffer): boolean {
  return rest.length >= 2 && rest.readUInt16BE(0) > maxQueryBytes
}
