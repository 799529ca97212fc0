// What SimulateCustomPolicy and SimulatePrincipalPolicy answer.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { iam } from '../../src/wire/index.ts'
import { IamRoom, account } from './iam-room.ts'

type Results = readonly iam.EvaluationResult[]

const key = `arn:aws:kms:us-west-2:${account}:key/1`
const userArn = (name: string): string => `arn:aws:iam::${account}:user/${name}`

const policyOf = (...statements: readonly object[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements })
const allow = (Action: string, Resource = '*'): object => ({ Effect: 'Allow', Action, Resource })
const deny = (Action: string, Resource = '*'): object => ({ Effect: 'Deny', Action, Resource })

const custom = (room: IamRoom, input: object): Promise<iam.SimulatePolicyResponse> =>
  room.do<iam.SimulatePolicyResponse>('SimulateCustomPolicy', input)

async function principal(room: IamRoom, input: object): Promise<Results> {
  const answer = await room.do<iam.SimulatePolicyResponse>('SimulatePrincipalPolicy', input)
  return answer.EvaluationResults!
}

/** The decision, and the ids of the policies that it rests on. */
const shown = (results: Results): readonly (readonly unknown[])[] =>
  results.map(({ EvalDecision, MatchedStatements }) => [
    EvalDecision,
    ...MatchedStatements!.map(statement => statement.SourcePolicyId),
  ])

test('without resources a result is about "*", and has no more than that', async () => {
  await using room = await IamRoom.open()

  const answer = await custom(room, {
    PolicyInputList: [policyOf(allow('kms:ListKeys'))],
    ActionNames: ['kms:listkeys', 'kms:Decrypt'],
  })

  const position = { StartPosition: { Line: 1, Column: 38 }, EndPosition: { Line: 1, Column: 95 } }
  const statement = { SourcePolicyId: 'PolicyInputList.1', SourcePolicyType: 'IAM Policy', ...position }
  assert.deepEqual(answer, {
    EvaluationResults: [
      {
        EvalActionName: 'kms:listkeys',
        EvalResourceName: '*',
        EvalDecision: 'allowed',
        MatchedStatements: [statement],
        MissingContextValues: [],
      },
      {
        EvalActionName: 'kms:Decrypt',
        EvalResourceName: '*',
        EvalDecision: 'implicitDeny',
        MatchedStatements: [],
        MissingContextValues: [],
      },
    ],
    IsTruncated: false,
  })
})

test('with one resource the result says the same twice, as that of AWS does', async () => {
  await using room = await IamRoom.open()
  const conditional = { ...allow('kms:Decrypt', key), Condition: { StringEquals: { 'aws:SourceVpce': 'vpce-1' } } }

  const { EvaluationResults } = await custom(room, {
    PolicyInputList: [policyOf(allow('kms:*'), conditional)],
    PermissionsBoundaryPolicyInputList: [policyOf(allow('*'))],
    ActionNames: ['kms:Encrypt'],
    ResourceArns: [key],
  })

  const [result] = EvaluationResults!
  const { MatchedStatements } = result!
  assert.equal(MatchedStatements!.length, 1)
  const common = {
    MatchedStatements,
    MissingContextValues: ['aws:SourceVpce'],
    PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: true },
  }
  assert.deepEqual(result, {
    EvalActionName: 'kms:Encrypt',
    EvalResourceName: key,
    EvalDecision: 'allowed',
    ...common,
    EvalDecisionDetails: {},
    ResourceSpecificResults: [{ EvalResourceName: key, EvalResourceDecision: 'allowed', ...common }],
  })
})

test('with several resources an action has one result, which allows only where all of them are allowed', async () => {
  await using room = await IamRoom.open()
  const decisions = async (...ResourceArns: readonly string[]): Promise<readonly unknown[]> => {
    const { EvaluationResults } = await custom(room, {
      PolicyInputList: [policyOf(allow('kms:Decrypt', `${key}*`), deny('kms:Decrypt', `${key}3`))],
      ActionNames: ['kms:Decrypt'],
      ResourceArns,
    })
    const [result, ...others] = EvaluationResults!
    assert.equal(others.length, 0)
    return [result!.EvalDecision, result!.ResourceSpecificResults!.map(each => each.EvalResourceDecision)]
  }
  const foreign = 'arn:aws:kms:us-west-2:444455556666:key/1'

  assert.deepEqual(await decisions(key, `${key}2`), ['allowed', ['allowed', 'allowed']])
  assert.deepEqual(await decisions(key, foreign), ['implicitDeny', ['allowed', 'implicitDeny']])
  assert.deepEqual(await decisions(foreign, key, `${key}3`), [
    'explicitDeny',
    ['implicitDeny', 'allowed', 'explicitDeny'],
  ])
})

