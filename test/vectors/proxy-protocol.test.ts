// Headers of proxies: the vectors, and what may be wrong with a header.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { longestProxyHeader, readProxyHeader } from '../../src/network/index.ts'
import type { ProxyHeaderFault } from '../../src/network/index.ts'
import { endpointEntry, proxyHeader } from '../proxy-header.ts'
import type { HeaderParts } from '../proxy-header.ts'

interface Vector {
  readonly name: string
  readonly hex: string
  readonly expect:
    | string
    | { readonly command: string; readonly src?: string; readonly dst?: string; readonly vpceId: string | null }
}

const file = new URL('proxy-protocol/v2.json', import.meta.url)
const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as { readonly vectors: readonly Vector[] }

const host = (text: string): string => text.replace(/:\d+$/, '').replaceAll(/[[\]]/g, '')

for (const { name, hex, expect } of vectors) {
  const bytes = Buffer.from(hex, 'hex')
  // Version 1 is not read here, whatever the vectors have of it.
  if (typeof expect === 'string' || name.startsWith('v1 ')) {
    test(`[E46] readProxyHeader() refuses a vector: ${name}`, () => {
      assert.equal(readProxyHeader(bytes).kind, 'wrong')
    })
    continue
  }
  test(`readProxyHeader() reads a vector: ${name}`, () => {
    const reading = readProxyHeader(Buffer.concat([bytes, Buffer.from('what follows')]))

    assert.ok(reading.kind === 'header')
    assert.equal(reading.length, bytes.length)
    assert.equal(reading.header.kind, expect.command === 'LOCAL' ? 'local' : 'proxied')
    if (reading.header.kind === 'local') return
    assert.equal(reading.header.endpointId ?? null, expect.vpceId)
    if (expect.src === undefined) return
    assert.deepEqual([reading.header.source, reading.header.destination], [host(expect.src), host(expect.dst!)])
  })
}

const ours = 'vpce-08d2bf15fac5001c9'
const entry = endpointEntry(ours)

const wrong: readonly (readonly [what: string, bytes: Buffer | HeaderParts, reason: ProxyHeaderFault])[] = [
  ['a text header', Buffer.from('PROXY TCP4 10.0.1.50 10.0.1.11 1 443\r\n'), 'no PROXY protocol v2 header'],
  ['a text header of more than 107 bytes', Buffer.from(`PROXY UNKNOWN ${'x'.repeat(200)}\r\n`), 'no PROXY protocol v2 header'],
  ['a ClientHello', Buffer.from('1603010200', 'hex'), 'no PROXY protocol v2 header'],
  ['version 1 in binary form', { command: 0x11 }, 'no PROXY protocol v2 header'],
  ['version 3', { command: 0x31 }, 'no PROXY protocol v2 header'],
  ['an unknown command', { command: 0x22 }, 'unknown command'],
  ['no family', { family: 0x00 }, 'neither TCP over IPv4 nor over IPv6'],
  ['no transport', { family: 0x10 }, 'neither TCP over IPv4 nor over IPv6'],
  ['datagrams', { family: 0x12 }, 'neither TCP over IPv4 nor over IPv6'],
  ['datagrams over IPv6', { family: 0x22 }, 'neither TCP over IPv4 nor over IPv6'],
  ['Unix sockets', { family: 0x31 }, 'neither TCP over IPv4 nor over IPv6'],
  ['an unknown family', { family: 0x41 }, 'neither TCP over IPv4 nor over IPv6'],
  ['less than IPv4 addresses', { length: 11 }, 'addresses cut off'],
  ['no addresses at all', { length: 0 }, 'addresses cut off'],
  ['IPv4 addresses that are said to be of IPv6', { family: 0x21 }, 'addresses cut off'],
  ['a length of 65,535', { length: 65_535 }, 'header too long'],
  ['one byte more than the longest', { length: longestProxyHeader - 15 }, 'header too long'],
  ['a health check that is too long', { command: 0x20, length: 65_535 }, 'header too long'],
  ['a TLV without its length', { entries: [entry], length: 12 + 2 }, 'TLV past the end'],
  ['a TLV that is longer than the header', { entries: [entry], length: 12 + 10 }, 'TLV past the end'],
  ['two endpoints', { entries: [entry, endpointEntry('vpce-0123456789abcdef0')] }, 'two endpoint ids'],
  ['the same endpoint twice', { entries: [entry, entry] }, 'two endpoint ids'],
  ['an empty endpoint id', { entries: [endpointEntry('')] }, 'wrong endpoint id'],
  ['an endpoint id with a line end', { entries: [endpointEntry(`${ours}\n`)] }, 'wrong endpoint id'],
  ['an endpoint id in capitals', { entries: [endpointEntry(ours.toUpperCase())] }, 'wrong endpoint id'],
  ['an endpoint id with a zero byte', { entries: [endpointEntry(`${ours}\0`)] }, 'wrong endpoint id'],
  ['a short checksum', { entries: [[0x03, Buffer.alloc(3)]] }, 'wrong checksum'],
  ['a checksum of nothing', { entries: [[0x03, Buffer.alloc(4)]] }, 'wrong checksum'],
  ['two checksums', { entries: [[0x03, Buffer.alloc(4)]], checksum: true }, 'wrong checksum'],
]

