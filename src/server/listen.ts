import type { Server } from 'node:net'
import type { HostPort } from './config.ts'

/** Listens and gives the port that was taken. */
export function listen(server: Server, address: HostPort): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(address.port, address.host, () => {
      server.removeListener('error', reject)
      const bound = server.address()
      resolve(typeof bound === 'object' && bound !== null ? bound.port : address.port)
    })
  })
}
