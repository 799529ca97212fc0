import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import type { Server as HttpsServer } from 'node:https'
import { isIP } from 'node:net'
import type { Server, Socket } from 'node:net'
import { join } from 'node:path'
import { duplexPair } from 'node:stream'
import type { Duplex } from 'node:stream'
import ipaddr from 'ipaddr.js'
import type { VpcView } from '../../doors/network-view.ts'
import { endpointNames } from '../../model/dns-names.ts'
import type { EndpointValue } from '../../model/records.ts'
import { workloadGroups } from '../../model/vpc-clients.ts'
import type { VpcClient } from '../../model/vpc-clients.ts'
import type { DoorSite, NetworkDriver } from '../driver.ts'
import { ProxyListener } from './proxy-listener.ts'
import { endpointOf, findPeer, leadsTo } from './proxy-settings.ts'
import type { ProxyListenerSettings, ProxySettings } from './proxy-settings.ts'
import type { ProxyHeaderFault } from './proxy-header.ts'
import { receiveProxyHeader } from './receive-proxy-header.ts'

/** Why a connection of a proxy, or of who would be one, was closed. */
export type ProxyRefusal =
  | ProxyHeaderFault
  | 'no header in time'
  | 'not a trusted peer'
  | 'no endpoint that this peer may speak for'
  | 'no open door of the endpoint'
  | 'destination of another endpoint'

/** What the driver needs beside its settings. */
export interface ProxyDriverOptions {
  readonly settings: ProxySettings
  /** A folder that nobody else may write to. */
  readonly folder: string
  /** Sees that a listener has not too many connections. */
  readonly guard: (server: Server) => void
  /** Hears of each connection that was closed. */
  readonly refused: (reason: ProxyRefusal, peer: string) => void
  readonly report: (message: string, details: object) => void
}

/**
 * Clients come through proxies that say who they are: plain TCP listeners, for trusted peers only, each of whose connections must begin with
 * a header of the PROXY protocol. The endpoint comes from the listener or from the header, never from a byte behind it.
 */
export class ProxyDriver implements NetworkDriver {
  readonly hasIpv6 = true
  readonly #options: ProxyDriverOptions
  readonly #listeners: readonly ProxyListener[]
  /** Open doors by endpoint, and by address. */
  readonly #doors = new Map<string, Map<string, HttpsServer>>()
  /** The clients that headers named. */
  readonly #clients = new WeakMap<object, { readonly address: string; readonly port: number }>()
  #views: readonly VpcView[] = []

