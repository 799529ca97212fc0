import { endpointServices, endpointZoneOf, otherNamesOf } from '../model/endpoint-services.ts'
import { findReverseName, hostZoneOf } from '../model/host-names.ts'
import type { VpcValue } from '../model/records.ts'

/** What this installation serves, by name. */
export interface ServedNames {
  readonly regions: readonly string[]
  /** Names of all services that this server serves at its public door. */
  readonly servedNames: readonly string[]
}

// What names of AWS end in, in all of its partitions, and the same for dual-stack names.
const suffixes = [
  'amazonaws.com',
  'api.aws',
  'amazonaws.com.cn',
  'api.amazonwebservices.com.cn',
  'amazonaws.eu',
  'api.amazonwebservices.eu',
  'c2s.ic.gov',
  'api.aws.ic.gov',
  'sc2s.sgov.gov',
  'api.aws.scloud',
  'cloud.adc-e.uk',
  'api.cloud-aws.adc-e.uk',
  'csp.hci.ic.gov',
  'api.aws.hci.ic.gov',
]
const anySuffix = suffixes.map(suffix => suffix.replaceAll('.', String.raw`\.`)).join('|')

// Whatever stands for the Region: a client may have any in its configuration, also one that we do not know.
const kmsZone = new RegExp(String.raw`(?:^|\.)(kms(?:-fips)?\.(?:[^.]+\.)?(?:${anySuffix}))$`)
const endpointsZone = new RegExp(String.raw`(?:^|\.)(vpce\.(?:${anySuffix}))$`)

/**
 * The zone of ours that a name is in; `undefined` for a name that is somebody else's. KMS and the names of endpoints are ours
 * in every Region, served or not: a client that is set to another Region would send its plaintext there.
 */
export function findOwnedZone(name: string, served: ServedNames, vpc: VpcValue): string | undefined {
  const isIn = (zone: string): boolean => name === zone || name.endsWith(`.${zone}`)
  return (
    endpointZones(served).find(isIn) ??
    served.servedNames.find(isIn) ??
    served.regions.flatMap(region => endpointServices().flatMap(service => otherNamesOf(service, region))).find(isIn) ??
    kmsZone.exec(name)?.[1] ??
    endpointsZone.exec(name)?.[1] ??
    (hasHostNames(vpc) ? ([hostZoneOf(vpc.region)].find(isIn) ?? findReverseName(name, vpc)?.zone) : undefined)
  )
}

/** Whether hosts of a VPC have names, and private names of services lead to its endpoints: both want both attributes. */
export function hasHostNames({ enableDnsSupport, enableDnsHostnames }: VpcValue): boolean {
  return enableDnsSupport && enableDnsHostnames
}

/** Whether a name has something below it, though it has no address itself: to deny it would deny that too (RFC 8020). */
export function hasNamesBelow(name: string, served: ServedNames, vpc: VpcValue): boolean {
  if (endpointZones(served).some(zone => zone === name || (zone.endsWith(`.${name}`) && endpointsZone.test(name)))) {
    return true
  }
  return hasHostNames(vpc) && (name === hostZoneOf(vpc.region) || findReverseName(name, vpc)?.kind === 'part')
}

function endpointZones({ regions }: ServedNames): readonly string[] {
  return regions.flatMap(region => endpointServices().map(service => endpointZoneOf(service, region)))
}
