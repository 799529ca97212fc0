/** A service that endpoints can be made for: one row of data each. */
export interface EndpointServiceRow {
  /** Signing name. */
  readonly service: string
  /** Behind `com.amazonaws.REGION.`. */
  readonly label: string
}

const rows: readonly EndpointServiceRow[] = [{ service: 'kms', label: 'kms' }]

/** The offered service of that name in a Region, or `undefined`. */
export function findEndpointService(serviceName: string, region: string): EndpointServiceRow | undefined {
  return rows.find(row => serviceNameOf(row, region) === serviceName)
}

/** All services offered in a Region. */
export function endpointServices(): readonly EndpointServiceRow[] {
  return rows
}

/** The name that clients know a service by, e.g. `com.amazonaws.us-west-2.kms`. */
export function serviceNameOf(row: EndpointServiceRow, region: string): string {
  return `com.amazonaws.${region}.${row.label}`
}

/** The name that private DNS answers, e.g. `kms.us-west-2.amazonaws.com`. */
export function privateNameOf(service: string, region: string): string {
  return `${service}.${region}.amazonaws.com`
}

/** Other public names of the same service, which its private DNS does not answer: FIPS and dual-stack. */
export function otherNamesOf(service: string, region: string): readonly string[] {
  return [
    `${service}-fips.${region}.amazonaws.com`,
    `${service}.${region}.api.aws`,
    `${service}-fips.${region}.api.aws`,
  ]
}

/** The zone of an endpoint's own names, e.g. `kms.us-west-2.vpce.amazonaws.com`. */
export function endpointZoneOf(service: string, region: string): string {
  return `${service}.${region}.vpce.amazonaws.com`
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
  return zoneIds[region] ?? `Z0${Buffer.from(region).toString('hex').toUpperCase().slice(0, 18)}`
}
