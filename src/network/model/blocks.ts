import { readBlock } from './address-blocks.ts'
import { addressNumber, addressText, blockHolds, blocksOverlap, parseBlock } from './cidr.ts'
import type { Ipv4Block } from './cidr.ts'
import {
  ipv6AddressNumber,
  ipv6AddressText,
  ipv6BlockHolds,
  ipv6BlocksOverlap,
  isIpv6Address,
  parseIpv6Block,
} from './ipv6.ts'
import type { Ipv6Block } from './ipv6.ts'
import type { BlockAssociation, SubnetValue, VpcValue } from './records.ts'

type Blocks = Pick<VpcValue, 'cidr' | 'ipv4Associations' | 'ipv6Associations'>

/** All blocks of a VPC as text, IPv4 and IPv6, the first one first. */
export function blocksOf(vpc: Blocks): readonly string[] {
  return [vpc.cidr, ...cidrs(vpc.ipv4Associations), ...cidrs(vpc.ipv6Associations)]
}

/** The IPv4 blocks of a VPC with the ids of their associations, the first one first: its id is made from the VPC's. */
export function ipv4AssociationsOf({
  vpcId,
  cidr,
  ipv4Associations = [],
}: Pick<VpcValue, 'vpcId' | 'cidr' | 'ipv4Associations'>): readonly [BlockAssociation, ...BlockAssociation[]] {
  return [{ associationId: `vpc-cidr-assoc-${vpcId.slice('vpc-'.length)}`, cidr }, ...ipv4Associations]
}

/** The IPv4 blocks of a VPC, the first one first. */
export function ipv4BlocksOf(vpc: Blocks): readonly Ipv4Block[] {
  return [vpc.cidr, ...cidrs(vpc.ipv4Associations)].map(cidr => parseBlock(cidr)!)
}

/** The IPv6 blocks of a VPC. */
export function ipv6BlocksOf(vpc: Blocks): readonly Ipv6Block[] {
  return cidrs(vpc.ipv6Associations).map(cidr => parseIpv6Block(cidr)!)
}

const cidrs = (associations: VpcValue['ipv4Associations'] = []): readonly string[] =>
  associations.map(association => association.cidr)

/** Whether a subnet has no IPv4 block: EC2's word for it is "IPv6 native". */
export function isIpv6Only({ cidr }: Pick<SubnetValue, 'cidr'>): boolean {
  return cidr === undefined
}

/** Whether an address is in one of a VPC's blocks. A text that is no address is in none. */
export function vpcHolds(vpc: Blocks, address: string): boolean {
  if (isIpv6Address(address)) return ipv6BlocksOf(vpc).some(block => ipv6BlockHolds(block, ipv6AddressNumber(address)))
  const single = parseBlock(`${address}/32`)
  return single !== undefined && ipv4BlocksOf(vpc).some(block => blockHolds(block, addressNumber(address)))
}

/** The first address that two blocks of either kind, given as text, have in common; `undefined` where they have none. */
export function firstCommonAddress(a: string, b: string): string | undefined {
  const { ipv4: a4, ipv6: a6 } = readBlock(a)
  const { ipv4: b4, ipv6: b6 } = readBlock(b)
  if (a4 !== undefined && b4 !== undefined)
    return blocksOverlap(a4, b4) ? addressText(Math.max(a4.base, b4.base)) : undefined
  if (a6 === undefined || b6 === undefined || !ipv6BlocksOverlap(a6, b6)) return undefined
  return ipv6AddressText(a6.base > b6.base ? a6.base : b6.base)
}

/** Whether a block of either kind, given as text, lies in another. */
export function blockLiesIn(inner: string, outer: string): boolean {
  const [innerPrefix, outerPrefix] = [inner, outer].map(block => Number(block.split('/')[1]))
  return innerPrefix! >= outerPrefix! && firstCommonAddress(inner, outer) !== undefined
}
