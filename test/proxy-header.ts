// Headers of the PROXY protocol, as proxies of the tests send them: right ones, and all kinds of wrong ones.
import { isIPv4 } from 'node:net'

export interface HeaderParts {
  readonly source?: string
  readonly destination?: string
  /** Type, and value. */
  readonly entries?: readonly (readonly [type: number, value: Buffer])[]
  /** Version and command; 0x21 is PROXY, 0x20 LOCAL. */
  readonly command?: number
  /** Instead of what the addresses are of. */
  readonly family?: number
  /** Instead of the true length of what follows. */
  readonly length?: number
  /** Whether a checksum (CRC-32C) comes last. */
  readonly checksum?: boolean
}

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')

/** A header of version 2: by default of a connection from 10.0.1.50 to 10.0.1.11, port 443. */
export function proxyHeader(parts: HeaderParts = {}): Buffer {
  const { source = '10.0.1.50', destination = '10.0.1.11', entries = [], command = 0x21, checksum = false } = parts
  const isLocal = command === 0x20
  const addresses = isLocal && parts.source === undefined ? [] : [addressBytes(source), addressBytes(destination)]
  const ports = addresses.length === 0 ? Buffer.alloc(0) : Buffer.from([0xc8, 0x22, 0x01, 0xbb])
  const family = parts.family ?? (addresses.length === 0 ? 0 : isIPv4(source) ? 0x11 : 0x21)
  const own = checksum ? [...entries, [0x03, Buffer.alloc(4)] as const] : entries
  const rest = Buffer.concat([...addresses, ports, ...own.map(([type, value]) => entryBytes(type, value))])
  const fixed = Buffer.from([command, family, 0, 0])
  fixed.writeUInt16BE(parts.length ?? rest.length, 2)
  const header = Buffer.concat([signature, fixed, rest])
  if (checksum) header.writeUInt32BE(checksumOf(header), header.length - 4)
  return header
}

/** The entry by which AWS's load balancers name an endpoint. */
export function endpointEntry(endpointId: string): readonly [number, Buffer] {
  return [0xea, Buffer.concat([Buffer.from([0x01]), Buffer.from(endpointId, 'latin1')])]
}

function entryBytes(type: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type, value.length >> 8, value.length & 0xff]), value])
}

function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number))
  const [before = '', after] = address.split('::')
  const groups = (text: string): readonly string[] => (text === '' ? [] : text.split(':'))
  const [head, tail] = [groups(before), groups(after ?? '')]
  const all = [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail]
  return Buffer.concat(all.map(group => Buffer.from(group.padStart(4, '0'), 'hex')))
}

/** Bit by bit, other than the code that is tested. */
function checksumOf(bytes: Buffer): number {
  let rest = 0xffff_ffff
  for (const byte of bytes) {
    rest ^= byte
    for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0x82f6_3b78 : rest >>> 1
  }
  return (rest ^ 0xffff_ffff) >>> 0
}
