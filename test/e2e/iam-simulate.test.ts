// What simulations say, by the AWS SDK, and that real requests are decided alike.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  AttachUserPolicyCommand,
  CreatePolicyCommand,
  CreateUserCommand,
  GetUserCommand,
  ListGroupsCommand,
  ListUsersCommand,
  PutUserPermissionsBoundaryCommand,
  SimulateCustomPolicyCommand,
  SimulatePrincipalPolicyCommand,
  paginateSimulateCustomPolicy,
} from '@aws-sdk/client-iam'
import type { EvaluationResult, IAMClient, SimulatePrincipalPolicyRequest } from '@aws-sdk/client-iam'
import { CreateKeyCommand, DescribeKeyCommand, GetKeyPolicyCommand, ListKeysCommand } from '@aws-sdk/client-kms'
import { startPostern, trailText } from '../start-postern.ts'
import { refused } from './refused.ts'
import { allow, makeUser, policyOf } from './user.ts'
import type { Statement } from './user.ts'

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const { iam, kms } = postern.clients(await postern.administrator())
const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
const [key, account] = [KeyMetadata!.Arn!, KeyMetadata!.AWSAccountId!]

const deny = (action: string, resource = '*'): Statement => ({ Effect: 'Deny', Action: action, Resource: resource })

// A user with policies of its own and of AWS's, within a boundary.
const { Policy } = await iam.send(
  new CreatePolicyCommand({
    PolicyName: 'Bound',
    PolicyDocument: policyOf(allow(['iam:*', 'kms:*']), deny('iam:ListGroups')),
  }),
)
const { arn: anaArn, credentials: anaCredentials } = await makeUser(
  iam,
  'ana',
  allow('iam:GetUser', `arn:aws:iam::${account}:user/ana`),
  deny('kms:GetKeyPolicy'),
)
for (const name of ['ReadOnlyAccess', 'AWSKeyManagementServicePowerUser'])
  await iam.send(new AttachUserPolicyCommand({ UserName: 'ana', PolicyArn: `arn:aws:iam::aws:policy/${name}` }))
const boundary = { UserName: 'ana', PermissionsBoundary: Policy!.Arn! }
await iam.send(new PutUserPermissionsBoundaryCommand(boundary))

const simulate = async (input: SimulatePrincipalPolicyRequest): Promise<readonly EvaluationResult[]> =>
  (await iam.send(new SimulatePrincipalPolicyCommand(input))).EvaluationResults!

/** Whether a call is permitted: refused for another reason is permitted, too. */
const isPermitted = (call: Promise<unknown>): Promise<boolean> =>
  call.then(
    () => true,
    (error: unknown) => !/not authorized/.test((error as Error).message),
  )

test('SimulateCustomPolicy answers with statements, their places and what is missing', async () => {
  const conditional = { ...allow('kms:Decrypt', key), Condition: { StringEquals: { 'aws:SourceVpce': 'vpce-1' } } }

  const { EvaluationResults, IsTruncated } = await iam.send(
    new SimulateCustomPolicyCommand({
      PolicyInputList: [policyOf(allow('kms:List*'), conditional)],
      ActionNames: ['kms:ListKeys', 'kms:Decrypt'],
      ResourceArns: [key],
    }),
  )

  const [list, decrypt] = EvaluationResults!
  assert.equal(IsTruncated, false)
  assert.deepEqual([list!.EvalActionName, list!.EvalResourceName, list!.EvalDecision], ['kms:ListKeys', key, 'allowed'])
  assert.deepEqual(list!.MatchedStatements, [
    {
      SourcePolicyId: 'PolicyInputList.1',
      SourcePolicyType: 'IAM Policy',
      StartPosition: { Line: 1, Column: 38 },
      EndPosition: { Line: 1, Column: 92 },
    },
  ])
  assert.equal(decrypt!.EvalDecision, 'implicitDeny')
  assert.deepEqual(decrypt!.MissingContextValues, ['aws:SourceVpce'])
  assert.equal(decrypt!.ResourceSpecificResults![0]!.EvalResourceDecision, 'implicitDeny')
})

