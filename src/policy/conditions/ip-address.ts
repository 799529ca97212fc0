import ipaddr from 'ipaddr.js'
import type { OperatorRow } from './operator.ts'

/** `IpAddress` and `NotIpAddress`: an address or a CIDR block, IPv4 or IPv6. */
export const ipAddressOperators: readonly OperatorRow[] = [row('ipaddress', false), row('notipaddress', true)]

type Address = ipaddr.IPv4 | ipaddr.IPv6

function row(name: string, negated: boolean): OperatorRow {
  return {
    name,
    negated,
    compile(wanted) {
      const block = parseBlock(wanted)
      if (block === undefined) return undefined
      return actual => {
        const address = parseAddress(actual)
        return address !== undefined && address.kind() === block[0].kind() && address.match(block[0], block[1])
      }
    },
  }
}

function parseBlock(text: string): readonly [Address, number] | undefined {
  const [host = '', prefix, ...more] = text.split('/')
  if (more.length > 0) return undefined
  const address = parseAddress(host)
  if (address === undefined) return undefined
  const longest = address.kind() === 'ipv4' ? 32 : 128
  if (prefix === undefined) return [address, longest]
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= longest ? [address, Number(prefix)] : undefined
}

// An IPv4 address in IPv6's mapped form is the IPv4 address. Octal, hexadecimal and short forms are no addresses.
function parseAddress(text: string): Address | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text)
  if (!ipaddr.IPv6.isValid(text)) return undefined
  const address = ipaddr.IPv6.parse(text)
  return address.isIPv4MappedAddress() ? address.toIPv4Address() : address
}
