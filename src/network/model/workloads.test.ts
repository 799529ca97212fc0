import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemRandom } from '../../base/index.ts'
import type { StoredRecord, Write } from '../../storage/index.ts'
import { clientsOf } from './client-changes.ts'
import type { AttachedWorkload, SecurityGroupValue, SubnetValue, VpcClientsValue, VpcValue } from './records.ts'
import { attachWorkload, detachWorkload, requireNamespaceName } from './workloads.ts'
import type { PlaceForWorkload, WantedWorkload } from './workloads.ts'

const owned = { account: '111122223333', region: 'us-west-2', tags: [] }
const vpc: StoredRecord<VpcValue> = {
  id: 'vpc-1',
  version: 3,
  value: {
    ...owned,
    vpcId: 'vpc-1',
    cidr: '10.0.0.0/16',
    window: 1,
    enableDnsSupport: true,
    enableDnsHostnames: true,
    ipv4Associations: [{ associationId: 'vpc-cidr-assoc-1', cidr: '10.1.0.0/16' }],
  },
}

const subnet = (id: string, cidr: string, more: Partial<SubnetValue> = {}): StoredRecord<SubnetValue> => ({
  id,
  version: 1,
  value: {
    ...owned,
    subnetId: id,
    vpcId: 'vpc-1',
    cidr,
    zone: 'us-west-2a',
    zoneId: 'usw2-az1',
    usedAddresses: [],
    ...more,
  },
})

const group = (groupId: string, name: string): StoredRecord<SecurityGroupValue> => ({
  id: groupId,
  version: 1,
  value: { ...owned, groupId, vpcId: 'vpc-1', name, description: name, rules: [] },
})

const ipv6Association = { associationId: 'subnet-cidr-assoc-1', cidr: 'fd00:1:2:3::/64' }
const place: PlaceForWorkload = {
  vpc,
  subnets: [
    subnet('subnet-1', '10.0.1.0/28', { usedAddresses: ['10.0.1.9'] }),
    subnet('subnet-2', '10.0.2.0/24', { ipv6Association }),
    subnet('subnet-3', '10.1.2.0/24'),
  ],
  groups: [group('sg-0', 'default'), group('sg-1', 'web')],
}
const wanted: WantedWorkload = { namespace: 'web', groupIds: [], makesNamespace: false }

const attach = (more: Partial<WantedWorkload>, where = place): AttachedWorkload =>
  attachWorkload(where, { ...wanted, ...more }, systemRandom).workload

/** The place as it is after a commit. */
function after(writes: readonly Write[]): PlaceForWorkload {
  const values = new Map(writes.flatMap(write => (write.kind === 'put' ? [[write.collection.name, write.value]] : [])))
  const value = values.get('network.clients') as VpcClientsValue
  const changed = values.get('network.subnet') as SubnetValue
  return {
    ...place,
    present: { id: 'vpc-1', version: 1, value },
    subnets: place.subnets.map(record =>
      record.id === changed.subnetId ? { ...record, version: 2, value: changed } : record,
    ),
  }
}

test('attachWorkload() gives an address of the subnet with room, and the default group, where nothing is named', () => {
  const { address, subnetId, groupIds, ipv6Address } = attach({})

  assert.match(address, /^10\.0\.1\.\d+$/)
  assert.deepEqual([subnetId, groupIds, ipv6Address], ['subnet-1', ['sg-0'], undefined])
})

test('attachWorkload() takes the next subnet where the first one is full', () => {
  const usedAddresses = Array.from({ length: 11 }, (_, index) => `10.0.1.${index + 4}`)
  const full = { ...place, subnets: [subnet('subnet-1', '10.0.1.0/28', { usedAddresses }), ...place.subnets.slice(1)] }

  assert.equal(attach({}, full).subnetId, 'subnet-2')
  assert.throws(() => attach({ subnetId: 'subnet-1' }, full), /has no free address/)
})

test('attachWorkload() gives an IPv6 address too where the subnet has such a block, and keeps both from others', () => {
  const { workload, writes } = attachWorkload(place, { ...wanted, subnetId: 'subnet-2' }, systemRandom)

  assert.match(workload.ipv6Address!, /^fd00:1:2:3:/)
  const used = after(writes).subnets[1]!.value.usedAddresses
  assert.deepEqual(used, [workload.address, workload.ipv6Address])
})

test('attachWorkload() finds the subnet by the address', () => {
  assert.equal(attach({ address: '10.1.2.77' }).subnetId, 'subnet-3')
})

