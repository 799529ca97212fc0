import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AttachedWorkload, EndpointValue, RulePeer, SecurityGroupRule } from '../model/records.ts'
import { noVpcClients } from '../model/vpc-clients.ts'
import { admitsSomebody } from './admits-somebody.ts'
import type { VpcView } from './network-view.ts'

const owned = { account: '111122223333', region: 'us-west-2', tags: [] }
const vpcId = 'vpc-0123456789abcdef0'

const endpointOf = (ipAddressType?: EndpointValue['ipAddressType']): EndpointValue => ({
  ...owned,
  endpointId: 'vpce-0123456789abcdef0',
  vpcId,
  service: 'kms',
  serviceName: 'com.amazonaws.us-west-2.kms',
  state: 'available',
  interfaces: [],
  groupIds: ['sg-1'],
  policy: '',
  privateDnsEnabled: false,
  dnsLabel: 'lj2wisx3',
  privateZoneId: 'Z1',
  createdAt: 0,
  ...(ipAddressType === undefined ? {} : { ipAddressType }),
})

function viewOf(peer: RulePeer, workloads: readonly AttachedWorkload[] = []): VpcView {
  const rule: SecurityGroupRule = {
    ruleId: 'sgr-1',
    direction: 'ingress',
    protocol: 'tcp',
    fromPort: 443,
    toPort: 443,
    peer,
  }
  const group = { ...owned, groupId: 'sg-1', vpcId, name: 'kms', description: 'kms', rules: [rule] }
  return {
    vpc: {
      ...owned,
      vpcId,
      cidr: '10.0.0.0/16',
      ipv6Associations: [{ associationId: 'vpc-cidr-assoc-1', cidr: 'fd00:1:2::/56' }],
      window: 1,
      enableDnsSupport: true,
      enableDnsHostnames: true,
    },
    endpoints: [],
    groups: new Map([['sg-1', group]]),
    subnets: new Map(),
    ipv6Subnets: [],
    borders: [],
    clients: { ...noVpcClients(vpcId), workloads },
  }
}

const ipv4: RulePeer = { kind: 'ipv4', cidr: '10.0.0.0/8' }
const ipv6: RulePeer = { kind: 'ipv6', cidr: 'fd00::/8' }

for (const [type, byIpv4, byIpv6] of [
  [undefined, true, false],
  ['ipv4', true, false],
  ['ipv6', false, true],
  ['dualstack', true, true],
] as const) {
  test(`admitsSomebody() for the type ${type} counts rules of the families that the endpoint has`, () => {
    const endpoint = endpointOf(type)

    assert.deepEqual(
      [ipv4, ipv6].map(peer => admitsSomebody(endpoint, viewOf(peer))),
      [byIpv4, byIpv6],
    )
  })
}

test('admitsSomebody() counts the members of a group that have an address of a family that the endpoint has', () => {
  const peer: RulePeer = { kind: 'group', groupId: 'sg-2' }
  const plain = {
    namespace: 'web',
    interfaceId: 'eni-1',
    subnetId: 'subnet-1',
    address: '10.0.1.9',
    groupIds: ['sg-2'],
  }
  const both = { ...plain, ipv6Address: 'fd00:1:2::9' }
  const admitted = (type: EndpointValue['ipAddressType'], workload: AttachedWorkload): boolean =>
    admitsSomebody(endpointOf(type), viewOf(peer, [workload]))

  assert.deepEqual([admitted('ipv4', plain), admitted('ipv6', plain), admitted('ipv6', both)], [true, false, true])
})

test('admitsSomebody() finds nobody in a block outside the VPC', () => {
  const peer: RulePeer = { kind: 'ipv6', cidr: '2001:db8::/32' }

  assert.equal(admitsSomebody(endpointOf('dualstack'), viewOf(peer)), false)
})

test('admitsSomebody() is quick where three hundred rules admit nobody: it is asked for each endpoint at each change', () => {
  const view = viewOf(ipv4)
  const [group] = [...view.groups.values()]
  const rules = Array.from({ length: 300 }, (_, index) => ({
    ...group!.rules[0]!,
    peer: { kind: 'ipv4', cidr: `172.16.${index & 0xff}.${(index >> 8) * 16}/28` } as const,
  }))
  const crowded = { ...view, groups: new Map([['sg-1', { ...group!, rules }]]) }
  const ask = (times: number): number => {
    const { user } = process.cpuUsage()
    for (let time = 0; time < times; time++) assert.equal(admitsSomebody(endpointOf(), crowded), false)
    return process.cpuUsage().user - user
  }
  ask(5)

  // Reading the blocks anew for each question takes seconds.
  assert.ok(ask(200) < 300_000)
})

test('admitsSomebody() looks at no rule of another port or direction, although an address of the VPC is in it', () => {
  const view = viewOf(ipv4)
  const [group] = [...view.groups.values()]
  const [rule] = group!.rules
  for (const other of [
    { ...rule!, fromPort: 80, toPort: 80 },
    { ...rule!, protocol: 'udp' },
    { ...rule!, direction: 'egress' as const },
  ]) {
    const groups = new Map([['sg-1', { ...group!, rules: [other] }]])

    assert.equal(admitsSomebody(endpointOf(), { ...view, groups }), false)
  }
})
