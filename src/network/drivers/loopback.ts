import { createSocket } from 'node:dgram'
import type { Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Server } from 'node:net'
import { standInClient } from '../doors/network-view.ts'
import { ipv4BlocksOf } from '../model/blocks.ts'
import { addressNumber, addressText, blockHolds, parseBlock } from '../model/cidr.ts'
import { isIpv6Address } from '../model/ipv6.ts'
import type { VpcValue } from '../model/records.ts'
import type { NetworkDriver } from './driver.ts'

/**
 * This machine is every VPC: the address A.B.c.d of a VPC with window N is served at 127.N.c.d, so VPCs may have the same
 * block. A client bound to 127.N.c.d is seen as A.B.c.d; one that is not bound (127.0.0.1) as a stand-in. It is no boundary
 * between the processes of this machine.
 */
export const loopbackDriver: NetworkDriver = {
  hasIpv6: false,
  settle: () => Promise.resolve(),
  problems: () => [],
  // Endpoints have IPv6 here only where another driver served the store before: they are told by their own addresses, and shut.
  servedAddress: (vpc, address) => (isIpv6Address(address) ? address : windowAddress(vpc.window, address)),
  resolverAddresses: vpc => [addressText(parseBlock(vpc.cidr)!.base + 2)],
  clientOf({ remoteAddress = '' }, view, endpoint) {
    const { vpc } = view
    const remote = remoteAddress.replace(/^::ffff:/, '')
    const [first, window, c, d] = remote.split('.').map(Number)
    if (first !== 127) return undefined
    // Linux gives a client without an address of its own the first one of the machine.
    if (remote === '127.0.0.1') return standInClient(view, endpoint)
    if (window !== vpc.window) return undefined
    // Where two blocks of the VPC could have it, a workload that is known has it: no other used address ends like its own.
    const workload = view.clients.workloads.find(known => windowAddress(vpc.window, known.address) === remote)
    if (workload !== undefined) return { address: workload.address, groupIds: workload.groupIds }
    const address = addressOf(vpc, c! * 256 + d!)
    return address === undefined ? undefined : { address, groupIds: [] }
  },
  openDoor(server, { vpc, address }, port) {
    if (isIpv6Address(address)) return Promise.reject(new Error('The loopback network serves no IPv6'))
    return listenAt(server, windowAddress(vpc.window, address), port)
  },
  async connectToDoor({ vpc, address }, port) {
    const socket = connect({ host: windowAddress(vpc.window, address), port })
    await once(socket, 'connect')
    return socket
  },
  async listen(server, vpc, address, port) {
    await listenAt(server, windowAddress(vpc.window, address), port)
  },
  async bindUdp(vpc, address, port): Promise<UdpSocket> {
    const socket = createSocket('udp4')
    try {
      socket.bind({ port, address: windowAddress(vpc.window, address) })
      await once(socket, 'listening')
      return socket
    } catch (error) {
      // It has its descriptor, bound or not; and the resolver tries again and again.
      socket.close()
      throw error
    }
  },
  [Symbol.asyncDispose]: () => Promise.resolve(),
}

/**
 * The address of a VPC that ends in these two numbers: where several blocks have one, that of the block that came first.
 * Interfaces of endpoints have no such twins (`loopbackTwinOf`); a client that nobody gave an address may have.
 */
function addressOf(vpc: VpcValue, low: number): string | undefined {
  for (const block of ipv4BlocksOf(vpc)) {
    const number = Math.floor(block.base / 65_536) * 65_536 + low
    if (blockHolds(block, number)) return addressText(number)
  }
  return undefined
}

function windowAddress(window: number, address: string): string {
  const low = addressNumber(address) % 65_536
  return `127.${window}.${Math.floor(low / 256)}.${low % 256}`
}

async function listenAt(server: Server, host: string, port: number): Promise<number> {
  server.listen({ host, port, exclusive: true })
  await once(server, 'listening')
  const bound = server.address()
  return typeof bound === 'object' && bound !== null ? bound.port : port
}
