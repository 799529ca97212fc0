// AssumeRole by the AWS SDK: who may, for how long, limited to what, and what the trail says of it.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  GetUserCommand,
  ListUsersCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { CreateKeyCommand, DescribeKeyCommand, ListAliasesCommand, ListKeysCommand } from '@aws-sdk/client-kms'
import { AssumeRoleCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import type { AssumeRoleCommandInput, STSClient } from '@aws-sdk/client-sts'
import { startPostern, trailText } from '../start-postern.ts'
import type { Clients, Credentials } from '../start-postern.ts'
import { refused } from './refused.ts'
import { allow, makeUser, policyOf } from './user.ts'
import type { Statement } from './user.ts'

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const administrator = await postern.administrator()
const { iam, sts, kms } = postern.clients(administrator)
const account = (await sts.send(new GetCallerIdentityCommand({}))).Account!
const rootArn = `arn:aws:iam::${account}:root`

const trust = (principal: string, ...more: readonly Statement[]): string =>
  policyOf({ Effect: 'Allow', Principal: { AWS: principal }, Action: 'sts:AssumeRole' }, ...more)

let made = 0
const newName = (word: string): string => `${word}-${++made}`

/** Makes a role with an inline policy; gives its ARN. */
async function makeRole(trustPolicy: string, ...statements: readonly Statement[]): Promise<string> {
  const RoleName = newName('role')
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trustPolicy }))
  if (statements.length > 0) {
    const PolicyDocument = policyOf(...statements)
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'inline', PolicyDocument }))
  }
  return Role!.Arn!
}

type Wanted = Omit<AssumeRoleCommandInput, 'RoleArn' | 'RoleSessionName'>

async function assume(by: STSClient, RoleArn: string, wanted: Wanted = {}): Promise<Credentials> {
  const { Credentials } = await by.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'work', ...wanted }))
  return {
    accessKeyId: Credentials!.AccessKeyId!,
    secretAccessKey: Credentials!.SecretAccessKey!,
    sessionToken: Credentials!.SessionToken!,
  }
}

const clientsOf = async (by: STSClient, roleArn: string, wanted: Wanted = {}): Promise<Clients> =>
  postern.clients(await assume(by, roleArn, wanted))

const newUser = async (...statements: readonly Statement[]) => {
  const user = await makeUser(iam, newName('user'), ...statements)
  return { ...user, ...postern.clients(user.credentials) }
}

test('AssumeRole gives a session that is the role, and can do what the role can', async () => {
  const user = await newUser()
  const role = await makeRole(trust(user.arn), allow('kms:ListKeys'))

  const answer = await user.sts.send(new AssumeRoleCommand({ RoleArn: role, RoleSessionName: 'work' }))
  const session = await clientsOf(user.sts, role)
  const identity = await session.sts.send(new GetCallerIdentityCommand({}))

  const arn = `arn:aws:sts::${account}:assumed-role/${role.split('/').at(-1)}/work`
  assert.equal(answer.AssumedRoleUser!.Arn, arn)
  assert.match(answer.Credentials!.AccessKeyId!, /^ASIA[A-Z2-7]{16}$/)
  const seconds = (answer.Credentials!.Expiration!.getTime() - Date.now()) / 1_000
  assert.ok(seconds > 3_500 && seconds <= 3_601, String(seconds))
  assert.deepEqual([identity.Arn, identity.UserId], [arn, answer.AssumedRoleUser!.AssumedRoleId])
  assert.equal(answer.PackedPolicySize, undefined)
  await session.kms.send(new ListKeysCommand({}))
  await refused(session.kms.send(new ListAliasesCommand({})), 'AccessDeniedException', 'no identity-based policy')
})

test('a trust policy that names the account leaves it to the identity policies', async () => {
  const role = await makeRole(trust(rootArn))
  const [with_, without] = [await newUser(allow('sts:AssumeRole', role)), await newUser()]

  await assume(with_.sts, role)
  await refused(
    assume(without.sts, role),
    'AccessDenied',
    `User: ${without.arn} is not authorized to perform: sts:AssumeRole on resource: ${role} because no identity-based policy allows the sts:AssumeRole action`,
  )
})

test('a role that does not trust the caller and one that is not there are answered alike', async () => {
  const user = await newUser(allow('sts:*'))
  const role = await makeRole(trust((await newUser()).arn))

  for (const arn of [role, `arn:aws:iam::${account}:role/absent`, `arn:aws:iam::999999999999:role/absent`]) {
    const text = `User: ${user.arn} is not authorized to perform: sts:AssumeRole on resource: ${arn}`
    await refused(assume(user.sts, arn), 'AccessDenied', new RegExp(`^${text.replaceAll('.', '\\.')}$`))
  }
})

