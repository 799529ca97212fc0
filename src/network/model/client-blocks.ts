import { ConfigError } from '../../base/index.ts'
import { blocksOverlap, formatBlock, parseBlock, parseBlockLoosely } from './cidr.ts'
import type { Ipv4Block } from './cidr.ts'
import { formatIpv6Block, ipv6BlocksOverlap, parseIpv6Block, parseIpv6BlockLoosely } from './ipv6.ts'
import type { Ipv6Block } from './ipv6.ts'

type Block = { readonly ipv4: Ipv4Block } | { readonly ipv6: Ipv6Block }

/** The largest private blocks there are, 10.0.0.0/8 and fc00::/7: whoever admits more has mistyped, or wants no limit at all. */
const shortestPrefix = { ipv4: 8, ipv6: 7 } as const

/** No client has an address in these: this host and network, loopback, link-local, multicast, IPv4 written as IPv6. */
const nobodys = [
  ...['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3'].map((cidr): Block => ({ ipv4: parseBlock(cidr)! })),
  ...['::/96', '::ffff:0:0/96', 'fe80::/10', 'ff00::/8'].map((cidr): Block => ({ ipv6: parseIpv6Block(cidr)! })),
]

/**
 * Reads a block of addresses outside a VPC as the operator writes it, IPv4 or IPv6, and gives it in the form in which blocks
 * are kept. It is read strictly: 10.1.2.3/16 is no way to write 10.1.0.0/16.
 *
 * @throws {ConfigError} for what is no such block, is larger than any private block, or has no clients in it.
 */
export function parseClientBlock(text: string): string {
  const block = parse(text)
  if (block === undefined) {
    const meant = meantBy(text)
    throw new ConfigError(
      meant === undefined
        ? `Cannot use "${text}": give a block such as 192.168.0.0/16 or fd00:1234::/32`
        : `Cannot use "${text}": it has bits behind its prefix; the block is ${meant}`,
    )
  }
  const kind = 'ipv4' in block ? 'ipv4' : 'ipv6'
  const prefix = 'ipv4' in block ? block.ipv4.prefix : block.ipv6.prefix
  if (prefix < shortestPrefix[kind]) {
    throw new ConfigError(
      `Cannot use "${text}": a block has a prefix of /${shortestPrefix[kind]} at least; name the networks that clients are in`,
    )
  }
  if (nobodys.some(other => overlap(block, other)))
    throw new ConfigError(`Cannot use "${text}": clients have no addresses in it`)
  return format(block)
}

/** Whether two blocks have an address in common; both as `parseClientBlock` gives them. */
export function clientBlocksOverlap(a: string, b: string): boolean {
  return overlap(parse(a)!, parse(b)!)
}

function parse(text: string): Block | undefined {
  const ipv4 = parseBlock(text)
  if (ipv4 !== undefined) return { ipv4 }
  const ipv6 = parseIpv6Block(text)
  return ipv6 === undefined ? undefined : { ipv6 }
}

function meantBy(text: string): string | undefined {
  const ipv4 = text.split('/').length === 2 ? parseBlockLoosely(text) : undefined
  if (ipv4 !== undefined) return formatBlock(ipv4)
  const ipv6 = parseIpv6BlockLoosely(text)
  return ipv6 === undefined ? undefined : formatIpv6Block(ipv6)
}

const format = (block: Block): string => ('ipv4' in block ? formatBlock(block.ipv4) : formatIpv6Block(block.ipv6))

function overlap(a: Block, b: Block): boolean {
  if ('ipv4' in a) return 'ipv4' in b && blocksOverlap(a.ipv4, b.ipv4)
  return 'ipv6' in b && ipv6BlocksOverlap(a.ipv6, b.ipv6)
}
