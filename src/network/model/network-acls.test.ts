import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bordersLetThrough, defaultRulesOf } from './network-acls.ts'
import type { Crossing, SubnetBorder } from './network-acls.ts'
import type { NetworkAclEntryValue, NetworkAclRules, VpcValue } from './records.ts'

const entry = (more: Partial<NetworkAclEntryValue> = {}): NetworkAclEntryValue => ({
  ruleNumber: 100,
  action: 'allow',
  protocol: '6',
  cidr: '0.0.0.0/0',
  ports: { from: 443, to: 443 },
  ...more,
})
const ephemeral = entry({ ruleNumber: 200, ports: { from: 1_024, to: 65_535 } })
const everything: NetworkAclEntryValue = { ruleNumber: 100, action: 'allow', protocol: '-1', cidr: '0.0.0.0/0' }
const open: NetworkAclRules = { ingress: [everything], egress: [everything] }
const closed: NetworkAclRules = { ingress: [], egress: [] }
/** What a careful subnet of endpoints, and one of clients, let through. */
const serving: NetworkAclRules = { ingress: [entry()], egress: [ephemeral] }
const asking: NetworkAclRules = { ingress: [ephemeral], egress: [entry()] }

const crossing: Crossing = { clientAddress: '10.0.1.20', clientPort: 40_000, address: '10.0.2.10', port: 443 }
const bordersOf = (client: NetworkAclRules, endpoint: NetworkAclRules): readonly SubnetBorder[] => [
  { blocks: ['10.0.1.0/24', 'fd00:1::/64'], rules: client },
  { blocks: ['10.0.2.0/24', 'fd00:2::/64'], rules: endpoint },
]

const cases: Readonly<Record<string, readonly [NetworkAclRules, NetworkAclRules, boolean]>> = {
  'both let everything through': [open, open, true],
  'both let through what it needs, and nothing else': [asking, serving, true],
  'the subnets are the wrong way round': [serving, asking, false],
  'the endpoint’s lets nothing in': [open, { ...open, ingress: [] }, false],
  'the endpoint’s lets no answer out': [open, { ...open, egress: [] }, false],
  'the client’s lets nothing out': [{ ...open, egress: [] }, open, false],
  'the client’s lets no answer in': [{ ...open, ingress: [] }, open, false],
  'neither lets anything through': [closed, closed, false],
  'the port is another one': [open, { ...serving, ingress: [entry({ ports: { from: 80, to: 442 } })] }, false],
  'the protocol is another one': [open, { ...serving, ingress: [entry({ protocol: '17' })] }, false],
  'the port of the client is none that answers may go to': [
    open,
    { ...serving, egress: [entry({ ports: { from: 49_152, to: 65_535 } })] },
    false,
  ],
  'the block holds the client': [open, { ...serving, ingress: [entry({ cidr: '10.0.1.16/28' })] }, true],
  'the block does not hold the client': [open, { ...serving, ingress: [entry({ cidr: '10.0.1.0/28' })] }, false],
  'a rule with a lower number denies': [
    open,
    { ...serving, ingress: [entry(), entry({ ruleNumber: 99, action: 'deny', cidr: '10.0.1.20/32' })] },
    false,
  ],
  'a rule with a higher number denies': [
    open,
    { ...serving, ingress: [entry({ ruleNumber: 101, action: 'deny' }), entry()] },
    true,
  ],
  'a rule with a lower number denies somebody else': [
    open,
    { ...serving, ingress: [entry(), entry({ ruleNumber: 99, action: 'deny', cidr: '10.0.1.21/32' })] },
    true,
  ],
  'a lower number denies all protocols': [
    open,
    { ...serving, ingress: [entry(), { ...everything, ruleNumber: 1, action: 'deny' }] },
    false,
  ],
  'only IPv6 is let in': [open, { ...serving, ingress: [entry({ cidr: '::/0' })] }, false],
}
for (const [what, [client, endpoint, expected]] of Object.entries(cases)) {
  test(`bordersLetThrough() says ${expected} where ${what}`, () => {
    assert.equal(bordersLetThrough(bordersOf(client, endpoint), crossing), expected)
  })
}

test('bordersLetThrough() asks nothing within one subnet', () => {
  const within = { ...crossing, clientAddress: '10.0.2.20' }

  assert.ok(bordersLetThrough(bordersOf(closed, closed), within))
})

test('bordersLetThrough() asks the endpoint’s subnet alone where the client is in none', () => {
  const [abroad, borders] = [{ ...crossing, clientAddress: '192.0.2.1' }, bordersOf(closed, serving)]

  assert.ok(bordersLetThrough(borders, abroad))
  assert.ok(!bordersLetThrough(bordersOf(open, closed), abroad))
})

test('bordersLetThrough() goes by rules for IPv6 blocks where both ends have such addresses', () => {
  const ipv6 = { ...crossing, clientAddress: 'fd00:1::20', address: 'fd00:2::10' }
  const rules = (cidr: string): NetworkAclRules => ({
    ingress: [{ ...everything, cidr }],
    egress: [{ ...everything, cidr }],
  })

  assert.ok(bordersLetThrough(bordersOf(rules('::/0'), rules('fd00::/16')), ipv6))
  assert.ok(!bordersLetThrough(bordersOf(rules('::/0'), rules('0.0.0.0/0')), ipv6))
})

for (const clientAddress of ['', 'nobody', '10.0.1.256', '10.0.1.20/32']) {
  test(`bordersLetThrough() lets nobody through whose address is "${clientAddress}"`, () => {
    assert.ok(!bordersLetThrough(bordersOf(open, open), { ...crossing, clientAddress }))
  })
}

const vpc: VpcValue = {
  vpcId: 'vpc-1',
  account: '111122223333',
  region: 'us-west-2',
  cidr: '10.0.0.0/16',
  window: 1,
  enableDnsSupport: true,
  enableDnsHostnames: false,
  tags: [],
}
const ipv6Associations = [{ associationId: 'vpc-cidr-assoc-1', cidr: 'fd00::/56' }]

test('defaultRulesOf() lets everything through, of IPv6 once the VPC has it, until somebody changes a direction', () => {
  const numbers = (value: VpcValue) => {
    const { ingress, egress } = defaultRulesOf(value)
    return [ingress, egress].map(entries => entries.map(({ ruleNumber, cidr }) => `${ruleNumber} ${cidr}`))
  }
  const both = ['100 0.0.0.0/0', '101 ::/0']

  assert.deepEqual(numbers(vpc), [['100 0.0.0.0/0'], ['100 0.0.0.0/0']])
  assert.deepEqual(numbers({ ...vpc, ipv6Associations }), [both, both])
  assert.deepEqual(numbers({ ...vpc, ipv6Associations, networkAclRules: { ingress: [] } }), [[], both])
})
