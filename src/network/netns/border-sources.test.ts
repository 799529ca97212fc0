import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bordersLetThrough } from '../model/network-acls.ts'
import type { SubnetBorder } from '../model/network-acls.ts'
import type { NetworkAclEntryValue, NetworkAclRules } from '../model/records.ts'
import { sourcesThroughBorders } from './border-sources.ts'
import { formatPrefixed, parseNetwork } from './prefixed-address.ts'

const rule = (ruleNumber: number, action: 'allow' | 'deny', cidr: string): NetworkAclEntryValue => ({
  ruleNumber,
  action,
  protocol: '-1',
  cidr,
})
const all = [rule(100, 'allow', '0.0.0.0/0'), rule(101, 'allow', '::/0')]
const open: NetworkAclRules = { ingress: all, egress: all }
const home = (ingress: NetworkAclRules['ingress']): SubnetBorder => ({
  blocks: ['10.0.1.0/24', 'fd00:1::/64'],
  rules: { ...open, ingress },
})
const neighbour = (egress: NetworkAclRules['egress']): SubnetBorder => ({
  blocks: ['10.0.2.0/24', 'fd00:2::/64'],
  rules: { ...open, egress },
})

const door = '10.0.1.57'
const sources = (blocks: readonly string[], borders: readonly SubnetBorder[], at = door): readonly string[] =>
  sourcesThroughBorders(
    blocks.map(block => parseNetwork(block)!),
    parseNetwork(at)!,
    borders,
  )
    .map(formatPrefixed)
    .sort()

test('sourcesThroughBorders() leaves blocks whole where everything is let through', () => {
  const blocks = ['10.0.0.0/16', '192.168.0.0/16']

  assert.deepEqual(sources(blocks, [home(all), neighbour(all)]), blocks)
})

test('sourcesThroughBorders() gives what a door can be reached from: blocks of its own family', () => {
  const blocks = ['10.0.0.0/16', 'fd00:1::/48']

  assert.deepEqual(sources(blocks, [home(all)]), ['10.0.0.0/16'])
  assert.deepEqual(sources(blocks, [home(all)], 'fd00:1::57'), ['fd00:1::/48'])
})

test('sourcesThroughBorders() leaves blocks whole where no subnet is known to have the door', () => {
  assert.deepEqual(sources(['10.0.0.0/16'], [neighbour([])]), ['10.0.0.0/16'])
})

test('sourcesThroughBorders() lets in the door’s own subnet alone where its ACL lets nothing in', () => {
  const [blocks, borders] = [
    ['10.0.0.0/16', 'fd00:1::/48'],
    [home([]), neighbour(all)],
  ]

  assert.deepEqual(sources(blocks, borders), ['10.0.1.0/24'])
  assert.deepEqual(sources(blocks, borders, 'fd00:1::57'), ['fd00:1::/64'])
})

test('sourcesThroughBorders() keeps out a subnet whose ACL lets nothing out to the door', () => {
  assert.deepEqual(sources(['10.0.2.0/23'], [home(all), neighbour([rule(1, 'deny', '10.0.1.57/32'), ...all])]), [
    '10.0.3.0/24',
  ])
})

test('sourcesThroughBorders() cuts what a rule denies out of a block, and not what one before it allows', () => {
  const ingress = [rule(1, 'allow', '10.0.3.128/25'), rule(2, 'deny', '10.0.3.0/24'), ...all]

  assert.deepEqual(sources(['10.0.2.0/23'], [home(ingress)]), ['10.0.2.0/24', '10.0.3.128/25'])
})

test('sourcesThroughBorders() leaves blocks whole that rules would cut into too many pieces: the door decides', () => {
  const ingress = Array.from({ length: 20 }, (_, index) => rule(index + 1, 'deny', `fd00:9:${index + 1}::1/128`))

  assert.deepEqual(sources(['fd00::/16'], [home([...ingress, ...all])], 'fd00:1::57'), ['fd00::/16'])
})

test('sourcesThroughBorders() lets in exactly whom the door lets through', () => {
  const borders = [
    home([rule(1, 'deny', '10.0.2.16/28'), rule(2, 'allow', '10.0.2.0/24'), rule(3, 'deny', '10.0.0.0/17'), ...all]),
    neighbour(all),
    { blocks: ['10.0.200.0/24'], rules: { ...open, egress: [] } },
  ]
  const networks = sources(['10.0.0.0/16'], borders)
  const clients = ['1.9', '2.1', '2.17', '2.32', '3.1', '127.255', '128.0', '200.7', '201.0'].map(
    rest => `10.0.${rest}`,
  )

  for (const clientAddress of clients) {
    const crossing = { clientAddress, clientPort: 40_000, address: door, port: 443 }
    const isNamed = networks.some(network => holds(network, clientAddress))
    assert.equal(isNamed, bordersLetThrough(borders, crossing), clientAddress)
  }
})

const numberOf = (address: string): number => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)

function holds(network: string, address: string): boolean {
  const [base = '', prefix = ''] = network.split('/')
  const size = 2 ** (32 - Number(prefix))
  return Math.floor(numberOf(base) / size) === Math.floor(numberOf(address) / size)
}
