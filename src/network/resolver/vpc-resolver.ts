import type { RemoteInfo, Socket as UdpSocket } from 'node:dgram'
import type { Random } from '../../base/index.ts'
import type { NetworkView, VpcView } from '../doors/network-view.ts'
import { Retry } from '../doors/retry.ts'
import type { NetworkDriver } from '../drivers/driver.ts'
import type { EndpointInterface, VpcValue } from '../model/records.ts'
import { answerQuery, failedQuery } from './answer-query.ts'
import type { QueryContext, QueryOutcome } from './answer-query.ts'
import { Forwarder } from './forwarder.ts'
import { ownedZones } from './owned-zones.ts'
import type { OwnedZones } from './owned-zones.ts'
import { QueryLimits } from './query-limits.ts'
import type { QuerySource } from './query-limits.ts'
import { TcpService } from './tcp-service.ts'

/** What the resolvers of all VPCs have in common. */
export interface ResolverOptions {
  readonly view: NetworkView
  readonly driver: NetworkDriver
  /** Whether the door of an interface is open. */
  readonly isOpen: (one: EndpointInterface) => boolean
  readonly port: number
  readonly regions: readonly string[]
  /** Names of all services that the public door serves: never forwarded. */
  readonly servedNames: readonly string[]
  /** What those names answer in a VPC without an endpoint for them; nothing if not given. */
  readonly publicAddress?: string | undefined
  readonly upstream?: { readonly host: string; readonly port: number }
  /** For the ids of forwarded queries, and the order of addresses. */
  readonly random: Random
  readonly report: (message: string, details: object) => void
}

interface ResolverListener {
  /** Inside the VPC. */
  readonly address: string
  readonly udp: UdpSocket
  readonly tcp: TcpService
}

interface OpenResolver {
  readonly listeners: readonly ResolverListener[]
  readonly address: string
  /** The driver's place of the VPC when it was opened. */
  readonly place: string | undefined
}