test('pages have each action once and in order', async () => {
  await using room = await IamRoom.open()
  const ActionNames = Array.from({ length: 250 }, (_, index) => `kms:Action${index}`)
  const input = { PolicyInputList: [policyOf(allow('kms:*'))], ActionNames }

  for (const MaxItems of [undefined, 1_000, 7]) {
    const names: string[] = []
    let Marker: string | undefined
    do {
      const answer = await custom(room, { ...input, MaxItems, Marker })
      assert.ok(answer.EvaluationResults!.length <= (MaxItems ?? 100))
      names.push(...answer.EvaluationResults!.map(result => result.EvalActionName))
      Marker = answer.Marker
      assert.equal(answer.IsTruncated, Marker !== undefined)
    } while (Marker !== undefined)
    assert.deepEqual(names, ActionNames)
  }
})

test('a page ends early where there is much to compare, and other requests come in between', async () => {
  await using room = await IamRoom.open()
  const statements = Array.from({ length: 900 }, (_, index) => allow(`kms:Action${index}`))
  const ResourceArns = Array.from({ length: 1_000 }, (_, index) => `${key}${index}`)
  let turns = 0
  const timer = setInterval(() => turns++, 1)

  const answer = await custom(room, {
    PolicyInputList: [policyOf(...statements)],
    ActionNames: Array.from({ length: 100 }, () => 'kms:Decrypt'),
    ResourceArns,
  })

  clearInterval(timer)
  assert.equal(answer.EvaluationResults!.length, 1)
  assert.ok(answer.Marker !== undefined)
  assert.ok(turns > 3, `${turns} turns`)
})

const lists = { PolicyInputList: [policyOf(allow('*'))], ActionNames: ['kms:Decrypt'] }
const resourcePolicy = policyOf({ ...allow('kms:*'), Principal: { AWS: userArn('alice') } })

for (const [name, input, message] of [
  ['a pattern of actions', { ActionNames: ['kms:*'] }, /^Invalid Input Actions: "kms:\*"/],
  ['a word for an action', { ActionNames: ['Decrypt'] }, /^Invalid Input Actions: "Decrypt"/],
  ['a resource that is no ARN', { ResourceArns: ['alias/a'] }, 'ARN alias/a is not valid.'],
  ['very many resources', { ResourceArns: Array.from({ length: 1_001 }, () => key) }, /more than 1000 resources/],
  [
    'a document that is none',
    { PolicyInputList: ['{"Version":"2012-10-17"}'] },
    /^Invalid policy document PolicyInputList\.1:/,
  ],
  ['a boundary that is none', { PermissionsBoundaryPolicyInputList: ['x'] }, /PermissionsBoundaryPolicyInputList\.1/],
  ['two boundaries', { PermissionsBoundaryPolicyInputList: [policyOf(), policyOf()] }, /Only one permissions boundary/],
  [
    'a level that is none',
    { OrderedOrganizationPolicyInputList: [{ ServiceControlPolicyInputList: [policyOf({})] }] },
    /OrderedOrganizationPolicyInputList\.1\.ServiceControlPolicyInputList\.1/,
  ],
  [
    'a policy of a resource and no caller',
    { ResourcePolicy: resourcePolicy },
    'Invalid caller - Caller must be an IAM user in this context.',
  ],
  [
    'a policy of a resource and a role for caller',
    { ResourcePolicy: resourcePolicy, CallerArn: `arn:aws:iam::${account}:role/r` },
    'Invalid caller - Caller must be an IAM user in this context.',
  ],
  [
    'a session for caller',
    { CallerArn: `arn:aws:sts::${account}:assumed-role/r/s` },
    'Invalid caller - Caller must be an IAM user in this context.',
  ],
  ['an owner that is no account', { ResourceOwner: 'arn:aws:iam::1:root' }, /^Invalid Resource Owner/],
  ['an option about instances', { ResourceHandlingOption: 'EC2-VPC-EBS' }, /EC2-VPC-EBS is not supported/],
  [
    'a key of the context twice',
    { ContextEntries: [{ ContextKeyName: 'aws:a' }, { ContextKeyName: 'AWS:A' }] },
    /twice/,
  ],
  ['a key of the context without name', { ContextEntries: [{ ContextKeyValues: ['a'] }] }, /no ContextKeyName/],
  ...[
    ['boolean', 'yes'],
    ['numeric', 'one'],
    ['numericList', '1,2'],
    ['date', 'yesterday'],
    ['ip', 'localhost'],
    ['binary', 'no base 64'],
  ].map(
    ([ContextKeyType, value]) =>
      [
        `a value that is no ${ContextKeyType}`,
        { ContextEntries: [{ ContextKeyName: 'aws:a', ContextKeyValues: [value], ContextKeyType }] },
        `Invalid Context Entry: aws:a has the value ${value}, which is no ${ContextKeyType}.`,
      ] as const,
  ),
  [
    'two values of a single-valued key',
    { ContextEntries: [{ ContextKeyName: 'aws:a', ContextKeyValues: ['1', '2'], ContextKeyType: 'string' }] },
    /has several values/,
  ],
] as const) {
  test(`SimulateCustomPolicy refuses ${name}`, async () => {
    await using room = await IamRoom.open()

    await assert.rejects(custom(room, { ...lists, ...input }), { code: 'InvalidInput', message })
  })
}

