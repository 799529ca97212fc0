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
const standardBlocks = ['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '::1/128']

/**
 * All that an installation may ever serve: the names of its services in AWS's Regions and in those that it is made for, the names
 * of endpoints, and its public door. No other name of AWS: who trusts this authority does not trust it with S3 or the console.
 */
export function permittedFor(regions: readonly string[], publicHost: string): Permitted {
  const allRegions = [...new Set([...knownRegions, ...regions])]
  const regional = allRegions.flatMap(region =>
    services.flatMap(service => [`${service}.${region}.amazonaws.com`, `${service}.${region}.api.aws`]),
  )
  const names = [...regional, 'iam.amazonaws.com', 'sts.amazonaws.com', 'vpce.amazonaws.com', 'localhost']
  if (isIP(publicHost) === 0) {
    return { permittedNames: [...new Set([...names, publicHost.toLowerCase()])], permittedBlocks: standardBlocks }
  }
  const block = `${publicHost}/${isIP(publicHost) === 4 ? 32 : 128}`
  const isCovered = standardBlocks.some(known => blockHolds(known, publicHost))
  return { permittedNames: names, permittedBlocks: isCovered ? standardBlocks : [...standardBlocks, block] }
}

/** Whether a name or address is within what is permitted. */
export function permits({ permittedNames, permittedBlocks }: Permitted, host: string): boolean {
  if (isIP(host) !== 0) return permittedBlocks.some(block => blockHolds(block, host))
  const name = host.toLowerCase()
  return permittedNames.some(permitted => name === permitted || name.endsWith(`.${permitted}`))
}

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
