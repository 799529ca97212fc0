import { ServiceError } from '../../base/index.ts'
import {
  blockHolds,
  blockLiesIn,
  blockSize,
  blocksOverlap,
  formatBlock,
  formatIpv6Block,
  ipv4BlocksOf,
  ipv6BlockIsIn,
  ipv6BlocksOf,
  ipv6BlocksOverlap,
  parseBlock,
  parseBlockLoosely,
  parseIpv6Block,
  parseIpv6BlockLoosely,
} from '../../network/index.ts'
import type { Ipv4Block, SubnetValue, VpcValue } from '../../network/index.ts'
import { missingParameter } from './not-found.ts'

const isIn = (block: Ipv4Block, ranges: readonly string[]): boolean =>
  ranges.some(range => blocksOverlap(block, parseBlock(range)!))

/** The first and loopback network, link-local, multicast and what is reserved behind it: none is a host's. */
const refusedBlocks = ['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3']

function requireBlock(text: string): Ipv4Block {
  const block = parseBlockLoosely(text)
  if (block !== undefined) return block
  throw new ServiceError(
    'InvalidParameterValue',
    `Value (${text}) for parameter cidrBlock is invalid. This is not a valid CIDR block.`,
  )
}

/** An IPv4 block that a VPC may have, in its canonical form. @throws {ServiceError} */
export function requireVpcBlock(text: string): string {
  const block = requireBlock(text)
  if (block.prefix < 16 || block.prefix > 28 || isIn(block, refusedBlocks))
    throw new ServiceError('InvalidVpc.Range', `The CIDR '${text}' is invalid.`)
  return formatBlock(block)
}

const ten = '10.0.0.0/8'
const oneSeventyTwo = '172.16.0.0/12'
const oneNinetyTwo = '192.168.0.0/16'
const benchmark = '198.19.0.0/16'

/**
 * What a VPC may not have beside its first block, by where that lies: "IPv4 CIDR block association restrictions" of the VPC
 * guide. The last row is for all other blocks.
 */
const restrictions: readonly (readonly [range: string, restricted: readonly string[]])[] = [
  [ten, [oneSeventyTwo, oneNinetyTwo, benchmark]],
  [oneSeventyTwo, [ten, oneNinetyTwo, '172.31.0.0/16', benchmark]],
  [oneNinetyTwo, [ten, oneSeventyTwo, benchmark]],
  [benchmark, [ten, oneSeventyTwo, oneNinetyTwo]],
  ['0.0.0.0/0', [ten, oneSeventyTwo, oneNinetyTwo, benchmark]],
]

function isRestricted(block: Ipv4Block, vpc: VpcValue): boolean {
  const present = ipv4BlocksOf(vpc)
  const [, restricted] = restrictions.find(([range]) => isIn(present[0]!, [range]))!
  if (isIn(block, restricted)) return true
  return isIn(block, ['10.0.0.0/16']) && present.some(known => isIn(known, ['10.0.0.0/15']))
}

/**
 * A block that a VPC may have beside those that it has, in its canonical form. `destinations` are those of its route tables: a
 * block may not take in what leads elsewhere.
 *
 * @throws {ServiceError}
 */
export function requireSecondaryBlock(text: string, vpc: VpcValue, destinations: readonly string[]): string {
  const cidr = requireVpcBlock(text)
  const block = parseBlock(cidr)!
  const known = ipv4BlocksOf(vpc).find(other => blocksOverlap(block, other))
  if (known !== undefined) {
    const fault = `It overlaps with the CIDR '${formatBlock(known)}' of the VPC.`
    throw new ServiceError('InvalidVpc.Range', `The CIDR '${text}' is invalid. ${fault}`)
  }
  if (isRestricted(block, vpc)) {
    throw new ServiceError(
      'InvalidVpc.Range',
      `The CIDR '${text}' is restricted. Use a CIDR from the same private address range as the current VPC CIDR, or use a publicly-routable CIDR. For additional restrictions, see https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html`,
    )
  }
  const elsewhere = destinations.find(destination => blockLiesIn(destination, cidr))
  if (elsewhere !== undefined) {
    const fault = `It holds the destination '${elsewhere}' of a route in a route table of the VPC.`
    throw new ServiceError('InvalidVpc.Range', `The CIDR '${text}' is invalid. ${fault}`)
  }
  return cidr
}

const holdsAll = (outer: Ipv4Block, inner: Ipv4Block): boolean =>
  blockHolds(outer, inner.base) && blockHolds(outer, inner.base + blockSize(inner) - 1)

/** The IPv4 block of a new subnet, in its canonical form: inside a block of the VPC, apart from other subnets. @throws {ServiceError} */
export function requireSubnetBlock(text: string | undefined, vpc: VpcValue, present: readonly SubnetValue[]): string {
  if (text === undefined) throw missingParameter('cidrBlock')
  const block = requireBlock(text)
  if (block.prefix > 28 || !ipv4BlocksOf(vpc).some(outer => holdsAll(outer, block)))
    throw new ServiceError('InvalidSubnet.Range', `The CIDR '${text}' is invalid.`)
  if (present.some(({ cidr }) => cidr !== undefined && blocksOverlap(block, parseBlock(cidr)!)))
    throw new ServiceError('InvalidSubnet.Conflict', `The CIDR '${text}' conflicts with another subnet`)
  return formatBlock(block)
}

const subnetIpv6Prefix = 64

/** The IPv6 block of a subnet, in its canonical form: a /64 of a block of the VPC, apart from other subnets. @throws {ServiceError} */
export function requireSubnetIpv6Block(text: string, vpc: VpcValue, present: readonly SubnetValue[]): string {
  const block = parseIpv6BlockLoosely(text)
  if (block === undefined || block.prefix !== subnetIpv6Prefix)
    throw new ServiceError('InvalidParameterValue', `invalid value for parameter ipv6-cidr-block: ${text}`)
  if (!ipv6BlocksOf(vpc).some(outer => ipv6BlockIsIn(block, outer)))
    throw new ServiceError('InvalidSubnet.Range', `The IPv6 CIDR '${text}' is invalid.`)
  const others = present.flatMap(({ ipv6Association }) =>
    ipv6Association === undefined ? [] : [parseIpv6Block(ipv6Association.cidr)!],
  )
  if (others.some(other => ipv6BlocksOverlap(block, other)))
    throw new ServiceError('InvalidSubnet.Conflict', `The IPv6 CIDR '${text}' conflicts with another subnet`)
  return formatIpv6Block(block)
}