test('context entries are compared as what they are', async () => {
  await using room = await IamRoom.open()
  const Condition = {
    StringEquals: { 'aws:PrincipalTag/team': 'red' },
    'ForAllValues:StringEquals': { 'aws:TagKeys': ['a', 'b'] },
    NumericLessThan: { 'kms:x': '10' },
    Bool: { 'aws:SecureTransport': 'true' },
    DateGreaterThan: { 'aws:CurrentTime': '2026-01-01T00:00:00Z' },
    IpAddress: { 'aws:SourceIp': '192.0.2.0/24' },
  }
  const entry = (ContextKeyName: string, ContextKeyType: string, ...ContextKeyValues: readonly string[]) => ({
    ContextKeyName,
    ContextKeyType,
    ContextKeyValues,
  })

  const { EvaluationResults } = await custom(room, {
    PolicyInputList: [policyOf({ ...allow('kms:*'), Condition })],
    ActionNames: ['kms:Decrypt'],
    ContextEntries: [
      entry('AWS:PRINCIPALTAG/team', 'string', 'red'),
      entry('aws:TagKeys', 'stringList', 'a'),
      entry('kms:x', 'numeric', '9'),
      entry('aws:SecureTransport', 'boolean', 'true'),
      entry('aws:CurrentTime', 'date', '2026-11-24T00:00:00Z'),
      entry('aws:SourceIp', 'ip', '192.0.2.7'),
    ],
  })

  assert.equal(EvaluationResults![0]!.EvalDecision, 'allowed')
  assert.deepEqual(EvaluationResults![0]!.MissingContextValues, [])
})

test('SimulateCustomPolicy tells of service control policies whether all levels permit', async () => {
  await using room = await IamRoom.open()
  const level = (...statements: readonly object[]) => ({ ServiceControlPolicyInputList: [policyOf(...statements)] })

  const { EvaluationResults } = await custom(room, {
    ...lists,
    ActionNames: ['kms:Decrypt', 's3:GetObject'],
    OrderedOrganizationPolicyInputList: [level(allow('*')), level(allow('kms:*'))],
  })

  const details = EvaluationResults!.map(result => [result.EvalDecision, result.OrganizationsDecisionDetail])
  assert.deepEqual(details, [
    ['allowed', { AllowedByOrganizations: true }],
    ['implicitDeny', { AllowedByOrganizations: false }],
  ])
})

test('SimulatePrincipalPolicy of a user has its own policies and those of its groups, by name', async () => {
  await using room = await IamRoom.open()
  const { arn } = await room.policy('Own', [policyOf(deny('kms:Decrypt')), policyOf(allow('kms:Decrypt'))])
  await room.group('admins', { policies: [{ name: 'g', document: policyOf(allow('kms:Encrypt')) }] })
  await room.group('readers', { attachedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] })
  await room.user('alice', {
    policies: [{ name: 'u', document: policyOf(allow('kms:Encrypt')) }],
    attachedPolicyArns: [arn],
    groupNames: ['admins', 'readers'],
  })

  const results = await principal(room, {
    PolicySourceArn: userArn('alice'),
    ActionNames: ['kms:Encrypt', 'kms:Decrypt', 's3:GetObject'],
    PolicyInputList: [policyOf(allow('s3:GetObject'))],
  })

  assert.deepEqual(shown(results), [
    ['allowed', 'user_alice_u', 'group_admins_g', 'AdministratorAccess'],
    ['allowed', 'Own', 'AdministratorAccess'],
    ['allowed', 'AdministratorAccess', 'PolicyInputList.1'],
  ])
  const { StartPosition, EndPosition } = results[2]!.MatchedStatements![0]!
  assert.deepEqual(
    [StartPosition, EndPosition],
    [
      { Line: 3, Column: 17 },
      { Line: 8, Column: 6 },
    ],
  )
})

