import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import type { ProxyListenerSettings } from './proxy-settings.ts'

/** What becomes of connections to a listener. */
export interface ProxyListenerOptions {
  /** Nothing has been read from the socket, and nothing is until somebody wants to. */
  readonly accept: (socket: Socket, listener: ProxyListenerSettings) => void
  /** Sees that there are not too many of them. */
  readonly guard: (server: Server) => void
  readonly report: (message: string, details: object) => void
}

/** A plain TCP listener for proxies. It can be opened and closed again and again. */
export class ProxyListener {
  readonly settings: ProxyListenerSettings
  readonly #options: ProxyListenerOptions
  #server: Server | undefined
  #opening: Promise<void> | undefined
  readonly #sockets = new Set<Socket>()

  constructor(settings: ProxyListenerSettings, options: ProxyListenerOptions) {
    this.settings = settings
    this.#options = options
  }

  /** Where it listens; the port is the real one. Not open, it is the one that it is to have. */
  get port(): number {
    return (this.#server?.address() as AddressInfo | null | undefined)?.port ?? this.settings.port
  }

  /** Listens, if it does not yet. @throws {Error} the system's. */
  open(): Promise<void> {
    if (this.#server !== undefined) return Promise.resolve()
    this.#opening ??= this.#listen().finally(() => (this.#opening = undefined))
    return this.#opening
  }

  async #listen(): Promise<void> {
    const { host, port, endpointId } = this.settings
    const { accept, guard, report } = this.#options
    // Paused: from whom is not trusted not a byte is read.
    const server = createServer({ pauseOnConnect: true, noDelay: true })
    guard(server)
    server.on('connection', (socket: Socket) => {
      // A connection that breaks is the business of who reads it; before and after there is nobody.
      socket.on('error', () => undefined)
      if (socket.destroyed) return
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
      accept(socket, this.settings)
    })
    server.listen({ host, port, exclusive: true })
    await once(server, 'listening')
    server.on('error', error => report('A listener for proxies failed', { host, port, endpointId, err: error }))
    this.#server = server
  }

  /** No new connections from now on. */
  close(): void {
    this.#server?.close()
    this.#server = undefined
  }

  /** Breaks off what is still open. */
  destroyConnections(): void {
    for (const socket of this.#sockets) socket.destroy()
  }
}
