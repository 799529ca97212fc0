import { createSocket } from 'node:dgram'
import type { RemoteInfo, Socket as UdpSocket } from 'node:dgram'
import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import type { NetworkView, VpcView } from '../doors/network-view.ts'
import type { NetworkDriver } from '../drivers/driver.ts'
import { addressText, parseBlock } from '../model/cidr.ts'
import { answerQuery } from './answer-query.ts'
import type { QueryContext } from './answer-query.ts'
import { forwardQuery } from './forward-query.ts'

export interface ResolverOptions {
  readonly view: NetworkView
  readonly driver: NetworkDriver
  readonly port: number
  readonly regions: readonly string[]
  /** Names of all services that the public door serves: never forwarded. */
  readonly servedNames: readonly string[]
  /** What those names answer in a VPC without an endpoint for them; nothing if not given. */
  readonly publicAddress?: string | undefined
  readonly upstream?: { readonly host: string; readonly port: number }
  readonly report: (message: string, details: object) => void
}

interface OpenResolver {
  readonly udp: UdpSocket
  readonly tcp: Server
  readonly address: string
}

const tcpIdleMillis = 5_000
const maxTcpConnections = 64

/** The resolvers of all VPCs: each at the VPC's base address + 2, off where enableDnsSupport is off. */
export class VpcResolvers implements AsyncDisposable {
  readonly #options: ResolverOptions
  readonly #open = new Map<string, OpenResolver>()
  #turn = 0
  #working: Promise<void> = Promise.resolve()

  constructor(options: ResolverOptions) {
    this.#options = options
  }

  static async open(options: ResolverOptions): Promise<VpcResolvers> {
    const resolvers = new VpcResolvers(options)
    options.view.onChange(() => void resolvers.#schedule())
    await resolvers.#schedule()
    return resolvers
  }

  /** Where the resolver of a VPC listens: `127.1.0.2:8053`. */
  addressOf(vpcId: string): string | undefined {
    const found = this.#open.get(vpcId)
    return found === undefined ? undefined : `${found.address}:${this.#options.port}`
  }

  #schedule(): Promise<void> {
    this.#working = this.#working
      .then(() => this.#reconcile())
      .catch((error: unknown) => {
        this.#options.report('Cannot bring the resolvers in line with the VPCs', { err: error })
      })
    return this.#working
  }

  async #reconcile(): Promise<void> {
    const { view, report } = this.#options
    for (const [vpcId, resolver] of this.#open) {
      if (view.find(vpcId)?.vpc.enableDnsSupport === true) continue
      this.#open.delete(vpcId)
      close(resolver)
    }
    for (const { vpc } of view.vpcs) {
      if (!vpc.enableDnsSupport || this.#open.has(vpc.vpcId)) continue
      try {
        this.#open.set(vpc.vpcId, await this.#listen(vpc.vpcId))
      } catch (error) {
        report('Cannot open a resolver', { vpcId: vpc.vpcId, err: error })
      }
    }
  }

  async #listen(vpcId: string): Promise<OpenResolver> {
    const { driver, port, view } = this.#options
    const { vpc } = view.find(vpcId)!
    const base = addressText(parseBlock(vpc.cidr)!.base + 2)
    const address = driver.servedAddress(vpc, base)
    const udp = createSocket('udp4')
    udp.on('message', (bytes, from) => this.#answerUdp(udp, vpcId, bytes, from))
    await new Promise<void>((resolve, reject) => {
      udp.once('error', reject)
      udp.bind({ port, address }, resolve)
    })
    udp.removeAllListeners('error')
    udp.on('error', error => this.#options.report('A resolver failed', { vpcId, err: error }))
    const tcp = createServer(socket => this.#serveTcp(socket, vpcId))
    tcp.maxConnections = maxTcpConnections
    try {
      await driver.listen(tcp, vpc, base, port)
    } catch (error) {
      udp.close()
      throw error
    }
    return { udp, tcp, address }
  }

  #context(view: VpcView): QueryContext {
    const { driver, regions, servedNames, publicAddress, upstream } = this.#options
    this.#turn = (this.#turn + 1) % 65_536
    return {
      view,
      regions,
      servedNames,
      publicAddress,
      servedAddress: address => driver.servedAddress(view.vpc, address),
      canForward: upstream !== undefined,
      turn: this.#turn,
    }
  }

  #answerUdp(udp: UdpSocket, vpcId: string, bytes: Buffer, from: RemoteInfo): void {
    this.#answer(vpcId, bytes, 'udp')
      .then(answer => answer !== undefined && udp.send(answer, from.port, from.address))
      .catch((error: unknown) => this.#options.report('A resolver failed', { vpcId, err: error }))
  }

  async #answer(vpcId: string, bytes: Buffer, transport: 'udp' | 'tcp'): Promise<Buffer | undefined> {
    const view = this.#options.view.find(vpcId)
    if (view === undefined) return undefined
    const outcome = answerQuery(bytes, transport, this.#context(view))
    switch (outcome.kind) {
      case 'answer':
        return outcome.bytes
      case 'forward':
        return forwardQuery(bytes, this.#options.upstream!)
      case 'silence':
        return undefined
    }
  }

  // Over TCP a message comes behind its length (RFC 1035 section 4.2.2).
  #serveTcp(socket: Socket, vpcId: string): void {
    let received = Buffer.alloc(0)
    socket.setTimeout(tcpIdleMillis, () => socket.destroy())
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const length = received.readUInt16BE(0)
        const bytes = received.subarray(2, 2 + length)
        received = received.subarray(2 + length)
        this.#answer(vpcId, bytes, 'tcp')
          .then(answer => (answer === undefined ? socket.destroy() : socket.write(withLength(answer))))
          .catch(() => socket.destroy())
      }
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#working
    for (const resolver of this.#open.values()) close(resolver)
    this.#open.clear()
  }
}

function withLength(bytes: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(bytes.length, 0)
  return Buffer.concat([length, bytes])
}

function close({ udp, tcp }: OpenResolver): void {
  udp.close()
  tcp.close()
}
