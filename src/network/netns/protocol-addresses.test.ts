import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseServerMessage } from './protocol.ts'

const vpcId = 'vpc-0123456789abcdef0'
const planWith = (address: string): object => ({
  vpcId,
  window: 1,
  sources: [],
  gateways: [],
  resolvers: [],
  doors: [{ address, sources: [] }],
  workloads: [],
})
const ports = { endpoint: 443, resolver: 53 }

// In a namespace of the operator's own, others have these: a server that somebody has taken over must not get there by its helper.
for (const address of [
  '0.0.0.0',
  '127.0.0.1',
  '127.9.9.9',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  'ff02::1',
  '::ffff:7f00:1',
]) {
  void test(`parseServerMessage() takes ${address} neither for the address of a door nor for that of a socket`, () => {
    const settle = { id: 1, order: { kind: 'settle', plans: [planWith(address)], ports } }
    const connect = { id: 2, order: { kind: 'connect', vpcId, address, port: 22 } }

    const parsed = [parseServerMessage(settle), parseServerMessage(connect)]

    assert.deepEqual(parsed, [undefined, undefined])
  })
}

for (const address of ['10.0.1.57', '169.254.169.253', '198.18.0.5', 'fd00:ec2::253', '2600:1f00::5']) {
  void test(`parseServerMessage() takes ${address} for the address of a door`, () => {
    const settle = { id: 1, order: { kind: 'settle', plans: [planWith(address)], ports } }

    const parsed = parseServerMessage(settle)

    assert.notEqual(parsed, undefined)
  })
}
