import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressOfHostName, findReverseName, hostNameOf } from './host-names.ts'
import type { VpcValue } from './records.ts'

const vpcOf = (cidr: string, more: Partial<VpcValue> = {}): VpcValue => ({
  account: '111122223333',
  region: 'us-west-2',
  tags: [],
  vpcId: 'vpc-1',
  cidr,
  window: 1,
  enableDnsSupport: true,
  enableDnsHostnames: true,
  ...more,
})

test('hostNameOf() names hosts of us-east-1 in a domain of their own, as AWS does', () => {
  assert.equal(hostNameOf('10.0.1.17', 'us-west-2'), 'ip-10-0-1-17.us-west-2.compute.internal')
  assert.equal(hostNameOf('10.0.1.17', 'us-east-1'), 'ip-10-0-1-17.ec2.internal')
})

test('addressOfHostName() finds addresses in each block of the VPC, and no others', () => {
  const vpc = vpcOf('10.0.0.0/24', { ipv4Associations: [{ associationId: 'vpc-cidr-assoc-1', cidr: '100.64.0.0/28' }] })

  assert.equal(addressOfHostName('ip-10-0-0-9.us-west-2.compute.internal', vpc), '10.0.0.9')
  assert.equal(addressOfHostName('ip-100-64-0-15.us-west-2.compute.internal', vpc), '100.64.0.15')
  for (const name of ['ip-10-0-1-9', 'ip-100-64-0-16', 'ip-10-0-0-09', 'ip-10-0-0', 'ip-10-0-0-9-1', 'ip-10-0-0-999']) {
    assert.equal(addressOfHostName(`${name}.us-west-2.compute.internal`, vpc), undefined, name)
  }
})

for (const [cidr, name, zone, kind] of [
  ['10.0.0.0/16', '17.1.0.10', '0.10', 'address'],
  ['10.0.0.0/16', '1.0.10', '0.10', 'part'],
  ['10.0.0.0/16', '0.10', '0.10', 'part'],
  ['10.0.2.0/23', '17.3.0.10', '3.0.10', 'address'],
  ['10.0.0.16/28', '31.0.0.10', '31.0.0.10', 'address'],
  ['10.0.0.0/16', 'x.17.1.0.10', '0.10', 'nothing'],
  ['10.0.0.0/16', '256.1.0.10', '0.10', 'nothing'],
  ['10.0.0.0/16', '01.1.0.10', '0.10', 'nothing'],
  ['10.0.0.0/16', '1.17.1.0.10', '0.10', 'nothing'],
] as const) {
  test(`findReverseName() finds ${name} of ${cidr} in the zone ${zone}: ${kind}`, () => {
    const found = findReverseName(`${name}.in-addr.arpa`, vpcOf(cidr))

    assert.deepEqual([found?.zone, found?.kind], [`${zone}.in-addr.arpa`, kind])
  })
}

for (const [cidr, name] of [
  ['10.0.0.0/16', '10.in-addr.arpa'],
  ['10.0.0.0/16', 'in-addr.arpa'],
  ['10.0.0.0/16', '17.1.1.10.in-addr.arpa'],
  ['10.0.2.0/23', '0.10.in-addr.arpa'],
  ['10.0.2.0/23', '17.4.0.10.in-addr.arpa'],
  ['10.0.0.16/28', '0.0.10.in-addr.arpa'],
  ['10.0.0.16/28', '32.0.0.10.in-addr.arpa'],
  ['10.0.0.0/16', '17.1.0.10.in-addr.arpa.example.com'],
  ['10.0.0.0/16', '17.1.0.10.ip6.arpa'],
] as const) {
  test(`findReverseName() leaves ${name} to others where the VPC has ${cidr}`, () => {
    assert.equal(findReverseName(name, vpcOf(cidr)), undefined)
  })
}
