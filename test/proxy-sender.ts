// A proxy of the tests: what it says at the beginning of a connection is up to the test.
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import type { LookupFunction } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'

export interface SenderOptions {
  /** The port of Postern's listener, on 127.0.0.1. */
  readonly to: number
  readonly header: Buffer
  /** The proxy's own address; 127.0.0.1 if not given. */
  readonly from?: string
  /** How the header goes out: alone at once, byte by byte, or together with the client's first bytes. */
  readonly how?: 'at once' | 'byte by byte' | 'glued'
}

/** A proxy that listens on 127.0.0.1 and hands on what it gets, behind its header. */
export class Sender implements AsyncDisposable {
  readonly #server = createServer()
  readonly #sockets = new Set<Socket>()

  static async start({ to, header, from = '127.0.0.1', how = 'at once' }: SenderOptions): Promise<Sender> {
    const sender = new Sender()
    sender.#server.on('connection', (client: Socket) => {
      const upstream = connect({ host: '127.0.0.1', port: to, localAddress: from, noDelay: true })
      for (const [one, other] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        sender.#sockets.add(one)
        one.on('error', () => undefined)
        one.once('close', () => other.destroy())
      }
      upstream.pipe(client)
      void sender.#begin(client, upstream, header, how)
    })
    sender.#server.listen(0, '127.0.0.1')
    await once(sender.#server, 'listening')
    return sender
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async #begin(client: Socket, upstream: Socket, header: Buffer, how: SenderOptions['how']): Promise<void> {
    if (how === 'glued') {
      client.once('data', (chunk: Buffer) => {
        client.pause()
        upstream.write(Buffer.concat([header, chunk]))
        client.pipe(upstream)
      })
      return
    }
    if (how === 'byte by byte') {
      for (const byte of header) {
        upstream.write(Buffer.from([byte]))
        await turn()
      }
    } else upstream.write(header)
    client.pipe(upstream)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

/** Every name is this machine: as where the operator's DNS leads to a proxy. */
export const lookupHere: LookupFunction = (_name, options, done) => {
  if (options.all === true) done(null, [{ address: '127.0.0.1', family: 4 }])
  else done(null, '127.0.0.1', 4)
}
