// IAM's roles by the AWS SDK: what they are made with, whom they trust, and what somebody may try with them.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { LookupEventsCommand } from '@aws-sdk/client-cloudtrail'
import {
  AttachRolePolicyCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeleteRoleCommand,
  DeleteRolePermissionsBoundaryCommand,
  DeleteRolePolicyCommand,
  DeleteUserCommand,
  DetachRolePolicyCommand,
  GetPolicyCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  ListAttachedRolePoliciesCommand,
  ListEntitiesForPolicyCommand,
  ListInstanceProfilesForRoleCommand,
  ListRolePoliciesCommand,
  ListRolesCommand,
  PutRolePolicyCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
  UpdateRoleDescriptionCommand,
  UpdateUserCommand,
  paginateListRoles,
} from '@aws-sdk/client-iam'
import type { CreateRoleCommandInput, Role } from '@aws-sdk/client-iam'
import { ListKeysCommand } from '@aws-sdk/client-kms'
import { AssumeRoleCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import type { STSClient } from '@aws-sdk/client-sts'
import { startPostern } from '../start-postern.ts'
import type { Clients } from '../start-postern.ts'
import { refused } from './refused.ts'
import { allow, makeUser, policyOf } from './user.ts'
import type { Statement } from './user.ts'

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const administrator = await postern.administrator()
const { iam, sts, cloudtrail } = postern.clients(administrator)
const account = (await sts.send(new GetCallerIdentityCommand({}))).Account!
const rootArn = `arn:aws:iam::${account}:root`
const otherAccount = '444455556666'
const other = await postern.otherAccount(otherAccount)

let made = 0
const newName = (word: string): string => `${word}-${++made}`
const arnOf = (name: string, path = '/'): string => `arn:aws:iam::${account}:role${path}${name}`
const trust = (principal: string | readonly string[]): string =>
  policyOf({ Effect: 'Allow', Principal: { AWS: principal }, Action: 'sts:AssumeRole' })

type Wanted = Partial<CreateRoleCommandInput>

async function newRole(wanted: Wanted = {}): Promise<Role> {
  const RoleName = newName('role')
  const input = { RoleName, AssumeRolePolicyDocument: trust(rootArn), ...wanted }
  return (await iam.send(new CreateRoleCommand(input))).Role!
}

const getRole = async (RoleName: string | undefined): Promise<Role> =>
  (await iam.send(new GetRoleCommand({ RoleName }))).Role!

const documentOf = (role: Role): unknown => JSON.parse(decodeURIComponent(role.AssumeRolePolicyDocument!))

const newBoundary = async (...statements: readonly Statement[]): Promise<string> => {
  const PolicyDocument = policyOf(...statements)
  const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName: newName('boundary'), PolicyDocument }))
  return Policy!.Arn!
}

const asUser = async (...statements: readonly Statement[]) => {
  const user = await makeUser(iam, newName('user'), ...statements)
  return { ...user, userName: user.arn.split('/').at(-1)!, ...postern.clients(user.credentials) }
}

async function assume(by: STSClient, RoleArn: string): Promise<Clients> {
  const { Credentials } = await by.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'work' }))
  return postern.clients({
    accessKeyId: Credentials!.AccessKeyId!,
    secretAccessKey: Credentials!.SecretAccessKey!,
    sessionToken: Credentials!.SessionToken!,
  })
}

interface Recorded {
  readonly requestParameters: unknown
  readonly responseElements: Readonly<Record<string, Readonly<Record<string, unknown>>>> | null
}

/** The record of the last call of an operation that names this role. */
async function recorded(operation: string, role: string): Promise<Recorded> {
  const deadline = Date.now() + 10_000
  while (Date.now() < deadline) {
    const LookupAttributes = [{ AttributeKey: 'EventName' as const, AttributeValue: operation }]
    const { Events: events = [] } = await cloudtrail.send(new LookupEventsCommand({ LookupAttributes }))
    const found = events.find(event => event.CloudTrailEvent!.includes(`"${role}"`))
    if (found !== undefined) return JSON.parse(found.CloudTrailEvent!) as Recorded
    await delay(50)
  }
  throw new Error(`${operation} of ${role} is not in the trail`)
}