test('SimulatePrincipalPolicy of a role has its boundary, or the one that is given', async () => {
  await using room = await IamRoom.open()
  const { arn: boundaryArn } = await room.policy('Bound', [policyOf(deny('kms:Decrypt'), allow('*'))])
  await room.role('worker', { policies: [{ name: 'p', document: policyOf(allow('kms:*')) }], boundaryArn })
  const input = { PolicySourceArn: `arn:aws:iam::${account}:role/worker`, ActionNames: ['kms:Decrypt', 'kms:Encrypt'] }

  const own = await principal(room, input)
  const given = await principal(room, {
    ...input,
    PermissionsBoundaryPolicyInputList: [policyOf(allow('kms:Decrypt'))],
  })

  assert.deepEqual(shown(own), [
    ['explicitDeny', 'Bound'],
    ['allowed', 'role_worker_p'],
  ])
  assert.equal(own[0]!.MatchedStatements![0]!.SourcePolicyType, 'Permissions Boundary Policy')
  assert.deepEqual(shown(given), [['allowed', 'role_worker_p'], ['implicitDeny']])
  assert.deepEqual(
    given.map(result => result.PermissionsBoundaryDecisionDetail!.AllowedByPermissionsBoundary),
    [true, false],
  )
})

test('SimulatePrincipalPolicy finds a role by its name alone, as the ARN of a session has it', async () => {
  await using room = await IamRoom.open()
  await room.role('worker', { path: '/team/', policies: [{ name: 'p', document: policyOf(allow('kms:*')) }] })
  const PolicySourceArn = `arn:aws:iam::${account}:role/worker`

  const results = await principal(room, { PolicySourceArn, ActionNames: ['kms:Decrypt'] })
  const { checks } = await room.prepare('SimulatePrincipalPolicy', { PolicySourceArn, ActionNames: [] })

  assert.deepEqual(shown(results), [['allowed', 'role_worker_p']])
  assert.ok(typeof checks !== 'string' && checks[0].resource.kind === 'named')
  assert.equal(checks[0].resource.arn, `arn:aws:iam::${account}:role/team/worker`)
})

test('a simulation knows the name, the account and the organization of its caller, and nothing else', async () => {
  await using room = await IamRoom.open()
  const own = policyOf(allow('kms:*', 'arn:aws:kms:us-west-2:*:alias/${aws:PrincipalAccount}/${aws:username}'), {
    ...allow('s3:*'),
    Condition: {
      StringEquals: {
        'aws:PrincipalType': 'User',
        'aws:userid': 'AIDAALICE',
        'aws:PrincipalTag/team': 'red',
        'aws:PrincipalArn': userArn('alice'),
        'aws:PrincipalOrgID': 'o-a',
      },
    },
  })
  await room.user('alice', { policies: [{ name: 'own', document: own }], tags: [{ key: 'team', value: 'red' }] })
  const input = {
    PolicySourceArn: userArn('alice'),
    ActionNames: ['kms:Decrypt'],
    ResourceArns: [`arn:aws:kms:us-west-2:${account}:alias/${account}/alice`],
  }

  const [result] = await principal(room, input)
  const [asBob] = await principal(room, { ...input, CallerArn: userArn('bob') })

  assert.equal(result!.EvalDecision, 'allowed')
  assert.deepEqual(result!.MissingContextValues, ['aws:PrincipalTag/team', 'aws:PrincipalArn', 'aws:PrincipalOrgID'])
  assert.equal(asBob!.EvalDecision, 'implicitDeny')
  assert.deepEqual(asBob!.MissingContextValues, ['aws:userid', ...result!.MissingContextValues])
})

test('SimulatePrincipalPolicy has the service control policies of the account, and tells only whether they permit', async () => {
  await using room = await IamRoom.open()
  await room.user('alice', { policies: [{ name: 'p', document: policyOf(allow('*')) }] })
  await room.organization({ 'no-decrypt': policyOf(deny('kms:Decrypt'), allow('*')) })
  const input = { PolicySourceArn: userArn('alice'), ActionNames: ['kms:Decrypt', 'kms:Encrypt'] }

  const results = await principal(room, input)
  const without = await principal(room, { ...input, PolicyExclusionList: [{ PolicyType: 'scp' }] })

  assert.deepEqual(shown(results), [['explicitDeny'], ['allowed', 'user_alice_p']])
  assert.deepEqual(
    results.map(result => result.OrganizationsDecisionDetail!.AllowedByOrganizations),
    [false, true],
  )
  assert.deepEqual(
    without.map(result => [result.EvalDecision, result.OrganizationsDecisionDetail]),
    [
      ['allowed', undefined],
      ['allowed', undefined],
    ],
  )
})

