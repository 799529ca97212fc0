import assert from 'node:assert/strict'
import { test } from 'node:test'
import { admits } from './admission.ts'
import type { ConnectionAttempt } from './admission.ts'
import type { SecurityGroupValue } from './records.ts'

type Rule = SecurityGroupValue['rules'][number]

const rule = (change: Partial<Rule>): Rule => ({
  ruleId: 'sgr-1',
  direction: 'ingress',
  protocol: 'tcp',
  fromPort: 443,
  toPort: 443,
  peer: { kind: 'ipv4', cidr: '10.0.1.0/24' },
  ...change,
})

const groupOf = (...rules: readonly Rule[]): SecurityGroupValue => ({ ...({} as SecurityGroupValue), rules })
const from = (clientAddress: string, change: Partial<ConnectionAttempt> = {}): ConnectionAttempt => ({
  protocol: 'tcp',
  port: 443,
  clientAddress,
  clientGroupIds: [],
  ...change,
})

const cases: readonly (readonly [cidr: string, admitted: readonly string[], refused: readonly string[]])[] = [
  ['10.0.1.77/32', ['10.0.1.77', '::ffff:10.0.1.77'], ['10.0.1.76', '10.0.1.78', '10.1.1.77', '::1']],
  ['10.0.1.76/31', ['10.0.1.76', '10.0.1.77'], ['10.0.1.75', '10.0.1.78']],
  ['10.0.1.0/24', ['10.0.1.0', '10.0.1.255', '::ffff:a00:101'], ['10.0.0.255', '10.0.2.0', '::ffff:a00:201']],
  ['0.0.0.0/0', ['0.0.0.0', '10.0.0.1', '255.255.255.255', '::ffff:10.0.0.1'], ['::', '::1', 'fd00::1']],
  ['0.0.0.0/1', ['127.255.255.255'], ['128.0.0.0']],
  ['::/0', ['::1', 'fd00::1'], ['10.0.0.1', '::ffff:10.0.0.1']],
  ['fd00::1/128', ['fd00::1'], ['fd00::2', '10.0.0.1']],
  // Written for an address of IPv4, but a block of IPv6: no client of a VPC has it.
  ['::ffff:10.0.1.77/128', [], ['10.0.1.77', '::ffff:10.0.1.77']],
]

for (const [cidr, admitted, refused] of cases) {
  test(`[E44] admits() lets in whom ${cidr} holds, and nobody else`, () => {
    const kind = cidr.includes(':') ? 'ipv6' : 'ipv4'
    const groups = [groupOf(rule({ peer: { kind, cidr } }))]

    for (const address of admitted) assert.ok(admits(groups, from(address)), address)
    for (const address of refused) assert.ok(!admits(groups, from(address)), address)
  })
}

test('[E44] admits() lets nobody in without a group, without a rule, or by a rule for the way out', () => {
  const open = { kind: 'ipv4', cidr: '0.0.0.0/0' } as const

  assert.ok(!admits([], from('10.0.1.1')))
  assert.ok(!admits([groupOf()], from('10.0.1.1')))
  assert.ok(!admits([groupOf(rule({ direction: 'egress', peer: open }))], from('10.0.1.1')))
})

test('[E44] admits() goes by the port and the protocol at their edges', () => {
  const groups = [groupOf(rule({ fromPort: 443, toPort: 444 }))]
  const every = [groupOf(rule({ protocol: '-1' }))]

  for (const port of [443, 444]) assert.ok(admits(groups, from('10.0.1.1', { port })))
  for (const port of [442, 445]) assert.ok(!admits(groups, from('10.0.1.1', { port })))
  assert.ok(!admits(groups, from('10.0.1.1', { protocol: 'udp' })))
  assert.ok(admits(every, from('10.0.1.1', { protocol: 'udp', port: 53 })))
})

test('[E44] admits() lets in by a group only whose own interface is in it', () => {
  const groups = [groupOf(rule({ peer: { kind: 'group', groupId: 'sg-1' } }))]

  assert.ok(admits(groups, from('10.0.1.1', { clientGroupIds: ['sg-0', 'sg-1'] })))
  assert.ok(!admits(groups, from('10.0.1.1', { clientGroupIds: ['sg-11'] })))
  assert.ok(!admits(groups, from('10.0.1.1')))
})

for (const text of ['', '10.0.1', '10.0.1.077', '10.0.1.7/32', 'client', '::g', '10.0.1.7 ']) {
  test(`admits() lets nobody in who is at "${text}", which is no address`, () => {
    const everybody = groupOf(
      rule({ peer: { kind: 'ipv4', cidr: '0.0.0.0/0' } }),
      rule({ peer: { kind: 'ipv6', cidr: '::/0' } }),
      rule({ peer: { kind: 'group', groupId: 'sg-1' } }),
    )

    assert.equal(admits([everybody], from(text, { clientGroupIds: ['sg-1'] })), false)
  })
}

test('admits() reads the blocks of rules once, not for each connection', () => {
  const rules = Array.from({ length: 300 }, (_, index) =>
    rule({ peer: { kind: 'ipv4', cidr: `10.${index >> 8}.${index & 0xff}.0/24` } }),
  )
  const groups = [groupOf(...rules)]
  const connect = (times: number): number => {
    const { user } = process.cpuUsage()
    for (let time = 0; time < times; time++) assert.equal(admits(groups, from('192.168.0.1')), false)
    return process.cpuUsage().user - user
  }
  connect(100)

  // Reading them each time takes a second and more, even where nothing else runs.
  assert.ok(connect(1_000) < 300_000)
})
