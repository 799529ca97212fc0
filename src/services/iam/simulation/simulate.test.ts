import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileIdentityPolicy, compileKeyPolicy, compileServiceControlPolicy } from '../../../policy/index.ts'
import type { ContextValue } from '../../../policy/index.ts'
import { missingKeys, simulate } from './simulate.ts'
import type { SimulatedOutcome, SimulatedPolicy, Simulation } from './simulate.ts'

const account = '111122223333'
const other = '444455556666'
const arn = `arn:aws:iam::${account}:user/alice`
const key = `arn:aws:kms:us-west-2:${account}:key/1`
const bucket = 'arn:aws:s3:::bucket'

type Statement = Readonly<Record<string, unknown>>

const textOf = (...statements: readonly Statement[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements })
const allow = (Action: string, Resource = '*'): Statement => ({ Effect: 'Allow', Action, Resource })
const deny = (Action: string, Resource = '*'): Statement => ({ Effect: 'Deny', Action, Resource })

const identity = (...statements: readonly Statement[]): SimulatedPolicy => ({
  id: 'PolicyInputList.1',
  type: 'IAM Policy',
  compiled: compileIdentityPolicy(textOf(...statements), { name: 'identity' }),
})
const boundary = (...statements: readonly Statement[]): SimulatedPolicy => ({
  id: 'Bound',
  type: 'Permissions Boundary Policy',
  compiled: compileIdentityPolicy(textOf(...statements), { name: 'boundary' }),
})
const ofResource = (owner: string, ...statements: readonly Statement[]): Required<Pick<Simulation, 'resource'>> => ({
  resource: {
    owner,
    policy: {
      id: 'ResourcePolicy',
      type: 'Resource Policy',
      compiled: compileKeyPolicy(textOf(...statements), { name: 'resource' }),
    },
  },
})
const level = (...statements: readonly Statement[]) => ({
  name: 'level',
  policies: [compileServiceControlPolicy(textOf(...statements), { name: 'level' })],
})
const to = (AWS: string, statement: Statement): Statement => ({ ...statement, Principal: { AWS } })

const simulationOf = (parts: Partial<Simulation>): Simulation => ({
  caller: { kind: 'user', account, arn, issuerArn: arn },
  context: new Map<string, ContextValue>(),
  identity: [],
  ...parts,
})

/** Decision, and the policies whose statements it rests on. */
const shown = ({ decision, matched }: SimulatedOutcome): readonly string[] => [
  decision,
  ...matched.map(({ policy }) => policy.id),
]

test('simulate() allows what an identity policy allows, and names the statement', () => {
  const simulation = simulationOf({ identity: [identity(allow('kms:Encrypt'), allow('kms:Decrypt', key))] })

  const outcome = simulate(simulation, 'kms:Decrypt', key)

  assert.deepEqual(shown(outcome), ['allowed', 'PolicyInputList.1'])
  const text = simulation.identity[0]!.compiled.text
  const { start, end } = outcome.matched[0]!
  assert.equal(text.slice(start.column, end.column - 1), JSON.stringify(allow('kms:Decrypt', key)))
})

test('simulate() names every statement that allows', () => {
  const simulation = simulationOf({ identity: [identity(allow('kms:*'), allow('*')), identity(allow('kms:Decrypt'))] })

  assert.equal(simulate(simulation, 'kms:Decrypt', '*').matched.length, 3)
})

test('simulate() denies by default, and names nothing', () => {
  const simulation = simulationOf({ identity: [identity(allow('kms:Decrypt', key))] })

  assert.deepEqual(shown(simulate(simulation, 'kms:Encrypt', key)), ['implicitDeny'])
  assert.deepEqual(shown(simulate(simulation, 'kms:Decrypt', `${key}0`)), ['implicitDeny'])
  assert.deepEqual(shown(simulate(simulation, 'kms:Decrypt', '*')), ['implicitDeny'])
})

test('simulate() names of an explicit denial only what denies', () => {
  const policies = [identity(allow('*')), { ...identity(deny('kms:*'), allow('kms:*')), id: 'PolicyInputList.2' }]

  assert.deepEqual(shown(simulate(simulationOf({ identity: policies }), 'kms:Decrypt', key)), [
    'explicitDeny',
    'PolicyInputList.2',
  ])
})

test('simulate() sees the context that is given, and nothing else', () => {
  const conditional = { ...allow('kms:*'), Condition: { StringEquals: { 'aws:PrincipalTag/team': 'red' } } }
  const policies = [identity(conditional)]
  const given = new Map([['aws:principaltag/team', 'red']])

  assert.equal(simulate(simulationOf({ identity: policies }), 'kms:Decrypt', key).decision, 'implicitDeny')
  assert.equal(simulate(simulationOf({ identity: policies, context: given }), 'kms:Decrypt', key).decision, 'allowed')
})

for (const [name, bound, expected, isAllowed] of [
  ['allows', boundary(allow('kms:*')), ['allowed', 'PolicyInputList.1'], true],
  ['does not allow', boundary(allow('s3:*')), ['implicitDeny'], false],
  ['denies', boundary(allow('*'), deny('kms:Decrypt')), ['explicitDeny', 'Bound'], false],
] as const) {
  test(`simulate() says of a boundary that ${name} that it does`, () => {
    const outcome = simulate(simulationOf({ identity: [identity(allow('*'))], boundary: bound }), 'kms:Decrypt', key)

    assert.deepEqual(shown(outcome), expected)
    assert.equal(outcome.allowedByBoundary, isAllowed)
  })
}

test('simulate() does not allow by a boundary alone', () => {
  assert.equal(simulate(simulationOf({ boundary: boundary(allow('*')) }), 'kms:Decrypt', key).decision, 'implicitDeny')
})