test('SimulatePrincipalPolicy of a group has its own policies', async () => {
  await using room = await IamRoom.open()
  await room.group('admins', { path: '/staff/', policies: [{ name: 'g', document: policyOf(allow('kms:*')) }] })
  const PolicySourceArn = `arn:aws:iam::${account}:group/staff/admins`

  const results = await principal(room, { PolicySourceArn, ActionNames: ['kms:Decrypt'] })

  assert.deepEqual(shown(results), [['allowed', 'group_admins_g']])
})

test('SimulatePrincipalPolicy leaves out what the request excludes', async () => {
  await using room = await IamRoom.open()
  const { arn } = await room.policy('Own', [policyOf(deny('kms:*'))])
  const policies = [{ name: 'p', document: policyOf(allow('*')) }]
  await room.user('alice', { policies, attachedPolicyArns: [arn], boundaryArn: arn })
  const input = { PolicySourceArn: userArn('alice'), ActionNames: ['kms:Decrypt'] }

  const results = await principal(room, {
    ...input,
    PolicyExclusionList: [{ PolicyArn: arn }],
  })

  assert.deepEqual(shown(await principal(room, input)), [['explicitDeny', 'Own', 'Own']])
  assert.deepEqual(shown(results), [['allowed', 'user_alice_p']])
  assert.equal(results[0]!.PermissionsBoundaryDecisionDetail, undefined)
})

test("SimulatePrincipalPolicy takes the user for the caller that a resource's policy names", async () => {
  await using room = await IamRoom.open()
  await room.user('alice')
  const input = {
    PolicySourceArn: userArn('alice'),
    ActionNames: ['kms:Decrypt'],
    ResourceArns: [key],
    ResourcePolicy: resourcePolicy,
  }

  const asAlice = await principal(room, input)
  const asBob = await principal(room, { ...input, CallerArn: userArn('bob') })

  assert.deepEqual(shown(asAlice), [['allowed', 'ResourcePolicy']])
  assert.equal(asAlice[0]!.MatchedStatements![0]!.SourcePolicyType, 'Resource Policy')
  assert.deepEqual(shown(asBob), [['implicitDeny']])
})

for (const [name, arn, code, message] of [
  [
    'a session',
    `arn:aws:sts::${account}:assumed-role/u/s`,
    'InvalidInput',
    `Invalid Entity Arn: arn:aws:sts::${account}:assumed-role/u/s does not clearly define entity type and name.`,
  ],
  [
    'the root user',
    `arn:aws:iam::${account}:root`,
    'InvalidInput',
    `Invalid Entity Arn: arn:aws:iam::${account}:root does not clearly define entity type and name.`,
  ],
  [
    'a user of another account',
    'arn:aws:iam::444455556666:user/x',
    'InvalidInput',
    `Invalid Policy Source Arn: caller's account ${account} does not have access to policies in account 444455556666`,
  ],
  [
    'a role that there is not',
    `arn:aws:iam::${account}:role/x`,
    'NoSuchEntity',
    'The role with name x cannot be found.',
  ],
] as const) {
  test(`SimulatePrincipalPolicy refuses ${name}`, async () => {
    await using room = await IamRoom.open()
    await room.user('alice')

    const call = principal(room, { PolicySourceArn: arn, ActionNames: ['kms:Decrypt'] })

    await assert.rejects(call, { code, message })
  })
}

test('SimulatePrincipalPolicy asks for the permission on the principal, with its tags, whether it is there or not', async () => {
  await using room = await IamRoom.open()
  await room.user('alice', { tags: [{ key: 'team', value: 'red' }] })
  const checksFor = async (arn: string): Promise<unknown> =>
    (await room.prepare('SimulatePrincipalPolicy', { PolicySourceArn: arn, ActionNames: [] })).checks

  const action = 'iam:SimulatePrincipalPolicy'
  const named = { kind: 'named', account } as const
  assert.deepEqual(await checksFor(userArn('alice')), [
    { action, resource: { ...named, arn: userArn('alice'), tags: { team: 'red' } } },
  ])
  assert.deepEqual(await checksFor(userArn('bob')), [{ action, resource: { ...named, arn: userArn('bob') } }])
})