test('an explicit deny of the identity policy beats a trust policy that names the user', async () => {
  const user = await newUser({ Effect: 'Deny', Action: 'sts:*', Resource: '*' })
  const role = await makeRole(trust(user.arn))

  await refused(assume(user.sts, role), 'AccessDenied', 'with an explicit deny in an identity-based policy')
})

test('what is no ARN of a role is invalid', async () => {
  for (const arn of [`arn:aws:iam::${account}:user/somebody`, `arn:aws:sts::${account}:role/somebody`, 'a'.repeat(20)])
    await refused(assume(sts, arn), 'ValidationError', `${arn} is invalid`)
})

test('root cannot assume a role', async () => {
  const root = postern.clients(await postern.root())

  await refused(
    assume(root.sts, await makeRole(trust(rootArn))),
    'AccessDenied',
    'Roles may not be assumed by root accounts.',
  )
})

test('a trust policy can ask for an external id', async () => {
  const user = await newUser()
  const role = await makeRole(
    policyOf({
      Effect: 'Allow',
      Principal: { AWS: user.arn },
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'sts:ExternalId': 'customer-7' } },
    }),
  )

  await assume(user.sts, role, { ExternalId: 'customer-7' })
  await refused(assume(user.sts, role, { ExternalId: 'customer-8' }), 'AccessDenied')
  await refused(assume(user.sts, role), 'AccessDenied')
})

test('a session policy narrows the session and widens nothing', async () => {
  const role = await makeRole(trust(rootArn), allow(['kms:ListKeys', 'kms:ListAliases']))

  const session = await clientsOf(sts, role, { Policy: policyOf(allow(['kms:ListKeys', 'iam:ListUsers'])) })

  await session.kms.send(new ListKeysCommand({}))
  await refused(session.kms.send(new ListAliasesCommand({})), 'AccessDeniedException', 'no session policy allows')
  await refused(session.iam.send(new ListUsersCommand({})), 'AccessDenied', 'no identity-based policy allows')
})

test('managed session policies narrow the session, together with an inline one', async () => {
  const role = await makeRole(trust(rootArn), allow('*'))
  const powerUser = 'arn:aws:iam::aws:policy/AWSKeyManagementServicePowerUser'

  const session = await clientsOf(sts, role, { PolicyArns: [{ arn: powerUser }] })

  await session.kms.send(new ListKeysCommand({}))
  await refused(session.iam.send(new GetUserCommand({ UserName: 'a' })), 'AccessDenied')
  const absent = `arn:aws:iam::${account}:policy/absent`
  await refused(assume(sts, role, { PolicyArns: [{ arn: absent }] }), 'ValidationError', absent)
})

test('session policies that are none are refused', async () => {
  const role = await makeRole(trust(rootArn))

  await refused(
    assume(sts, role, { Policy: '{' }),
    'MalformedPolicyDocument',
    'The policy is not in the valid JSON format.',
  )
  await refused(assume(sts, role, { Policy: '{"a":"b"}' }), 'MalformedPolicyDocument', 'Syntax errors in policy.')
  await refused(assume(sts, role, { Policy: ' '.repeat(2_049) }), 'ValidationError', 'less than or equal to 2048')
})

test('a session lasts as long as the role permits, and an hour where one session assumes another', async () => {
  const first = await makeRole(trust(rootArn), allow('sts:AssumeRole'))
  const second = await makeRole(trust(first))
  const user = await newUser(allow('sts:AssumeRole'))

  await refused(
    assume(user.sts, first, { DurationSeconds: 3_601 }),
    'ValidationError',
    'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
  )
  await refused(assume(user.sts, first, { DurationSeconds: 899 }), 'ValidationError', 'greater than or equal to 900')
  const session = await clientsOf(user.sts, first)
  await assume(session.sts, second, { DurationSeconds: 3_600 })
  await refused(
    assume(session.sts, second, { DurationSeconds: 3_601 }),
    'ValidationError',
    'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
  )
})

const tagging = (principal: string): string =>
  trust(principal, {
    Effect: 'Allow',
    Principal: { AWS: principal },
    Action: 'sts:TagSession',
  })