  constructor(options: ProxyDriverOptions) {
    this.#options = options
    const { guard, report } = options
    this.#listeners = options.settings.listeners.map(
      settings =>
        new ProxyListener(settings, { guard, report, accept: (socket, listener) => this.#accept(socket, listener) }),
    )
  }

  settle(views: readonly VpcView[]): Promise<void> {
    this.#views = views
    return Promise.resolve()
  }

  /** Listeners are opened with the doors that they lead to: what fails there keeps the door shut, and is its problem. */
  problems(): readonly string[] {
    return []
  }

  problemsOf(endpointId: string): readonly string[] {
    const { listeners, peers } = this.#options.settings
    return [
      ...(listeners.some(listener => leadsTo(listener, endpointId))
        ? []
        : [`No listener leads to it: give one with --proxy-listen HOST:PORT=${endpointId}`]),
      ...(peers.some(peer => peer.endpointIds?.has(endpointId) ?? true)
        ? []
        : [`No proxy may speak for it: allow one to with --proxy-peer ADDRESS=${endpointId}`]),
    ]
  }

  servedAddress(_vpc: unknown, address: string): string {
    return address
  }

  /** Where proxies listen is not known here, but the endpoint's name is: it is the operator's own DNS that knows it too. */
  urlOf(endpoint: EndpointValue): string | undefined {
    const [regional] = endpointNames(endpoint)
    return regional === undefined ? undefined : `https://${regional.name}`
  }

  /** Names are in the operator's own DNS. */
  resolverAddresses(): readonly string[] {
    return []
  }

  clientOf(socket: Socket, { clients }: VpcView): VpcClient | undefined {
    const client = this.#clients.get(socket)
    return client && { ...client, groupIds: workloadGroups(clients, client.address) }
  }

  sourceOf(socket: Socket): string | undefined {
    return this.#clients.get(socket)?.address
  }

  async openDoor(server: HttpsServer, { endpoint: { endpointId }, address }: DoorSite): Promise<number> {
    await listenUnreachably(server, this.#options.folder)
    const doors = this.#doors.get(endpointId) ?? new Map<string, HttpsServer>()
    this.#doors.set(endpointId, doors.set(plain(address), server))
    server.once('close', () => this.#forget(endpointId, plain(address), server))
    const leading = this.#listeners.filter(({ settings }) => leadsTo(settings, endpointId))
    for (const listener of leading) await listener.open()
    const [first] = leading.toSorted(
      (a, b) => Number(b.settings.endpointId !== undefined) - Number(a.settings.endpointId !== undefined),
    )
    return first?.port ?? 0
  }

  /** An endpoint that has no door has no listener either: balancers see that it is gone. */
  #forget(endpointId: string, address: string, server: HttpsServer): void {
    const doors = this.#doors.get(endpointId)
    if (doors?.get(address) !== server) return
    doors.delete(address)
    if (doors.size > 0) return
    this.#doors.delete(endpointId)
    for (const listener of this.#listeners) if (!this.#isNeeded(listener.settings)) listener.close()
  }

  #isNeeded(listener: ProxyListenerSettings): boolean {
    return [...this.#doors.keys()].some(endpointId => leadsTo(listener, endpointId))
  }

  /** Past the listeners, which admit nobody without a header. */
  connectToDoor({ endpoint: { endpointId }, address }: DoorSite): Promise<Duplex> {
    const server = this.#doors.get(endpointId)?.get(plain(address))
    if (server === undefined) return Promise.reject(new Error('The door is not open'))
    const [near, far] = duplexPair()
    near.once('close', () => far.destroy())
    far.once('close', () => near.destroy())
    far.on('error', () => undefined)
    server.emit('connection', far)
    return Promise.resolve(near)
  }

  listen(): Promise<never> {
    return Promise.reject(new TypeError('There are no resolvers behind proxies'))
  }

  bindUdp(): Promise<never> {
    return Promise.reject(new TypeError('There are no resolvers behind proxies'))
  }

  #accept(socket: Socket, listener: ProxyListenerSettings): void {
    // Gone before it was accepted, as with health checks that only look whether somebody listens.
    if (socket.remoteAddress === undefined) return void socket.destroy()
    const address = plain(socket.remoteAddress)
    const refuse = (reason: ProxyRefusal): void => {
      socket.destroy()
      this.#options.refused(reason, address)
    }
    const peer = findPeer(this.#options.settings, address)
    if (peer === undefined) return refuse('not a trusted peer')
    void receiveProxyHeader(socket).then(received => {
      if (received.kind === 'wrong') return refuse(received.reason)
      // A health check ends here: what it comes with is nobody's request.
      if (received.kind === 'closed' || received.header.kind === 'local') return socket.destroy()
      const { header } = received
      const endpointId = endpointOf(this.#options.settings, { peer, listener, endpointId: header.endpointId })
      if (endpointId === undefined) return refuse('no endpoint that this peer may speak for')
      const door = this.#doorFor(endpointId, header)
      if (typeof door === 'string') return refuse(door)
      this.#clients.set(socket, { address: header.source, port: header.sourcePort })
      door.emit('connection', socket)
    })
  }

  /**
   * The door at the address that the client asked for. Where that is none of ours, as with load balancers, the first of the endpoint's
   * that is open and of the client's family, else the first that is open: always the same one, since its subnet's ACL decides too.
   */
  #doorFor(endpointId: string, { source, destination }: ProxiedEnds): HttpsServer | ProxyRefusal {
    const neighbours = this.#views.find(({ endpoints }) => endpoints.some(known => known.endpointId === endpointId))
    const owner = neighbours?.endpoints.find(endpoint => plainAddresses(endpoint).includes(destination))
    if (owner !== undefined && owner.endpointId !== endpointId) return 'destination of another endpoint'
    const endpoint = neighbours?.endpoints.find(known => known.endpointId === endpointId)
    const addresses = endpoint === undefined ? [] : plainAddresses(endpoint)
    const ofFamily = addresses.filter(address => isIP(address) === isIP(source))
    const doors = this.#doors.get(endpointId)
    const open = [destination, ...ofFamily, ...addresses].find(address => doors?.get(address)?.listening === true)
    return open === undefined ? 'no open door of the endpoint' : doors!.get(open)!
  }

  [Symbol.asyncDispose](): Promise<void> {
    for (const listener of this.#listeners) listener.close()
    for (const listener of this.#listeners) listener.destroyConnections()
    return Promise.resolve()
  }
}

/** Who has connected, and to which address, by the header. */
interface ProxiedEnds {
  readonly source: string
  readonly destination: string
}

/** The addresses of an endpoint, those of its first interface first. */
const plainAddresses = ({ interfaces }: EndpointValue): readonly string[] =>
  interfaces.flatMap(({ address, ipv6Address }) => [address, ipv6Address].flatMap(one => (one ? plain(one) : [])))

/** An address in its one way of writing; an IPv4 address in an IPv6 one is the former. */
const plain = (address: string): string => (ipaddr.isValid(address) ? ipaddr.process(address).toString() : address)

/**
 * Has a server listen where nobody can connect: at a socket whose name is gone. Only servers that listen keep the deadlines of HTTP for
 * the connections that are handed to them, and can be closed.
 */
async function listenUnreachably(server: HttpsServer, folder: string): Promise<void> {
  const path = join(folder, `door-${randomUUID()}.sock`)
  server.listen(path)
  await once(server, 'listening')
  await rm(path, { force: true })
}