test('SimulateCustomPolicy decides with the context that it is given', async () => {
  const conditional = { ...allow('kms:Decrypt'), Condition: { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } } }
  const decisionFrom = async (address: string): Promise<string | undefined> => {
    const { EvaluationResults } = await iam.send(
      new SimulateCustomPolicyCommand({
        PolicyInputList: [policyOf(conditional)],
        ActionNames: ['kms:Decrypt'],
        ContextEntries: [{ ContextKeyName: 'aws:SourceIp', ContextKeyValues: [address], ContextKeyType: 'ip' }],
      }),
    )
    return EvaluationResults![0]!.EvalDecision
  }

  assert.equal(await decisionFrom('192.0.2.9'), 'allowed')
  assert.equal(await decisionFrom('198.51.100.9'), 'implicitDeny')
})

test('SimulateCustomPolicy gives pages that the SDK walks through', async () => {
  const ActionNames = Array.from({ length: 23 }, (_, index) => `kms:Action${index}`)
  const names: unknown[] = []

  const input = { PolicyInputList: [policyOf(allow('kms:*'))], ActionNames }
  for await (const page of paginateSimulateCustomPolicy({ client: iam, pageSize: 10 }, input))
    names.push(...page.EvaluationResults!.map(result => result.EvalActionName))

  assert.deepEqual(names, ActionNames)
})

test('SimulatePrincipalPolicy says of a user what its requests get', async () => {
  const ana = postern.clients(anaCredentials)
  const calls: Readonly<Record<string, readonly [resource: string, call: () => Promise<unknown>]>> = {
    'iam:GetUser': [anaArn, () => ana.iam.send(new GetUserCommand({}))],
    'iam:ListUsers': [`arn:aws:iam::${account}:user/`, () => ana.iam.send(new ListUsersCommand({}))],
    'iam:ListGroups': [`arn:aws:iam::${account}:group/`, () => ana.iam.send(new ListGroupsCommand({}))],
    'iam:CreateUser': [`arn:aws:iam::${account}:user/x`, () => ana.iam.send(new CreateUserCommand({ UserName: 'x' }))],
    'kms:ListKeys': ['*', () => ana.kms.send(new ListKeysCommand({}))],
    'kms:DescribeKey': [key, () => ana.kms.send(new DescribeKeyCommand({ KeyId: key }))],
    'kms:GetKeyPolicy': [key, () => ana.kms.send(new GetKeyPolicyCommand({ KeyId: key }))],
    'kms:CreateKey': ['*', () => ana.kms.send(new CreateKeyCommand({}))],
  }

  const outcomes: (readonly [string, string | undefined, boolean])[] = []
  for (const [action, [resource, call]] of Object.entries(calls)) {
    const [result] = await simulate({ PolicySourceArn: anaArn, ActionNames: [action], ResourceArns: [resource] })
    outcomes.push([action, result!.EvalDecision, await isPermitted(call())])
  }

  assert.deepEqual(outcomes, [
    ['iam:GetUser', 'allowed', true],
    ['iam:ListUsers', 'allowed', true],
    ['iam:ListGroups', 'explicitDeny', false],
    ['iam:CreateUser', 'implicitDeny', false],
    ['kms:ListKeys', 'allowed', true],
    ['kms:DescribeKey', 'allowed', true],
    ['kms:GetKeyPolicy', 'explicitDeny', false],
    ['kms:CreateKey', 'allowed', true],
  ])
})

test("SimulatePrincipalPolicy names AWS's policies, and where their statements stand", async () => {
  const [result] = await simulate({ PolicySourceArn: anaArn, ActionNames: ['kms:ListKeys'] })

  const names = result!.MatchedStatements!.map(statement => statement.SourcePolicyId)
  assert.deepEqual(names, ['ReadOnlyAccess', 'AWSKeyManagementServicePowerUser'])
  assert.equal(result!.MatchedStatements![1]!.StartPosition!.Line, 3)
  assert.deepEqual(result!.PermissionsBoundaryDecisionDetail, { AllowedByPermissionsBoundary: true })
})

test('a key policy that is given decides about its key, as it does in requests', async () => {
  await makeUser(iam, 'ben', allow('kms:*'))
  const PolicySourceArn = `arn:aws:iam::${account}:user/ben`
  const decisionUnder = async (...statements: readonly Statement[]): Promise<string | undefined> => {
    const ResourcePolicy = policyOf(...statements)
    const [result] = await simulate({
      PolicySourceArn,
      ActionNames: ['kms:Decrypt'],
      ResourceArns: [key],
      ResourcePolicy,
    })
    return result!.EvalDecision
  }
  const root = { AWS: `arn:aws:iam::${account}:root` }

  assert.equal(await decisionUnder({ ...allow('kms:*'), Principal: root }), 'allowed')
  assert.equal(await decisionUnder({ ...allow('kms:Encrypt'), Principal: root }), 'implicitDeny')
  const denying = { ...deny('kms:*'), Principal: { AWS: PolicySourceArn } }
  assert.equal(await decisionUnder({ ...allow('kms:*'), Principal: root }, denying), 'explicitDeny')
})