test('session tags are the principal tags of the session, and need sts:TagSession', async () => {
  const user = await newUser()
  const keyPolicy = policyOf(
    { Effect: 'Allow', Principal: { AWS: rootArn }, Action: 'kms:*', Resource: '*' },
    {
      Effect: 'Deny',
      Principal: '*',
      Action: 'kms:DescribeKey',
      Resource: '*',
      Condition: { StringNotEquals: { 'aws:PrincipalTag/Team': 'blue' } },
    },
  )
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Policy: keyPolicy }))
  const describe = new DescribeKeyCommand({ KeyId: KeyMetadata!.KeyId! })
  const role = await makeRole(tagging(user.arn), allow('kms:DescribeKey'))

  const [blue, red] = await Promise.all(
    ['blue', 'red'].map(Value => clientsOf(user.sts, role, { Tags: [{ Key: 'team', Value }] })),
  )

  await blue!.kms.send(describe)
  await refused(red!.kms.send(describe), 'AccessDeniedException', 'explicit deny in a resource-based policy')
  const plain = await makeRole(trust(user.arn))
  const text = `is not authorized to perform: sts:TagSession on resource: ${plain}`
  await refused(assume(user.sts, plain, { Tags: [{ Key: 'team', Value: 'blue' }] }), 'AccessDenied', text)
})

test('transitive tags go on to the next session and cannot be set anew there', async () => {
  const user = await newUser()
  const first = await makeRole(tagging(user.arn), allow('sts:*'))
  const second = await makeRole(
    policyOf({
      Effect: 'Allow',
      Principal: { AWS: first },
      Action: ['sts:AssumeRole', 'sts:TagSession'],
      Condition: { StringEquals: { 'aws:PrincipalTag/team': 'blue' } },
    }),
    { ...allow('kms:ListKeys'), Condition: { StringEquals: { 'aws:PrincipalTag/team': 'blue' } } },
  )
  const tags = { Tags: [{ Key: 'team', Value: 'blue' }] }

  const chained = await clientsOf(user.sts, first, { ...tags, TransitiveTagKeys: ['Team'] })
  const unchained = await clientsOf(user.sts, first, tags)

  await (await clientsOf(chained.sts, second)).kms.send(new ListKeysCommand({}))
  assert.ok(trailText(postern).includes('"incomingTransitiveTags":{"team":"blue"}'))
  await refused(
    assume(chained.sts, second, { Tags: [{ Key: 'TEAM', Value: 'red' }] }),
    'InvalidParameterValue',
    "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
  )
  const later = await clientsOf(unchained.sts, second)
  await refused(later.kms.send(new ListKeysCommand({})), 'AccessDeniedException')
  await refused(
    assume(user.sts, first, { ...tags, TransitiveTagKeys: ['other'] }),
    'InvalidParameterValue',
    'The specified transitive tag key must be included in the requested tags.',
  )
  await refused(
    assume(user.sts, first, {
      Tags: [
        { Key: 'a', Value: '1' },
        { Key: 'A', Value: '2' },
      ],
    }),
    'InvalidParameterValue',
    'Duplicate tag keys found',
  )
})

test('a source identity is set once and stays, and needs sts:SetSourceIdentity', async () => {
  const user = await newUser()
  const actions = { Action: ['sts:AssumeRole', 'sts:SetSourceIdentity'] }
  const first = await makeRole(policyOf({ Effect: 'Allow', Principal: { AWS: user.arn }, ...actions }), allow('sts:*'))
  const second = await makeRole(policyOf({ Effect: 'Allow', Principal: { AWS: first }, ...actions }), {
    ...allow('kms:ListKeys'),
    Condition: { StringEquals: { 'aws:SourceIdentity': 'ada' } },
  })

  const session = await clientsOf(user.sts, first, { SourceIdentity: 'ada' })
  const next = await clientsOf(session.sts, second)

  await next.kms.send(new ListKeysCommand({}))
  await refused(assume(session.sts, second, { SourceIdentity: 'bob' }), 'AccessDenied', 'sts:SetSourceIdentity')
  const plain = await makeRole(trust(user.arn))
  await refused(assume(user.sts, plain, { SourceIdentity: 'ada' }), 'AccessDenied', 'sts:SetSourceIdentity')
})

test('policies and tags that are too much for a token are refused with how much they are', async () => {
  const role = await makeRole(tagging(rootArn))
  const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
  const noise = (length: number): string =>
    Array.from({ length }, () => letters[Math.floor(Math.random() * letters.length)]).join('')

  const Tags = Array.from({ length: 50 }, () => ({ Key: noise(20), Value: noise(200) }))

  await refused(assume(sts, role, { Tags }), 'PackedPolicyTooLarge', /^Packed policy consumes \d{3}% of allotted space/)
})

