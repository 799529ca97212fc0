import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../../base/index.ts'
import type { ec2 } from '../../wire/index.ts'
import { duplicateRule, peerText, requestedRules, ruleText } from './permissions.ts'
import type { PermissionInput } from './permissions.ts'

const group = { account: '111122223333', vpcId: 'vpc-1' }

const rulesOf = (input: PermissionInput) =>
  requestedRules(input, { group, direction: 'ingress', random: seededRandom(1) })

const https = (more: Partial<ec2.IpPermission>): PermissionInput => ({
  IpPermissions: [{ IpProtocol: 'tcp', FromPort: 443, ToPort: 443, ...more }],
})

const anywhere = { IpRanges: [{ CidrIp: '0.0.0.0/0' }] }
const pair = { GroupId: 'sg-00000001' }

for (const [given, stored] of Object.entries({
  '6': 'tcp',
  '06': 'tcp',
  TCP: 'tcp',
  '017': 'udp',
  '050': '50',
  '-1': '-1',
})) {
  test(`requestedRules() reads the protocol ${given} as ${stored}`, () => {
    const [rule] = rulesOf(https({ ...anywhere, IpProtocol: given }))

    assert.equal(rule?.protocol, stored)
  })
}

for (const given of ['256', '999', '1000', 'tcpx', '', '+6', '__proto__', 'constructor']) {
  test(`requestedRules() refuses the protocol "${given}"`, () => {
    assert.throws(() => rulesOf(https({ ...anywhere, IpProtocol: given })), {
      code: 'InvalidParameterValue',
      message: `Invalid value '${given}' for IP protocol. Unknown protocol.`,
    })
  })
}

test('requestedRules() takes a description of 255 of the characters that AWS allows', () => {
  const Description = 'aZ09. _-:/()#,@[]+=&;{}!$*'.padEnd(255, 'x')

  const [rule] = rulesOf(https({ IpRanges: [{ CidrIp: '10.0.0.0/8', Description }] }))

  assert.equal(rule?.description, Description)
})

for (const [what, Description] of [
  ['256 characters', 'x'.repeat(256)],
  ['a line end', 'a\n'],
  ['an apostrophe', `Let's`],
  ['a letter beyond ASCII', 'é'],
] as const) {
  test(`requestedRules() refuses a description with ${what}, for each kind of peer`, () => {
    for (const peers of [
      { IpRanges: [{ CidrIp: '10.0.0.0/8', Description }] },
      { Ipv6Ranges: [{ CidrIpv6: '::/0', Description }] },
      { UserIdGroupPairs: [{ ...pair, Description }] },
    ]) {
      assert.throws(() => rulesOf(https(peers)), {
        code: 'InvalidParameterValue',
        message: /^Invalid rule description\. Valid descriptions are strings less than 256 characters/,
      })
    }
  })
}

const twice = { code: 'InvalidParameterValue', message: 'The same permission must not appear multiple times' }

test('requestedRules() refuses a peer twice in one permission, however it is spelled', () => {
  assert.throws(() => rulesOf(https({ IpRanges: [{ CidrIp: '10.0.0.0/8' }, { CidrIp: '10.1.2.3/8' }] })), twice)
  assert.throws(() => rulesOf(https({ Ipv6Ranges: [{ CidrIpv6: '::/0' }, { CidrIpv6: '0::1/0' }] })), twice)
  assert.throws(() => rulesOf(https({ UserIdGroupPairs: [pair, pair] })), twice)
})

test('requestedRules() refuses a permission twice, and takes one that differs in its ports', () => {
  const one = { IpProtocol: 'tcp', FromPort: 1, ToPort: 1, ...anywhere }

  assert.throws(() => rulesOf({ IpPermissions: [one, { ...one, IpProtocol: '6' }] }), twice)
  assert.equal(rulesOf({ IpPermissions: [one, { ...one, ToPort: 2 }] }).length, 2)
})

test('requestedRules() refuses a permission without a peer beside a good one', () => {
  const [good] = https(anywhere).IpPermissions!
  const [bare] = https({}).IpPermissions!

  assert.throws(() => rulesOf({ IpPermissions: [good!, bare!] }), { code: 'MissingParameter' })
})

