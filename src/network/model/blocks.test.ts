import assert from 'node:assert/strict'
import { test } from 'node:test'
import { blockLiesIn, blocksOf, firstCommonAddress, ipv4AssociationsOf, vpcHolds } from './blocks.ts'
import { nextIpv6Block } from './ipv6-pool.ts'
import { macAddressOf } from './mac-address.ts'

const association = (cidr: string) => ({ associationId: `vpc-cidr-assoc-${cidr}`, cidr })
const vpc = {
  vpcId: 'vpc-0123456789abcdef0',
  cidr: '10.0.0.0/16',
  ipv4Associations: [association('10.2.0.0/24'), association('100.64.0.0/16')],
  ipv6Associations: [association('fd70:6f73:7400:100::/56')],
}

test('blocksOf() gives the first block first, and then all others', () => {
  assert.deepEqual(blocksOf(vpc), ['10.0.0.0/16', '10.2.0.0/24', '100.64.0.0/16', 'fd70:6f73:7400:100::/56'])
  assert.deepEqual(blocksOf({ cidr: '10.0.0.0/16' }), ['10.0.0.0/16'])
})

test('ipv4AssociationsOf() makes the first id from that of the VPC', () => {
  const [first, second] = ipv4AssociationsOf(vpc)

  assert.deepEqual(first, { associationId: 'vpc-cidr-assoc-0123456789abcdef0', cidr: '10.0.0.0/16' })
  assert.equal(second?.cidr, '10.2.0.0/24')
})

for (const [address, isHeld] of [
  ['10.0.0.0', true],
  ['10.0.255.255', true],
  ['10.1.0.0', false],
  ['10.2.0.255', true],
  ['10.2.1.0', false],
  ['100.64.3.4', true],
  ['fd70:6f73:7400:1ff::1', true],
  ['fd70:6f73:7400:200::1', false],
  ['::ffff:10.0.0.1', false],
  ['', false],
  ['10.0.0.1/16', false],
  ['localhost', false],
] as const) {
  test(`vpcHolds() says ${isHeld} of "${address}"`, () => {
    assert.equal(vpcHolds(vpc, address), isHeld)
  })
}

for (const [a, b, common] of [
  ['10.0.0.0/8', '10.2.3.0/24', '10.2.3.0'],
  ['10.2.3.9/24', '10.0.0.0/8', '10.2.3.0'],
  ['0.0.0.0/0', '10.0.0.0/16', '10.0.0.0'],
  ['10.0.0.0/16', '10.1.0.0/16', undefined],
  ['::/0', 'fd00::/56', 'fd00::'],
  ['fd00:0:0:1::/64', 'fd00::/56', 'fd00:0:0:1::'],
  ['fd00::/64', 'fd00:0:0:1::/64', undefined],
  ['::/0', '10.0.0.0/16', undefined],
  ['0.0.0.0/0', 'fd00::/56', undefined],
  ['nonsense', '10.0.0.0/16', undefined],
] as const) {
  test(`firstCommonAddress() of ${a} and ${b} is ${common}`, () => {
    assert.equal(firstCommonAddress(a, b), common)
  })
}

test('blockLiesIn() is so for a block in a larger or equal one, of the same kind', () => {
  assert.ok(blockLiesIn('10.0.1.0/24', '10.0.0.0/16'))
  assert.ok(blockLiesIn('10.0.0.0/16', '10.0.0.0/16'))
  assert.ok(!blockLiesIn('10.0.0.0/8', '10.0.0.0/16'))
  assert.ok(!blockLiesIn('10.1.1.0/24', '10.0.0.0/16'))
  assert.ok(blockLiesIn('fd00::/64', 'fd00::/56'))
  assert.ok(!blockLiesIn('fd00::/64', '0.0.0.0/0'))
})

test('nextIpv6Block() gives each window blocks of its own, the first that the VPC has not', () => {
  const first = nextIpv6Block({ window: 1 })
  const second = nextIpv6Block({ window: 1, ipv6Associations: [association(first)] })
  const again = nextIpv6Block({ window: 1, ipv6Associations: [association(second)] })
  const all = Array.from({ length: 254 }, (_, index) => nextIpv6Block({ window: index + 1 }))

  assert.deepEqual([first, second], ['fd70:6f73:7400:100::/56', 'fd70:6f73:7401:100::/56'])
  assert.equal(again, first)
  assert.equal(all.at(-1), 'fd70:6f73:7400:fe00::/56')
  assert.equal(new Set(all).size, 254)
})

test('macAddressOf() is locally administered, for one interface, and another for another', () => {
  const mac = macAddressOf('eni-0123456789abcdef0')

  assert.equal(mac, '02:78:9a:bc:de:f0')
  assert.notEqual(mac, macAddressOf('eni-0123456789abcdef1'))
})
