// IAM's users by the AWS SDK: their names, keys, policies and boundaries, and what somebody without the right may try.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import * as iam from '@aws-sdk/client-iam'
import type { IAMClient } from '@aws-sdk/client-iam'
import { ListKeysCommand } from '@aws-sdk/client-kms'
import { GetCallerIdentityCommand, GetSessionTokenCommand } from '@aws-sdk/client-sts'
import { startPostern, trailText } from '../start-postern.ts'
import type { Credentials } from '../start-postern.ts'
import { sendIam } from './iam-command.ts'
import { refused } from './refused.ts'
import { allow, makeUser, policyOf } from './user.ts'
import type { Statement } from './user.ts'

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const administrator = postern.clients(await postern.administrator())
const account = (await administrator.sts.send(new GetCallerIdentityCommand({}))).Account!
const otherAccount = '444455556666'
const foreigner = await postern.otherAccount(otherAccount)
const own = administrator.iam

const arnOf = (rest: string): string => `arn:aws:iam::${account}:${rest}`
const clientOf = (credentials: Credentials): IAMClient => postern.clients(credentials).iam
const listKeys = policyOf(allow('kms:ListKeys'))

let names = 0
const newName = (): string => `user-${++names}`

interface Person {
  readonly name: string
  readonly arn: string
  readonly credentials: Credentials
  readonly iam: IAMClient
}

async function newPerson(...statements: readonly Statement[]): Promise<Person> {
  const name = newName()
  const { arn, credentials } = await makeUser(own, name, ...statements)
  return { name, arn, credentials, iam: clientOf(credentials) }
}

async function newPolicy(PolicyDocument = listKeys, more: object = {}): Promise<string> {
  const command = new iam.CreatePolicyCommand({ PolicyName: newName(), PolicyDocument, ...more })
  return (await own.send(command)).Policy!.Arn!
}

const noUser = (name: string): string => `The user with name ${name} cannot be found.`

// Who may do what.

const whyNot = (action: string): string => `because no identity-based policy allows the ${action} action`

