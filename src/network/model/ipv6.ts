import ipaddr from 'ipaddr.js'

/** An IPv6 block: its first address as a number, and the length of its prefix. */
export interface Ipv6Block {
  readonly base: bigint
  readonly prefix: number
}

const bits = 128

/** Reads an IPv6 block, or gives `undefined`; the address must be the block's first. */
export function parseIpv6Block(text: string): Ipv6Block | undefined {
  const block = parseIpv6BlockLoosely(text)
  return block !== undefined && ipv6AddressNumber(text.split('/')[0]!) === block.base ? block : undefined
}

/** Reads an IPv6 block as EC2 takes it: host bits are cleared. Zones (`%eth0`) and spelled-out IPv4 ends are refused. */
export function parseIpv6BlockLoosely(text: string): Ipv6Block | undefined {
  const [host = '', length = '', ...rest] = text.split('/')
  if (rest.length > 0 || !isIpv6Address(host) || !/^\d{1,3}$/.test(length) || Number(length) > bits) return undefined
  const prefix = Number(length)
  const shift = BigInt(bits - prefix)
  return { base: (ipv6AddressNumber(host) >> shift) << shift, prefix }
}

/** A block as text, in the short form of RFC 5952. */
export function formatIpv6Block({ base, prefix }: Ipv6Block): string {
  return `${ipv6AddressText(base)}/${prefix}`
}

/** Whether a text is an IPv6 address of hexadecimal groups. */
export function isIpv6Address(text: string): boolean {
  return /^[0-9a-fA-F:]+$/.test(text) && ipaddr.IPv6.isValid(text)
}

/** An IPv6 address as a number. @throws {Error} for a text that is none. */
export function ipv6AddressNumber(text: string): bigint {
  return ipaddr.IPv6.parse(text).parts.reduce((sum, part) => (sum << 16n) | BigInt(part), 0n)
}

/** The address of a number below 2^128, in the short form of RFC 5952. */
export function ipv6AddressText(number: bigint): string {
  const parts = Array.from({ length: 8 }, (_, index) => Number((number >> BigInt(16 * (7 - index))) & 0xffffn))
  return new ipaddr.IPv6(parts).toRFC5952String()
}

/** Whether an address, given as a number, is in a block. */
export function ipv6BlockHolds({ base, prefix }: Ipv6Block, address: bigint): boolean {
  const shift = BigInt(bits - prefix)
  return address >> shift === base >> shift
}

/** Whether a block lies in another. */
export function ipv6BlockIsIn(inner: Ipv6Block, outer: Ipv6Block): boolean {
  return inner.prefix >= outer.prefix && ipv6BlockHolds(outer, inner.base)
}

/** Whether two blocks have an address in common. */
export function ipv6BlocksOverlap(a: Ipv6Block, b: Ipv6Block): boolean {
  return a.prefix <= b.prefix ? ipv6BlockHolds(a, b.base) : ipv6BlockHolds(b, a.base)
}

const reservedAtStart = 4n

/** Whether AWS keeps this address of a subnet's block for itself: the first four and the last. */
export function isReservedIpv6(cidr: string, address: bigint): boolean {
  const { base, prefix } = parseIpv6Block(cidr)!
  return address < base + reservedAtStart || address === base + (1n << BigInt(bits - prefix)) - 1n
}

/** A free address of a subnet's /64; `random` gives that many bytes. In 2^64 of them there is always one. */
export function freeIpv6Address(
  cidr: string,
  used: ReadonlySet<string>,
  random: (bytes: number) => Uint8Array,
): string {
  const { base, prefix } = parseIpv6Block(cidr)!
  const count = (1n << BigInt(bits - prefix)) - reservedAtStart - 1n
  const start = random(8).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
  for (let step = 0n; ; step++) {
    const address = ipv6AddressText(base + reservedAtStart + ((start + step) % count))
    if (!used.has(address)) return address
  }
}
