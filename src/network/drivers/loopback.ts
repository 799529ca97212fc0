import type { Server } from 'node:net'
import { addressNumber, addressText, blockHolds, parseBlock } from '../model/cidr.ts'
import type { NetworkDriver } from './driver.ts'

/**
 * This machine is every VPC: the address A.B.c.d of a VPC with window N is served at 127.N.c.d, so VPCs may have the same
 * block. A client bound to 127.N.c.d is seen as A.B.c.d; one that is not bound (127.0.0.1) as a stand-in. It is no boundary
 * between the processes of this machine.
 */
export const loopbackDriver: NetworkDriver = {
  servedAddress: (vpc, address) => windowAddress(vpc.window, address),
  clientAddress(vpc, remoteAddress, standIn) {
    const remote = remoteAddress.replace(/^::ffff:/, '')
    const [first, window, c, d] = remote.split('.').map(Number)
    if (first !== 127) return undefined
    // Linux gives a client without an address of its own the first one of the machine.
    if (remote === '127.0.0.1') return standIn
    if (window !== vpc.window) return undefined
    const block = parseBlock(vpc.cidr)!
    const address = Math.floor(block.base / 65_536) * 65_536 + c! * 256 + d!
    return blockHolds(block, address) ? addressText(address) : undefined
  },
  listen: (server, vpc, address, port) => listenAt(server, windowAddress(vpc.window, address), port),
}

function windowAddress(window: number, address: string): string {
  const low = addressNumber(address) % 65_536
  return `127.${window}.${Math.floor(low / 256)}.${low % 256}`
}

function listenAt(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, exclusive: true }, () => {
      server.removeListener('error', reject)
      const bound = server.address()
      resolve(typeof bound === 'object' && bound !== null ? bound.port : port)
    })
  })
}
