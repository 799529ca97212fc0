import type { Server } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as startTls } from 'node:tls'
import type { EndpointPath } from '../../base/index.ts'
import { permittedNames } from '../certificates/certificate-issuer.ts'
import type { CertificateIssuer, IssuedCertificate } from '../certificates/certificate-issuer.ts'
import type { CertificateRenewal } from '../certificates/certificate-renewal.ts'
import type { DoorSite, NetworkDriver } from '../drivers/driver.ts'
import { admits } from '../model/admission.ts'
import { doorNamesOf, serviceOfEndpoint } from '../model/endpoint-services.ts'
import { bordersLetThrough } from '../model/network-acls.ts'
import { isSource } from '../model/vpc-clients.ts'
import { endpointPort, groupsOf } from './admits-somebody.ts'
import type { NetworkView } from './network-view.ts'

/** What opening a door needs; the same for all doors. */
export interface DoorOptions {
  readonly view: NetworkView
  readonly driver: NetworkDriver
  readonly authority: CertificateIssuer
  readonly renewal: CertificateRenewal
  readonly port: number
  /** Makes the HTTPS server of a door; it does not listen yet. */
  readonly serve: (certificate: IssuedCertificate, pathOf: (socket: Socket) => EndpointPath | undefined) => Server
  readonly report: (message: string, details: object) => void
}

/** A door that is open: one address of one network interface of one endpoint. */
export interface OpenDoor {
  readonly server: Server
  readonly endpointId: string
  readonly address: string
  readonly port: number
  /** The driver's place of the VPC when the door was opened. */
  readonly place: string | undefined
  /** For clients. */
  readonly url: string
  /** Those that were admitted and are open. */
  readonly connections: ReadonlySet<Socket>
}

/** Both ends of a connection: the socket of TLS and the one below it have the same, and no two that are open. */
const endsOf = ({ remoteAddress, remotePort, localAddress, localPort }: Socket): string =>
  `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`

/** Opens the door at a site. A door is open when it has finished a TLS handshake; one that fails is closed again. */
export async function openDoor(site: DoorSite, options: DoorOptions): Promise<OpenDoor> {
  const { driver, authority, renewal, serve, port, report } = options
  const { endpointId, region } = site.endpoint
  const { vpc } = site
  // Before anything is opened: a VPC that moves meanwhile has this door at its old place.
  const place = driver.placeOf?.(vpc)
  const address = driver.servedAddress(vpc, site.address)
  const names = {
    dnsNames: doorNamesOf(serviceOfEndpoint(site.endpoint), region),
    addresses: [...new Set([address, site.address])],
  }
  const certificate = await authority.issue(permittedNames(names, authority))
  const paths = new Map<string, EndpointPath>()
  const connections = new Set<Socket>()
  const server = serve(certificate, socket => paths.get(endsOf(socket)))
  let isProbed = false
  // Before TLS sees a byte: whom no rule admits, or an ACL stops, gets none either. Our own probe gets a handshake, and no way in.
  server.prependListener('connection', (socket: Socket) => {
    const path = admit(socket, site, options)
    if (path === undefined && isProbed) socket.destroy()
    if (path === undefined) return
    const ends = endsOf(socket)
    paths.set(ends, path)
    connections.add(socket)
    socket.once('close', () => {
      paths.delete(ends)
      connections.delete(socket)
    })
  })
  try {
    const listening = await driver.openDoor(server, site, port)
    server.on('error', error => report('A door failed', { endpointId, address, err: error }))
    await shakeHands(await driver.connectToDoor(site, listening))
    isProbed = true
    renewal.follow(server, names, certificate)
    const url = driver.urlOf?.(site.endpoint) ?? urlOf(address, listening)
    return { server, endpointId, address, port: listening, place, url, connections }
  } catch (error) {
    server.close()
    server.closeAllConnections()
    throw error
  }
}

const urlOf = (address: string, port: number): string =>
  `https://${address.includes(':') ? `[${address}]` : address}:${port}`

function admit(
  socket: Socket,
  { address: doorAddress, vpc: { vpcId }, endpoint: { endpointId } }: DoorSite,
  { view: networks, driver }: DoorOptions,
): EndpointPath | undefined {
  const view = networks.find(vpcId)
  const endpoint = view?.endpoints.find(known => known.endpointId === endpointId)
  if (view === undefined || endpoint === undefined || endpoint.state === 'deleting') return undefined
  const client = driver.clientOf(socket, view, endpoint)
  if (client === undefined || !isSource(view.vpc, view.clients, client.address)) return undefined
  const { address: clientAddress, groupIds: clientGroupIds, port: clientPort = socket.remotePort ?? 0 } = client
  const attempt = { protocol: 'tcp', port: endpointPort, clientAddress, clientGroupIds } as const
  if (!admits(groupsOf(endpoint, view), attempt)) return undefined
  const crossing = { clientAddress, clientPort, address: doorAddress, port: endpointPort }
  if (!bordersLetThrough(view.borders, crossing)) return undefined
  const { account: endpointAccount, region, service } = endpoint
  return { kind: 'endpoint', endpointId, endpointAccount, vpcId, region, service, clientAddress }
}

const handshakeMillis = 5_000

/** The certificate is our own: it is not checked here. */
function shakeHands(connection: Duplex): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = startTls({ socket: connection, rejectUnauthorized: false })
    const deadline = setTimeout(
      () => socket.destroy(new Error('No TLS handshake with the door in time')),
      handshakeMillis,
    )
    socket.once('secureConnect', () => {
      clearTimeout(deadline)
      connection.destroy()
      resolve()
    })
    // What is broken off while it is closed says nothing more.
    socket.on('error', error => {
      clearTimeout(deadline)
      connection.destroy()
      reject(error)
    })
  })
}
