import ipaddr from 'ipaddr.js'
import { addressNumber, blockHolds, parseBlockLoosely } from './cidr.ts'
import type { Ipv4Block } from './cidr.ts'
import { ipv6AddressNumber, ipv6BlockHolds, parseIpv6BlockLoosely } from './ipv6.ts'
import type { Ipv6Block } from './ipv6.ts'

/** An address as blocks are asked about it: a number is IPv4, a bigint IPv6. */
export type NumberedAddress = number | bigint

/** Reads the address of a client; IPv4 written as IPv6 is IPv4. `undefined` for a text that is no address. */
export function numberedAddress(text: string): NumberedAddress | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return addressNumber(text)
  if (!ipaddr.IPv6.isValid(text)) return undefined
  const address = ipaddr.process(text)
  return address.kind() === 'ipv4' ? addressNumber(address.toString()) : ipv6AddressNumber(address.toString())
}

/** Whether an address is in a block, IPv4 or IPv6, given as text: as often as connections come. */
export function textBlockHolds(cidr: string, address: NumberedAddress): boolean {
  const { ipv4, ipv6 } = readBlock(cidr)
  if (typeof address === 'number') return ipv4 !== undefined && blockHolds(ipv4, address)
  return ipv6 !== undefined && ipv6BlockHolds(ipv6, address)
}

/** A block of either kind; neither for a text that is none. */
export interface ReadBlock {
  readonly ipv4?: Ipv4Block | undefined
  readonly ipv6?: Ipv6Block | undefined
}

/**
 * What was read of the blocks of rules and VPCs. Whoever connects has them all compared before anybody knows who he is, and a
 * change of networks all of them: reading three hundred rules anew each time took milliseconds.
 */
const knownBlocks = new Map<string, ReadBlock>()
const maxKnownBlocks = 20_000

/** Reads a block as EC2 takes it: host bits are cleared. */
export function readBlock(cidr: string): ReadBlock {
  const known = knownBlocks.get(cidr)
  if (known !== undefined) return known
  if (knownBlocks.size >= maxKnownBlocks) knownBlocks.clear()
  const ipv4 = parseBlockLoosely(cidr)
  const block = ipv4 === undefined ? { ipv6: parseIpv6BlockLoosely(cidr) } : { ipv4 }
  knownBlocks.set(cidr, block)
  return block
}
