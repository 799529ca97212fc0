import { endpointZoneId, endpointZoneOf, privateNameOf } from './endpoint-services.ts'
import type { EndpointInterface, EndpointValue } from './records.ts'

/** A name of an endpoint and the interfaces that it stands for. */
export interface EndpointName {
  readonly name: string
  readonly hostedZoneId: string
  readonly kind: 'regional' | 'zonal' | 'private'
  readonly interfaces: readonly EndpointInterface[]
}

/** An endpoint's names in AWS's order: regional, one for each zone, private. An endpoint without interfaces has none. */
export function endpointNames(endpoint: EndpointValue): readonly EndpointName[] {
  const { endpointId, dnsLabel, service, region, interfaces } = endpoint
  if (interfaces.length === 0) return []
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
  const name = privateNameOf(service, region)
  return [regional, ...zonal, { name, hostedZoneId: endpoint.privateZoneId, kind: 'private', interfaces }]
}
