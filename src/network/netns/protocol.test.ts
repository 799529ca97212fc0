import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseServerMessage } from './protocol.ts'

const vpcId = 'vpc-0123456789abcdef0'
const plan = {
  vpcId,
  window: 1,
  sources: ['10.0.0.0/16'],
  gateways: ['10.0.1.1'],
  resolvers: ['10.0.0.2'],
  doors: [{ address: '10.0.1.57', sources: ['10.0.0.0/16', 'FD00:0:0:0::/56'] }],
  workloads: [{ interfaceId: 'eni-0123456789abcdef0', addresses: ['10.0.1.77'] }],
}
const ports = { endpoint: 443, resolver: 53 }
const settle = (plans: readonly object[], more: object = {}): object => ({
  id: 1,
  order: { kind: 'settle', plans, ports, ...more },
})

test('parseServerMessage() writes addresses anew from their numbers, and drops what it does not know', () => {
  const parsed = parseServerMessage(settle([{ ...plan, namespace: 'host' }]))

  const doors = [{ address: '10.0.1.57', sources: ['10.0.0.0/16', 'fd00::/56'] }]
  assert.deepEqual(parsed, { id: 1, order: { kind: 'settle', plans: [{ ...plan, doors }], ports } })
})

const wrong: Readonly<Record<string, object>> = {
  'a VPC with a path in its id': settle([{ ...plan, vpcId: '../../x' }]),
  'a VPC with a line end in its id': settle([{ ...plan, vpcId: `${vpcId}\n` }]),
  'a window that is no number of ours': settle([{ ...plan, window: 0 }]),
  'a window that is a text': settle([{ ...plan, window: '1; reboot' }]),
  'two VPCs in one window': settle([plan, { ...plan, vpcId: 'vpc-0123456789abcdef1' }]),
  'one VPC twice': settle([plan, { ...plan, window: 2 }]),
  'rules behind an address': settle([{ ...plan, doors: [{ address: '10.0.1.57 accept', sources: [] }] }]),
  'a line behind an address': settle([{ ...plan, gateways: ['10.0.1.1\nlink delete lo'] }]),
  'a block for an address': settle([{ ...plan, resolvers: ['10.0.0.0/16'] }]),
  'a source that is no block': settle([{ ...plan, sources: ['10.0.0.1/16'] }]),
  'a source that closes the set': settle([{ ...plan, sources: ['10.0.0.0/16 } accept'] }]),
  'an IPv6 address with a zone': settle([{ ...plan, resolvers: ['fe80::1%eth0'] }]),
  'an interface with another id': settle([{ ...plan, workloads: [{ interfaceId: 'eni-x" accept', addresses: [] }] }]),
  'a list that is none': settle([{ ...plan, doors: { length: 0 } }]),
  'too many doors': settle([{ ...plan, doors: Array.from({ length: 2_001 }, () => plan.doors[0]) }]),
  'a port out of range': settle([plan], { ports: { endpoint: 65_536, resolver: 53 } }),
  'a port that is a text': settle([plan], { ports: { endpoint: '443', resolver: 53 } }),
  'a socket in no VPC': { id: 1, order: { kind: 'listen-tcp', vpcId: 'x', address: '10.0.1.57', port: 443 } },
  'a socket at a name': { id: 1, order: { kind: 'connect', vpcId, address: 'localhost', port: 443 } },
  'a path for a socket': { id: 1, order: { kind: 'listen-tcp', vpcId, address: '/run/x', port: 443 } },
  'an order that there is not': { id: 1, order: { kind: 'run', words: ['sh'] } },
  'an order without a number': { order: { kind: 'connect', vpcId, address: '10.0.1.57', port: 443 } },
}

for (const [name, message] of Object.entries(wrong)) {
  test(`parseServerMessage() refuses ${name}`, () => {
    assert.equal(parseServerMessage(message), undefined)
  })
}

test('parseServerMessage() refuses what is no message at all', () => {
  for (const message of [undefined, null, 1, 'settle', [], { received: -1 }]) {
    assert.equal(parseServerMessage(message), undefined)
  }
})
