import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Server as HttpsServer } from 'node:https'
import type { NetworkPath } from '../base/index.ts'
import type { CertificateNames } from '../network/index.ts'
import type { Config } from './config.ts'
import { plainAddress, publicNames } from './host-names.ts'
import { cannotListen, listen } from './listen.ts'

/** The way of a connection through the public door. */
export function publicPath(remoteAddress: string | undefined): NetworkPath {
  return { kind: 'public', clientAddress: plainAddress(remoteAddress ?? ''), secureTransport: true }
}

const isEveryAddress = (host: string): boolean => host === '0.0.0.0' || host === '::'

/** A host as a URL has it: what clients on this machine call an address that may be every address. */
export function urlHost(host: string): string {
  if (isEveryAddress(host)) return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}

/** The host that the public door's certificate is for. */
export function certificateHost(host: string): string {
  return isEveryAddress(host) ? 'localhost' : host
}

/** All names and addresses of the public door; where it listens on every address, those of this machine that `permits` lets. */
export function publicCertificateNames(
  { api, regions }: Pick<Config, 'api' | 'regions'>,
  permits: (address: string) => boolean,
): CertificateNames {
  const host = certificateHost(api.host)
  const isAddress = isIP(host) !== 0
  const machine = isEveryAddress(api.host) ? machineAddresses().filter(permits) : []
  return {
    dnsNames: [...new Set(['localhost', ...(isAddress ? [] : [host]), ...publicNames(regions)])],
    addresses: [...new Set(['127.0.0.1', '::1', ...(isAddress ? [host] : []), ...machine])],
    ...(isAddress ? { reachedAt: [host] } : {}),
  }
}

function machineAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap(each => (each ?? []).map(({ address }) => address))
}

/** Listens at the API's address; gives the port. @throws {ConfigError} */
export async function listenOrExplain(server: HttpsServer, { api }: Config): Promise<number> {
  try {
    return await listen(server, api)
  } catch (cause) {
    throw cannotListen(api, { purpose: 'the API', flag: '--api', cause })
  }
}
