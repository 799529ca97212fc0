import { ipv4BlocksOf, vpcHolds } from './blocks.ts'
import { blockHolds } from './cidr.ts'
import type { Ipv4Block } from './cidr.ts'
import type { VpcValue } from './records.ts'

/** What private host names of a Region end in. */
export function hostZoneOf(region: string): string {
  return region === 'us-east-1' ? 'ec2.internal' : `${region}.compute.internal`
}

/** The private host name of an IPv4 address: `ip-10-0-1-17.us-west-2.compute.internal`. */
export function hostNameOf(address: string, region: string): string {
  return `ip-${address.replaceAll('.', '-')}.${hostZoneOf(region)}`
}

/** The address that a private host name is made of, where it lies in one of the VPC's blocks. */
export function addressOfHostName(name: string, vpc: VpcValue): string | undefined {
  const [, ...parts] = /^ip-(\d{1,3})-(\d{1,3})-(\d{1,3})-(\d{1,3})\./.exec(name) ?? []
  const address = parts.join('.')
  return hostNameOf(address, vpc.region) === name && vpcHolds(vpc, address) ? address : undefined
}

/** What a name in a reverse zone of a VPC stands for. */
export type ReverseName = { readonly zone: string } & (
  | { readonly kind: 'address'; readonly address: string }
  /** Above addresses: it exists, and has no host. */
  | { readonly kind: 'part' }
  | { readonly kind: 'nothing' }
)

const reverseSuffix = '.in-addr.arpa'
const octet = /^(?:0|[1-9]\d{0,2})$/

/**
 * Finds a name in the reverse zones of a VPC. As in AWS there is one for each of the largest parts of its blocks that end at a
 * dot: 10.0.0.0/16 has `0.10.in-addr.arpa`, 10.0.2.0/23 has `2.0.10.in-addr.arpa` and `3.0.10.in-addr.arpa`.
 */
export function findReverseName(name: string, vpc: VpcValue): ReverseName | undefined {
  if (!name.endsWith(reverseSuffix)) return undefined
  const labels = name.slice(0, -reverseSuffix.length).split('.').toReversed()
  const wrong = labels.findIndex((label, at) => at > 3 || !octet.test(label) || Number(label) > 255)
  const octets = wrong === -1 ? labels : labels.slice(0, wrong)
  const blocks = ipv4BlocksOf(vpc)
  const depth = [1, 2, 3, 4].find(count => count <= octets.length && areInside(octets.slice(0, count), blocks))
  if (depth === undefined) return undefined
  const zone = `${octets.slice(0, depth).toReversed().join('.')}${reverseSuffix}`
  if (wrong !== -1) return { zone, kind: 'nothing' }
  return octets.length === 4 ? { zone, kind: 'address', address: octets.join('.') } : { zone, kind: 'part' }
}

/** Whether all addresses that begin with these octets are in one of the blocks. */
function areInside(octets: readonly string[], blocks: readonly Ipv4Block[]): boolean {
  const first = octets.reduce((sum, part, at) => sum + Number(part) * 256 ** (3 - at), 0)
  return blocks.some(block => octets.length * 8 >= block.prefix && blockHolds(block, first))
}
