import type { Socket } from 'node:net'
import type { Server } from 'node:https'
import { connect } from 'node:tls'
import type { EndpointPath } from '../../base/index.ts'
import { ConflictError } from '../../storage/index.ts'
import type { Store } from '../../storage/index.ts'
import type { CertificateAuthority, IssuedCertificate } from '../certificates/certificate-authority.ts'
import type { CertificateRenewal } from '../certificates/certificate-renewal.ts'
import type { NetworkDriver } from '../drivers/driver.ts'
import { admits } from '../model/admission.ts'
import { removeEndpoint, setEndpoint } from '../model/endpoint-changes.ts'
import { endpointZoneOf, privateNameOf } from '../model/endpoint-services.ts'
import type { Network } from '../model/network.ts'
import type { EndpointInterface, EndpointValue } from '../model/records.ts'
import { drainDoor } from './drain-door.ts'
import { standInAddress } from './network-view.ts'
import type { NetworkView, VpcView } from './network-view.ts'

export interface DoorKeeperOptions {
  readonly store: Store
  readonly network: Network
  readonly view: NetworkView
  readonly driver: NetworkDriver
  readonly authority: CertificateAuthority
  readonly renewal: CertificateRenewal
  readonly port: number
  /** Makes the HTTPS server of a door; it does not listen yet. */
  readonly serve: (certificate: IssuedCertificate, pathOf: (socket: Socket) => EndpointPath | undefined) => Server
  readonly report: (message: string, details: object) => void
}

/** A door that is open: one network interface of one endpoint. */
interface OpenDoor {
  readonly server: Server
  readonly endpointId: string
  readonly address: string
  readonly port: number
}

/** The other end of a connection; the socket of TLS and the one below it have the same. */
const peerOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`

/** Opens and closes doors as endpoints come and go, and lets in whom the security groups admit. */
export class DoorKeeper implements AsyncDisposable {
  readonly #options: DoorKeeperOptions
  readonly #doors = new Map<string, OpenDoor>()
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

  #schedule(): Promise<void> {
    this.#working = this.#working
      .then(() => this.#reconcile())
      .catch((error: unknown) => {
        this.#options.report('Cannot bring the doors in line with the endpoints', { err: error })
      })
    return this.#working
  }

  /** Brings the doors in line with the endpoints. */
  async #reconcile(): Promise<void> {
    if (this.#isClosed) return
    const wanted = new Set<string>()
    for (const view of this.#options.view.vpcs) {
      for (const endpoint of view.endpoints) {
        if (endpoint.state === 'deleting') continue
        for (const one of endpoint.interfaces) wanted.add(one.interfaceId)
      }
    }
    for (const [interfaceId, door] of this.#doors) {
      if (wanted.has(interfaceId)) continue
      this.#doors.delete(interfaceId)
      closeDoor(door)
    }
    for (const view of this.#options.view.vpcs) {
      for (const endpoint of view.endpoints) await this.#settle(endpoint, view)
    }
  }

  async #settle(endpoint: EndpointValue, view: VpcView): Promise<void> {
    if (endpoint.state === 'deleting') return this.#remove(endpoint)
    try {
      for (const one of endpoint.interfaces) {
        if (!this.#doors.has(one.interfaceId))
          this.#doors.set(one.interfaceId, await this.#openDoor(endpoint, one, view))
      }
      if (endpoint.state === 'pending') await this.#change(endpoint, { state: 'available' })
    } catch (error) {
      this.#options.report('Cannot open a door', { endpointId: endpoint.endpointId, err: error })
      if (endpoint.state !== 'pending') return
      const message = error instanceof Error ? error.message : String(error)
      await this.#change(endpoint, { state: 'failed', lastError: { code: 'DoorNotOpened', message } })
    }
  }

  async #openDoor(endpoint: EndpointValue, one: EndpointInterface, { vpc }: VpcView): Promise<OpenDoor> {
    const { driver, authority, renewal, serve, port } = this.#options
    const address = driver.servedAddress(vpc, one.address)
    const names = {
      dnsNames: [
        privateNameOf(endpoint.service, endpoint.region),
        `*.${endpointZoneOf(endpoint.service, endpoint.region)}`,
      ],
      addresses: [address, ...(authority.permits(one.address) ? [one.address] : [])],
    }
    const certificate = await authority.issue(names)
    const paths = new Map<string, EndpointPath>()
    const server = serve(certificate, socket => paths.get(peerOf(socket)))
    let isProbed = false
    // Before TLS sees a byte: whom no rule admits gets none either. Our own probe gets a handshake, and no way in.
    server.prependListener('connection', (socket: Socket) => {
      const path = this.#admit(socket, endpoint.endpointId, vpc.vpcId)
      if (path === undefined && isProbed) socket.destroy()
      if (path === undefined) return
      const peer = peerOf(socket)
      paths.set(peer, path)
      socket.once('close', () => paths.delete(peer))
    })
    const listening = await driver.listen(server, vpc, one.address, port)
    const door = { server, endpointId: endpoint.endpointId, address, port: listening }
    try {
      await shakeHands(address, listening)
    } catch (error) {
      closeDoor(door)
      throw error
    }
    isProbed = true
    renewal.follow(server, names, certificate)
    return door
  }

  #admit(socket: Socket, endpointId: string, vpcId: string): EndpointPath | undefined {
    const view = this.#options.view.find(vpcId)
    const endpoint = view?.endpoints.find(known => known.endpointId === endpointId)
    if (view === undefined || endpoint === undefined || endpoint.state === 'deleting') return undefined
    const clientAddress = this.#options.driver.clientAddress(
      view.vpc,
      socket.remoteAddress ?? '',
      standInAddress(view, endpoint),
    )
    if (clientAddress === undefined) return undefined
    const groups = endpoint.groupIds.map(id => view.groups.get(id)).filter(group => group !== undefined)
    // Rules are about the port that the endpoint has in AWS, whatever it really is here.
    if (!admits(groups, { protocol: 'tcp', port: 443, clientAddress, clientGroupIds: [] })) return undefined
    const { account: endpointAccount, region, service } = endpoint
    return { kind: 'endpoint', endpointId, endpointAccount, vpcId, region, service, clientAddress }
  }

  async #change(endpoint: EndpointValue, changed: Partial<EndpointValue>): Promise<void> {
    const { store, network } = this.#options
    const record = await network.findOwnEndpoint(endpoint.endpointId, endpoint)
    if (record === undefined || record.value.state !== 'pending') return
    await unlessChanged(() => store.commit({ writes: setEndpoint(record, changed) }))
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
    await this.#working
    await Promise.all([...this.#doors.values()].map(({ server }) => drainDoor(server)))
    this.#doors.clear()
  }
}

async function unlessChanged(commit: () => Promise<void>): Promise<boolean> {
  try {
    await commit()
    return true
  } catch (error) {
    if (error instanceof ConflictError) return false
    throw error
  }
}

function closeDoor({ server }: OpenDoor): void {
  server.close()
  server.closeAllConnections()
}

/** A door is open when it has finished a TLS handshake. The certificate is our own: it is not checked here. */
function shakeHands(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, rejectUnauthorized: false, timeout: 5_000 })
    socket.once('secureConnect', () => {
      socket.destroy()
      resolve()
    })
    socket.once('timeout', () => socket.destroy(new Error(`No TLS handshake with ${host}:${port} in time`)))
    socket.once('error', reject)
  })
}