test('CreateRole answers what IAM answers; GetRole tells the rest', async () => {
  const PermissionsBoundary = await newBoundary(allow('kms:*'))
  const Tags = [{ Key: 'team', Value: 'a' }]
  const role = await newRole({
    Path: '/a/b/',
    Description: 'what it is for',
    MaxSessionDuration: 43_200,
    PermissionsBoundary,
    Tags,
  })

  const { CreateDate, RoleId, RoleName, ...answered } = role
  const got = await getRole(RoleName)

  const boundary = { PermissionsBoundaryType: 'Policy', PermissionsBoundaryArn: PermissionsBoundary }
  assert.deepEqual(answered, {
    Path: '/a/b/',
    Arn: arnOf(RoleName!, '/a/b/'),
    AssumeRolePolicyDocument: role.AssumeRolePolicyDocument,
    PermissionsBoundary: boundary,
    Tags,
  })
  assert.equal(decodeURIComponent(role.AssumeRolePolicyDocument!), trust(rootArn))
  assert.match(RoleId!, /^AROA[A-Z2-7]{17}$/)
  const described = { Description: 'what it is for', MaxSessionDuration: 43_200, RoleLastUsed: {} }
  assert.deepEqual(got, { ...role, ...described, CreateDate })
})

test('a plain role has sessions of an hour, and no description, tags or boundary', async () => {
  const { RoleName } = await newRole()

  const { Description, MaxSessionDuration, Tags, PermissionsBoundary, Path } = await getRole(RoleName)

  assert.deepEqual(
    [Description, MaxSessionDuration, Tags, PermissionsBoundary, Path],
    [undefined, 3_600, undefined, undefined, '/'],
  )
})

test('CreateRole refuses a name that is taken, whatever its case and the path', async () => {
  const { RoleName: name } = await newRole()

  for (const [RoleName, Path] of [
    [name!, '/'],
    [name!, '/elsewhere/'],
    [name!.toUpperCase(), '/'],
    ['administrator', '/'],
  ] as const)
    await refused(newRole({ RoleName, Path }), 'EntityAlreadyExists', `Role with name ${RoleName} already exists.`)
})

test('CreateRole refuses what breaks the constraints of IAM, in its words', async () => {
  const constraint =
    "1 validation error detected: Value at 'maxSessionDuration' failed to satisfy constraint: Member must have value"
  await refused(
    newRole({ MaxSessionDuration: 3_599 }),
    'ValidationError',
    `${constraint} greater than or equal to 3600`,
  )
  await refused(newRole({ MaxSessionDuration: 43_201 }), 'ValidationError', `${constraint} less than or equal to 43200`)
  await refused(newRole({ RoleName: 'x'.repeat(65) }), 'ValidationError', 'less than or equal to 64')
  await refused(newRole({ RoleName: 'a/b' }), 'ValidationError', 'The specified value for roleName is invalid.')
  await refused(newRole({ Path: 'a' }), 'ValidationError', 'It must begin and end with /')
  const Tags = [
    { Key: 'a', Value: '1' },
    { Key: 'A', Value: '2' },
  ]
  const twice = 'Duplicate tag keys found. Please note that Tag keys are case insensitive.'
  await refused(newRole({ Tags }), 'InvalidInput', twice)
})

test('CreateRole wants a boundary that there is', async () => {
  const missing = `arn:aws:iam::${account}:policy/missing`
  const text = `Scope ARN: ${missing} does not exist or is not attachable.`
  await refused(newRole({ PermissionsBoundary: missing }), 'NoSuchEntity', text)
  const odd = `arn:aws:iam::${account}:user/somebody`
  await refused(newRole({ PermissionsBoundary: odd }), 'InvalidInput', `ARN ${odd} is not valid.`)
  const foreign = await other.iam.send(
    new CreatePolicyCommand({ PolicyName: newName('boundary'), PolicyDocument: policyOf(allow('*')) }),
  )
  await refused(newRole({ PermissionsBoundary: foreign.Policy!.Arn }), 'NoSuchEntity', 'Scope ARN: ')
})