for (const [operation, input] of [
  ['GetUser', {}],
  ['DeleteUser', {}],
  ['CreateAccessKey', {}],
  ['ListAccessKeys', {}],
  ['ListUserPolicies', {}],
  ['ListAttachedUserPolicies', {}],
  ['ListGroupsForUser', {}],
  ['ListMFADevices', {}],
  ['DeleteLoginProfile', {}],
  ['PutUserPolicy', { PolicyName: 'p', PolicyDocument: listKeys }],
  ['AttachUserPolicy', { PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' }],
  ['PutUserPermissionsBoundary', { PermissionsBoundary: 'arn:aws:iam::aws:policy/AdministratorAccess' }],
  ['DeleteUserPermissionsBoundary', {}],
  ['TagUser', { Tags: [{ Key: 'team', Value: 'blue' }] }],
  ['UpdateUser', { NewPath: '/boss/' }],
] as const) {
  test(`${operation} is refused to a user without the right: of itself, of another, and of one that there is not, in one form`, async () => {
    const { name, arn, iam: client } = await newPerson()
    const { name: another } = await newPerson()

    for (const UserName of [name, another, 'nobody-of-that-name']) {
      await refused(
        sendIam(client, operation, { UserName, ...input }),
        'AccessDenied',
        `User: ${arn} is not authorized to perform: iam:${operation} on resource: user ${UserName} ${whyNot(`iam:${operation}`)}`,
      )
    }
  })
}

test('CreateUser and ListUsers are refused with the ARN of what was asked for', async () => {
  const { arn, iam: client } = await newPerson()

  await refused(
    client.send(new iam.CreateUserCommand({ UserName: 'made', Path: '/team/' })),
    'AccessDenied',
    `User: ${arn} is not authorized to perform: iam:CreateUser on resource: ${arnOf('user/team/made')} ${whyNot('iam:CreateUser')}`,
  )
  await refused(
    client.send(new iam.ListUsersCommand({})),
    'AccessDenied',
    `iam:ListUsers on resource: ${arnOf('user/')} because`,
  )
  await refused(
    client.send(new iam.ListUsersCommand({ PathPrefix: '/team/' })),
    'AccessDenied',
    `iam:ListUsers on resource: ${arnOf('user/team/')} because`,
  )
  await refused(
    client.send(new iam.ListVirtualMFADevicesCommand({})),
    'AccessDenied',
    `iam:ListVirtualMFADevices on resource: ${arnOf('mfa/')} because`,
  )
  await refused(
    client.send(new iam.ListAccountAliasesCommand({})),
    'AccessDenied',
    'iam:ListAccountAliases on resource: * because',
  )
})

test('a right on one path is none on another, also by a name in another case', async () => {
  const UserName = newName()
  await own.send(new iam.CreateUserCommand({ UserName, Path: '/boss/' }))
  const { iam: client } = await newPerson(allow('iam:GetUser', arnOf('user/*')), {
    ...allow('iam:GetUser', arnOf('user/boss/*')),
    Effect: 'Deny',
  })

  for (const name of [UserName, UserName.toUpperCase()])
    await refused(client.send(new iam.GetUserCommand({ UserName: name })), 'AccessDenied', 'with an explicit deny')
})

test('who may attach one policy alone, or give users one boundary alone, may not attach or give another', async () => {
  const allowed = await newPolicy()
  const other = await newPolicy()
  const { name: target } = await newPerson()
  const { iam: client } = await newPerson(
    { ...allow('iam:AttachUserPolicy'), Condition: { ArnEquals: { 'iam:PolicyARN': allowed } } },
    {
      ...allow(['iam:CreateUser', 'iam:PutUserPolicy', 'iam:PutUserPermissionsBoundary']),
      Condition: { StringEquals: { 'iam:PermissionsBoundary': allowed } },
    },
  )
  const put = (UserName: string): Promise<unknown> =>
    client.send(new iam.PutUserPolicyCommand({ UserName, PolicyName: 'p', PolicyDocument: listKeys }))

  await client.send(new iam.AttachUserPolicyCommand({ UserName: target, PolicyArn: allowed }))
  for (const PolicyArn of [other, 'arn:aws:iam::aws:policy/AdministratorAccess'])
    await refused(client.send(new iam.AttachUserPolicyCommand({ UserName: target, PolicyArn })), 'AccessDenied')

  const UserName = newName()
  await refused(client.send(new iam.CreateUserCommand({ UserName })), 'AccessDenied')
  await refused(client.send(new iam.CreateUserCommand({ UserName, PermissionsBoundary: other })), 'AccessDenied')
  await client.send(new iam.CreateUserCommand({ UserName, PermissionsBoundary: allowed }))
  await put(UserName)
  await refused(put(target), 'AccessDenied')
  for (const PermissionsBoundary of [other, 'arn:aws:iam::aws:policy/AdministratorAccess'])
    await refused(
      client.send(new iam.PutUserPermissionsBoundaryCommand({ UserName, PermissionsBoundary })),
      'AccessDenied',
    )
})

test('a user that may tag itself with one key alone can take no other, and remove no other', async () => {
  const { name: UserName, iam: client } = await newPerson({
    ...allow(['iam:TagUser', 'iam:UntagUser']),
    Condition: { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['nickname'] } },
  })
  await own.send(new iam.TagUserCommand({ UserName, Tags: [{ Key: 'role', Value: 'reader' }] }))

  await client.send(new iam.TagUserCommand({ UserName, Tags: [{ Key: 'nickname', Value: 'ann' }] }))
  const Tags = [{ Key: 'role', Value: 'admin' }]
  await refused(client.send(new iam.TagUserCommand({ UserName, Tags })), 'AccessDenied')
  await refused(client.send(new iam.UntagUserCommand({ UserName, TagKeys: ['nickname', 'role'] })), 'AccessDenied')
})

// Who is meant.

test('a user that names nobody means itself', async () => {
  const { name, iam: client } = await newPerson(allow('iam:*'))

  const { User } = await client.send(new iam.GetUserCommand({}))
  const { AccessKey } = await client.send(new iam.CreateAccessKeyCommand({}))
  const AccessKeyId = AccessKey!.AccessKeyId!
  const { AccessKeyMetadata } = await client.send(new iam.ListAccessKeysCommand({}))
  await client.send(new iam.UpdateAccessKeyCommand({ AccessKeyId, Status: 'Inactive' }))
  await client.send(new iam.DeleteAccessKeyCommand({ AccessKeyId }))
  const { MFADevices } = await client.send(new iam.ListMFADevicesCommand({}))

  assert.equal(User!.UserName, name)
  assert.equal(AccessKey!.UserName, name)
  assert.equal(AccessKeyMetadata!.length, 2)
  assert.deepEqual(MFADevices, [])
  await refused(
    client.send(new iam.DeleteLoginProfileCommand({})),
    'NoSuchEntity',
    `Login Profile for User ${name} cannot be found.`,
  )
})

test('a role that names nobody is told to name a user', async () => {
  const AccessKeyId = 'AKIAIOSFODNN7EXAMPLE'
  for (const call of [
    () => own.send(new iam.GetUserCommand({})),
    () => own.send(new iam.CreateAccessKeyCommand({})),
    () => own.send(new iam.DeleteAccessKeyCommand({ AccessKeyId })),
    () => own.send(new iam.ListAccessKeysCommand({})),
    () => own.send(new iam.ListMFADevicesCommand({})),
  ])
    await refused(call(), 'ValidationError', /^Must specify userName when calling with non-User credentials$/)
})

test('the root user sees itself with GetUser, has no keys to list, and can make none', async () => {
  const { iam: root } = postern.clients(await postern.root())

  const { User } = await root.send(new iam.GetUserCommand({}))
  const { AccessKeyMetadata } = await root.send(new iam.ListAccessKeysCommand({}))
  const { Certificates } = await root.send(new iam.ListSigningCertificatesCommand({}))

  const { CreateDate, ...rest } = User!
  assert.deepEqual(rest, { Arn: arnOf('root'), UserId: account })
  assert.ok(CreateDate instanceof Date)
  assert.deepEqual([AccessKeyMetadata, Certificates], [[], []])
  await refused(root.send(new iam.CreateAccessKeyCommand({})), 'ValidationError', 'Must specify userName')
})

test('the users, keys and policies of another account are not there', async () => {
  const UserName = newName()
  const theirs = await makeUser(foreigner.iam, UserName)
  const { Policy } = await foreigner.iam.send(
    new iam.CreatePolicyCommand({ PolicyName: newName(), PolicyDocument: listKeys }),
  )
  const { name: mine } = await newPerson()
  const PolicyArn = Policy!.Arn!
  const { accessKeyId: AccessKeyId } = theirs.credentials
  const notAttachable = `Policy ${PolicyArn} does not exist or is not attachable.`

  await refused(own.send(new iam.GetUserCommand({ UserName })), 'NoSuchEntity', noUser(UserName))
  await refused(own.send(new iam.CreateAccessKeyCommand({ UserName })), 'NoSuchEntity', noUser(UserName))
  await refused(
    own.send(new iam.DeleteAccessKeyCommand({ UserName: mine, AccessKeyId })),
    'NoSuchEntity',
    `The Access Key with id ${AccessKeyId} cannot be found.`,
  )
  await refused(own.send(new iam.AttachUserPolicyCommand({ UserName: mine, PolicyArn })), 'NoSuchEntity', notAttachable)
  await refused(
    own.send(new iam.PutUserPermissionsBoundaryCommand({ UserName: mine, PermissionsBoundary: PolicyArn })),
    'NoSuchEntity',
    `Scope ARN: ${PolicyArn} does not exist or is not attachable.`,
  )
})

// Names and paths.

test('names differ by more than case: CreateUser and UpdateUser refuse a name that is taken', async () => {
  const { name } = await newPerson()
  const { name: other } = await newPerson()
  const upper = name.toUpperCase()
  const exists = (taken: string): RegExp => new RegExp(`^User with name ${taken} already exists\\.$`)

  await refused(own.send(new iam.CreateUserCommand({ UserName: upper })), 'EntityAlreadyExists', exists(upper))
  await refused(
    own.send(new iam.UpdateUserCommand({ UserName: other, NewUserName: upper })),
    'EntityAlreadyExists',
    exists(upper),
  )
  await own.send(new iam.UpdateUserCommand({ UserName: name, NewUserName: upper }))
  const { User } = await own.send(new iam.GetUserCommand({ UserName: name }))
  assert.equal(User!.UserName, upper)
})

const badPath =
  'The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.'

for (const Path of ['team', '/team', 'team/', '/te am/', '/tëam/', '/\u007f/', '/a\n/']) {
  test(`CreateUser refuses the path ${JSON.stringify(Path)}`, async () => {
    await refused(own.send(new iam.CreateUserCommand({ UserName: newName(), Path })), 'ValidationError', badPath)
  })
}

test('no path or name leads into the ARN of somebody else: what looks like a way up stays a path', async () => {
  const UserName = newName()
  const { iam: client } = await newPerson(allow('iam:*', arnOf('user/team/*')))

  const { User } = await client.send(new iam.CreateUserCommand({ UserName, Path: '/team/../boss/' }))

  assert.equal(User!.Arn, arnOf(`user/team/../boss/${UserName}`))
  await refused(client.send(new iam.CreateUserCommand({ UserName: newName(), Path: '/boss/' })), 'AccessDenied')
  await refused(
    own.send(new iam.CreateUserCommand({ UserName: 'a/b' })),
    'ValidationError',
    'The specified value for userName is invalid.',
  )
  await refused(client.send(new iam.UpdateUserCommand({ UserName, NewPath: '/boss/' })), 'AccessDenied')
})

test('ListUsers shows those whose path begins so, in full pages, also with half a part of a path', async () => {
  const prefix = `/list${newName()}`
  const made = []
  for (const rest of ['a/', 'ab/', 'b/', 'a/c/']) {
    const { User } = await own.send(new iam.CreateUserCommand({ UserName: newName(), Path: `${prefix}/${rest}` }))
    made.push(User!)
  }
  const list = async (PathPrefix: string): Promise<ReadonlySet<string>> => {
    const found = new Set<string>()
    for await (const { Users } of iam.paginateListUsers({ client: own, pageSize: 2 }, { PathPrefix })) {
      assert.ok(Users!.length > 0)
      for (const user of Users!) found.add(user.UserName!)
    }
    return found
  }
  const [a, ab, b, ac] = made.map(user => user.UserName!)

  assert.deepEqual(await list(`${prefix}/`), new Set([a, ab, b, ac]))
  assert.deepEqual(await list(`${prefix}/a`), new Set([a, ab, ac]))
  assert.deepEqual(await list(`${prefix}/a/`), new Set([a, ac]))
})

test('a renamed user keeps its id, keys, policies and tags, and its credentials go on under the new name', async () => {
  const { name, credentials } = await newPerson(allow(['kms:ListKeys', 'sts:*']))
  await own.send(new iam.TagUserCommand({ UserName: name, Tags: [{ Key: 'team', Value: 'blue' }] }))
  const before = (await own.send(new iam.GetUserCommand({ UserName: name }))).User!
  const mine = postern.clients(credentials)
  const { Credentials: session } = await mine.sts.send(new GetSessionTokenCommand({}))
  const sessionClients = postern.clients({
    accessKeyId: session!.AccessKeyId!,
    secretAccessKey: session!.SecretAccessKey!,
    sessionToken: session!.SessionToken!,
  })
  const NewUserName = newName()

  await own.send(new iam.UpdateUserCommand({ UserName: name, NewUserName, NewPath: '/moved/' }))

  const { User } = await own.send(new iam.GetUserCommand({ UserName: NewUserName }))
  const arn = arnOf(`user/moved/${NewUserName}`)
  assert.deepEqual(User, { ...before, UserName: NewUserName, Path: '/moved/', Arn: arn })
  for (const { sts, kms } of [mine, sessionClients]) {
    const identity = await sts.send(new GetCallerIdentityCommand({}))
    assert.deepEqual([identity.Arn, identity.UserId], [arn, before.UserId])
    await kms.send(new ListKeysCommand({}))
  }
  const { AccessKeyMetadata } = await own.send(new iam.ListAccessKeysCommand({ UserName: NewUserName }))
  assert.deepEqual(
    AccessKeyMetadata!.map(key => [key.AccessKeyId, key.UserName]),
    [[credentials.accessKeyId, NewUserName]],
  )
  await refused(own.send(new iam.GetUserCommand({ UserName: name })), 'NoSuchEntity', noUser(name))
})

test('UpdateUser needs the right on the old name and on the new one', async () => {
  const [ofMine, ofTheirs] = [newName(), newName()]
  await own.send(new iam.CreateUserCommand({ UserName: ofMine }))
  const { arn, iam: client } = await newPerson(allow('iam:UpdateUser', arnOf(`user/${ofMine}`)))

  await refused(
    client.send(new iam.UpdateUserCommand({ UserName: ofMine, NewUserName: ofTheirs })),
    'AccessDenied',
    `User: ${arn} is not authorized to perform: iam:UpdateUser on resource: user ${ofTheirs} because`,
  )
  await refused(client.send(new iam.UpdateUserCommand({ UserName: ofTheirs, NewUserName: ofMine })), 'AccessDenied')
})

// Managed policies and boundaries.

test('an attached policy counts at the next request, and no more once it is detached', async () => {
  const PolicyArn = await newPolicy()
  const { name: UserName, credentials } = await newPerson()
  const { kms } = postern.clients(credentials)
  await refused(kms.send(new ListKeysCommand({})), 'AccessDeniedException')

  await own.send(new iam.AttachUserPolicyCommand({ UserName, PolicyArn }))
  await kms.send(new ListKeysCommand({}))
  await own.send(new iam.AttachUserPolicyCommand({ UserName, PolicyArn }))
  const attached = await own.send(new iam.ListAttachedUserPoliciesCommand({ UserName }))
  await own.send(new iam.DetachUserPolicyCommand({ UserName, PolicyArn }))

  await refused(kms.send(new ListKeysCommand({})), 'AccessDeniedException')
  assert.deepEqual(attached.AttachedPolicies, [{ PolicyName: PolicyArn.split('/')[1]!, PolicyArn }])
  await refused(
    own.send(new iam.DetachUserPolicyCommand({ UserName, PolicyArn })),
    'NoSuchEntity',
    `Policy ${PolicyArn} was not found.`,
  )
})

test('AttachUserPolicy and PutUserPermissionsBoundary refuse what is no ARN of a policy, and what is not there', async () => {
  const { name: UserName } = await newPerson()
  const { iam: nobody } = await newPerson()
  const attach = (client: IAMClient, PolicyArn: string): Promise<unknown> =>
    client.send(new iam.AttachUserPolicyCommand({ UserName, PolicyArn }))
  const bound = (PermissionsBoundary: string): Promise<unknown> =>
    own.send(new iam.PutUserPermissionsBoundaryCommand({ UserName, PermissionsBoundary }))

  for (const arn of [
    'longpolicynamebutnoarn',
    arnOf('user/not-a-policy-at-all'),
    `arn:aws:iam:us-east-1:${account}:policy/regional`,
    'arn:aws:iam::1111:policy/short-account',
    'arn:aws:kms::111122223333:policy/other-service',
    arnOf('policy/'),
  ]) {
    await refused(attach(own, arn), 'ValidationError', `ARN ${arn} is not valid.`)
    await refused(attach(nobody, arn), 'ValidationError', `ARN ${arn} is not valid.`)
    await refused(bound(arn), 'InvalidInput', `ARN ${arn} is not valid.`)
    await refused(
      own.send(new iam.CreateUserCommand({ UserName: newName(), PermissionsBoundary: arn })),
      'InvalidInput',
      `ARN ${arn} is not valid.`,
    )
  }
  for (const arn of [arnOf('policy/not-there'), 'arn:aws:iam::aws:policy/NotThereEither']) {
    await refused(attach(own, arn), 'NoSuchEntity', `Policy ${arn} does not exist or is not attachable.`)
    await refused(bound(arn), 'NoSuchEntity', `Scope ARN: ${arn} does not exist or is not attachable.`)
  }
})

test('a policy is found by its whole ARN alone, not by its name in another path', async () => {
  const PolicyArn = await newPolicy(listKeys, { Path: '/team/' })
  const { name: UserName } = await newPerson()
  const [, policyName] = PolicyArn.split('/team/')

  for (const arn of [
    arnOf(`policy/${policyName}`),
    arnOf(`policy/other/${policyName}`),
    arnOf(`policy/team/x/../${policyName}`),
  ])
    await refused(own.send(new iam.AttachUserPolicyCommand({ UserName, PolicyArn: arn })), 'NoSuchEntity')
  await own.send(new iam.AttachUserPolicyCommand({ UserName, PolicyArn }))
})

test('ListAttachedUserPolicies shows those whose path begins so, and pages through names that are the same', async () => {
  const { name: UserName } = await newPerson()
  const long = 'x'.repeat(120)
  const arns = [
    'arn:aws:iam::aws:policy/ReadOnlyAccess',
    await newPolicy(listKeys, { PolicyName: 'ReadOnlyAccess', Path: '/team/' }),
    await newPolicy(listKeys, { PolicyName: `${long}1`, Path: `/${'p'.repeat(400)}/` }),
    await newPolicy(listKeys, { PolicyName: `${long}2`, Path: '/team/inner/' }),
  ]
  for (const PolicyArn of arns) await own.send(new iam.AttachUserPolicyCommand({ UserName, PolicyArn }))
  const list = async (more: object = {}): Promise<ReadonlySet<string>> => {
    const found = new Set<string>()
    const pages = iam.paginateListAttachedUserPolicies({ client: own, pageSize: 1 }, { UserName, ...more })
    for await (const { AttachedPolicies } of pages) for (const { PolicyArn } of AttachedPolicies!) found.add(PolicyArn!)
    return found
  }

  assert.deepEqual(await list(), new Set(arns))
  assert.deepEqual(await list({ PathPrefix: '/team/' }), new Set([arns[1], arns[3]]))
})

test('many users can be given one policy at once', async () => {
  const PolicyArn = await newPolicy()
  const people = await Promise.all(
    Array.from({ length: 10 }, async () => {
      const UserName = newName()
      await own.send(new iam.CreateUserCommand({ UserName }))
      return UserName
    }),
  )

  await Promise.all(people.map(UserName => own.send(new iam.AttachUserPolicyCommand({ UserName, PolicyArn }))))

  const { PolicyUsers } = await own.send(new iam.ListEntitiesForPolicyCommand({ PolicyArn }))
  assert.deepEqual(new Set(PolicyUsers!.map(user => user.UserName)), new Set(people))
})

test('a boundary limits what a user may do, also one that it was made with, until it is taken off', async () => {
  const boundary = await newPolicy()
  const UserName = newName()
  const { User } = await own.send(new iam.CreateUserCommand({ UserName, PermissionsBoundary: boundary }))
  await own.send(
    new iam.AttachUserPolicyCommand({ UserName, PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' }),
  )
  const { AccessKey } = await own.send(new iam.CreateAccessKeyCommand({ UserName }))
  const { iam: client, kms } = postern.clients({
    accessKeyId: AccessKey!.AccessKeyId!,
    secretAccessKey: AccessKey!.SecretAccessKey!,
  })
  const shape = { PermissionsBoundaryType: 'Policy', PermissionsBoundaryArn: boundary }

  await kms.send(new ListKeysCommand({}))
  await refused(
    client.send(new iam.DeleteUserPermissionsBoundaryCommand({ UserName })),
    'AccessDenied',
    'because no permissions boundary allows the iam:DeleteUserPermissionsBoundary action',
  )
  const before = await own.send(new iam.GetUserCommand({ UserName }))
  await own.send(new iam.DeleteUserPermissionsBoundaryCommand({ UserName }))
  await own.send(new iam.DeleteUserPermissionsBoundaryCommand({ UserName }))
  const after_ = await client.send(new iam.GetUserCommand({ UserName }))

  assert.deepEqual(User!.PermissionsBoundary, shape)
  assert.deepEqual(before.User!.PermissionsBoundary, shape)
  assert.equal(after_.User!.PermissionsBoundary, undefined)
})

// Tags.

test('the keys of tags of policies differ by case, those of roles and users do not', async () => {
  const PolicyArn = await newPolicy()
  const both = ['a', 'A'].map(Key => ({ Key, Value: Key }))
  const RoleName = 'Administrator'

  await own.send(new iam.TagPolicyCommand({ PolicyArn, Tags: both }))
  await own.send(new iam.UntagPolicyCommand({ PolicyArn, TagKeys: ['b'] }))
  const tagged = await own.send(new iam.ListPolicyTagsCommand({ PolicyArn }))
  await own.send(new iam.UntagPolicyCommand({ PolicyArn, TagKeys: ['a'] }))
  const untagged = await own.send(new iam.ListPolicyTagsCommand({ PolicyArn }))
  await own.send(new iam.TagRoleCommand({ RoleName, Tags: [both[0]!] }))
  await own.send(new iam.TagRoleCommand({ RoleName, Tags: [both[1]!] }))
  const ofRole = await own.send(new iam.ListRoleTagsCommand({ RoleName }))
  await own.send(new iam.UntagRoleCommand({ RoleName, TagKeys: ['a'] }))

  assert.deepEqual(tagged.Tags, [
    { Key: 'A', Value: 'A' },
    { Key: 'a', Value: 'a' },
  ])
  assert.deepEqual(untagged.Tags, [{ Key: 'A', Value: 'A' }])
  assert.deepEqual(ofRole.Tags, [{ Key: 'A', Value: 'A' }])
  assert.deepEqual((await own.send(new iam.ListRoleTagsCommand({ RoleName }))).Tags, [])
  await refused(
    own.send(new iam.TagPolicyCommand({ PolicyArn, Tags: [both[0]!, both[0]!] })),
    'InvalidInput',
    /^Duplicate tag keys found\.$/,
  )
  await refused(own.send(new iam.TagRoleCommand({ RoleName, Tags: both })), 'InvalidInput', 'case insensitive')
})

test('policies have 50 tags at most, and those of AWS none', async () => {
  const PolicyArn = await newPolicy()
  const Tags = Array.from({ length: 50 }, (_, index) => ({ Key: `k${index}`, Value: '' }))
  await own.send(new iam.TagPolicyCommand({ PolicyArn, Tags }))

  const more = [{ Key: 'K0', Value: '' }]
  await refused(
    own.send(new iam.TagPolicyCommand({ PolicyArn, Tags: more })),
    'LimitExceeded',
    'The number of tags has reached the maximum limit.',
  )
  const ofAws = 'arn:aws:iam::aws:policy/ReadOnlyAccess'
  await refused(own.send(new iam.TagPolicyCommand({ PolicyArn: ofAws, Tags: more })), 'AccessDenied')
  assert.deepEqual((await own.send(new iam.ListPolicyTagsCommand({ PolicyArn: ofAws }))).Tags, [])
  const missing = arnOf('policy/not-there')
  await refused(
    own.send(new iam.TagPolicyCommand({ PolicyArn: missing, Tags: more })),
    'NoSuchEntity',
    `Policy ${missing} was not found.`,
  )
})

// The end of a user.

test('DeleteUser is refused until nothing is left of the user, and says what is', async () => {
  const { name: UserName, credentials } = await newPerson(allow('kms:ListKeys'))
  const PolicyArn = await newPolicy()
  const GroupName = newName()
  await own.send(new iam.CreateGroupCommand({ GroupName }))
  await own.send(new iam.AddUserToGroupCommand({ UserName, GroupName }))
  await own.send(new iam.AttachUserPolicyCommand({ UserName, PolicyArn }))
  const conflict = (demand: string): Promise<void> =>
    refused(
      own.send(new iam.DeleteUserCommand({ UserName })),
      'DeleteConflict',
      `Cannot delete entity, ${demand} first.`,
    )

  await conflict('must remove users from group')
  await own.send(new iam.RemoveUserFromGroupCommand({ UserName, GroupName }))
  await conflict('must detach all policies')
  await own.send(new iam.DetachUserPolicyCommand({ UserName, PolicyArn }))
  await conflict('must delete policies')
  await own.send(new iam.DeleteUserPolicyCommand({ UserName, PolicyName: 'inline' }))
  await conflict('must delete access keys')
  await own.send(new iam.DeleteAccessKeyCommand({ UserName, AccessKeyId: credentials.accessKeyId }))
  await own.send(new iam.DeleteUserCommand({ UserName }))

  await refused(own.send(new iam.DeleteUserCommand({ UserName })), 'NoSuchEntity', noUser(UserName))
})

test('what tools ask for before they delete a user is answered: there are no passwords, certificates or devices', async () => {
  const { name: UserName } = await newPerson()

  const answers = [
    (await own.send(new iam.ListMFADevicesCommand({ UserName }))).MFADevices,
    (await own.send(new iam.ListSigningCertificatesCommand({ UserName }))).Certificates,
    (await own.send(new iam.ListSSHPublicKeysCommand({ UserName }))).SSHPublicKeys,
    (await own.send(new iam.ListServiceSpecificCredentialsCommand({ UserName }))).ServiceSpecificCredentials,
    (await own.send(new iam.ListServiceSpecificCredentialsCommand({ AllUsers: true }))).ServiceSpecificCredentials,
    (await own.send(new iam.ListVirtualMFADevicesCommand({}))).VirtualMFADevices,
    (await own.send(new iam.ListAccountAliasesCommand({}))).AccountAliases,
  ]

  for (const answer of answers) assert.deepEqual(answer, [])
  await refused(
    own.send(new iam.DeleteLoginProfileCommand({ UserName })),
    'NoSuchEntity',
    `Login Profile for User ${UserName} cannot be found.`,
  )
  for (const missing of [
    () => own.send(new iam.ListMFADevicesCommand({ UserName: 'nobody' })),
    () => own.send(new iam.DeleteLoginProfileCommand({ UserName: 'nobody' })),
  ])
    await refused(missing(), 'NoSuchEntity', noUser('nobody'))
  await refused(
    own.send(new iam.ListVirtualMFADevicesCommand({ Marker: 'garbage' })),
    'ValidationError',
    'Invalid Marker.',
  )
})

// Last uses.

const lastUsed = async (AccessKeyId: string): Promise<iam.GetAccessKeyLastUsedResponse> => {
  const { $metadata: _, ...answer } = await own.send(new iam.GetAccessKeyLastUsedCommand({ AccessKeyId }))
  return answer
}

test('GetAccessKeyLastUsed tells when a key signed last, where and for what, also a request that was refused', async () => {
  const { name: UserName, credentials } = await newPerson()
  const { accessKeyId } = credentials
  const { sts, kms, iam: users } = postern.clients(credentials)
  const never = await lastUsed(accessKeyId)
  const start = Math.floor(Date.now() / 1_000) * 1_000

  await sts.send(new GetCallerIdentityCommand({}))
  const used = await lastUsed(accessKeyId)
  await refused(kms.send(new ListKeysCommand({})), 'AccessDeniedException')
  const usedAgain = await lastUsed(accessKeyId)
  await refused(users.send(new iam.ListUsersCommand({})), 'AccessDenied')
  const usedForIam = await lastUsed(accessKeyId)

  assert.deepEqual(never, { UserName, AccessKeyLastUsed: { Region: 'N/A', ServiceName: 'N/A' } })
  const { LastUsedDate, ...rest } = used.AccessKeyLastUsed!
  assert.ok(LastUsedDate!.getTime() >= start && LastUsedDate!.getTime() <= Date.now())
  assert.deepEqual(rest, { Region: postern.region, ServiceName: 'sts' })
  assert.equal(usedAgain.AccessKeyLastUsed!.ServiceName, 'kms')
  // IAM is one for all Regions, and in this one by its records.
  const { Region, ServiceName } = usedForIam.AccessKeyLastUsed!
  assert.deepEqual([Region, ServiceName], ['us-east-1', 'iam'])
})

test('a wrong signature is no use of a key', async () => {
  const { credentials } = await newPerson()
  const wrong = { ...credentials, secretAccessKey: 'x'.repeat(40) }

  await refused(postern.clients(wrong).sts.send(new GetCallerIdentityCommand({})), 'SignatureDoesNotMatch')

  assert.equal((await lastUsed(credentials.accessKeyId)).AccessKeyLastUsed!.ServiceName, 'N/A')
})

test('GetAccessKeyLastUsed says the same of a key that is not there, of another account, or of a user one may not ask about', async () => {
  const { arn, iam: nobody, credentials } = await newPerson()
  const theirs = await makeUser(foreigner.iam, newName())
  const administratorArn = (await administrator.sts.send(new GetCallerIdentityCommand({}))).Arn!
  const refusal = (caller: string, id: string): RegExp =>
    new RegExp(`^User: ${caller} is not authorized to perform iam:GetAccessKeyLastUsed on resource: access key ${id}$`)
  const ask = (client: IAMClient, AccessKeyId: string): Promise<unknown> =>
    client.send(new iam.GetAccessKeyLastUsedCommand({ AccessKeyId }))

  for (const id of ['AKIAIOSFODNN7EXAMPLE', theirs.credentials.accessKeyId]) {
    await refused(ask(own, id), 'AccessDenied', refusal(administratorArn, id))
    await refused(ask(nobody, id), 'AccessDenied', refusal(arn, id))
  }
  await refused(ask(nobody, credentials.accessKeyId), 'AccessDenied', refusal(arn, credentials.accessKeyId))
})

// The trail. It comes last, since the server is started anew.

test('the trail has what CloudTrail has of users and keys, and no secret', async () => {
  const boundary = await newPolicy()
  const UserName = newName()
  const Tags = [{ Key: 'team', Value: 'blue' }]
  await own.send(new iam.CreateUserCommand({ UserName, Path: '/t/', Tags, PermissionsBoundary: boundary }))
  const { AccessKey } = await own.send(new iam.CreateAccessKeyCommand({ UserName }))
  await own.send(
    new iam.PutUserPolicyCommand({ UserName, PolicyName: 'all', PolicyDocument: policyOf(allow('iam:*')) }),
  )
  await own.send(
    new iam.PutUserPermissionsBoundaryCommand({
      UserName,
      PermissionsBoundary: 'arn:aws:iam::aws:policy/AdministratorAccess',
    }),
  )
  const client = clientOf({ accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! })
  const second = await client.send(new iam.CreateAccessKeyCommand({}))
  await own.send(new iam.AttachUserPolicyCommand({ UserName, PolicyArn: boundary }))
  await own.send(new iam.UpdateUserCommand({ UserName, NewUserName: `${UserName}-new` }))

  const text = trailText(postern)
  const records = text
    .split('\n')
    .filter(line => line.includes(UserName))
    .map(line => (JSON.parse(line) as { readonly event: Recorded }).event)
  const recordsOf = (name: string): readonly Recorded[] => records.filter(({ eventName }) => eventName === name)
  const date = /^[A-Z][a-z]{2} \d{1,2}, \d{4} \d{1,2}:\d{2}:\d{2} [AP]M$/

  for (const key of [AccessKey!, second.AccessKey!]) assert.ok(!text.includes(key.SecretAccessKey!))
  const [created] = recordsOf('CreateUser')
  assert.deepEqual(created!.requestParameters, {
    userName: UserName,
    path: '/t/',
    tags: [{ key: 'team', value: 'blue' }],
    permissionsBoundary: boundary,
  })
  const { createDate, userId, ...user } = created!.responseElements!['user']!
  assert.match(createDate!, date)
  assert.match(userId!, /^AIDA/)
  assert.deepEqual(user, {
    path: '/t/',
    userName: UserName,
    arn: arnOf(`user/t/${UserName}`),
    permissionsBoundary: { permissionsBoundaryType: 'Policy', permissionsBoundaryArn: boundary },
    tags: [{ key: 'team', value: 'blue' }],
  })
  const keys = recordsOf('CreateAccessKey')
  assert.deepEqual(
    keys.map(({ requestParameters }) => requestParameters),
    [{ userName: UserName }, null],
  )
  for (const { responseElements } of keys) {
    const { createDate: keyDate, accessKeyId, ...accessKey } = responseElements!['accessKey']!
    assert.match(keyDate!, date)
    assert.match(accessKeyId!, /^AKIA/)
    assert.deepEqual(accessKey, { userName: UserName, status: 'Active' })
  }
  const [attached] = recordsOf('AttachUserPolicy')
  assert.deepEqual(attached!.requestParameters, { userName: UserName, policyArn: boundary })
  assert.equal(attached!.responseElements, null)
  const [renamed] = recordsOf('UpdateUser')
  assert.deepEqual(renamed!.requestParameters, { userName: UserName, newUserName: `${UserName}-new` })
})

interface Recorded {
  readonly eventName: string
  readonly requestParameters: Readonly<Record<string, unknown>> | null
  readonly responseElements: Readonly<Record<string, Readonly<Record<string, string>>>> | null
}

test('last uses are there after a restart, though no request waited for them', async () => {
  const { credentials } = await newPerson()
  const { accessKeyId } = credentials
  await postern.clients(credentials).sts.send(new GetCallerIdentityCommand({}))
  const before = await lastUsed(accessKeyId)

  await postern.stop()
  await postern.start()

  const client = clientOf(await postern.administrator())
  const { $metadata: _, ...found } = await client.send(
    new iam.GetAccessKeyLastUsedCommand({ AccessKeyId: accessKeyId }),
  )
  assert.deepEqual(found, before)
})