for (const [name, value] of [
  ['CidrIp', '0.0.0.0/0'],
  ['IpProtocol', 'tcp'],
  ['FromPort', 1],
  ['ToPort', 1],
] as const) {
  test(`requestedRules() refuses ${name} beside IpPermissions`, () => {
    assert.throws(() => rulesOf({ ...https(anywhere), [name]: value }), { code: 'InvalidParameterCombination' })
  })
}

test('requestedRules() refuses a source group by its name or owner', () => {
  for (const name of ['SourceSecurityGroupName', 'SourceSecurityGroupOwnerId'])
    assert.throws(() => rulesOf({ ...https(anywhere), [name]: 'x' }), { code: 'UnsupportedOperation' })
})

test('requestedRules() takes a group of the same account and VPC', () => {
  const [rule] = rulesOf(https({ UserIdGroupPairs: [{ ...pair, UserId: group.account, VpcId: group.vpcId }] }))

  assert.equal(peerText(rule!.peer), 'sg-00000001')
})

for (const [what, given, code] of [
  ['of another account', { ...pair, UserId: '444455556666' }, 'InvalidGroup.NotFound'],
  ['of another VPC', { ...pair, VpcId: 'vpc-2' }, 'InvalidGroup.NotFound'],
  ['behind a peering', { ...pair, VpcPeeringConnectionId: 'pcx-1' }, 'UnsupportedOperation'],
  ['that is named by its name', { GroupName: 'g' }, 'InvalidGroup.NotFound'],
  ['that is not named', {}, 'MissingParameter'],
] as const) {
  test(`requestedRules() refuses a group ${what}`, () => {
    assert.throws(() => rulesOf(https({ UserIdGroupPairs: [given] })), { code })
  })
}

for (const [type, code] of [
  [undefined, undefined],
  [-1, -1],
  [-1, undefined],
] as const) {
  test(`requestedRules() reads ICMP of type ${type} and code ${code} as all of it, so that a group has it once`, () => {
    for (const IpProtocol of ['icmp', '1', 'icmpv6', '58']) {
      const [rule] = rulesOf(https({ ...anywhere, IpProtocol, FromPort: type, ToPort: code }))

      assert.deepEqual([rule?.fromPort, rule?.toPort], [-1, -1])
    }
  })
}

test('requestedRules() takes a type of ICMP with one code or all', () => {
  for (const [FromPort, ToPort] of [
    [8, -1],
    [3, 4],
    [255, 255],
  ]) {
    const [rule] = rulesOf(https({ ...anywhere, IpProtocol: 'icmp', FromPort, ToPort }))

    assert.deepEqual([rule?.fromPort, rule?.toPort], [FromPort, ToPort])
  }
})

for (const [type, code] of [
  [-1, 0],
  [256, -1],
  [8, 256],
  [-2, -1],
] as const) {
  test(`requestedRules() refuses ICMP of type ${type} and code ${code}`, () => {
    assert.throws(() => rulesOf(https({ ...anywhere, IpProtocol: 'icmp', FromPort: type, ToPort: code })), {
      code: 'InvalidParameterValue',
    })
  })
}

test('requestedRules() leaves out ports with protocols that have none', () => {
  for (const IpProtocol of ['47', '50', '-1']) {
    const [rule] = rulesOf(https({ ...anywhere, IpProtocol }))

    assert.deepEqual([rule?.fromPort, rule?.toPort], [undefined, undefined])
  }
})

test('duplicateRule() says type and code of ICMP, as AWS does', () => {
  const [rule] = rulesOf(https({ ...anywhere, IpProtocol: 'icmp', FromPort: -1, ToPort: -1 }))

  const text = 'the specified rule "peer: 0.0.0.0/0, ICMP, type: ALL, code: ALL, ALLOW" already exists'
  assert.equal(duplicateRule(rule!).message, text)
})

test('ruleText() is the same for rules as they were once kept: ICMP without a type, other protocols with ports', () => {
  const [icmp, gre] = rulesOf({
    IpPermissions: [
      { IpProtocol: 'icmp', ...anywhere },
      { IpProtocol: '47', ...anywhere },
    ],
  })
  const { fromPort: _from, toPort: _to, ...formerIcmp } = icmp!

  assert.equal(ruleText(formerIcmp), ruleText(icmp!))
  assert.equal(ruleText({ ...gre!, fromPort: 1, toPort: 2 }), ruleText(gre!))
})