const malformedTrust: readonly (readonly [document: string, text: string])[] = [
  ['not JSON', 'This policy contains invalid Json'],
  ['null', 'This text appears not to be a policy'],
  [policyOf(), 'Could not parse the policy: Statement is empty!'],
  [policyOf({ Effect: 'Allow', Action: 'sts:AssumeRole' }), 'Missing required field Principal'],
  [policyOf({ ...allow('sts:AssumeRole'), Principal: { AWS: rootArn } }), 'Has prohibited field Resource'],
  [
    policyOf({ Effect: 'Allow', Principal: { AWS: rootArn }, Action: '*' }),
    'AssumeRole policy may only specify STS AssumeRole actions.',
  ],
  [
    trust(`arn:aws:iam::${account}:user/missing`),
    `Invalid principal in policy: "AWS":"arn:aws:iam::${account}:user/missing"`,
  ],
  [
    trust(`arn:aws:iam::${otherAccount}:role/missing`),
    `Invalid principal in policy: "AWS":"arn:aws:iam::${otherAccount}:role/missing"`,
  ],
  [
    policyOf({
      Effect: 'Allow',
      Principal: { Federated: `arn:aws:iam::${account}:oidc-provider/token.actions.githubusercontent.com` },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: { StringEquals: { 'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com' } },
    }),
    `Trust policy with trusted principal arn:aws:iam::${account}:oidc-provider/token.actions.githubusercontent.com must evaluate, using StringEquals, StringLike or StringEqualsIgnoreCase, token.actions.githubusercontent.com:sub or token.actions.githubusercontent.com:job_workflow_ref which is not scoped to all.`,
  ],
]

test('CreateRole and UpdateAssumeRolePolicy refuse trust policies in the words of IAM', async () => {
  const { RoleName } = await newRole()
  for (const [document, text] of malformedTrust) {
    await refused(newRole({ AssumeRolePolicyDocument: document }), 'MalformedPolicyDocument', text)
    const update = iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: document }))
    await refused(update, 'MalformedPolicyDocument', text)
  }
  const long = policyOf({
    Effect: 'Allow',
    Principal: { AWS: rootArn },
    Action: 'sts:AssumeRole',
    Sid: 'x'.repeat(2_048),
  })
  await refused(
    newRole({ AssumeRolePolicyDocument: long }),
    'LimitExceeded',
    'Cannot exceed quota for ACLSizePerRole: 2048',
  )

  assert.deepEqual(documentOf(await getRole(RoleName)), JSON.parse(trust(rootArn)))
})

test('a role trusts services and providers that are not there yet, and accounts elsewhere', async () => {
  const document = policyOf(
    { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com', AWS: '999988887777' }, Action: 'sts:AssumeRole' },
    {
      Effect: 'Allow',
      Principal: { Federated: `arn:aws:iam::${account}:oidc-provider/idp.example` },
      Action: 'sts:AssumeRoleWithWebIdentity',
    },
  )

  const { RoleName } = await newRole({ AssumeRolePolicyDocument: document })

  assert.equal(decodeURIComponent((await getRole(RoleName)).AssumeRolePolicyDocument!), document)
})

test('UpdateAssumeRolePolicy holds for the next request', async () => {
  const [first, second] = [await asUser(), await asUser()]
  const { RoleName, Arn } = await newRole({ AssumeRolePolicyDocument: trust(first.arn) })
  await assume(first.sts, Arn!)
  await refused(assume(second.sts, Arn!), 'AccessDenied')

  await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: trust(second.arn) }))

  await refused(assume(first.sts, Arn!), 'AccessDenied')
  await assume(second.sts, Arn!)
})

test('a role trusts the user that it named, and no other one of that name that is made later', async () => {
  const UserName = newName('user')
  const { User } = await iam.send(new CreateUserCommand({ UserName }))
  const role = await newRole({ AssumeRolePolicyDocument: trust([User!.Arn!, rootArn]) })
  await iam.send(new DeleteUserCommand({ UserName }))

  const again = await makeUser(iam, UserName)
  const shown = documentOf(await getRole(role.RoleName))

  assert.equal(again.arn, User!.Arn)
  await refused(assume(postern.clients(again.credentials).sts, role.Arn!), 'AccessDenied')
  assert.deepEqual(shown, JSON.parse(trust([User!.UserId!, rootArn])))
  // What is shown is nobody, so it is not taken again.
  const PolicyDocument = JSON.stringify(shown)
  await refused(
    iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: role.RoleName, PolicyDocument })),
    'MalformedPolicyDocument',
    `Invalid principal in policy: "AWS":"${User!.UserId}"`,
  )
})