for (const [name, levels, decision, isAllowed] of [
  ['allows', [level(allow('*')), level(allow('kms:*'))], 'allowed', true],
  ['does not allow', [level(allow('*')), level(allow('s3:*'))], 'implicitDeny', false],
  ['denies', [level(allow('*'), deny('kms:*')), level(allow('*'))], 'explicitDeny', false],
] as const) {
  test(`simulate() says whether the organization permits, where a level ${name}, and nothing of its policies`, () => {
    const simulation = simulationOf({ identity: [identity(allow('*'))], serviceControl: levels })

    const outcome = simulate(simulation, 'kms:Decrypt', key)

    assert.equal(outcome.decision, decision)
    assert.equal(outcome.allowedByOrganizations, isAllowed)
    assert.deepEqual(
      outcome.matched.map(({ policy }) => policy.id),
      decision === 'allowed' ? ['PolicyInputList.1'] : [],
    )
  })
}

test('simulate() says nothing of boundaries and organizations where there are none', () => {
  const outcome = simulate(simulationOf({}), 'kms:Decrypt', key)

  assert.deepEqual(outcome, { decision: 'implicitDeny', matched: [] })
})

test('simulate() asks the policy of a key always', () => {
  const policies = [identity(allow('kms:*'))]
  const silent = simulationOf({ identity: policies, ...ofResource(account, to(arn, allow('kms:Encrypt'))) })
  const delegating = simulationOf({ identity: policies, ...ofResource(account, to(account, allow('kms:*'))) })

  assert.deepEqual(shown(simulate(silent, 'kms:Decrypt', key)), ['implicitDeny'])
  assert.deepEqual(shown(simulate(delegating, 'kms:Decrypt', key)), ['allowed', 'ResourcePolicy', 'PolicyInputList.1'])
})

test("simulate() allows what either the caller's or another resource's policy of its account allows", () => {
  const byIdentity = simulationOf({
    identity: [identity(allow('s3:*'))],
    ...ofResource(account, to(arn, allow('x:y'))),
  })
  const byResource = simulationOf(ofResource(account, to(arn, allow('s3:*'))))
  const byNeither = simulationOf(ofResource(account, to(`${arn}2`, allow('s3:*'))))

  assert.deepEqual(shown(simulate(byIdentity, 's3:GetObject', bucket)), ['allowed', 'PolicyInputList.1'])
  assert.deepEqual(shown(simulate(byResource, 's3:GetObject', bucket)), ['allowed', 'ResourcePolicy'])
  assert.deepEqual(shown(simulate(byNeither, 's3:GetObject', bucket)), ['implicitDeny'])
})

test('simulate() lets a resource deny what the caller is allowed', () => {
  const simulation = simulationOf({
    identity: [identity(allow('*'))],
    ...ofResource(account, { ...deny('s3:DeleteObject'), Principal: '*' }),
  })

  assert.deepEqual(shown(simulate(simulation, 's3:DeleteObject', bucket)), ['explicitDeny', 'ResourcePolicy'])
})

for (const [name, parts, decision, sides] of [
  [
    'both allow',
    { identity: [identity(allow('*'))], ...ofResource(other, to(arn, allow('*'))) },
    'allowed',
    ['allowed', 'allowed'],
  ],
  ['the caller lacks it', ofResource(other, to(arn, allow('*'))), 'implicitDeny', ['implicitDeny', 'allowed']],
  [
    'the resource lacks it',
    { identity: [identity(allow('*'))], ...ofResource(other, to(arn, allow('x:y'))) },
    'implicitDeny',
    ['allowed', 'implicitDeny'],
  ],
] as const) {
  test(`simulate() asks both sides of a resource of another account: ${name}`, () => {
    const outcome = simulate(simulationOf(parts), 's3:GetObject', bucket)

    assert.equal(outcome.decision, decision)
    assert.deepEqual([outcome.sides?.identity, outcome.sides?.resource], sides)
  })
}

test('simulate() takes the account of a resource from its ARN before that of its owner', () => {
  const simulation = simulationOf({ identity: [identity(allow('*'))], ...ofResource(account, to(arn, allow('x:y'))) })

  const outcome = simulate(simulation, 'sqs:SendMessage', `arn:aws:sqs:us-west-2:${other}:queue`)

  assert.equal(outcome.decision, 'implicitDeny')
  assert.ok(outcome.sides !== undefined)
})

test('simulate() leaves a trust policy out of account, as AWS does', () => {
  const role = `arn:aws:iam::${other}:role/r`
  const simulation = simulationOf({
    identity: [identity(allow('sts:AssumeRole', role))],
    ...ofResource(other, { ...deny('sts:AssumeRole'), Principal: '*' }),
  })

  assert.deepEqual(shown(simulate(simulation, 'sts:AssumeRole', role)), ['allowed', 'PolicyInputList.1'])
})

test('missingKeys() names what policies look at and nobody gave, also for other actions, and not what the organization looks at', () => {
  const conditional = (name: string): Statement => ({ ...allow('s3:*'), Condition: { Null: { [name]: true } } })
  const simulation = simulationOf({
    context: new Map([['aws:sourceip', '192.0.2.1']]),
    identity: [identity(conditional('aws:SourceIp'), conditional('aws:username'))],
    boundary: boundary(conditional('aws:userid')),
    serviceControl: [level({ ...allow('*'), Condition: { Null: { 'aws:SourceVpc': true } } })],
    ...ofResource(account, to(arn, conditional('aws:SecureTransport'))),
  })

  const names = ['aws:username', 'aws:userid', 'aws:SecureTransport']
  assert.deepEqual(missingKeys(simulation), names)
})
