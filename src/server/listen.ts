import type { Server } from 'node:net'
import { ConfigError } from '../base/index.ts'
import type { HostPort } from './host-port.ts'

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

/** The error for an address that cannot be listened on: says why, and what to do. */
export function cannotListen(
  { host, port }: HostPort,
  options: { readonly purpose: string; readonly flag: string; readonly cause: unknown },
): ConfigError {
  const { purpose, flag, cause } = options
  const text = `Cannot listen on ${host.includes(':') ? `[${host}]` : host}:${port} for ${purpose}`
  return new ConfigError(`${text}: ${reasonOf(cause, port)}; choose another address with ${flag}`, { cause })
}

function reasonOf(cause: unknown, port: number): string {
  const { code = '', message } = cause as NodeJS.ErrnoException
  switch (code) {
    case 'EADDRINUSE':
      return 'another program listens there'
    case 'EADDRNOTAVAIL':
      return 'this machine has no such address'
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'this name has no address'
    case 'EACCES':
      return port < 1_024 ? 'ports below 1024 need privileges' : 'the system does not allow it'
    default:
      return message
  }
}
