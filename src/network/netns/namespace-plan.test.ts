import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { VpcView } from '../doors/network-view.ts'
import type { EndpointState, RulePeer, SecurityGroupRule } from '../model/records.ts'
import { planNamespace } from './namespace-plan.ts'

const owned = { account: '111122223333', region: 'us-west-2', tags: [] }
const vpcId = 'vpc-0123456789abcdef0'
const workload = {
  interfaceId: 'eni-0123456789abcdef0',
  subnetId: 'subnet-1',
  address: '10.0.1.77',
  groupIds: ['sg-members'],
}

function viewWith(
  peers: readonly RulePeer[],
  more: { readonly state?: EndpointState; readonly rule?: Partial<SecurityGroupRule> } = {},
): VpcView {
  const rules = peers.map((peer, index): SecurityGroupRule => {
    return {
      ruleId: `sgr-${index}`,
      direction: 'ingress',
      protocol: 'tcp',
      fromPort: 443,
      toPort: 443,
      peer,
      ...more.rule,
    }
  })
  const group = { ...owned, groupId: 'sg-1', vpcId, name: 'g', description: 'g', rules }
  return {
    vpc: { ...owned, vpcId, cidr: '10.0.0.0/16', window: 7, enableDnsSupport: true, enableDnsHostnames: true },
    endpoints: [
      {
        ...owned,
        endpointId: 'vpce-0123456789abcdef0',
        vpcId,
        service: 'kms',
        serviceName: 'com.amazonaws.us-west-2.kms',
        state: more.state ?? 'available',
        interfaces: [{ interfaceId: 'eni-0', subnetId: 'subnet-1', zone: 'us-west-2a', address: '10.0.1.57' }],
        groupIds: ['sg-1'],
        policy: '',
        privateDnsEnabled: true,
        dnsLabel: 'lj2wisx3',
        privateZoneId: 'Z1',
        createdAt: 0,
      },
    ],
    groups: new Map([['sg-1', group]]),
    subnets: new Map([['subnet-1', '10.0.1.0/24']]),
    ipv6Subnets: [],
    borders: [],
    clients: {
      vpcId,
      admittedBlocks: ['192.168.0.0/16'],
      workloads: [{ ...workload, namespace: 'a' }],
    },
  }
}

const sourcesFor = (...given: Parameters<typeof viewWith>): readonly string[] =>
  planNamespace(viewWith(...given), []).doors[0]!.sources

test('planNamespace() admits from a rule’s block what lies in the VPC or in an admitted block', () => {
  assert.deepEqual(sourcesFor([{ kind: 'ipv4', cidr: '0.0.0.0/0' }]), ['10.0.0.0/16', '192.168.0.0/16'])
  assert.deepEqual(sourcesFor([{ kind: 'ipv4', cidr: '10.0.2.0/24' }]), ['10.0.2.0/24'])
  assert.deepEqual(sourcesFor([{ kind: 'ipv4', cidr: '10.1.0.0/16' }]), [])
  assert.deepEqual(sourcesFor([{ kind: 'ipv6', cidr: '::/0' }]), [])
})

test('planNamespace() admits by a rule that names a group the addresses of its workloads alone', () => {
  assert.deepEqual(sourcesFor([{ kind: 'group', groupId: 'sg-members' }]), ['10.0.1.77/32'])
  assert.deepEqual(sourcesFor([{ kind: 'group', groupId: 'sg-others' }]), [])
})

test('planNamespace() names no block that lies in another: nftables takes no overlaps', () => {
  const peers = ['10.0.2.0/24', '10.0.0.0/16', '10.0.2.7/32'].map(cidr => ({ kind: 'ipv4', cidr }) as const)

  assert.deepEqual(sourcesFor(peers), ['10.0.0.0/16'])
})

test('planNamespace() admits nobody by rules about other ports, other protocols or the way out', () => {
  const peer = { kind: 'ipv4', cidr: '10.0.0.0/16' } as const

  for (const rule of [{ fromPort: 80, toPort: 80 }, { protocol: 'udp' }, { direction: 'egress' }] as const) {
    assert.deepEqual(sourcesFor([peer], { rule }), [])
  }
})

test('planNamespace() keeps the address of a door that is closing, and lets nobody in there', () => {
  const peer = { kind: 'ipv4', cidr: '10.0.0.0/16' } as const

  assert.deepEqual(sourcesFor([peer], { state: 'deleting' }), [])
  assert.deepEqual(planNamespace({ ...viewWith([peer]), endpoints: [] }, ['10.0.1.57']).doors, [
    { address: '10.0.1.57', sources: [] },
  ])
})
