import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { seededRandom } from '../../base/index.ts'
import {
  formatIpv6Block,
  freeIpv6Address,
  ipv6AddressNumber,
  ipv6AddressText,
  ipv6BlockHolds,
  ipv6BlockIsIn,
  ipv6BlocksOverlap,
  isIpv6Address,
  isReservedIpv6,
  parseIpv6Block,
  parseIpv6BlockLoosely,
} from './ipv6.ts'

const addresses = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n })
const blocks = fc
  .tuple(addresses, fc.integer({ min: 0, max: 128 }))
  .map(([address, prefix]) => ({ base: (address >> BigInt(128 - prefix)) << BigInt(128 - prefix), prefix }))

test('ipv6AddressNumber() reads back what ipv6AddressText() wrote', () => {
  fc.assert(fc.property(addresses, address => ipv6AddressNumber(ipv6AddressText(address)) === address))
})

test('parseIpv6Block() reads back what formatIpv6Block() wrote', () => {
  fc.assert(
    fc.property(blocks, block => {
      assert.deepEqual(parseIpv6Block(formatIpv6Block(block)), block)
    }),
  )
})

test('ipv6AddressText() writes the short form of RFC 5952', () => {
  assert.equal(ipv6AddressText(0n), '::')
  assert.equal(ipv6AddressText(1n), '::1')
  assert.equal(ipv6AddressText(ipv6AddressNumber('FD00:0:0:1:0:0:0:ABCD')), 'fd00:0:0:1::abcd')
})

for (const text of [
  '',
  '/',
  'fd00::',
  'fd00::/',
  'fd00::/129',
  'fd00::/-1',
  'fd00::/ 64',
  'fd00::/64/64',
  'fd00::%eth0/64',
  '::ffff:10.0.0.1/128',
  '10.0.0.0/16',
  'fd00:::/64',
  'g::/64',
  '1:2:3:4:5:6:7:8:9/64',
]) {
  test(`parseIpv6BlockLoosely() refuses "${text}"`, () => {
    assert.equal(parseIpv6BlockLoosely(text), undefined)
  })
}

test('parseIpv6BlockLoosely() clears host bits, which parseIpv6Block() refuses', () => {
  const block = parseIpv6BlockLoosely('fd00:0:0:12ab::1/56')

  assert.equal(formatIpv6Block(block!), 'fd00:0:0:1200::/56')
  assert.equal(parseIpv6Block('fd00:0:0:12ab::1/56'), undefined)
})

test('isIpv6Address() takes no address of IPv4 and none with a zone', () => {
  assert.ok(isIpv6Address('fd00::1'))
  for (const text of ['10.0.0.1', '::ffff:10.0.0.1', 'fe80::1%lo', '', ':', 'localhost'])
    assert.equal(isIpv6Address(text), false, text)
})

test('two blocks overlap where one of them holds the base of the other', () => {
  fc.assert(
    fc.property(blocks, blocks, (a, b) => {
      assert.equal(ipv6BlocksOverlap(a, b), ipv6BlockHolds(a, b.base) || ipv6BlockHolds(b, a.base))
    }),
  )
})

test('a block is in another where that one holds its first and its last address', () => {
  fc.assert(
    fc.property(blocks, blocks, (inner, outer) => {
      const last = inner.base + (1n << BigInt(128 - inner.prefix)) - 1n
      assert.equal(ipv6BlockIsIn(inner, outer), ipv6BlockHolds(outer, inner.base) && ipv6BlockHolds(outer, last))
    }),
  )
})

test('isReservedIpv6() keeps the first four and the last address of a subnet', () => {
  const cidr = 'fd00:0:0:1::/64'

  const reserved = ['::', '::3', ':ffff:ffff:ffff:ffff'].map(end => `fd00:0:0:1${end}`)
  const free = ['::4', ':ffff:ffff:ffff:fffe'].map(end => `fd00:0:0:1${end}`)

  assert.ok(reserved.every(address => isReservedIpv6(cidr, ipv6AddressNumber(address))))
  assert.ok(!free.some(address => isReservedIpv6(cidr, ipv6AddressNumber(address))))
})

test('freeIpv6Address() gives addresses of the subnet that are neither reserved nor used', () => {
  const cidr = 'fd00:0:0:1::/64'
  const random = seededRandom(6)
  const used = new Set<string>()

  for (let turn = 0; turn < 100; turn++) {
    const address = freeIpv6Address(cidr, used, random)
    assert.ok(!used.has(address))
    used.add(address)
  }

  const numbers = [...used].map(ipv6AddressNumber)
  assert.ok(numbers.every(number => ipv6BlockHolds(parseIpv6Block(cidr)!, number) && !isReservedIpv6(cidr, number)))
})

test('freeIpv6Address() takes the next address where the chosen one is used', () => {
  const zeros = (bytes: number): Uint8Array => new Uint8Array(bytes)

  const address = freeIpv6Address('fd00::/64', new Set(['fd00::4', 'fd00::5']), zeros)

  assert.equal(address, 'fd00::6')
})
