import { createHash } from 'node:crypto'
import type { EndpointValue } from './records.ts'
import { zonesOf } from './zones.ts'
import type { Zone } from './zones.ts'

/** A service that endpoints can be made for: one row of data each. */
export interface EndpointServiceRow {
  /** Signing name of the API behind it: an endpoint's door serves that and nothing else. */
  readonly service: string
  /** Behind `com.amazonaws.REGION.`, and before `.REGION.vpce.amazonaws.com`. */
  readonly label: string
  /** What private DNS answers, `*` standing for the Region. The first is the name that clients use if nobody tells them another. */
  readonly privateNames: readonly string[]
  /** In AWS's order. */
  readonly ipAddressTypes: readonly ('ipv4' | 'ipv6')[]
  readonly takesPolicies: boolean
  /** Ids of zones where it is not. */
  readonly absentFrom: readonly string[]
  /** Offered only where the operator wants FIPS endpoints. */
  readonly isFips: boolean
}

const rows: readonly EndpointServiceRow[] = [
  // Its dual-stack name too: https://docs.aws.amazon.com/kms/latest/developerguide/ipv6-kms.html
  row('kms', ['kms.*.amazonaws.com', 'kms.*.api.aws']),
  { ...row('kms', ['kms-fips.*.amazonaws.com', 'kms-fips.*.api.aws']), label: 'kms-fips', isFips: true },
  row('sts', ['sts.*.amazonaws.com']),
  row('ec2', ['ec2.*.amazonaws.com']),
  row('cloudtrail', ['cloudtrail.*.amazonaws.com']),
  row('cloudformation', ['cloudformation.*.amazonaws.com']),
]

function row(service: string, privateNames: readonly string[]): EndpointServiceRow {
  return {
    service,
    label: service,
    privateNames,
    ipAddressTypes: ['ipv6', 'ipv4'],
    takesPolicies: true,
    absentFrom: [],
    isFips: false,
  }
}

/** All services that there can be endpoints for, offered or not. IAM has none: it is of no Region. */
export function endpointServices(): readonly EndpointServiceRow[] {
  return rows
}

/** What new endpoints can be made for: the services that are served, those with FIPS only where the operator wants them. */
export function offeredServices(options: {
  readonly services: readonly string[]
  readonly fips: boolean
}): readonly EndpointServiceRow[] {
  return rows.filter(({ service, isFips }) => options.services.includes(service) && (options.fips || !isFips))
}

/** The service of that name in a Region, or `undefined`. */
export function findEndpointService(
  serviceName: string,
  region: string,
  among: readonly EndpointServiceRow[],
): EndpointServiceRow | undefined {
  return among.find(known => serviceNameOf(known, region) === serviceName)
}

/** What an endpoint leads to. It stays what it is where its service is not offered any more. */
export function serviceOfEndpoint({
  serviceName,
  region,
}: Pick<EndpointValue, 'serviceName' | 'region'>): EndpointServiceRow {
  return findEndpointService(serviceName, region, rows)!
}

/** The name that clients know a service by, e.g. `com.amazonaws.us-west-2.kms`. */
export function serviceNameOf({ label }: EndpointServiceRow, region: string): string {
  return `com.amazonaws.${region}.${label}`
}

/** An id of the form that AWS gives a service: always the same for a service and Region. */
export function serviceIdOf({ label }: EndpointServiceRow, region: string): string {
  return `vpce-svc-0${createHash('sha256').update(`${label}.${region}`).digest('hex').slice(0, 16)}`
}

/** The zones of a Region that a service is in. */
export function serviceZones({ absentFrom }: EndpointServiceRow, region: string): readonly Zone[] {
  return zonesOf(region).filter(zone => !absentFrom.includes(zone.id))
}

/** The names that private DNS answers, e.g. `kms.us-west-2.amazonaws.com`. */
export function privateNamesOf({ privateNames }: EndpointServiceRow, region: string): readonly string[] {
  return privateNames.map(name => name.replace('*', region))
}

/** Public names that the API behind a service has besides, in its Region: FIPS and dual-stack. */
export function otherNamesOf({ service }: EndpointServiceRow, region: string): readonly string[] {
  return [
    `${service}-fips.${region}.amazonaws.com`,
    `${service}.${region}.api.aws`,
    `${service}-fips.${region}.api.aws`,
  ]
}

/** The zone of an endpoint's own names, e.g. `kms.us-west-2.vpce.amazonaws.com`. */
export function endpointZoneOf({ label }: EndpointServiceRow, region: string): string {
  return `${label}.${region}.vpce.amazonaws.com`
}

/** Names of the certificate of an endpoint's door. */
export function doorNamesOf(known: EndpointServiceRow, region: string): readonly string[] {
  return [...privateNamesOf(known, region), `*.${endpointZoneOf(known, region)}`]
}

const zoneIds: Readonly<Record<string, string>> = {
  'us-east-1': 'Z7HUB22UULQXV',
  'us-east-2': 'ZC8PG0KIFKBRI',
  'eu-west-2': 'Z7K1066E3PUKB',
  'af-south-1': 'Z09302161J80N9A7UTP7U',
  'ap-east-1': 'Z2LIHJ7PKBEMWN',
  'ap-northeast-1': 'Z2E726K9Y6RL4W',
  'ap-northeast-2': 'Z27UANNT0PRK1T',
  'ap-northeast-3': 'Z376B5OMM2JZL2',
  'ap-south-1': 'Z2KVTB3ZLFM7JR',
  'ap-south-2': 'Z0952991RWSF5AHIQDIY',
  'ap-southeast-1': 'Z18LLCSTV4NVNL',
  'ap-southeast-2': 'ZDK2GCRPAFKGO',
  'ap-southeast-3': 'Z03881013RZ9BYYZO8N5W',
  'ap-southeast-4': 'Z07508191CO1RNBX3X3AU',
  'ca-central-1': 'ZRCXCF510Y6P9',
}

/** Id of a Region's public zone of endpoint names. */
export function endpointZoneId(region: string): string {
  return zoneIds[region] ?? `Z0${createHash('sha256').update(region).digest('hex').slice(0, 18).toUpperCase()}`
}
