import { endpointServices, endpointZoneOf, otherNamesOf, privateNamesOf } from '../model/endpoint-services.ts'
import { findReverseName, hostZoneOf } from '../model/host-names.ts'
import type { VpcValue } from '../model/records.ts'

/** What this installation serves, by name. */
export interface ServedNames {
  readonly regions: readonly string[]
  /** Names of all services that this server serves at its public door. */
  readonly servedNames: readonly string[]
}

/** The zones that are ours in every VPC: made once, since each query is looked up in them. */
export interface OwnedZones {
  /** Tops of zones. */
  readonly tops: ReadonlySet<string>
  /** Names that have names of endpoints below them: `kms.us-west-2.vpce.amazonaws.com`, and what is above that. */
  readonly aboveEndpoints: ReadonlySet<string>
  /** Names that the public door is known by. */
  readonly servedNames: ReadonlySet<string>
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

/** Makes the zones of an installation. */
export function ownedZones({ regions, servedNames }: ServedNames): OwnedZones {
  const rows = regions.flatMap(region => endpointServices().map(service => ({ service, region })))
  const endpointZones = rows.map(({ service, region }) => endpointZoneOf(service, region))
  const known = rows.flatMap(({ service, region }) => [
    ...privateNamesOf(service, region),
    ...otherNamesOf(service, region),
  ])
  return {
    tops: new Set([...endpointZones, ...servedNames, ...known]),
    aboveEndpoints: new Set(endpointZones.flatMap(withParents).filter(name => endpointsZone.test(name))),
    servedNames: new Set(servedNames),
  }
}

/**
 * The zone of ours that a name is in; `undefined` for a name that is somebody else's. KMS and the names of endpoints are ours
 * in every Region, served or not: a client that is set to another Region would send its plaintext there.
 */
export function findOwnedZone(name: string, { tops }: OwnedZones, vpc: VpcValue): string | undefined {
  const names = withParents(name)
  const longest = names[0]!
  return (
    names.find(one => tops.has(one)) ??
    kmsZone.exec(longest)?.[1] ??
    endpointsZone.exec(longest)?.[1] ??
    (hasHostNames(vpc)
      ? (names.find(one => one === hostZoneOf(vpc.region)) ?? findReverseName(name, vpc)?.zone)
      : undefined)
  )
}

/** Whether hosts of a VPC have names, and private names of services lead to its endpoints: both want both attributes. */
export function hasHostNames({ enableDnsSupport, enableDnsHostnames }: VpcValue): boolean {
  return enableDnsSupport && enableDnsHostnames
}

/** Whether a name has something below it, though it has no address itself: to deny it would deny that too (RFC 8020). */
export function hasNamesBelow(name: string, { aboveEndpoints }: OwnedZones, vpc: VpcValue): boolean {
  if (aboveEndpoints.has(name)) return true
  return hasHostNames(vpc) && (name === hostZoneOf(vpc.region) || findReverseName(name, vpc)?.kind === 'part')
}

// No zone of ours has more labels. Names may have 127, and their maker may want us to look at each.
const maxZoneLabels = 8

/** A name and all that it is below of, from the longest that may be a zone on. */
function withParents(name: string): readonly string[] {
  const labels = name.split('.').slice(-maxZoneLabels)
  return labels.map((_, at) => labels.slice(at).join('.'))
}
