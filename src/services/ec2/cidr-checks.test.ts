import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SubnetValue, VpcValue } from '../../network/index.ts'
import { requireSecondaryBlock, requireSubnetBlock, requireSubnetIpv6Block, requireVpcBlock } from './cidr-checks.ts'

const associations = (cidrs: readonly string[]) => cidrs.map(cidr => ({ associationId: cidr, cidr }))

const vpcOf = (cidr: string, ipv4: readonly string[] = [], ipv6: readonly string[] = []): VpcValue => ({
  ...({} as VpcValue),
  cidr,
  ipv4Associations: associations(ipv4),
  ipv6Associations: associations(ipv6),
})

const subnetOf = (cidr: string, ipv6?: string): SubnetValue => ({
  ...({} as SubnetValue),
  cidr,
  ...(ipv6 === undefined ? {} : { ipv6Association: { associationId: ipv6, cidr: ipv6 } }),
})

const range = (cidr: string) => ({ code: 'InvalidVpc.Range', message: `The CIDR '${cidr}' is invalid.` })

test('requireVpcBlock() takes blocks from /16 to /28 and clears host bits', () => {
  assert.equal(requireVpcBlock('100.68.0.18/18'), '100.68.0.0/18')
  assert.equal(requireVpcBlock('10.0.0.0/16'), '10.0.0.0/16')
  assert.equal(requireVpcBlock('10.0.0.240/28'), '10.0.0.240/28')
  for (const cidr of ['10.0.0.0/15', '10.0.0.0/29', '10.0.0.0/0', '10.0.0.0/32'])
    assert.throws(() => requireVpcBlock(cidr), range(cidr))
})

for (const text of ['', '10.0.0.0', '10.0.0/16', '10.0.0.0/16/16', '010.0.0.0/16', '10.0.0.0/a', 'fd00::/56', '::/0']) {
  test(`requireVpcBlock() refuses "${text}", which is no block`, () => {
    assert.throws(() => requireVpcBlock(text), { code: 'InvalidParameterValue' })
  })
}

/** The table "IPv4 CIDR block association restrictions" of the VPC guide: what a block lies beside, and what it may not. */
const table: readonly (readonly [present: string, permitted: readonly string[], restricted: readonly string[]])[] = [
  [
    '10.2.0.0/16',
    ['10.0.0.0/16', '10.3.0.0/16', '100.64.0.0/16', '8.8.0.0/16', '198.18.0.0/16'],
    ['172.16.0.0/16', '172.31.0.0/20', '192.168.0.0/24', '198.19.0.0/16', '198.19.255.0/28'],
  ],
  ['10.0.0.0/24', ['10.1.0.0/16', '10.2.0.0/16'], ['10.0.1.0/24', '10.0.255.0/28']],
  ['10.1.0.0/16', ['10.2.0.0/16'], ['10.0.0.0/16', '10.0.9.0/24']],
  [
    '172.16.0.0/16',
    ['172.17.0.0/16', '172.30.0.0/16', '100.127.0.0/16', '8.8.8.0/24'],
    ['172.31.0.0/16', '10.5.0.0/16', '192.168.1.0/24', '198.19.0.0/24'],
  ],
  ['172.31.0.0/20', ['172.16.0.0/16'], ['172.31.16.0/20', '10.5.0.0/16']],
  [
    '192.168.0.0/24',
    ['192.168.1.0/24', '100.64.0.0/16', '8.8.8.0/24'],
    ['10.5.0.0/16', '172.16.0.0/16', '198.19.1.0/24'],
  ],
  [
    '198.19.0.0/24',
    ['100.64.0.0/16', '8.8.8.0/24', '198.19.1.0/24'],
    ['10.5.0.0/16', '172.16.0.0/16', '192.168.1.0/24'],
  ],
  [
    '100.64.0.0/16',
    ['100.65.0.0/16', '8.8.8.0/24'],
    ['10.5.0.0/16', '172.16.0.0/16', '192.168.1.0/24', '198.19.1.0/24'],
  ],
  ['8.8.0.0/16', ['100.65.0.0/16', '8.9.0.0/16'], ['10.5.0.0/16', '172.16.0.0/16', '192.168.1.0/24', '198.19.1.0/24']],
]

for (const [present, permitted, restricted] of table) {
  test(`requireSecondaryBlock() beside ${present} permits and restricts what the VPC guide does`, () => {
    for (const cidr of permitted) assert.equal(requireSecondaryBlock(cidr, vpcOf(present), []), cidr)
    for (const cidr of restricted) {
      assert.throws(() => requireSecondaryBlock(cidr, vpcOf(present), []), {
        code: 'InvalidVpc.Range',
        message: `The CIDR '${cidr}' is restricted. Use a CIDR from the same private address range as the current VPC CIDR, or use a publicly-routable CIDR. For additional restrictions, see https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html`,
      })
    }
  })
}