test('a role trusts a role that it named, and no other one of that name that is made later', async () => {
  const named = await newRole()
  const { Arn } = await newRole({ AssumeRolePolicyDocument: trust(named.Arn!) })
  await assume((await assume((await asUser(allow('sts:*'))).sts, named.Arn!)).sts, Arn!)

  await iam.send(new DeleteRoleCommand({ RoleName: named.RoleName }))
  await newRole({ RoleName: named.RoleName })

  const session = await assume((await asUser(allow('sts:*'))).sts, named.Arn!)
  await refused(assume(session.sts, Arn!), 'AccessDenied')
})

test('a user that a role trusts stays trusted under a new name, and is shown by it', async () => {
  const user = await asUser()
  const { RoleName, Arn } = await newRole({ AssumeRolePolicyDocument: trust(user.arn) })

  const NewUserName = newName('renamed')
  await iam.send(new UpdateUserCommand({ UserName: user.userName, NewUserName }))
  const usurper = await makeUser(iam, user.userName)

  await assume(user.sts, Arn!)
  await refused(assume(postern.clients(usurper.credentials).sts, Arn!), 'AccessDenied')
  const shown = JSON.parse(trust(`arn:aws:iam::${account}:user/${NewUserName}`)) as unknown
  assert.deepEqual(documentOf(await getRole(RoleName)), shown)
  const { Roles } = await iam.send(new ListRolesCommand({ MaxItems: 1_000 }))
  assert.deepEqual(documentOf(Roles!.find(role => role.RoleName === RoleName)!), shown)
})

test('UpdateRole changes what it names, and nothing else', async () => {
  const { RoleName } = await newRole({ Description: 'before', MaxSessionDuration: 7_200 })
  const now = async (): Promise<readonly unknown[]> => {
    const { Description, MaxSessionDuration } = await getRole(RoleName)
    return [Description, MaxSessionDuration]
  }

  await iam.send(new UpdateRoleCommand({ RoleName }))
  assert.deepEqual(await now(), ['before', 7_200])
  await iam.send(new UpdateRoleCommand({ RoleName, MaxSessionDuration: 3_600 }))
  assert.deepEqual(await now(), ['before', 3_600])
  await iam.send(new UpdateRoleCommand({ RoleName, Description: 'after' }))
  assert.deepEqual(await now(), ['after', 3_600])
  const { Role } = await iam.send(new UpdateRoleDescriptionCommand({ RoleName, Description: 'again' }))
  assert.deepEqual([Role!.Description, Role!.MaxSessionDuration, Role!.RoleName], ['again', undefined, RoleName])
  await iam.send(new UpdateRoleCommand({ RoleName, Description: '' }))
  assert.deepEqual(await now(), [undefined, 3_600])
})

test('a session can be as long as the role permits, and no longer', async () => {
  const user = await asUser()
  const { RoleName, Arn } = await newRole({ AssumeRolePolicyDocument: trust(user.arn) })
  const assumeFor = (DurationSeconds: number): Promise<unknown> =>
    user.sts.send(new AssumeRoleCommand({ RoleArn: Arn, RoleSessionName: 'long', DurationSeconds }))
  await refused(assumeFor(3_601), 'ValidationError', 'exceeds the MaxSessionDuration')

  await iam.send(new UpdateRoleCommand({ RoleName, MaxSessionDuration: 7_200 }))

  await assumeFor(7_200)
})

test('DeleteRole wants the policies gone; its sessions are nobody then', async () => {
  const user = await asUser()
  const { RoleName, Arn } = await newRole({ AssumeRolePolicyDocument: trust(user.arn) })
  const PolicyArn = 'arn:aws:iam::aws:policy/IAMReadOnlyAccess'
  await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }))
  await iam.send(
    new PutRolePolicyCommand({ RoleName, PolicyName: 'a', PolicyDocument: policyOf(allow('kms:ListKeys')) }),
  )
  const session = await assume(user.sts, Arn!)
  const remove = (): Promise<unknown> => iam.send(new DeleteRoleCommand({ RoleName }))

  await refused(remove(), 'DeleteConflict', 'Cannot delete entity, must detach all policies first.')
  await iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn }))
  await refused(remove(), 'DeleteConflict', 'Cannot delete entity, must delete policies first.')
  await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: 'a' }))
  await session.sts.send(new GetCallerIdentityCommand({}))
  await remove()

  await refused(session.sts.send(new GetCallerIdentityCommand({})), 'InvalidClientTokenId')
  await newRole({ RoleName, AssumeRolePolicyDocument: trust(user.arn) })
  await refused(session.sts.send(new GetCallerIdentityCommand({})), 'InvalidClientTokenId')
})

