import type { Socket as UdpSocket } from 'node:dgram'
import type { Server, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { VpcView } from '../doors/network-view.ts'
import type { EndpointInterface, EndpointValue, VpcValue } from '../model/records.ts'
import type { VpcClient } from '../model/vpc-clients.ts'

/** One address of one network interface of an endpoint: what a door is opened at. */
export interface DoorSite {
  readonly vpc: VpcValue
  readonly endpoint: EndpointValue
  readonly interface: EndpointInterface
  /** The interface's address, IPv4 or IPv6, that this door is at. */
  readonly address: string
}

/** Opens the sockets of doors and resolvers, and knows whom a socket's other end stands for. */
export interface NetworkDriver extends AsyncDisposable {
  /** Whether interfaces can have IPv6 addresses. */
  readonly hasIpv6: boolean
  /**
   * Brings what the driver keeps for VPCs (namespaces, addresses, rules) in line with them. A commit that changes networks is not over
   * before: what can't be done is one of the driver's problems and is tried again by the driver itself, not thrown.
   */
  settle(views: readonly VpcView[]): Promise<void>
  /** What the driver could not do, for operators. */
  problems(): readonly string[]
  /** What keeps clients from an endpoint whose doors are open. */
  problemsOf?(endpointId: string): readonly string[]
  /** Where the sockets of a VPC are opened, to be compared: what was opened at another place than this is out of its clients' reach. */
  placeOf?(vpc: VpcValue): string
  /** Calls the listener after a VPC has got another place, where doors may have been opened at the old one. */
  onMoved?(listener: () => void): void
  /** The address that an address of a VPC is really served at. */
  servedAddress(vpc: VpcValue, address: string): string
  /** The URL of an endpoint for its clients, where it is not the address and the port of its doors. */
  urlOf?(endpoint: EndpointValue): string | undefined
  /** The addresses inside a VPC that its resolver answers at; the first is base + 2. None where this driver serves no names. */
  resolverAddresses(vpc: VpcValue): readonly string[]
  /** Who has connected to a door, or `undefined` where it is not of this VPC. It is asked once, before anything is read from the socket. */
  clientOf(socket: Socket, view: VpcView, endpoint: EndpointValue): VpcClient | undefined
  /** The address that a connection counts for, where it is not the one that its socket has. */
  sourceOf?(socket: Socket): string | undefined
  /** Has a door's server serve the connections to a site; gives the port. */
  openDoor(server: Server, site: DoorSite, port: number): Promise<number>
  /** Connects to a door as from inside its VPC: to see whether it finishes a TLS handshake. */
  connectToDoor(site: DoorSite, port: number): Promise<Duplex>
  /** Listens for connections to an address of a VPC: of its resolver. */
  listen(server: Server, vpc: VpcValue, address: string, port: number): Promise<void>
  /** A socket for datagrams to an address of a VPC: of its resolver. */
  bindUdp(vpc: VpcValue, address: string, port: number): Promise<UdpSocket>
}