for (const [address, reason] of [
  ['10.0.1.3', /reserved/],
  ['10.0.1.15', /reserved/],
  ['10.0.1.0', /reserved/],
  ['10.0.1.9', /another interface has it/],
  ['10.0.9.9', /is in no subnet/],
  ['192.168.1.1', /is in no subnet/],
  ['10.0.1', /give an address/],
  ['10.0.1.010', /give an address/],
  ['fd00:1:2:3::9', /give an address/],
  ['', /give an address/],
] as const) {
  test(`attachWorkload() refuses the address ${JSON.stringify(address)}`, () => {
    assert.throws(() => attach({ address }), reason)
  })
}

test('attachWorkload() refuses an address outside the subnet that is named beside it', () => {
  assert.throws(() => attach({ address: '10.0.2.77', subnetId: 'subnet-1' }), /is not in subnet-1/)
})

test('attachWorkload() refuses an address whose twin on the loopback network is used', () => {
  const { writes } = attachWorkload(place, { ...wanted, address: '10.0.2.77' }, systemRandom)

  assert.throws(() => attach({ namespace: 'db', address: '10.1.2.77' }, after(writes)), /cannot be told apart/)
})

test('attachWorkload() passes IPv6-only subnets by, and refuses one that is named or the only one', () => {
  const { cidr: _ipv4, ...value } = subnet('subnet-0', '10.0.0.0/24', { ipv6Association }).value
  const bare = { id: 'subnet-0', version: 1, value }

  const chosen = attach({}, { ...place, subnets: [bare, ...place.subnets] })

  assert.equal(chosen.subnetId, 'subnet-1')
  const refused = /Subnet subnet-0 is IPv6-only/
  assert.throws(() => attach({ subnetId: 'subnet-0' }, { ...place, subnets: [bare, ...place.subnets] }), refused)
  assert.throws(() => attach({}, { ...place, subnets: [bare] }), refused)
  assert.throws(() => attach({ address: '10.0.0.9' }, { ...place, subnets: [bare] }), /is in no subnet/)
})

test('attachWorkload() refuses groups and subnets that are not of the VPC', () => {
  assert.throws(() => attach({ groupIds: ['sg-1', 'sg-9'] }), /Security group sg-9 is none of vpc-1/)
  assert.throws(() => attach({ subnetId: 'subnet-9' }), /Subnet subnet-9 is none of vpc-1/)
  assert.throws(() => attach({}, { ...place, subnets: [] }), /has no subnet/)
})

test('attachWorkload() changes nothing for what is attached already, and refuses to make it another', () => {
  const first = attachWorkload(place, { ...wanted, groupIds: ['sg-1'] }, systemRandom)
  const then = after(first.writes)

  const again = attachWorkload(then, wanted, systemRandom)

  assert.deepEqual(again, { workload: first.workload, writes: [] })
  assert.deepEqual(attach({ groupIds: ['sg-1'], address: first.workload.address }, then), first.workload)
  assert.throws(() => attach({ groupIds: ['sg-0'] }, then), /is attached already/)
  assert.throws(() => attach({ subnetId: 'subnet-2' }, then), /is attached already/)
})

test('detachWorkload() gives back all that attachWorkload() took', () => {
  const { workload, writes } = attachWorkload(place, { ...wanted, subnetId: 'subnet-2' }, systemRandom)

  const detached = detachWorkload(after(writes), 'web')

  const free = after(detached.writes)
  assert.deepEqual(detached.workload, workload)
  assert.deepEqual(clientsOf(free).workloads, [])
  assert.deepEqual(free.subnets, [place.subnets[0], { ...place.subnets[1]!, version: 2 }, place.subnets[2]])
  assert.throws(() => detachWorkload(free, 'web'), /is not attached to vpc-1/)
})

for (const name of ['a', 'web-1', 'Web_2.x', '1', 'x'.repeat(63)]) {
  test(`requireNamespaceName() takes ${name}`, () => {
    assert.equal(requireNamespaceName(name), name)
  })
}

for (const name of [
  '',
  '.',
  '..',
  '-a',
  '_a',
  '../a',
  'a/b',
  '/a',
  'a b',
  'a\0',
  'a\n',
  'ä',
  'a;b',
  '$(a)',
  'x'.repeat(64),
  'postern-0123abcd-1',
]) {
  test(`requireNamespaceName() refuses ${JSON.stringify(name)}`, () => {
    assert.throws(() => requireNamespaceName(name), /^ConfigError: Cannot (?:use|attach)/)
  })
}