test('a role that there is not is answered alike by all operations', async () => {
  const RoleName = 'missing'
  const text = /^The role with name missing cannot be found\.$/
  const calls = [
    () => iam.send(new GetRoleCommand({ RoleName })),
    () => iam.send(new DeleteRoleCommand({ RoleName })),
    () => iam.send(new UpdateRoleCommand({ RoleName })),
    () => iam.send(new UpdateRoleDescriptionCommand({ RoleName, Description: 'x' })),
    () => iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: trust(rootArn) })),
    () => iam.send(new ListInstanceProfilesForRoleCommand({ RoleName })),
    () => iam.send(new ListRolePoliciesCommand({ RoleName })),
    () => iam.send(new ListAttachedRolePoliciesCommand({ RoleName })),
  ]
  for (const call of calls) await refused(call(), 'NoSuchEntity', text)
})

test('ListRoles has them by path, in pages, with their descriptions and without tags and boundaries', async () => {
  const Path = `/${newName('listed')}/`
  const tagged = { Tags: [{ Key: 'a', Value: 'b' }], PermissionsBoundary: await newBoundary(allow('kms:*')) }
  const roles = [await newRole({ Path, Description: 'd', ...tagged }), await newRole({ Path }), await newRole({ Path })]
  const found: Role[] = []
  for await (const { Roles = [] } of paginateListRoles({ client: iam, pageSize: 1 }, { PathPrefix: Path.slice(0, -1) }))
    found.push(...Roles)

  assert.deepEqual(
    found.map(({ Arn }) => Arn),
    roles.map(({ Arn }) => Arn),
  )
  const { Description, MaxSessionDuration, Tags, PermissionsBoundary, RoleLastUsed } = found[0]!
  assert.deepEqual(
    [Description, MaxSessionDuration, Tags, PermissionsBoundary, RoleLastUsed],
    ['d', 3_600, undefined, undefined, undefined],
  )
  assert.deepEqual((await other.iam.send(new ListRolesCommand({ PathPrefix: Path }))).Roles, [])
})

test('GetRole tells when a session of the role signed a request last', async () => {
  const user = await asUser()
  const { RoleName, Arn } = await newRole({ AssumeRolePolicyDocument: trust(user.arn) })
  const session = await assume(user.sts, Arn!)
  const before = await getRole(RoleName)
  await session.sts.send(new GetCallerIdentityCommand({}))

  const { RoleLastUsed: used } = await getRole(RoleName)

  assert.deepEqual(before.RoleLastUsed, {})
  assert.equal(used!.Region, postern.region)
  assert.ok(Math.abs(used!.LastUsedDate!.getTime() - Date.now()) < 60_000)
})

test('no role is on an instance: there are none', async () => {
  const { RoleName } = await newRole()

  const { InstanceProfiles, IsTruncated } = await iam.send(new ListInstanceProfilesForRoleCommand({ RoleName }))

  assert.deepEqual([InstanceProfiles, IsTruncated], [[], false])
})

test('the Administrator role is a role like others in all answers', async () => {
  const RoleName = 'Administrator'

  const role = await getRole(RoleName)
  const { PolicyNames } = await iam.send(new ListRolePoliciesCommand({ RoleName }))
  const { AttachedPolicies } = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName }))
  const { PolicyDocument } = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName: PolicyNames![0]! }))

  assert.deepEqual([role.Arn, role.Path, role.MaxSessionDuration], [arnOf(RoleName), '/', 43_200])
  assert.deepEqual(documentOf(role), JSON.parse(trust(rootArn)))
  assert.deepEqual([PolicyNames, AttachedPolicies], [['AdministratorAccess'], []])
  assert.deepEqual(JSON.parse(decodeURIComponent(PolicyDocument!)), JSON.parse(policyOf(allow('*'))))
  const { Roles } = await iam.send(new ListRolesCommand({ MaxItems: 1_000 }))
  assert.ok(Roles!.some(({ Arn }) => Arn === role.Arn))
})