/** The resolvers of all VPCs: each at the VPC's base address + 2, off where enableDnsSupport is off. */
export class VpcResolvers implements AsyncDisposable {
  readonly #options: ResolverOptions
  readonly #open = new Map<string, OpenResolver>()
  /** Why a VPC's resolver is not open, by VPC. */
  readonly #missing = new Map<string, string>()
  readonly #forwarder: Forwarder | undefined
  readonly #zones: OwnedZones
  readonly #limits = new QueryLimits(() => performance.now())
  readonly #retry = new Retry(() => void this.#schedule())
  #working: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor(options: ResolverOptions) {
    this.#options = options
    this.#zones = ownedZones(options)
    const { upstream, random, report } = options
    this.#forwarder = upstream === undefined ? undefined : new Forwarder({ upstream, random, report })
  }

  static async open(options: ResolverOptions): Promise<VpcResolvers> {
    const resolvers = new VpcResolvers(options)
    options.view.onChange(() => void resolvers.#schedule())
    options.driver.onMoved?.(() => void resolvers.#schedule())
    await resolvers.#schedule()
    return resolvers
  }

  /** Where the resolver of a VPC listens: `127.1.0.2:8053`. */
  addressOf(vpcId: string): string | undefined {
    const found = this.#open.get(vpcId)
    return found === undefined ? undefined : `${found.address}:${this.#options.port}`
  }

  /** What keeps resolvers from answering; each is tried again. */
  problems(): readonly string[] {
    return [...this.#missing].map(([vpcId, reason]) => `The resolver of ${vpcId} cannot be opened: ${reason}`)
  }

  #isWanted({ vpc }: VpcView): boolean {
    return vpc.enableDnsSupport && this.#options.driver.resolverAddresses(vpc).length > 0
  }

  #schedule(): Promise<void> {
    this.#working = this.#working
      .then(() => this.#reconcile())
      .catch((error: unknown) => {
        this.#options.report('Cannot bring the resolvers in line with the VPCs', { err: error })
        this.#retry.later()
      })
    return this.#working
  }

  async #reconcile(): Promise<void> {
    if (this.#isClosed) return
    const { view: networks, driver } = this.#options
    const vpcs = new Map(networks.vpcs.filter(view => this.#isWanted(view)).map(({ vpc }) => [vpc.vpcId, vpc]))
    for (const vpcId of this.#missing.keys()) if (!vpcs.has(vpcId)) this.#missing.delete(vpcId)
    for (const [vpcId, resolver] of this.#open) {
      const vpc = vpcs.get(vpcId)
      if (vpc !== undefined && driver.placeOf?.(vpc) === resolver.place) continue
      this.#open.delete(vpcId)
      await close(resolver)
    }
    for (const vpcId of vpcs.keys()) await this.#openFor(vpcId)
    if (this.#missing.size > 0) this.#retry.later()
    else this.#retry.reset()
  }

  async #openFor(vpcId: string): Promise<void> {
    const view = this.#options.view.find(vpcId)
    if (view === undefined) return
    const present = this.#open.get(vpcId)?.listeners ?? []
    if (present.length > 0 && !this.#hasOtherAddresses(view, present)) return
    try {
      this.#open.set(vpcId, await this.#listen(view, present))
      this.#missing.delete(vpcId)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      if (this.#missing.get(vpcId) !== reason) {
        this.#options.report('Cannot open a resolver; it is tried again', { vpcId, err: error })
      }
      this.#missing.set(vpcId, reason)
    }
  }

  /** A VPC that gets an IPv6 block gets a resolver's address more. */
  #hasOtherAddresses({ vpc }: VpcView, present: readonly ResolverListener[]): boolean {
    const wanted = new Set(this.#options.driver.resolverAddresses(vpc))
    return present.length !== wanted.size || present.some(({ address }) => !wanted.has(address))
  }

  /** Listens where the VPC's resolver shall be; what listens there already goes on. */
  async #listen({ vpc }: VpcView, present: readonly ResolverListener[]): Promise<OpenResolver> {
    const { driver } = this.#options
    const place = driver.placeOf?.(vpc)
    const addresses = driver.resolverAddresses(vpc)
    const kept = present.filter(({ address }) => addresses.includes(address))
    const added: ResolverListener[] = []
    try {
      for (const address of addresses)
        if (!kept.some(known => known.address === address)) added.push(await this.#listenAt(vpc, address))
    } catch (error) {
      await Promise.all(added.map(closeListener))
      throw error
    }
    await Promise.all(present.filter(listener => !kept.includes(listener)).map(closeListener))
    return { listeners: [...kept, ...added], address: driver.servedAddress(vpc, addresses[0]!), place }
  }

  async #listenAt(vpc: VpcValue, address: string): Promise<ResolverListener> {
    const { driver, port, report } = this.#options
    const { vpcId } = vpc
    const udp = await driver.bindUdp(vpc, address, port)
    udp.on('message', (bytes, from) => this.#answerUdp(udp, vpcId, bytes, from))
    udp.on('error', error => report('A resolver failed', { vpcId, err: error }))
    const tcp = new TcpService((bytes, from) => this.#answer(bytes, { vpcId, address: from, transport: 'tcp' }))
    try {
      await driver.listen(tcp.server, vpc, address, port)
    } catch (error) {
      udp.close()
      throw error
    }
    tcp.server.on('error', error => report('A resolver failed', { vpcId, err: error }))
    return { address, udp, tcp }
  }

  #context(view: VpcView): QueryContext {
    const { driver, isOpen, publicAddress, random } = this.#options
    return {
      view,
      zones: this.#zones,
      publicAddress,
      servedAddress: address => driver.servedAddress(view.vpc, address),
      hasIpv6: driver.hasIpv6,
      isOpen,
      canForward: this.#forwarder !== undefined,
      // Not counted: who asks for A and AAAA by turns would always get the same order of the one.
      turn: random(2).readUInt16BE(0),
    }
  }

  #answerUdp(udp: UdpSocket, vpcId: string, bytes: Buffer, { address, port }: RemoteInfo): void {
    // Nobody can be answered at port 0.
    if (port === 0) return
    this.#answer(bytes, { vpcId, address, transport: 'udp' })
      .then(answer => {
        // The resolver may have been closed while the answer was on its way. One that can't be sent is lost, as others are.
        if (answer !== undefined && this.#isListening(vpcId, udp)) udp.send(answer, port, address, () => undefined)
      })
      .catch((error: unknown) => this.#options.report('A resolver failed', { vpcId, err: error }))
  }

  #isListening(vpcId: string, udp: UdpSocket): boolean {
    return this.#open.get(vpcId)?.listeners.some(listener => listener.udp === udp) === true
  }

  async #answer(bytes: Buffer, source: QuerySource): Promise<Buffer | undefined> {
    const { vpcId, transport } = source
    const view = this.#options.view.find(vpcId)
    if (view === undefined || !this.#isWanted(view) || !this.#limits.admits(source)) return undefined
    const outcome = answerQuery(bytes, transport, this.#context(view))
    switch (outcome.kind) {
      case 'answer':
        return outcome.bytes
      case 'refusal':
        return this.#refusalOf(outcome, source)
      case 'forward':
        return (
          (await this.#forwarder?.forward(outcome.query, transport, vpcId)) ?? failedQuery(outcome.query, transport)
        )
      case 'silence':
        return undefined
    }
  }

  #refusalOf({ bytes, shorter }: QueryOutcome & { readonly kind: 'refusal' }, source: QuerySource): Buffer | undefined {
    switch (this.#limits.judgeRefusal(source)) {
      case 'send':
        return bytes
      case 'shorten':
        return source.transport === 'udp' ? shorter : undefined
      case 'drop':
        return undefined
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    this.#retry[Symbol.dispose]()
    this.#forwarder?.[Symbol.dispose]()
    await this.#working
    await Promise.all([...this.#open.values()].map(close))
    this.#open.clear()
  }
}

async function close({ listeners }: OpenResolver): Promise<void> {
  await Promise.all(listeners.map(closeListener))
}

async function closeListener({ udp, tcp }: ResolverListener): Promise<void> {
  udp.close()
  await tcp.close()
}
