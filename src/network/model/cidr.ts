import ipaddr from 'ipaddr.js'

/** An IPv4 block: its first address as a number, and the length of its prefix. */
export interface Ipv4Block {
  readonly base: number
  readonly prefix: number
}

const isAddress = (text: string): boolean => ipaddr.IPv4.isValidFourPartDecimal(text)

/** Reads `a.b.c.d/n`, or gives `undefined`; the address must be the block's first. */
export function parseBlock(text: string): Ipv4Block | undefined {
  const [host = '', length = ''] = text.split('/')
  if (!isAddress(host) || !/^\d{1,2}$/.test(length) || text.split('/').length !== 2) return undefined
  const prefix = Number(length)
  const base = addressNumber(host)
  return prefix <= 32 && base % 2 ** (32 - prefix) === 0 ? { base, prefix } : undefined
}

/** Reads a block as EC2 takes it: host bits are cleared. */
export function parseBlockLoosely(text: string): Ipv4Block | undefined {
  const [host = '', length = '', ...rest] = text.split('/')
  if (rest.length > 0 || !isAddress(host) || !/^\d{1,2}$/.test(length) || Number(length) > 32) return undefined
  const size = 2 ** (32 - Number(length))
  return { base: Math.floor(addressNumber(host) / size) * size, prefix: Number(length) }
}

/** A block as text, as `parseBlock` reads it. */
export function formatBlock({ base, prefix }: Ipv4Block): string {
  return `${addressText(base)}/${prefix}`
}

/** How many addresses a block has, those that AWS reserves among them. */
export function blockSize({ prefix }: Ipv4Block): number {
  return 2 ** (32 - prefix)
}

/** Whether an address, given as a number, is in a block. */
export function blockHolds(block: Ipv4Block, address: number): boolean {
  return address >= block.base && address < block.base + blockSize(block)
}

/** Whether two blocks have an address in common. */
export function blocksOverlap(a: Ipv4Block, b: Ipv4Block): boolean {
  return a.base < b.base + blockSize(b) && b.base < a.base + blockSize(a)
}

/** An IPv4 address as a number. The text must have been checked: short and octal forms are read too. @throws {Error} */
export function addressNumber(text: string): number {
  return ipaddr.IPv4.parse(text).octets.reduce((sum, octet) => sum * 256 + octet, 0)
}

/** The address `a.b.c.d` of a number below 2^32. */
export function addressText(number: number): string {
  return [24, 16, 8, 0].map(shift => Math.floor(number / 2 ** shift) % 256).join('.')
}

const reservedAtStart = 4

/** A free address of a subnet; the first four and the last are AWS's. `undefined` where the subnet is full. */
export function freeAddress(
  cidr: string,
  isTaken: (address: string) => boolean,
  pick: (below: number) => number,
): string | undefined {
  const block = parseBlock(cidr)!
  const count = blockSize(block) - reservedAtStart - 1
  const start = pick(count)
  for (let step = 0; step < count; step++) {
    const address = addressText(block.base + reservedAtStart + ((start + step) % count))
    if (!isTaken(address)) return address
  }
  return undefined
}
