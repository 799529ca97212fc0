import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NamespacePlan } from './namespace-plan.ts'
import { rulesText } from './rules-text.ts'

const ports = { endpoint: 443, resolver: 53 }
const plan: NamespacePlan = {
  vpcId: 'vpc-0123456789abcdef0',
  window: 1,
  sources: ['10.0.0.0/16', 'fd00:1::/56'],
  gateways: ['10.0.1.1'],
  resolvers: ['10.0.0.2', 'fd00:ec2::253'],
  doors: [
    { address: '10.0.1.57', sources: ['10.0.2.0/24', 'fd00:1::5/128'] },
    { address: '10.0.1.58', sources: [] },
  ],
  workloads: [{ interfaceId: 'eni-0123456789abcdef0', addresses: ['10.0.1.77', 'fd00:1::77'] }],
}
const linesOf = (isForeign: boolean): readonly string[] => rulesText(plan, { ports, isForeign }).split('\n')

test('rulesText() admits to a door its sources of the same kind at its port alone, and to a door without sources nobody', () => {
  const accepts = linesOf(false).filter(line => line.includes('10.0.1.5') && line.endsWith('accept'))

  assert.deepEqual(accepts, ['ip daddr 10.0.1.57 ip saddr { 10.0.2.0/24 } tcp dport 443 accept'])
})

test('rulesText() admits sources of the VPC to its resolvers, by UDP and TCP', () => {
  const accepts = linesOf(false).filter(line => line.includes('dport 53'))

  assert.deepEqual(accepts, [
    'ip daddr 10.0.0.2 ip saddr { 10.0.0.0/16 } udp dport 53 accept',
    'ip daddr 10.0.0.2 ip saddr { 10.0.0.0/16 } tcp dport 53 accept',
    'ip6 daddr fd00:ec2::253 ip6 saddr { fd00:1::/56 } udp dport 53 accept',
    'ip6 daddr fd00:ec2::253 ip6 saddr { fd00:1::/56 } tcp dport 53 accept',
  ])
})

test('rulesText() drops what is not admitted, and forwards nothing', () => {
  const policies = linesOf(false).filter(line => line.includes('policy'))

  assert.equal(policies.length, 4)
  assert.ok(policies.every(line => line.endsWith('policy drop;')))
})

test('rulesText() takes frames of a workload only from its port, its MAC address and its addresses', () => {
  const ofWorkloads = linesOf(false).filter(line => line.startsWith('iifname "pw9'))

  const from = 'iifname "pw9abcdef0" ether saddr 02:78:9a:bc:de:f0'
  assert.deepEqual(ofWorkloads, [
    `${from} arp saddr ip 10.0.1.77 accept`,
    `${from} ip saddr 10.0.1.77 accept`,
    `${from} ip6 saddr { fd00:1::77, fe80::/10 } accept`,
  ])
  assert.ok(linesOf(false).includes('iifname != "postern0" ip saddr { 10.0.1.77 } drop'))
})

test('rulesText() passes nothing on from or to workloads, in a namespace of the operator that forwards neither', () => {
  const lines = linesOf(true)
  const chain = lines.slice(lines.indexOf('chain forward {'))

  assert.deepEqual(chain.slice(2, 5), ['iifname "postern0" drop', 'oifname "postern0" drop', '}'])
})

test("rulesText() keeps workloads from what else is in the operator's namespace", () => {
  const lines = linesOf(true)
  const chain = lines.slice(lines.indexOf('chain input {'), lines.indexOf('chain doors {'))

  assert.deepEqual(chain.slice(-2), ['iifname "postern0" drop', '}'])
})

test("rulesText() leaves what is the operator's alone in a namespace of his", () => {
  const lines = linesOf(true)

  assert.ok(lines.includes('type filter hook input priority filter; policy accept;'))
  assert.ok(lines.includes('type filter hook forward priority filter; policy accept;'))
  assert.ok(lines.includes('type filter hook prerouting priority dstnat; policy accept;'))
  assert.equal(lines.filter(line => line === 'iifname "pw*" drop').length, 2)
  assert.ok(lines.includes('ip daddr { 10.0.1.1, 10.0.0.2, 10.0.1.57, 10.0.1.58 } goto doors'))
})
