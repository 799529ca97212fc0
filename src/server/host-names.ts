import { isIP } from 'node:net'
import type { EndpointPath, NetworkPath } from '../base/index.ts'
import { endpointServices, privateNamesOf } from '../network/index.ts'
import { serviceNames } from '../wire/index.ts'

/** Decides whether a Host header names the door that the request came through. */
export interface HostNames {
  accepts(host: string, path: NetworkPath, localAddress: string): boolean
}

/** AWS's own names of what the public door serves. */
export function publicNames(regions: readonly string[]): readonly string[] {
  const regional = regions.flatMap(region => serviceNames.map(service => `${service}.${region}.amazonaws.com`))
  return [...regional, 'iam.amazonaws.com', 'sts.amazonaws.com']
}

const endpointName = /^(vpce-[0-9a-f]{17})-[a-z0-9]{8}(?:-[a-z0-9-]+)?\.[a-z0-9-]+\.[a-z0-9-]+\.vpce\.amazonaws\.com$/

/**
 * The names under which doors may be asked for. A page that made a browser resolve its own name to our address (DNS
 * rebinding) is turned away here, and so is a request for one endpoint that came in through another.
 */
export function hostNames(options: {
  readonly regions: readonly string[]
  readonly publicHost: string
  /** Whether a certificate of the operator's own is for exactly this name: then no other page can have it. */
  readonly isOwnName?: (name: string) => boolean
}): HostNames {
  const served = new Set(['localhost', options.publicHost.toLowerCase(), ...publicNames(options.regions)])
  return {
    accepts(host, path, localAddress) {
      const name = withoutPort(host).toLowerCase()
      const endpoint = endpointName.exec(name)
      if (endpoint !== null) return path.kind === 'endpoint' && path.endpointId === endpoint[1]
      // An address can't be rebound: whoever uses it has reached what it names.
      return (
        served.has(name) ||
        options.isOwnName?.(name) === true ||
        (path.kind === 'endpoint' && privateNamesAt(path).includes(name)) ||
        (isIP(name) !== 0 && (path.kind === 'endpoint' || name === plainAddress(localAddress) || isLoopback(name)))
      )
    },
  }
}

/** What private DNS calls the service behind an endpoint: also names that the public door does not answer to. */
function privateNamesAt({ service, region }: EndpointPath): readonly string[] {
  return endpointServices()
    .filter(row => row.service === service)
    .flatMap(row => privateNamesOf(row, region))
}

function withoutPort(host: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(host)
  return bracketed?.[1] ?? host.replace(/:\d+$/, '')
}

/** An address as people write it: a socket that listens on all addresses has IPv4 ones as `::ffff:192.0.2.1`. */
export function plainAddress(address: string): string {
  return address.toLowerCase().replace(/^::ffff:(?=[\d.]+$)/, '')
}

const isLoopback = (address: string): boolean => address === '::1' || address.startsWith('127.')