test('requireSecondaryBlock() goes by the first block, and by any in 10.0.0.0/15', () => {
  const vpc = vpcOf('10.2.0.0/16', ['100.64.0.0/16', '10.1.0.0/24'])

  assert.equal(requireSecondaryBlock('10.3.0.0/16', vpc, []), '10.3.0.0/16')
  assert.throws(() => requireSecondaryBlock('10.0.0.0/16', vpc, []), { code: 'InvalidVpc.Range' })
})

test('requireSecondaryBlock() refuses what overlaps with a block of the VPC', () => {
  const vpc = vpcOf('10.2.0.0/20', ['10.3.0.0/24'])

  for (const cidr of ['10.2.0.0/20', '10.2.0.0/16', '10.2.3.0/24', '10.3.0.0/16', '10.3.0.16/28'])
    assert.throws(() => requireSecondaryBlock(cidr, vpc, []), { code: 'InvalidVpc.Range', message: /overlaps with/ })
  assert.equal(requireSecondaryBlock('10.2.16.0/20', vpc, []), '10.2.16.0/20')
})

test('requireSecondaryBlock() refuses what holds the destination of a route, and takes what lies inside one', () => {
  const vpc = vpcOf('10.2.0.0/16')
  const destinations = ['0.0.0.0/0', '::/0', '10.9.0.0/24']

  for (const cidr of ['10.9.0.0/24', '10.9.0.0/16'])
    assert.throws(() => requireSecondaryBlock(cidr, vpc, destinations), { code: 'InvalidVpc.Range', message: /route/ })
  assert.equal(requireSecondaryBlock('10.9.0.0/25', vpc, destinations), '10.9.0.0/25')
})

test('requireSubnetBlock() takes blocks inside any IPv4 block of the VPC, and no other', () => {
  const vpc = vpcOf('10.2.0.0/24', ['10.3.0.0/24'])

  for (const cidr of ['10.2.0.0/24', '10.3.0.128/25', '10.2.0.240/28'])
    assert.equal(requireSubnetBlock(cidr, vpc, []), cidr)
  for (const cidr of ['10.2.0.0/23', '10.4.0.0/24', '10.3.0.0/29', '0.0.0.0/0', '10.2.0.0/16'])
    assert.throws(() => requireSubnetBlock(cidr, vpc, []), { code: 'InvalidSubnet.Range' })
  assert.throws(() => requireSubnetBlock('10.3.0.0/28', vpc, [subnetOf('10.3.0.0/25')]), {
    code: 'InvalidSubnet.Conflict',
    message: "The CIDR '10.3.0.0/28' conflicts with another subnet",
  })
  assert.throws(() => requireSubnetBlock(undefined, vpc, []), { code: 'MissingParameter' })
})

test('requireSubnetIpv6Block() takes a /64 of a block of the VPC, apart from other subnets', () => {
  const vpc = vpcOf('10.2.0.0/24', [], ['fd70:6f73:7400:100::/56', 'fd70:6f73:7401:100::/56'])
  const present = [subnetOf('10.2.0.0/25'), subnetOf('10.2.0.128/25', 'fd70:6f73:7400:102::/64')]

  assert.equal(requireSubnetIpv6Block('FD70:6F73:7400:0101::7/64', vpc, present), 'fd70:6f73:7400:101::/64')
  assert.equal(requireSubnetIpv6Block('fd70:6f73:7401:1ff::/64', vpc, present), 'fd70:6f73:7401:1ff::/64')
  assert.throws(() => requireSubnetIpv6Block('fd70:6f73:7400:102::/64', vpc, present), {
    code: 'InvalidSubnet.Conflict',
  })
  assert.throws(() => requireSubnetIpv6Block('fd70:6f73:7400:200::/64', vpc, present), {
    code: 'InvalidSubnet.Range',
    message: "The IPv6 CIDR 'fd70:6f73:7400:200::/64' is invalid.",
  })
  for (const text of [
    'fd70:6f73:7400:100::/56',
    'fd70:6f73:7400:101::/65',
    'fd70:6f73:7400:101::',
    '10.2.0.0/24',
    '',
  ]) {
    assert.throws(() => requireSubnetIpv6Block(text, vpc, present), {
      code: 'InvalidParameterValue',
      message: `invalid value for parameter ipv6-cidr-block: ${text}`,
    })
  }
})
