import { isIP } from 'node:net'
import { AsnConvert } from '@peculiar/asn1-schema'
import { GeneralName, GeneralSubtree, GeneralSubtrees, NameConstraints } from '@peculiar/asn1-x509'
import ipaddr from 'ipaddr.js'
import { knownRegions } from '../model/regions.ts'

/** What an authority may serve. */
export interface Permitted {
  readonly permittedNames: readonly string[]
  readonly permittedBlocks: readonly string[]
}

const services = ['kms', 'kms-fips', 'sts', 'ec2', 'iam', 'cloudtrail', 'cloudformation']
// With the Region before them: all below `vpce.amazonaws.com` would be endpoints of S3 and others too.
const suffixes = ['amazonaws.com', 'api.aws', 'vpce.amazonaws.com']
// Private and shared address space (RFC 1918, RFC 4193, RFC 6598), and this machine.
const standardBlocks = [
  '127.0.0.0/8',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '::1/128',
  'fc00::/7',
]

/**
 * All that an installation may ever serve: the names of its services in AWS's Regions and in those that it is made for, the names
 * of endpoints, and its public door. No other name of AWS: who trusts this authority does not trust it with S3 or the console.
 */
export function permittedFor(regions: readonly string[], publicHosts: readonly string[]): Permitted {
  const allRegions = [...new Set([...knownRegions, ...regions])]
  const regional = allRegions.flatMap(region =>
    services.flatMap(service => suffixes.map(suffix => `${service}.${region}.${suffix}`)),
  )
  const names = publicHosts.filter(host => isIP(host) === 0).map(host => host.toLowerCase())
  const blocks = publicHosts
    .filter(host => isIP(host) !== 0 && !standardBlocks.some(known => blockHolds(known, host)))
    .map(host => `${host}/${isIP(host) === 4 ? 32 : 128}`)
  return {
    permittedNames: [...new Set([...regional, 'iam.amazonaws.com', 'sts.amazonaws.com', 'localhost', ...names])],
    permittedBlocks: [...new Set([...standardBlocks, ...blocks])],
  }
}

/** Whether a name or address is within what is permitted. */
export function permits({ permittedNames, permittedBlocks }: Permitted, host: string): boolean {
  if (isIP(host) !== 0) return permittedBlocks.some(block => blockHolds(block, host))
  const name = host.toLowerCase()
  return permittedNames.some(permitted => name === permitted || name.endsWith(`.${permitted}`))
}

/** The Regions that no authority may serve of itself: those that AWS did not have. */
export function unknownRegions(regions: readonly string[]): readonly string[] {
  return regions.filter(region => !knownRegions.includes(region))
}

/** The extension that has what is permitted. */
export const nameConstraintsOid = '2.5.29.30'

/** The extension's value (RFC 5280 section 4.2.1.10). A constraint on names says nothing about addresses: it has both. */
export function encodeConstraints({ permittedNames, permittedBlocks }: Permitted): ArrayBuffer {
  const bases = [
    ...permittedNames.map(name => new GeneralName({ dNSName: name })),
    ...permittedBlocks.map(block => new GeneralName({ iPAddress: block })),
  ]
  const permittedSubtrees = new GeneralSubtrees(bases.map(base => new GeneralSubtree({ base })))
  return AsnConvert.serialize(new NameConstraints({ permittedSubtrees }))
}

function blockHolds(block: string, address: string): boolean {
  const parsed = ipaddr.process(address)
  const range = ipaddr.parseCIDR(block)
  return parsed.kind() === range[0].kind() && parsed.match(range)
}
