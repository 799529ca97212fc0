import assert from 'node:assert/strict'
import { test } from 'node:test'
import { linkBatch } from './link-batch.ts'
import type { NamespacePlan } from './namespace-plan.ts'

const plan: NamespacePlan = {
  vpcId: 'vpc-0123456789abcdef0',
  window: 1,
  sources: ['10.0.0.0/16'],
  gateways: ['10.0.1.1'],
  resolvers: ['fd00:ec2::253'],
  doors: [{ address: '10.0.1.57', sources: [] }],
  workloads: [{ interfaceId: 'eni-0123456789abcdef0', addresses: ['10.0.1.77'] }],
}
const state = { vpcId: plan.vpcId, hasForeignBridge: false, isLoopbackUp: true, isUnused: false, ports: [] }

test('linkBatch() adds what is missing, each address for itself', () => {
  const lines = linkBatch(plan, { ...state, addresses: [] }, { routes: [], neighbours: [] })
    .trim()
    .split('\n')

  assert.deepEqual(lines, [
    'addr add 10.0.1.1/32 dev postern0',
    'addr add fd00:ec2::253/128 dev postern0 nodad',
    'addr add 10.0.1.57/32 dev postern0',
    'link set postern0 address 0a:78:9a:bc:de:f0 up',
    'route add 10.0.1.77/32 dev postern0',
    'neigh replace 10.0.1.77 lladdr 02:78:9a:bc:de:f0 dev postern0 nud permanent',
  ])
})

test('linkBatch() takes away what is no longer wanted, and leaves the rest as it is', () => {
  const addresses = ['10.0.1.1/32', 'fd00:ec2::253/128', '10.0.1.57/32', '10.0.1.58/32']
  const entries = {
    routes: ['10.0.1.77', '10.0.1.78'],
    neighbours: ['10.0.1.77 02:78:9a:bc:de:f0', '10.0.1.78 02:00:00:00:00:01'],
  }
  const lines = linkBatch(plan, { ...state, addresses }, entries)
    .trim()
    .split('\n')

  assert.deepEqual(lines, [
    'addr del 10.0.1.58/32 dev postern0',
    'link set postern0 address 0a:78:9a:bc:de:f0 up',
    'neigh del 10.0.1.78 dev postern0',
    'route del 10.0.1.78 dev postern0',
  ])
})
