import { ConflictError, put } from '../../storage/index.ts'
import type { Store } from '../../storage/index.ts'
import { blocksOf } from '../model/blocks.ts'
import { removeEndpoint } from '../model/endpoint-changes.ts'
import type { Network } from '../model/network.ts'
import { endpointCollection } from '../model/records.ts'
import type { EndpointInterface, EndpointValue, VpcValue } from '../model/records.ts'
import type { DoorSite } from '../drivers/driver.ts'
import { admitsSomebody } from './admits-somebody.ts'
import { drainDoor } from './drain-door.ts'
import type { VpcView } from './network-view.ts'
import { openDoor } from './open-door.ts'
import type { DoorOptions, OpenDoor } from './open-door.ts'
import { Retry } from './retry.ts'

/** What the keeper needs: how doors are opened, and the endpoints that say which. */
export interface DoorKeeperOptions extends DoorOptions {
  readonly store: Store
  readonly network: Network
}

/** A door that should be open and could not be opened. */
interface MissingDoor {
  readonly endpointId: string
  readonly address: string
  readonly reason: string
}

/** Opens and closes doors as endpoints come and go, and tries again what it could not open. */
export class DoorKeeper implements AsyncDisposable {
  readonly #options: DoorKeeperOptions
  /** By interface and address. */
  readonly #doors = new Map<string, OpenDoor>()
  readonly #missing = new Map<string, MissingDoor>()
  /** Doors that are closed, and finish what is under way. */
  readonly #draining = new Set<Promise<void>>()
  /** Endpoints that admit nobody, and were reported. */
  readonly #shut = new Set<string>()
  readonly #retry = new Retry(() => void this.#schedule())
  #working: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor(options: DoorKeeperOptions) {
    this.#options = options
  }

  /** Opens the doors of all endpoints and follows the changes from then on. */
  static async open(options: DoorKeeperOptions): Promise<DoorKeeper> {
    const keeper = new DoorKeeper(options)
    options.view.onChange(() => void keeper.#schedule())
    options.driver.onMoved?.(() => void keeper.#schedule())
    await keeper.#schedule()
    return keeper
  }

  /** Where an endpoint is served: one URL by address for each of its interfaces, or as the driver has it. */
  urlsOf(endpointId: string): readonly string[] {
    const doors = [...this.#doors.values()].filter(door => door.endpointId === endpointId)
    return [...new Set(doors.map(({ url }) => url))]
  }

  /** Whether all doors of an interface are open: names answer only with those, also while a new one is being opened. */
  isOpen(one: EndpointInterface): boolean {
    return addressesOf(one).every(address => this.#doors.has(keyOf({ interface: one, address })))
  }

  /** The doors that could not be opened; each is tried again. */
  problems(): readonly string[] {
    return [...this.#missing.values()].map(problemOf)
  }

  /** What keeps clients from an endpoint: doors that are missing, rules that admit nobody, what the driver knows. */
  problemsOf(endpointId: string): readonly string[] {
    const missing = [...this.#missing.values()].filter(door => door.endpointId === endpointId).map(problemOf)
    const others = this.#options.driver.problemsOf?.(endpointId) ?? []
    return [...missing, ...(this.#shut.has(endpointId) ? [admitsNobody] : []), ...others]
  }

  #schedule(): Promise<void> {
    this.#working = this.#working
      .then(() => this.#reconcile())
      .catch((error: unknown) => {
        this.#options.report('Cannot bring the doors in line with the endpoints', { err: error })
        this.#retry.later()
      })
    return this.#working
  }

  /** Brings the doors in line with the endpoints. What fails at one endpoint does not stop the others. */
  async #reconcile(): Promise<void> {
    if (this.#isClosed) return
    this.#dropUnwanted()
    let hasFailed = false
    for (const view of this.#options.view.vpcs) {
      for (const endpoint of view.endpoints) {
        try {
          await this.#settle(endpoint, view)
        } catch (error) {
          hasFailed = true
          this.#options.report('Cannot settle an endpoint', { endpointId: endpoint.endpointId, err: error })
        }
      }
    }
    if (hasFailed || this.#missing.size > 0) this.#retry.later()
    else this.#retry.reset()
  }

  #dropUnwanted(): void {
    const endpoints = this.#options.view.vpcs
      .flatMap(view => view.endpoints)
      .filter(endpoint => endpoint.state !== 'deleting')
    const { driver } = this.#options
    // With the place that a door must be at.
    const wanted = new Map(
      this.#options.view.vpcs.flatMap(({ vpc, endpoints: own }) =>
        own
          .filter(({ state }) => state !== 'deleting')
          .flatMap(endpoint => sitesOf(endpoint, vpc).map(site => [keyOf(site), driver.placeOf?.(vpc)] as const)),
      ),
    )
    for (const key of this.#missing.keys()) if (!wanted.has(key)) this.#missing.delete(key)
    for (const [key, door] of this.#doors) {
      if (wanted.has(key) && wanted.get(key) === door.place) continue
      this.#doors.delete(key)
      this.#drain(door)
    }
    const ids = new Set(endpoints.map(({ endpointId }) => endpointId))
    for (const endpointId of this.#shut) if (!ids.has(endpointId)) this.#shut.delete(endpointId)
  }

  /** No new connections from now on; requests that are under way are finished. */
  #drain({ server, connections }: OpenDoor): void {
    const drained = drainDoor(server, connections)
    this.#draining.add(drained)
    void drained.then(() => this.#draining.delete(drained))
  }

  async #settle(endpoint: EndpointValue, view: VpcView): Promise<void> {
    if (endpoint.state === 'deleting') return this.#remove(endpoint)
    const sites = sitesOf(endpoint, view.vpc)
    for (const site of sites) if (!this.#doors.has(keyOf(site))) await this.#open(site)
    this.#lookWhomItAdmits(endpoint, view)
    const missing = sites.flatMap(site => this.#missing.get(keyOf(site)) ?? [])
    const [first] = missing
    if (first === undefined) return this.#setAvailable(endpoint)
    // While one door of it is open, an endpoint that was available goes on serving, and tells of the others.
    const isServing = endpoint.state === 'available' && missing.length < sites.length
    const state = isServing ? 'available' : 'failed'
    // Told once: a reason that is another one each time would have the doors looked at again and again.
    if (endpoint.state === state && endpoint.lastError !== undefined) return
    const lastError = { code: 'DoorNotOpened', message: first.reason }
    await this.#change(endpoint, value => ({ ...value, state, lastError }))
  }

  async #open(site: DoorSite): Promise<void> {
    const { endpointId } = site.endpoint
    const key = keyOf(site)
    try {
      this.#doors.set(key, await openDoor(site, this.#options))
      this.#missing.delete(key)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      if (this.#missing.get(key)?.reason !== reason) {
        this.#options.report('Cannot open a door; it is tried again', { endpointId, err: error })
      }
      const address = this.#options.driver.servedAddress(site.vpc, site.address)
      this.#missing.set(key, { endpointId, address, reason })
    }
  }

  #lookWhomItAdmits(endpoint: EndpointValue, view: VpcView): void {
    const { endpointId, groupIds } = endpoint
    if (admitsSomebody(endpoint, view)) {
      this.#shut.delete(endpointId)
      return
    }
    if (!this.#shut.has(endpointId))
      this.#options.report(admitsNobody, { endpointId, groupIds, vpc: blocksOf(view.vpc) })
    this.#shut.add(endpointId)
  }

  async #setAvailable(endpoint: EndpointValue): Promise<void> {
    if (endpoint.state === 'available' && endpoint.lastError === undefined) return
    await this.#change(endpoint, ({ lastError: _solved, ...value }) => ({ ...value, state: 'available' }))
  }

  async #change(endpoint: EndpointValue, changed: (value: EndpointValue) => EndpointValue): Promise<void> {
    const { store, network } = this.#options
    const record = await network.findOwnEndpoint(endpoint.endpointId, endpoint)
    // Whatever changed it meanwhile brings another look at it.
    if (record === undefined || record.value.state !== endpoint.state) return
    const write = put(endpointCollection, record.id, changed(record.value), record.version)
    await unlessChanged(() => store.commit({ writes: [write] }))
  }

  async #remove(endpoint: EndpointValue): Promise<void> {
    const { store, network } = this.#options
    const record = await network.findOwnEndpoint(endpoint.endpointId, endpoint)
    if (record === undefined) return
    const subnets = await network.subnetsOf(endpoint.vpcId)
    const isDone = await unlessChanged(() => store.commit({ writes: removeEndpoint(record, subnets) }))
    if (!isDone) await this.#remove(endpoint)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    this.#retry[Symbol.dispose]()
    await this.#working
    for (const door of this.#doors.values()) this.#drain(door)
    this.#doors.clear()
    await Promise.all(this.#draining)
  }
}

const admitsNobody =
  'No rule of its security groups admits TCP 443 from an address of its VPC, and no client is in a group that a rule names: authorize one with aws ec2 authorize-security-group-ingress'

/** Where an endpoint has doors: at each address of each of its interfaces. */
function sitesOf(endpoint: EndpointValue, vpc: VpcValue): readonly DoorSite[] {
  return endpoint.interfaces.flatMap(one =>
    addressesOf(one).map(address => ({ vpc, endpoint, interface: one, address })),
  )
}

const addressesOf = ({ address, ipv6Address }: EndpointInterface): readonly string[] =>
  [address, ipv6Address].filter(one => one !== undefined)

const keyOf = (site: Pick<DoorSite, 'interface' | 'address'>): string => `${site.interface.interfaceId} ${site.address}`

const problemOf = ({ endpointId, address, reason }: MissingDoor): string =>
  `A door of ${endpointId} at ${address} cannot be opened: ${reason}`

async function unlessChanged(commit: () => Promise<void>): Promise<boolean> {
  try {
    await commit()
    return true
  } catch (error) {
    if (error instanceof ConflictError) return false
    throw error
  }
}
