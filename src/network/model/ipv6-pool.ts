import { formatIpv6Block } from './ipv6.ts'
import type { VpcValue } from './records.ts'

/**
 * The addresses that Postern gives VPCs: fd70:6f73:7400::/40, unique local addresses (RFC 4193), which no host of the Internet
 * has. AWS's own would be real hosts elsewhere.
 */
const poolBase = 0xfd70_6f73_7400_0000_0000_0000_0000_0000n

/** The length of a VPC's IPv6 block, as in AWS. */
const ipv6BlockPrefix = 56

/**
 * The next /56 for a VPC: fd70:6f73:74KK:NN00::/56, where NN is the VPC's loopback window, which no other VPC has, and KK
 * the first number that it does not use yet. So no two VPCs get the same, and nothing needs to be counted.
 */
export function nextIpv6Block({
  window,
  ipv6Associations = [],
}: Pick<VpcValue, 'window' | 'ipv6Associations'>): string {
  const used = new Set(ipv6Associations.map(association => association.cidr))
  for (let turn = 0n; ; turn++) {
    const base = poolBase | (turn << 80n) | (BigInt(window) << 72n)
    const cidr = formatIpv6Block({ base, prefix: ipv6BlockPrefix })
    if (!used.has(cidr)) return cidr
  }
}
