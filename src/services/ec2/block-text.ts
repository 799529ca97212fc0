import { formatBlock, formatIpv6Block, parseBlockLoosely, parseIpv6BlockLoosely } from '../../network/index.ts'

/** The block that one of two members gives, in the one form that it is kept in; `undefined` for a text that is none of its kind. */
export function readBlockText(ipv4: string | undefined, ipv6: string | undefined): string | undefined {
  return ipv4 === undefined
    ? format(parseIpv6BlockLoosely(ipv6 ?? ''), formatIpv6Block)
    : format(parseBlockLoosely(ipv4), formatBlock)
}

const format = <Block>(block: Block | undefined, asText: (block: Block) => string): string | undefined =>
  block === undefined ? undefined : asText(block)