test('a role of another account needs its trust policy and the identity policy, and both accounts have a record', async () => {
  const other = '444455556666'
  assert.equal((await postern.postern('account', 'create', '--id', other, '--name', 'other')).status, 0)
  const foreign = postern.clients(await postern.administrator(other))
  const user = await newUser(allow('sts:AssumeRole'))
  const silent = await newUser()
  const AssumeRolePolicyDocument = trust(rootArn)
  const { Role } = await foreign.iam.send(new CreateRoleCommand({ RoleName: 'guest', AssumeRolePolicyDocument }))
  const role = Role!.Arn!

  const session = await clientsOf(user.sts, role)

  assert.equal((await session.sts.send(new GetCallerIdentityCommand({}))).Account, other)
  await refused(assume(silent.sts, role), 'AccessDenied', 'sts:AssumeRole')
  const records = trailText(postern)
    .split('\n')
    .filter(line => line.includes('"AssumeRole"') && line.includes(role) && line.includes('sharedEventID'))
    .map(line => (JSON.parse(line) as { readonly event: unknown }).event)
  const [own, theirs] = records as {
    recipientAccountId: string
    sharedEventID: string
    userIdentity: { type: string; accountId: string; userName?: string }
    resources: unknown
    responseElements: { credentials: Record<string, string> }
  }[]
  assert.deepEqual([own!.recipientAccountId, theirs!.recipientAccountId], [account, other])
  assert.equal(own!.sharedEventID, theirs!.sharedEventID)
  assert.deepEqual([own!.userIdentity.type, theirs!.userIdentity.type], ['IAMUser', 'AWSAccount'])
  assert.deepEqual(own!.resources, [{ accountId: other, type: 'AWS::IAM::Role', ARN: role }])
  assert.deepEqual(Object.keys(own!.responseElements.credentials), ['accessKeyId', 'expiration'])
})

test('a deny of sessions that are older than a time ends them, and no newer ones', async () => {
  const role = await makeRole(trust(rootArn), allow('kms:ListKeys'))
  const RoleName = role.split('/').at(-1)!
  const old = await clientsOf(sts, role)
  await old.kms.send(new ListKeysCommand({}))

  const revoke = (time: string): Promise<unknown> =>
    iam.send(
      new PutRolePolicyCommand({
        RoleName,
        PolicyName: 'AWSRevokeOlderSessions',
        PolicyDocument: policyOf({
          Effect: 'Deny',
          Action: '*',
          Resource: '*',
          Condition: { DateLessThan: { 'aws:TokenIssueTime': time } },
        }),
      }),
    )
  await revoke(new Date(Date.now() + 60_000).toISOString())

  await refused(old.kms.send(new ListKeysCommand({})), 'AccessDeniedException', 'explicit deny')
  await revoke(new Date(Date.now() - 60_000).toISOString())
  await old.kms.send(new ListKeysCommand({}))
})

test('a session of a role that was deleted is no session of a new role of that name', async () => {
  const role = await makeRole(trust(rootArn), allow('kms:ListKeys'))
  const RoleName = role.split('/').at(-1)!
  const session = await clientsOf(sts, role)
  await session.kms.send(new ListKeysCommand({}))

  await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: 'inline' }))
  await iam.send(new DeleteRoleCommand({ RoleName }))
  await refused(session.kms.send(new ListKeysCommand({})), 'UnrecognizedClientException')
  await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust(rootArn) }))
  const PolicyDocument = policyOf(allow('kms:ListKeys'))
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'inline', PolicyDocument }))

  await refused(session.kms.send(new ListKeysCommand({})), 'UnrecognizedClientException')
})

test('a session is still one after a restart', async () => {
  const role = await makeRole(trust(rootArn), allow('kms:ListKeys'))
  const session = await clientsOf(sts, role)

  await postern.stop()
  await postern.start()

  await session.kms.send(new ListKeysCommand({}))
})

test('the secret of a session and its token are in no record', async () => {
  const role = await makeRole(trust(rootArn))

  const { secretAccessKey, sessionToken } = await assume(sts, role)

  const text = trailText(postern)
  assert.ok(!text.includes(secretAccessKey))
  assert.ok(!text.includes(sessionToken!))
})
