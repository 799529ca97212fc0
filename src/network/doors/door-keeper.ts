import { ConflictError, put } from '../../storage/index.ts'
import type { Store } from '../../storage/index.ts'
import { removeEndpoint } from '../model/endpoint-changes.ts'
import type { Network } from '../model/network.ts'
import { endpointCollection } from '../model/records.ts'
import type { EndpointInterface, EndpointValue } from '../model/records.ts'
import { admitsSomebody } from './admits-somebody.ts'
import { drainDoor } from './drain-door.ts'
import type { VpcView } from './network-view.ts'
import { closeDoor, openDoor } from './open-door.ts'
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
  readonly #doors = new Map<string, OpenDoor>()
  readonly #missing = new Map<string, MissingDoor>()
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
    await keeper.#schedule()
    return keeper
  }

  /** Where an endpoint is served: one URL by address for each of its interfaces. */
  urlsOf(endpointId: string): readonly string[] {
    return [...this.#doors.values()]
      .filter(door => door.endpointId === endpointId)
      .map(({ address, port }) => `https://${address}:${port}`)
  }

  /** The doors that could not be opened; each is tried again. */
  problems(): readonly string[] {
    return [...this.#missing.values()].map(problemOf)
  }

  /** What keeps clients from an endpoint: doors that are missing, and rules that admit nobody. */
  problemsOf(endpointId: string): readonly string[] {
    const missing = [...this.#missing.values()].filter(door => door.endpointId === endpointId).map(problemOf)
    return this.#shut.has(endpointId) ? [...missing, admitsNobody] : missing
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
    const wanted = new Set(endpoints.flatMap(({ interfaces }) => interfaces.map(one => one.interfaceId)))
    for (const interfaceId of this.#missing.keys()) if (!wanted.has(interfaceId)) this.#missing.delete(interfaceId)
    for (const [interfaceId, door] of this.#doors) {
      if (wanted.has(interfaceId)) continue
      this.#doors.delete(interfaceId)
      closeDoor(door)
    }
    const ids = new Set(endpoints.map(({ endpointId }) => endpointId))
    for (const endpointId of this.#shut) if (!ids.has(endpointId)) this.#shut.delete(endpointId)
  }

  async #settle(endpoint: EndpointValue, view: VpcView): Promise<void> {
    if (endpoint.state === 'deleting') return this.#remove(endpoint)
    for (const one of endpoint.interfaces) {
      if (!this.#doors.has(one.interfaceId)) await this.#open(endpoint, one, view)
    }
    this.#lookWhomItAdmits(endpoint, view)
    const missing = endpoint.interfaces.flatMap(one => this.#missing.get(one.interfaceId) ?? [])
    const [first] = missing
    if (first === undefined) return this.#setAvailable(endpoint)
    // While one door of it is open, an endpoint that was available goes on serving.
    const isOpen = missing.length < endpoint.interfaces.length
    if (endpoint.state === 'pending' || (endpoint.state === 'available' && !isOpen)) {
      const lastError = { code: 'DoorNotOpened', message: first.reason }
      await this.#change(endpoint, value => ({ ...value, state: 'failed', lastError }))
    }
  }

  async #open(endpoint: EndpointValue, one: EndpointInterface, { vpc }: VpcView): Promise<void> {
    const { endpointId } = endpoint
    try {
      this.#doors.set(one.interfaceId, await openDoor(endpoint, one, vpc, this.#options))
      this.#missing.delete(one.interfaceId)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      if (this.#missing.get(one.interfaceId)?.reason !== reason) {
        this.#options.report('Cannot open a door; it is tried again', { endpointId, err: error })
      }
      const address = this.#options.driver.servedAddress(vpc, one.address)
      this.#missing.set(one.interfaceId, { endpointId, address, reason })
    }
  }

  #lookWhomItAdmits(endpoint: EndpointValue, view: VpcView): void {
    const { endpointId, groupIds } = endpoint
    if (admitsSomebody(endpoint, view)) {
      this.#shut.delete(endpointId)
      return
    }
    if (!this.#shut.has(endpointId)) this.#options.report(admitsNobody, { endpointId, groupIds, vpc: view.vpc.cidr })
    this.#shut.add(endpointId)
  }

  async #setAvailable(endpoint: EndpointValue): Promise<void> {
    if (endpoint.state === 'available') return
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
    await Promise.all([...this.#doors.values()].map(({ server }) => drainDoor(server)))
    this.#doors.clear()
  }
}

const admitsNobody =
  'No rule of its security groups admits TCP 443 from an address of its VPC (a rule that names a group admits nobody here): authorize one with aws ec2 authorize-security-group-ingress'

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