test('simulating a principal needs the permission for that principal; simulating documents does not show anybody', async () => {
  const mine = `arn:aws:iam::${account}:user/cleo`
  const { arn, credentials } = await makeUser(
    iam,
    'cleo',
    allow('iam:SimulatePrincipalPolicy', mine),
    allow('iam:SimulateCustomPolicy'),
  )
  const cleo: IAMClient = postern.clients(credentials).iam
  const ask = (PolicySourceArn: string): Promise<unknown> =>
    cleo.send(new SimulatePrincipalPolicyCommand({ PolicySourceArn, ActionNames: ['kms:Decrypt'] }))
  const because = `User: ${arn} is not authorized to perform: iam:SimulatePrincipalPolicy on resource: `

  await ask(mine)
  await refused(ask(anaArn), 'AccessDenied', `${because}${anaArn} because no identity-based policy allows`)
  // Whether there is such a user is not told.
  await refused(ask(`${anaArn}2`), 'AccessDenied', `${because}${anaArn}2 because no identity-based policy allows`)
  await refused(ask(`arn:aws:iam::${account}:role/Administrator`), 'AccessDenied', because)
  const custom = await cleo.send(
    new SimulateCustomPolicyCommand({
      PolicyInputList: [policyOf(allow('*'))],
      ActionNames: ['kms:Decrypt'],
      CallerArn: anaArn,
    }),
  )
  assert.deepEqual(
    custom.EvaluationResults!.map(result => [result.EvalDecision, result.PermissionsBoundaryDecisionDetail]),
    [['allowed', undefined]],
  )
})

test('a permission to simulate principals of one path does not reach another by an ARN without path', async () => {
  await iam.send(new CreateUserCommand({ UserName: 'dora', Path: '/secret/' }))
  const plain = `arn:aws:iam::${account}:user/dora`
  const { credentials } = await makeUser(
    iam,
    'eve',
    allow('iam:SimulatePrincipalPolicy', `arn:aws:iam::${account}:user/*`),
    deny('iam:SimulatePrincipalPolicy', `arn:aws:iam::${account}:user/secret/*`),
  )

  const asked = postern
    .clients(credentials)
    .iam.send(new SimulatePrincipalPolicyCommand({ PolicySourceArn: plain, ActionNames: ['kms:Decrypt'] }))

  await refused(asked, 'AccessDenied', 'user/secret/dora with an explicit deny in an identity-based policy')
})

for (const [name, arn, code, text] of [
  [
    'of another account',
    'arn:aws:iam::444455556666:user/x',
    'InvalidInput',
    'does not have access to policies in account 444455556666',
  ],
  [
    'that is a session',
    `arn:aws:sts::${account}:assumed-role/Administrator/s`,
    'InvalidInput',
    'does not clearly define entity type and name.',
  ],
  [
    'that is not there',
    `arn:aws:iam::${account}:group/nobody`,
    'NoSuchEntity',
    'The group with name nobody cannot be found.',
  ],
] as const) {
  test(`SimulatePrincipalPolicy refuses a principal ${name}`, async () => {
    await refused(simulate({ PolicySourceArn: arn, ActionNames: ['kms:Decrypt'] }), code, text)
  })
}

test('SimulateCustomPolicy refuses a document that is none, and names it', async () => {
  const call = iam.send(
    new SimulateCustomPolicyCommand({ PolicyInputList: [policyOf(), '{"Statement":'], ActionNames: ['kms:Decrypt'] }),
  )

  await refused(call, 'InvalidInput', /^Invalid policy document PolicyInputList\.2: Syntax errors in policy\.$/)
})

test('the trail tells what was simulated, and not what came of it', async () => {
  await simulate({ PolicySourceArn: anaArn, ActionNames: ['kms:ReEncryptFrom'] })

  const record = trailText(postern)
    .split('\n')
    .findLast(line => line.includes('SimulatePrincipalPolicy'))!
  assert.match(record, /"policySourceArn":"arn:aws:iam::\d{12}:user\/ana"/)
  assert.match(record, /"actionNames":\["kms:ReEncryptFrom"\]/)
  assert.match(record, /"responseElements":null/)
})
