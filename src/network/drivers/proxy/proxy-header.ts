import ipaddr from 'ipaddr.js'
import { crc32c } from './crc32c.ts'

/** What a header of the PROXY protocol (version 2) says of the connection that it begins. */
export type ProxyHeader =
  /** The proxy's own connection, such as a health check: whatever else the header says counts for nothing. */
  | { readonly kind: 'local' }
  | {
      readonly kind: 'proxied'
      /** Addresses as people write them; an IPv4 address in an IPv6 one is the former. */
      readonly source: string
      readonly sourcePort: number
      readonly destination: string
      /** The id of an endpoint as AWS's load balancers give it (type 0xEA, subtype 0x01). */
      readonly endpointId: string | undefined
    }

/** What the first bytes of a connection are. */
export type ProxyHeaderReading =
  | { readonly kind: 'header'; readonly header: ProxyHeader; readonly length: number }
  /** Not whole yet, and nothing wrong so far. */
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'wrong'; readonly reason: ProxyHeaderFault }

/** What is wrong with a header; none of these texts has anything in it that the sender chose. */
export type ProxyHeaderFault =
  | 'no PROXY protocol v2 header'
  | 'unknown command'
  | 'neither TCP over IPv4 nor over IPv6'
  | 'header too long'
  | 'addresses cut off'
  | 'TLV past the end'
  | 'wrong checksum'
  | 'wrong endpoint id'
  | 'two endpoint ids'

/** Most bytes of a header. AWS sends some eighty, and who adds names and certificates of clients some hundreds. */
export const longestProxyHeader = 2_048

const signature = Buffer.from('0d0a0d0a000d0a515549540a', 'hex')
const fixedLength = 16
const tcpOverIpv4 = 0x11
const tcpOverIpv6 = 0x21

/**
 * Reads the header that a connection must begin with: PROXY protocol, version 2, in binary form. It gives up at the first byte that can't
 * be right, so that nobody is waited for in vain. The text form of version 1 is none.
 */
export function readProxyHeader(bytes: Buffer): ProxyHeaderReading {
  const start = Math.min(bytes.length, signature.length)
  if (!bytes.subarray(0, start).equals(signature.subarray(0, start))) return wrong('no PROXY protocol v2 header')
  if (bytes.length > 12 && bytes[12]! >> 4 !== 2) return wrong('no PROXY protocol v2 header')
  if (bytes.length > 12 && (bytes[12]! & 0x0f) > 1) return wrong('unknown command')
  if (bytes.length < fixedLength) return { kind: 'incomplete' }
  const length = fixedLength + bytes.readUInt16BE(14)
  if (length > longestProxyHeader) return wrong('header too long')
  const isLocal = (bytes[12]! & 0x0f) === 0
  const family = bytes[13]!
  if (!isLocal && family !== tcpOverIpv4 && family !== tcpOverIpv6) return wrong('neither TCP over IPv4 nor over IPv6')
  if (bytes.length < length) return { kind: 'incomplete' }
  // The receiver of LOCAL must not look at the rest, says the specification (section 2.2).
  if (isLocal) return { kind: 'header', header: { kind: 'local' }, length }
  return readProxied(bytes.subarray(0, length), family === tcpOverIpv4 ? 4 : 16)
}

function readProxied(header: Buffer, addressLength: 4 | 16): ProxyHeaderReading {
  const addressesEnd = fixedLength + 2 * addressLength
  const typesBegin = addressesEnd + 4
  if (header.length < typesBegin) return wrong('addresses cut off')
  const source = addressOf(header.subarray(fixedLength, fixedLength + addressLength))
  const destination = addressOf(header.subarray(fixedLength + addressLength, addressesEnd))
  const sourcePort = header.readUInt16BE(addressesEnd)
  const entries = readEntries(header, typesBegin)
  if (entries === undefined) return wrong('TLV past the end')
  const checksums = entries.filter(({ type }) => type === checksumType)
  if (checksums.length > 1 || !checksums.every(({ value }) => isRightChecksum(header, value))) {
    return wrong('wrong checksum')
  }
  const [first, second] = entries.filter(({ type, value }) => type === awsType && value[0] === awsEndpointSubtype)
  if (second !== undefined) return wrong('two endpoint ids')
  const endpointId = first?.value.toString('latin1', 1)
  if (endpointId !== undefined && !endpointIdForm.test(endpointId)) return wrong('wrong endpoint id')
  return {
    kind: 'header',
    header: { kind: 'proxied', source, sourcePort, destination, endpointId },
    length: header.length,
  }
}

const checksumType = 0x03
const awsType = 0xea
const awsEndpointSubtype = 0x01
const endpointIdForm = /^vpce-[0-9a-f]{8}(?:[0-9a-f]{9})?$/

interface Entry {
  readonly type: number
  /** A view into the header. */
  readonly value: Buffer
}

/** The entries of type, length and value; `undefined` where one does not end within the header. */
function readEntries(header: Buffer, begin: number): readonly Entry[] | undefined {
  const entries: Entry[] = []
  let at = begin
  while (at < header.length) {
    if (at + 3 > header.length) return undefined
    const end = at + 3 + header.readUInt16BE(at + 1)
    if (end > header.length) return undefined
    entries.push({ type: header[at]!, value: header.subarray(at + 3, end) })
    at = end
  }
  return entries
}

/** Over the whole header, with the checksum's own bytes as zeros. */
function isRightChecksum(header: Buffer, value: Buffer): boolean {
  if (value.length !== 4) return false
  const blanked = Buffer.from(header)
  const at = value.byteOffset - header.byteOffset
  blanked.fill(0, at, at + 4)
  return crc32c(blanked) === value.readUInt32BE()
}

const addressOf = (bytes: Buffer): string => ipaddr.process(ipaddr.fromByteArray([...bytes]).toString()).toString()

const wrong = (reason: ProxyHeaderFault): ProxyHeaderReading => ({ kind: 'wrong', reason })
