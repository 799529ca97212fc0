import { addressNumber, addressText, parseBlock } from '../model/cidr.ts'
import { ipv6AddressNumber, ipv6AddressText, isIpv6Address } from '../model/ipv6.ts'

/** An address of either kind with the length of a prefix: a block, or an address in its network. */
export interface PrefixedAddress {
  readonly family: 4 | 6
  readonly address: bigint
  readonly prefix: number
}

const bits = { 4: 32, 6: 128 } as const

/** Reads `address/prefix`, or an address alone; gives `undefined` for anything else. */
export function parsePrefixed(text: string): PrefixedAddress | undefined {
  const [host = '', length, ...rest] = text.split('/')
  if (rest.length > 0 || (length !== undefined && !/^\d{1,3}$/.test(length))) return undefined
  const isIpv6 = isIpv6Address(host)
  if (!isIpv6 && parseBlock(`${host}/32`) === undefined) return undefined
  const family = isIpv6 ? 6 : 4
  const prefix = length === undefined ? bits[family] : Number(length)
  const address = isIpv6 ? ipv6AddressNumber(host) : BigInt(addressNumber(host))
  return prefix <= bits[family] ? { family, address, prefix } : undefined
}

/** Reads a block; bits behind its prefix are cleared. */
export function parseNetwork(text: string): PrefixedAddress | undefined {
  const parsed = parsePrefixed(text)
  return parsed && { ...parsed, address: networkOf(parsed, parsed.prefix) }
}

/** As text, made of its numbers. */
export function formatPrefixed(value: PrefixedAddress): string {
  return `${formatAddress(value)}/${value.prefix}`
}

/** The address alone. */
export function formatAddress({ family, address }: PrefixedAddress): string {
  return family === 4 ? addressText(Number(address)) : ipv6AddressText(address)
}

/** Whether it is one address. */
export function isSingle({ family, prefix }: PrefixedAddress): boolean {
  return prefix === bits[family]
}

/** Whether it is a block: no bits behind its prefix. */
export function isBlock(value: PrefixedAddress): boolean {
  return networkOf(value, value.prefix) === value.address
}

/** Whether a block lies in another, or is the same. */
export function liesIn(inner: PrefixedAddress, outer: PrefixedAddress): boolean {
  return (
    inner.family === outer.family &&
    inner.prefix >= outer.prefix &&
    networkOf(inner, outer.prefix) === networkOf(outer, outer.prefix)
  )
}

function networkOf({ family, address }: PrefixedAddress, prefix: number): bigint {
  const shift = BigInt(bits[family] - prefix)
  return (address >> shift) << shift
}

/** The addresses that two blocks have in common: the smaller one, or nothing. */
export function commonBlock(a: PrefixedAddress, b: PrefixedAddress): PrefixedAddress | undefined {
  if (liesIn(a, b)) return a
  return liesIn(b, a) ? b : undefined
}

/** A block without what lies in another: nothing, the block itself, or the pieces around the other. */
export function without(block: PrefixedAddress, other: PrefixedAddress): readonly PrefixedAddress[] {
  if (liesIn(block, other)) return []
  if (!liesIn(other, block)) return [block]
  const { family, address } = block
  const prefix = block.prefix + 1
  const lower = { family, prefix, address }
  const upper = { family, prefix, address: address + (1n << BigInt(bits[family] - prefix)) }
  return [...without(lower, other), ...without(upper, other)]
}

/** The same addresses without blocks that lie in others: nftables takes no overlaps. */
export function withoutOverlaps(blocks: readonly PrefixedAddress[]): readonly PrefixedAddress[] {
  const widest = [...blocks].sort((a, b) => a.prefix - b.prefix)
  return widest.filter((block, index) => !widest.slice(0, index).some(wider => liesIn(block, wider)))
}
