import type { SendHandle } from 'node:child_process'
import { Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { Server, Socket } from 'node:net'
import type { VpcView } from '../doors/network-view.ts'
import { Retry } from '../doors/retry.ts'
import type { DoorSite, NetworkDriver } from '../drivers/driver.ts'
import type { VpcValue } from '../model/records.ts'
import { workloadGroups } from '../model/vpc-clients.ts'
import type { VpcClient } from '../model/vpc-clients.ts'
import { HelperLink } from './helper-link.ts'
import { planNamespace, resolverAddressesOf } from './namespace-plan.ts'
import type { NamespacePlan } from './namespace-plan.ts'
import { closeHandle } from './opener.ts'
import type { ServedPorts, SocketWish } from './protocol.ts'
import type { HelperChannel } from './helper-channel.ts'

/** What the driver needs. */
export interface NetnsDriverOptions {
  readonly ports: ServedPorts
  /** Gives a way to the network helper; asked again where the last one has ended. */
  readonly connect: () => Promise<HelperChannel>
  readonly report: (message: string, details: object) => void
}

/** How often it is looked whether the namespaces are still there: whoever has rights over them may delete them. */
const lookMillis = 10_000
const patienceMillis = 5_000
/** At start no commit waits, and all namespaces may have to be made. */
const firstPatienceMillis = 60_000

/**
 * Each VPC is a network namespace of this machine, with real addresses on a bridge and its rules in nftables. This process has no
 * rights over them: a helper makes them, and opens the sockets.
 */
export class NetnsDriver implements NetworkDriver {
  readonly hasIpv6 = true
  readonly #options: NetnsDriverOptions
  readonly #retry = new Retry(() => void this.#settleSoon())
  /** Addresses of doors that are open, or finish what is under way, by VPC; each with the number of them. */
  readonly #held = new Map<string, Map<string, number>>()
  /** Which namespace each VPC has, as the helper last told. */
  #places: ReadonlyMap<string, string> = new Map()
  readonly #movedListeners: (() => void)[] = []
  #looking: NodeJS.Timeout | undefined
  #link: Promise<HelperLink> | undefined
  #views: readonly VpcView[] = []
  #settling: Promise<void> = Promise.resolve()
  #next: Promise<void> | undefined
  #settled = ''
  #patienceMillis = firstPatienceMillis
  #problems: readonly string[] = []
  #isClosed = false

  constructor(options: NetnsDriverOptions) {
    this.#options = options
  }

  settle(views: readonly VpcView[]): Promise<void> {
    this.#views = views
    // Not before it is known which VPCs there are: the namespaces of others are taken away.
    this.#looking ??= setInterval(() => this.#look(), lookMillis).unref()
    return this.#settleSoon()
  }

  problems(): readonly string[] {
    return this.#problems
  }

  placeOf({ vpcId }: VpcValue): string {
    return this.#places.get(vpcId) ?? ''
  }

  onMoved(listener: () => void): void {
    this.#movedListeners.push(listener)
  }

  servedAddress(_vpc: VpcValue, address: string): string {
    return address
  }

  resolverAddresses(vpc: VpcValue): readonly string[] {
    return resolverAddressesOf(vpc)
  }

  clientOf({ remoteAddress }: Socket, view: VpcView): VpcClient | undefined {
    if (remoteAddress === undefined) return undefined
    return { address: remoteAddress, groupIds: workloadGroups(view.clients, remoteAddress) }
  }

  async openDoor(server: Server, { vpc, address }: DoorSite, port: number): Promise<number> {
    await this.#listen(server, { kind: 'listen-tcp', vpcId: vpc.vpcId, address, port })
    this.#hold(vpc.vpcId, address)
    server.once('close', () => this.#letGo(vpc.vpcId, address))
    return port
  }

  async connectToDoor({ vpc, address }: DoorSite, port: number): Promise<Socket> {
    const handle = await this.#open({ kind: 'connect', vpcId: vpc.vpcId, address, port })
    if (handle instanceof Socket) return handle
    throw wrongSocket(handle)
  }

  async listen(server: Server, { vpcId }: VpcValue, address: string, port: number): Promise<void> {
    await this.#listen(server, { kind: 'listen-tcp', vpcId, address, port })
  }

  async bindUdp({ vpcId }: VpcValue, address: string, port: number): Promise<UdpSocket> {
    const handle = await this.#open({ kind: 'bind-udp', vpcId, address, port })
    if (handle instanceof UdpSocket) return handle
    throw wrongSocket(handle)
  }

  async #listen(server: Server, wish: SocketWish): Promise<void> {
    const handle = await this.#open(wish)
    if (!(handle instanceof Server)) throw wrongSocket(handle)
    server.listen(handle)
    await once(server, 'listening')
  }

  async #open(wish: SocketWish): Promise<SendHandle> {
    const link = await this.#linked()
    return link.open(wish, patienceMillis)
  }

  async #linked(): Promise<HelperLink> {
    const asked = this.#link
    const known = await asked?.catch(() => undefined)
    if (known !== undefined && !known.isEnded) return known
    // Somebody else has noticed it first: two helpers would not know of each other.
    if (this.#link !== asked) return this.#linked()
    if (this.#isClosed) throw new Error('The network driver is closed')
    // A helper that is new knows nothing of what its forerunner was told.
    this.#settled = ''
    this.#link = this.#options.connect().then(channel => new HelperLink(channel, () => this.#retry.later()))
    return this.#link
  }

  /** The helper is asked even where nothing is to change; it finds out by the names whether something is missing. */
  #look(): void {
    this.#settled = ''
    void this.#settleSoon()
  }

  /** One that has not begun yet takes the newest views: commits that come meanwhile wait for that one, not each for one more. */
  #settleSoon(): Promise<void> {
    this.#next ??= this.#settling = this.#settling.then(() => {
      this.#next = undefined
      return this.#settleNow()
    })
    return this.#next
  }

  async #settleNow(): Promise<void> {
    if (this.#isClosed) return
    try {
      const link = await this.#linked()
      const plans = this.#views.map(view => this.#planOf(view))
      const text = JSON.stringify(plans)
      if (text === this.#settled) return
      this.#settled = ''
      const patience = this.#patienceMillis
      this.#patienceMillis = patienceMillis
      const { problems, places } = await link.settle({ kind: 'settle', plans, ports: this.#options.ports }, patience)
      this.#setProblems(
        problems.map(({ vpcId, reason }) => `The network namespace of ${vpcId} is not as it should be: ${reason}`),
      )
      if (problems.length === 0) this.#settled = text
      const found = new Map(places.map(({ vpcId, place }) => [vpcId, place]))
      this.#setPlaces(new Map(plans.map(({ vpcId }) => [vpcId, found.get(vpcId) ?? ''])))
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#setProblems([`The network namespaces cannot be brought in line: ${reason}`])
    }
    if (this.#problems.length > 0) this.#retry.later()
    else this.#retry.reset()
  }

  #setProblems(problems: readonly string[]): void {
    for (const problem of problems) if (!this.#problems.includes(problem)) this.#options.report(problem, {})
    this.#problems = problems
  }

  #setPlaces(places: ReadonlyMap<string, string>): void {
    const known = this.#places
    this.#places = places
    const hasMoved = [...places].some(([vpcId, place]) => known.has(vpcId) && known.get(vpcId) !== place)
    if (hasMoved) for (const listener of this.#movedListeners) listener()
  }

  /** Doors that are no longer wanted, and not closed yet, keep their addresses. */
  #planOf(view: VpcView): NamespacePlan {
    return planNamespace(view, this.#held.get(view.vpc.vpcId)?.keys() ?? [])
  }

  #hold(vpcId: string, address: string): void {
    const held = this.#held.get(vpcId) ?? new Map<string, number>()
    this.#held.set(vpcId, held.set(address, (held.get(address) ?? 0) + 1))
  }

  #letGo(vpcId: string, address: string): void {
    const held = this.#held.get(vpcId)
    const left = (held?.get(address) ?? 0) - 1
    if (left > 0) held?.set(address, left)
    else held?.delete(address)
    if (held?.size === 0) this.#held.delete(vpcId)
    void this.#settleSoon()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    clearInterval(this.#looking)
    this.#retry[Symbol.dispose]()
    await this.#settling
    const link = await this.#link?.catch(() => undefined)
    link?.close()
  }
}

function wrongSocket(handle: SendHandle): Error {
  closeHandle(handle)
  return new Error('The network helper sent another kind of socket')
}