test('whoever may not change a role does not become one by its trust policy or its policies', async () => {
  const { RoleName, Arn } = await newRole({ AssumeRolePolicyDocument: trust(rootArn) })
  const reader = await asUser(allow(['iam:Get*', 'iam:List*', 'iam:UpdateRole']))
  const refusal = (name: string): string =>
    `User: ${reader.arn} is not authorized to perform: iam:${name} on resource: role ${RoleName} because no identity-based policy allows the iam:${name} action`

  const PolicyDocument = trust(reader.arn)
  const trusting = reader.iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument }))
  await refused(trusting, 'AccessDenied', refusal('UpdateAssumeRolePolicy'))
  const PolicyArn = 'arn:aws:iam::aws:policy/AdministratorAccess'
  const attaching = reader.iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }))
  await refused(attaching, 'AccessDenied', refusal('AttachRolePolicy'))
  const put = { RoleName, PolicyName: 'all', PolicyDocument: policyOf(allow('*')) }
  await refused(reader.iam.send(new PutRolePolicyCommand(put)), 'AccessDenied', refusal('PutRolePolicy'))
  await refused(reader.iam.send(new DeleteRoleCommand({ RoleName })), 'AccessDenied', refusal('DeleteRole'))
  const create = { RoleName: newName('role'), AssumeRolePolicyDocument: PolicyDocument }
  await refused(
    reader.iam.send(new CreateRoleCommand(create)),
    'AccessDenied',
    `iam:CreateRole on resource: ${arnOf(create.RoleName)} because no identity-based policy allows the iam:CreateRole action`,
  )
  await refused(assume(reader.sts, Arn!), 'AccessDenied')
  // Who may not ask does not learn whether there is such a role.
  const absent = reader.iam.send(new DeleteRoleCommand({ RoleName: 'missing' }))
  await refused(absent, 'AccessDenied', 'iam:DeleteRole on resource: role missing')
})

test('a role is permitted by its ARN with its path, whatever the case of the name that a request has', async () => {
  const { RoleName } = await newRole({ Path: '/admin/' })
  const outsider = await asUser(allow('iam:*', arnOf('*', '/team/')), allow('iam:*', arnOf(RoleName!)))

  for (const name of [RoleName!, RoleName!.toUpperCase()])
    await refused(outsider.iam.send(new UpdateRoleCommand({ RoleName: name })), 'AccessDenied', `role ${name}`)
  const create = (Path: string): Promise<unknown> =>
    outsider.iam.send(
      new CreateRoleCommand({ RoleName: newName('role'), Path, AssumeRolePolicyDocument: trust(rootArn) }),
    )
  await create('/team/')
  await refused(create('/'), 'AccessDenied', 'iam:CreateRole')
  // A path is text: it does not lead anywhere.
  await create('/team/../admin/')
})

test('who may make roles only with a boundary makes none without it, and none that can do more', async () => {
  const boundary = await newBoundary(allow(['kms:ListKeys', 'sts:*']))
  const wide = await newBoundary(allow('*'))
  const bounded = { StringEquals: { 'iam:PermissionsBoundary': boundary } }
  const change = ['iam:CreateRole', 'iam:AttachRolePolicy', 'iam:PutRolePolicy', 'iam:PutRolePermissionsBoundary']
  const delegate = await asUser(
    { ...allow(change), Condition: bounded },
    allow(['iam:UpdateAssumeRolePolicy', 'iam:Get*', 'sts:AssumeRole']),
  )
  const create = async (PermissionsBoundary?: string): Promise<string> => {
    const RoleName = newName('delegated')
    const input = { RoleName, PermissionsBoundary, AssumeRolePolicyDocument: trust(delegate.arn) }
    await delegate.iam.send(new CreateRoleCommand(input))
    return RoleName
  }

  await refused(create(), 'AccessDenied', 'iam:CreateRole')
  await refused(create(wide), 'AccessDenied', 'iam:CreateRole')
  const RoleName = await create(boundary)
  const all = { RoleName, PolicyName: 'all', PolicyDocument: policyOf(allow('*')) }
  await delegate.iam.send(new PutRolePolicyCommand(all))
  const session = await assume(delegate.sts, arnOf(RoleName))
  await session.kms.send(new ListKeysCommand({}))
  await refused(session.iam.send(new GetRoleCommand({ RoleName })), 'AccessDenied', 'permissions boundary')

  // It cannot take the boundary off, put another one, or give a role without the boundary anything.
  await refused(delegate.iam.send(new DeleteRolePermissionsBoundaryCommand({ RoleName })), 'AccessDenied')
  const { RoleName: unbounded } = await newRole()
  await refused(delegate.iam.send(new PutRolePolicyCommand({ ...all, RoleName: unbounded })), 'AccessDenied')
  const PolicyArn = 'arn:aws:iam::aws:policy/AdministratorAccess'
  const attaching = delegate.iam.send(new AttachRolePolicyCommand({ RoleName: unbounded, PolicyArn }))
  await refused(attaching, 'AccessDenied')
})

