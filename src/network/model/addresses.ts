import type { Random } from '../../base/index.ts'
import { addressNumber, freeAddress } from './cidr.ts'
import { freeIpv6Address, isIpv6Address } from './ipv6.ts'
import type { SubnetValue } from './records.ts'

type Subnet = Pick<SubnetValue, 'cidr' | 'usedAddresses'>

/**
 * The used address of a VPC's other blocks that the loopback driver would serve where it serves this one. It keeps the last
 * two numbers of an address only, so of 10.0.3.7 and 10.1.3.7 a VPC can use one. That holds whichever driver serves it now:
 * a store can be opened with another driver.
 */
export function loopbackTwinOf(address: string, subnets: readonly Subnet[]): string | undefined {
  const low = lowBits(address)
  return subnets.flatMap(usedIpv4Of).find(used => used !== address && lowBits(used) === low)
}

/** A free IPv4 address of a subnet that has no twin in the VPC, whose subnets these are; `undefined` where there is none, as in an IPv6-only subnet. */
export function chooseAddress(subnet: Subnet, subnets: readonly Subnet[], random: Random): string | undefined {
  if (subnet.cidr === undefined) return undefined
  const taken = new Set([subnet, ...subnets].flatMap(usedIpv4Of).map(lowBits))
  const isTaken = (address: string): boolean => taken.has(lowBits(address))
  return freeAddress(subnet.cidr, isTaken, below => random(4).readUInt32BE(0) % below)
}

/** A free IPv6 address of a subnet; `undefined` where the subnet has no IPv6 block. */
export function chooseIpv6Address(
  { ipv6Association, usedAddresses }: Pick<SubnetValue, 'ipv6Association' | 'usedAddresses'>,
  random: Random,
): string | undefined {
  return ipv6Association && freeIpv6Address(ipv6Association.cidr, new Set(usedAddresses), random)
}

const usedIpv4Of = ({ usedAddresses }: Subnet): readonly string[] =>
  usedAddresses.filter(address => !isIpv6Address(address))

const lowBits = (address: string): number => addressNumber(address) % 65_536
