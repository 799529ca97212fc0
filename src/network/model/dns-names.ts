import { createHash } from 'node:crypto'
import { endpointZoneId, endpointZoneOf, privateNamesOf, serviceOfEndpoint } from './endpoint-services.ts'
import type { EndpointInterface, EndpointValue } from './records.ts'

/** A name of an endpoint and the interfaces that it stands for. */
export interface EndpointName {
  readonly name: string
  readonly hostedZoneId: string
  readonly kind: 'regional' | 'zonal' | 'private'
  readonly interfaces: readonly EndpointInterface[]
}

/** An endpoint's names in AWS's order: regional, one for each zone, private ones. An endpoint without interfaces has none. */
export function endpointNames(endpoint: EndpointValue): readonly EndpointName[] {
  const { endpointId, dnsLabel, region, interfaces } = endpoint
  if (interfaces.length === 0) return []
  const service = serviceOfEndpoint(endpoint)
  const zone = endpointZoneOf(service, region)
  const hostedZoneId = endpointZoneId(region)
  const zonal = interfaces.map((one): EndpointName => ({
    name: `${endpointId}-${dnsLabel}-${one.zone}.${zone}`,
    hostedZoneId,
    kind: 'zonal',
    interfaces: [one],
  }))
  const regional: EndpointName = {
    name: `${endpointId}-${dnsLabel}.${zone}`,
    hostedZoneId,
    kind: 'regional',
    interfaces,
  }
  if (!endpoint.privateDnsEnabled) return [regional, ...zonal]
  const names = privateNamesOf(service, region)
  const privateOnes = names.map((name, index): EndpointName => ({
    name,
    hostedZoneId: privateZoneId(endpoint, index),
    kind: 'private',
    interfaces,
  }))
  return [regional, ...zonal, ...privateOnes]
}

/** Each private name is a hidden zone of its own. */
function privateZoneId({ privateZoneId: first }: EndpointValue, index: number): string {
  if (index === 0) return first
  return `Z${createHash('sha256').update(`${first} ${index}`).digest('hex').slice(0, 20).toUpperCase()}`
}