test('the boundary of a new role counts as its use: the policy can not be deleted under it', async () => {
  const PolicyArn = await newBoundary(allow('kms:*'))
  const { RoleName } = await newRole({ PermissionsBoundary: PolicyArn })

  const { Policy } = await iam.send(new GetPolicyCommand({ PolicyArn }))
  const { PolicyRoles } = await iam.send(new ListEntitiesForPolicyCommand({ PolicyArn }))

  assert.deepEqual([Policy!.AttachmentCount, Policy!.PermissionsBoundaryUsageCount], [0, 1])
  assert.deepEqual(
    PolicyRoles!.map(role => role.RoleName),
    [RoleName],
  )
})

test('tags of a new role need iam:TagRole, and are condition keys', async () => {
  const Tags = [{ Key: 'team', Value: 'a' }]
  const maker = await asUser(allow('iam:CreateRole'))
  const tagger = await asUser({
    ...allow(['iam:CreateRole', 'iam:TagRole']),
    Condition: {
      StringEquals: { 'aws:RequestTag/team': 'a' },
      'ForAllValues:StringEquals': { 'aws:TagKeys': ['team'] },
    },
  })
  const create = (by: typeof maker, wanted: Wanted): Promise<unknown> =>
    by.iam.send(
      new CreateRoleCommand({ RoleName: newName('tagged'), AssumeRolePolicyDocument: trust(rootArn), ...wanted }),
    )

  await create(maker, {})
  await refused(create(maker, { Tags }), 'AccessDenied', 'iam:TagRole on resource: arn:aws:iam::')
  await create(tagger, { Tags })
  await refused(create(tagger, {}), 'AccessDenied', 'iam:CreateRole')
  await refused(create(tagger, { Tags: [...Tags, { Key: 'more', Value: 'x' }] }), 'AccessDenied')
})

test('ten roles of one name at once: one is made', async () => {
  const name = newName('Role')
  const names = Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? name : name.toLowerCase()))

  const outcomes = await Promise.allSettled(names.map(RoleName => newRole({ RoleName })))

  assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
})

test('CloudTrail has of a role what AWS has: the trust policy as it was sent, percent-encoded in the answer', async () => {
  const PermissionsBoundary = await newBoundary(allow('kms:*'))
  const wanted = { Description: 'd', MaxSessionDuration: 7_200, PermissionsBoundary, Tags: [{ Key: 'a', Value: 'b' }] }
  const { RoleName, RoleId, Arn } = await newRole(wanted)
  await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: trust(rootArn) }))
  await iam.send(new UpdateRoleCommand({ RoleName, MaxSessionDuration: 3_600 }))

  const create = await recorded('CreateRole', RoleName!)
  const trusting = await recorded('UpdateAssumeRolePolicy', RoleName!)
  const update = await recorded('UpdateRole', RoleName!)

  assert.deepEqual(create.requestParameters, {
    roleName: RoleName,
    assumeRolePolicyDocument: trust(rootArn),
    description: 'd',
    maxSessionDuration: 7_200,
    permissionsBoundary: PermissionsBoundary,
    tags: [{ key: 'a', value: 'b' }],
  })
  const { createDate, ...answered } = create.responseElements!['role']!
  assert.match(String(createDate), /^[A-Z][a-z]{2} \d+, \d{4} \d+:\d\d:\d\d [AP]M$/)
  assert.deepEqual(answered, {
    path: '/',
    roleName: RoleName,
    roleId: RoleId,
    arn: Arn,
    assumeRolePolicyDocument: encodeURIComponent(trust(rootArn)),
    permissionsBoundary: { permissionsBoundaryType: 'Policy', permissionsBoundaryArn: PermissionsBoundary },
    tags: [{ key: 'a', value: 'b' }],
  })
  assert.deepEqual(
    [trusting.requestParameters, trusting.responseElements],
    [{ roleName: RoleName, policyDocument: trust(rootArn) }, null],
  )
  assert.deepEqual(
    [update.requestParameters, update.responseElements],
    [{ roleName: RoleName, maxSessionDuration: 3_600 }, null],
  )
})