for (const [what, given, reason] of wrong) {
  test(`[E46] readProxyHeader() refuses ${what}`, () => {
    const bytes = Buffer.isBuffer(given) ? given : proxyHeader(given)

    assert.deepEqual(readProxyHeader(bytes), { kind: 'wrong', reason })
  })
}

test('[E46] readProxyHeader() believes no address that a health check claims', () => {
  const bytes = proxyHeader({ command: 0x20, source: '10.0.1.50', entries: [entry] })

  const reading = readProxyHeader(bytes)

  assert.deepEqual(reading, { kind: 'header', header: { kind: 'local' }, length: bytes.length })
})

test('[E44] readProxyHeader() takes an IPv4 address in an IPv6 one for what it is', () => {
  const reading = readProxyHeader(proxyHeader({ source: '::ffff:a00:132', destination: '2001:db8::11' }))

  assert.ok(reading.kind === 'header' && reading.header.kind === 'proxied')
  assert.deepEqual([reading.header.source, reading.header.destination], ['10.0.1.50', '2001:db8::11'])
})

const endpointIds = fc.stringMatching(/^vpce-[0-9a-f]{17}$/)
const otherEntries = fc.array(
  fc.tuple(
    fc.constantFrom(0x01, 0x02, 0x04, 0x05, 0x20, 0x30, 0xe0, 0xee),
    fc.uint8Array({ maxLength: 60 }).map(bytes => Buffer.from(bytes)),
  ),
  { maxLength: 4 },
)
const addresses = fc.oneof(fc.tuple(fc.ipV4(), fc.ipV4()), fc.tuple(ipv6(), ipv6()))
const rightHeaders = fc.record({ addresses, endpointId: endpointIds, others: otherEntries, checksum: fc.boolean() })

function ipv6(): fc.Arbitrary<string> {
  return fc
    .array(fc.nat(0xffff), { minLength: 8, maxLength: 8 })
    .map(groups => groups.map(group => (group | 1).toString(16)).join(':'))
}

function build({ addresses: [source, destination], endpointId, others, checksum }: RightHeader): Buffer {
  return proxyHeader({ source, destination, entries: [...others, endpointEntry(endpointId)], checksum })
}

type RightHeader = typeof rightHeaders extends fc.Arbitrary<infer T> ? T : never

test('readProxyHeader() gives what was written, for each header, and wants more at each of its beginnings', () => {
  fc.assert(
    fc.property(rightHeaders, fc.nat(1_000), (parts, cut) => {
      const bytes = build(parts)

      const reading = readProxyHeader(bytes)
      const beginning = readProxyHeader(bytes.subarray(0, cut % bytes.length))

      const [source, destination] = parts.addresses
      const header = { kind: 'proxied', source, sourcePort: 51_234, destination, endpointId: parts.endpointId }
      assert.deepEqual(reading, { kind: 'header', header, length: bytes.length })
      assert.deepEqual(beginning, { kind: 'incomplete' })
    }),
  )
})

test('[E46] readProxyHeader() takes no other address or endpoint from a header with a checksum and one wrong byte', () => {
  fc.assert(
    fc.property(rightHeaders, fc.nat(10_000), fc.integer({ min: 1, max: 255 }), (parts, at, flip) => {
      const bytes = build({ ...parts, checksum: true })
      bytes[at % bytes.length]! ^= flip

      const reading = readProxyHeader(bytes)

      // A byte of the command may make it a health check, which says nothing; one of a type or a length may hide entries.
      if (reading.kind !== 'header' || reading.header.kind === 'local') return
      const { source, destination, endpointId = parts.endpointId } = reading.header
      assert.deepEqual([source, destination, endpointId], [...parts.addresses, parts.endpointId])
    }),
    { numRuns: 2_000 },
  )
})

test('[E46] readProxyHeader() never throws, and takes nothing for a header that does not begin as one', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, isSigned) => {
      const start = isSigned ? proxyHeader().subarray(0, 12) : Buffer.alloc(0)

      const reading = readProxyHeader(Buffer.concat([start, bytes]))

      if (!isSigned && bytes.length > 0 && bytes[0] !== 0x0d) assert.equal(reading.kind, 'wrong')
      if (reading.kind === 'header') assert.ok(isSigned && (bytes[0] === 0x20 || bytes[0] === 0x21))
    }),
    { numRuns: 5_000 },
  )
})
