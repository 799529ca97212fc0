import type { Server } from 'node:net'
import type { VpcValue } from '../model/records.ts'

/** Opens the sockets of doors and resolvers, and knows whom a socket's addresses stand for. */
export interface NetworkDriver {
  /** The address that an address of a VPC is really served at. */
  servedAddress(vpc: VpcValue, address: string): string
  /** The client's address inside the VPC, or `undefined` where it is not of this VPC. `standIn` is for clients without one. */
  clientAddress(vpc: VpcValue, remoteAddress: string, standIn: string): string | undefined
  /** Listens for connections to an address of a VPC; gives the port. */
  listen(server: Server, vpc: VpcValue, address: string, port: number): Promise<number>
}
