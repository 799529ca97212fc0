// IAM's groups by the AWS SDK: who is in them, what that gives, and what somebody without the right may try.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import * as iam from '@aws-sdk/client-iam'
import type { IAMClient } from '@aws-sdk/client-iam'
import { ListKeysCommand } from '@aws-sdk/client-kms'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { startPostern, trailText } from '../start-postern.ts'
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

let names = 0
const newName = (): string => `name-${++names}`

async function newGroup(Path?: string): Promise<string> {
  const GroupName = newName()
  await own.send(new iam.CreateGroupCommand({ GroupName, ...(Path === undefined ? {} : { Path }) }))
  return GroupName
}

async function newUser(...statements: readonly Statement[]): Promise<{
  readonly UserName: string
  readonly arn: string
  readonly iam: IAMClient
  readonly listKeys: () => Promise<unknown>
}> {
  const UserName = newName()
  const { arn, credentials } = await makeUser(own, UserName, ...statements)
  const clients = postern.clients(credentials)
  return { UserName, arn, iam: clients.iam, listKeys: () => clients.kms.send(new ListKeysCommand({})) }
}

const add = (GroupName: string, UserName: string, client = own): Promise<unknown> =>
  client.send(new iam.AddUserToGroupCommand({ GroupName, UserName }))
const removeFrom = (GroupName: string, UserName: string, client = own): Promise<unknown> =>
  client.send(new iam.RemoveUserFromGroupCommand({ GroupName, UserName }))

const noGroup = (name: string): string => `The group with name ${name} cannot be found.`
const noUser = (name: string): string => `The user with name ${name} cannot be found.`

async function membersOf(GroupName: string): Promise<readonly string[]> {
  const members: string[] = []
  for await (const { Users } of iam.paginateGetGroup({ client: own, pageSize: 2 }, { GroupName }))
    members.push(...Users!.map(user => user.UserName!))
  return members
}

test('a group has an ARN with its path, and CreateGroup, GetGroup and ListGroups show it alike', async () => {
  const GroupName = newName()

  const { Group } = await own.send(new iam.CreateGroupCommand({ GroupName, Path: '/team/' }))
  const got = await own.send(new iam.GetGroupCommand({ GroupName }))
  const { Groups } = await own.send(new iam.ListGroupsCommand({ PathPrefix: '/team/' }))

  const { GroupId, CreateDate, ...rest } = Group!
  assert.deepEqual(rest, { GroupName, Path: '/team/', Arn: arnOf(`group/team/${GroupName}`) })
  assert.match(GroupId!, /^AGPA[A-Z2-7]{17}$/)
  assert.ok(CreateDate instanceof Date)
  assert.deepEqual([got.Group, got.Users, got.IsTruncated, Groups], [Group, [], false, [Group]])
})

test('CreateGroup refuses a name that is taken, in any case, a path that is none, and a name with a slash', async () => {
  const GroupName = await newGroup()
  const upper = GroupName.toUpperCase()

  await refused(
    own.send(new iam.CreateGroupCommand({ GroupName: upper })),
    'EntityAlreadyExists',
    `Group with name ${upper} already exists.`,
  )
  await refused(
    own.send(new iam.CreateGroupCommand({ GroupName: newName(), Path: 'team' })),
    'ValidationError',
    'The specified value for path is invalid.',
  )
  await refused(own.send(new iam.CreateGroupCommand({ GroupName: 'a/b' })), 'ValidationError')
})

test('a user may do what its groups may, from the next request on and no longer than it is in them', async () => {
  const [inline, managed] = [await newGroup(), await newGroup()]
  const PolicyDocument = policyOf(allow('kms:ListKeys'))
  const made = await own.send(new iam.CreatePolicyCommand({ PolicyName: newName(), PolicyDocument }))
  const PolicyArn = made.Policy!.Arn!
  const { UserName, listKeys } = await newUser()
  await own.send(new iam.PutGroupPolicyCommand({ GroupName: inline, PolicyName: 'p', PolicyDocument }))
  await own.send(new iam.AttachGroupPolicyCommand({ GroupName: managed, PolicyArn }))
  await refused(listKeys(), 'AccessDeniedException')

  await add(inline, UserName)
  await listKeys()
  await own.send(new iam.DeleteGroupPolicyCommand({ GroupName: inline, PolicyName: 'p' }))
  await refused(listKeys(), 'AccessDeniedException')
  await add(managed, UserName)
  await listKeys()
  await removeFrom(managed, UserName)
  await refused(listKeys(), 'AccessDeniedException')
})

test('what a group denies, no policy of the user gives', async () => {
  const GroupName = await newGroup()
  const { UserName, listKeys } = await newUser(allow('kms:*'))
  const deny = policyOf({ ...allow('kms:ListKeys'), Effect: 'Deny' })
  await own.send(new iam.PutGroupPolicyCommand({ GroupName, PolicyName: 'deny', PolicyDocument: deny }))
  await listKeys()

  await add(GroupName, UserName)

  await refused(listKeys(), 'AccessDeniedException', 'with an explicit deny in an identity-based policy')
})

test('GetGroup pages through the members, ListGroupsForUser through the groups, each once', async () => {
  const GroupName = await newGroup()
  const users = [await newUser(), await newUser(), await newUser(), await newUser(), await newUser()]
  const UserName = users[0]!.UserName
  const groups = [GroupName, await newGroup('/team/'), await newGroup()]
  for (const user of users) await add(GroupName, user.UserName)
  for (const name of groups.slice(1)) await add(name, UserName)

  const shown: string[] = []
  for await (const { Groups } of iam.paginateListGroupsForUser({ client: own, pageSize: 1 }, { UserName })) {
    assert.equal(Groups!.length, 1)
    shown.push(Groups![0]!.GroupName!)
  }

  assert.deepEqual(new Set(await membersOf(GroupName)), new Set(users.map(user => user.UserName)))
  assert.deepEqual([shown.length, new Set(shown)], [3, new Set(groups)])
  for (const Marker of ['garbage', 'Z2FyYmFnZQ']) {
    await refused(own.send(new iam.GetGroupCommand({ GroupName, Marker })), 'ValidationError', 'Invalid Marker.')
    await refused(own.send(new iam.ListGroupsCommand({ Marker })), 'ValidationError', 'Invalid Marker.')
  }
})

test('adding a member again and removing one that is none succeed, and change nothing', async () => {
  const GroupName = await newGroup()
  const { UserName } = await newUser()

  await removeFrom(GroupName, UserName)
  await add(GroupName, UserName)
  await add(GroupName, UserName.toUpperCase())
  await add(GroupName.toUpperCase(), UserName)

  assert.deepEqual(await membersOf(GroupName), [UserName])
  await removeFrom(GroupName.toUpperCase(), UserName)
  assert.deepEqual(await membersOf(GroupName), [])
})

test('of a membership, the user is looked up first, and then the group', async () => {
  const GroupName = await newGroup()
  const { UserName } = await newUser()

  for (const change of [add, removeFrom]) {
    await refused(change(GroupName, 'nobody'), 'NoSuchEntity', noUser('nobody'))
    await refused(change('nothing', UserName), 'NoSuchEntity', noGroup('nothing'))
    await refused(change('nothing', 'nobody'), 'NoSuchEntity', noUser('nobody'))
  }
})

test('every operation on a group says that there is none of that name', async () => {
  const GroupName = 'nothing'
  const PolicyName = 'p'
  const PolicyArn = 'arn:aws:iam::aws:policy/ReadOnlyAccess'
  const PolicyDocument = policyOf(allow('kms:ListKeys'))
  for (const call of [
    () => own.send(new iam.GetGroupCommand({ GroupName })),
    () => own.send(new iam.DeleteGroupCommand({ GroupName })),
    () => own.send(new iam.ListGroupPoliciesCommand({ GroupName })),
    () => own.send(new iam.GetGroupPolicyCommand({ GroupName, PolicyName })),
    () => own.send(new iam.PutGroupPolicyCommand({ GroupName, PolicyName, PolicyDocument })),
    () => own.send(new iam.DeleteGroupPolicyCommand({ GroupName, PolicyName })),
    () => own.send(new iam.AttachGroupPolicyCommand({ GroupName, PolicyArn })),
    () => own.send(new iam.DetachGroupPolicyCommand({ GroupName, PolicyArn })),
    () => own.send(new iam.ListAttachedGroupPoliciesCommand({ GroupName })),
  ])
    await refused(call(), 'NoSuchEntity', noGroup(GroupName))
})

for (const [title, name, input] of [
  ['user', 'User', async () => ({ UserName: (await newUser()).UserName })],
  ['group', 'Group', async () => ({ GroupName: await newGroup() })],
  ['role', 'Role', async () => ({ RoleName: 'Administrator' })],
] as const) {
  test(`Get${name}Policy gives a document as it was put, and with Delete${name}Policy says what AWS says of one that is not there`, async () => {
    const holder = await input()
    const send = (operation: string, more: object): Promise<object> => sendIam(own, operation, { ...holder, ...more })
    const PolicyDocument = policyOf(allow('kms:ListKeys')).replaceAll(',', ' ,\n\t')
    const PolicyName = 'written+=,.@-here'
    const missing = (given: string): string => `The ${title} policy with name ${given} cannot be found.`

    await send(`Put${name}Policy`, { PolicyName, PolicyDocument })
    const { $metadata: _, ...got } = (await send(`Get${name}Policy`, { PolicyName })) as iam.GetUserPolicyCommandOutput
    const listed = (await send(`List${name}Policies`, {})) as iam.ListUserPoliciesCommandOutput
    await send(`Delete${name}Policy`, { PolicyName })

    const decoded = { ...got, PolicyDocument: decodeURIComponent(got.PolicyDocument!) }
    assert.deepEqual(decoded, { ...holder, PolicyName, PolicyDocument })
    assert.ok(listed.PolicyNames!.includes(PolicyName))
    for (const operation of [`Get${name}Policy`, `Delete${name}Policy`])
      await refused(send(operation, { PolicyName }), 'NoSuchEntity', missing(PolicyName))
  })
}

for (const [title, limit, holder] of [
  ['group', 5_120, async () => ({ GroupName: await newGroup() })],
  ['role', 10_240, async () => ({ RoleName: 'Administrator' })],
] as const) {
  test(`the inline policies of a ${title} have ${limit} characters at most, all together`, async () => {
    const input = await holder()
    const name = Object.values(input)[0]!
    const filled = (length: number): string => {
      const shortest = policyOf({ ...allow('kms:ListKeys'), Sid: '' })
      return policyOf({ ...allow('kms:ListKeys'), Sid: 'x'.repeat(length - shortest.length) })
    }
    const put = (PolicyName: string, length: number): Promise<unknown> =>
      'GroupName' in input
        ? own.send(new iam.PutGroupPolicyCommand({ ...input, PolicyName, PolicyDocument: filled(length) }))
        : own.send(new iam.PutRolePolicyCommand({ ...input, PolicyName, PolicyDocument: filled(length) }))
    const room = title === 'role' ? limit - policyOf(allow('*')).length : limit

    await refused(
      put('much', limit + 1),
      'LimitExceeded',
      `Maximum policy size of ${limit} bytes exceeded for ${title} ${name}`,
    )
    await put('first', 1_000)
    await put('second', room - 1_000)
    await refused(
      put('third', 200),
      'LimitExceeded',
      `Maximum policy size of ${limit} bytes exceeded for ${title} ${name}`,
    )
    if ('RoleName' in input)
      for (const PolicyName of ['first', 'second'])
        await own.send(new iam.DeleteRolePolicyCommand({ ...input, PolicyName }))
  })
}

test('DeleteGroup is refused until nothing is left of the group, and says what is', async () => {
  const GroupName = await newGroup()
  const { UserName } = await newUser()
  const PolicyArn = 'arn:aws:iam::aws:policy/ReadOnlyAccess'
  const PolicyName = 'p'
  const PolicyDocument = policyOf(allow('kms:ListKeys'))
  await add(GroupName, UserName)
  await own.send(new iam.AttachGroupPolicyCommand({ GroupName, PolicyArn }))
  await own.send(new iam.PutGroupPolicyCommand({ GroupName, PolicyName, PolicyDocument }))
  const remove = (): Promise<unknown> => own.send(new iam.DeleteGroupCommand({ GroupName }))
  const conflict = (demand: string): Promise<void> =>
    refused(remove(), 'DeleteConflict', `Cannot delete entity, ${demand} first.`)

  await conflict('must remove users from group')
  await removeFrom(GroupName, UserName)
  await conflict('must detach all policies')
  await own.send(new iam.DetachGroupPolicyCommand({ GroupName, PolicyArn }))
  await conflict('must delete policies')
  await own.send(new iam.DeleteGroupPolicyCommand({ GroupName, PolicyName }))
  await remove()

  await refused(remove(), 'NoSuchEntity', noGroup(GroupName))
})

test('[C33] a group that is made again has no members and no policies of the old one', async () => {
  const GroupName = await newGroup()
  const { UserName, listKeys } = await newUser()
  await add(GroupName, UserName)
  await removeFrom(GroupName, UserName)
  await own.send(new iam.DeleteGroupCommand({ GroupName }))

  await own.send(new iam.CreateGroupCommand({ GroupName: GroupName.toUpperCase() }))
  const PolicyDocument = policyOf(allow('kms:ListKeys'))
  await own.send(new iam.PutGroupPolicyCommand({ GroupName, PolicyName: 'p', PolicyDocument }))

  assert.deepEqual(await membersOf(GroupName), [])
  await refused(listKeys(), 'AccessDeniedException')
})

test('many users can be put into one group at once, and a group that is deleted meanwhile has no members', async () => {
  const GroupName = await newGroup()
  const users = await Promise.all(Array.from({ length: 10 }, () => newUser()))

  await Promise.all(users.map(({ UserName }) => add(GroupName, UserName)))
  const members = await membersOf(GroupName)
  await Promise.all(users.map(({ UserName }) => removeFrom(GroupName, UserName)))
  const outcomes = await Promise.allSettled([
    ...users.map(({ UserName }) => add(GroupName, UserName)),
    own.send(new iam.DeleteGroupCommand({ GroupName })),
  ])

  assert.equal(members.length, 10)
  for (const outcome of outcomes)
    if (outcome.status === 'rejected')
      assert.ok(['DeleteConflictException', 'NoSuchEntityException'].includes((outcome.reason as Error).name))
  // Whichever came first: nobody is in a group that there is not.
  for (const { UserName } of users) {
    const { Groups } = await own.send(new iam.ListGroupsForUserCommand({ UserName }))
    for (const group of Groups!) await own.send(new iam.GetGroupCommand({ GroupName: group.GroupName! }))
  }
})

for (const [operation, input] of [
  ['GetGroup', {}],
  ['DeleteGroup', {}],
  ['AddUserToGroup', { UserName: 'nobody' }],
  ['RemoveUserFromGroup', { UserName: 'nobody' }],
  ['PutGroupPolicy', { PolicyName: 'p', PolicyDocument: policyOf(allow('*')) }],
  ['AttachGroupPolicy', { PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' }],
  ['ListAttachedGroupPolicies', {}],
] as const) {
  test(`${operation} is refused to a user without the right, of a group that there is and of one that there is not in one form`, async () => {
    const existing = await newGroup()
    const { arn, iam: client } = await newUser()

    for (const GroupName of [existing, 'nothing']) {
      await refused(
        sendIam(client, operation, { GroupName, ...input }),
        'AccessDenied',
        `User: ${arn} is not authorized to perform: iam:${operation} on resource: group ${GroupName} because no identity-based policy allows the iam:${operation} action`,
      )
    }
  })
}

test('CreateGroup and ListGroups are refused with the ARN of what was asked for', async () => {
  const { iam: client } = await newUser()

  await refused(
    client.send(new iam.CreateGroupCommand({ GroupName: 'made', Path: '/team/' })),
    'AccessDenied',
    `iam:CreateGroup on resource: ${arnOf('group/team/made')} because`,
  )
  await refused(
    client.send(new iam.ListGroupsCommand({})),
    'AccessDenied',
    `iam:ListGroups on resource: ${arnOf('group/')} because`,
  )
})

test('a user with all rights on itself joins no group: the right is one on the group', async () => {
  const administrators = await newGroup('/admin/')
  const UserName = newName()
  const { credentials } = await makeUser(own, UserName, allow('iam:*', arnOf(`user/${UserName}`)))
  const { iam: client } = postern.clients(credentials)

  await refused(add(administrators, UserName, client), 'AccessDenied', `on resource: group ${administrators}`)
  await refused(add(administrators.toUpperCase(), UserName, client), 'AccessDenied')
  assert.deepEqual(await membersOf(administrators), [])
})

test('a right on the groups of one path is none on those of another, whatever a request calls them', async () => {
  const [team, admin] = [await newGroup('/team/'), await newGroup('/admin/')]
  const { UserName, iam: client } = await newUser(allow('iam:AddUserToGroup', arnOf('group/team/*')))

  await add(team, UserName, client)
  for (const name of [admin, admin.toUpperCase()])
    await refused(add(name, UserName, client), 'AccessDenied', `on resource: group ${name}`)
  for (const name of [`team/../admin/${admin}`, `admin/${admin}`])
    await refused(add(name, UserName, client), 'ValidationError')
})

test('the users and groups of another account are not there', async () => {
  const GroupName = await newGroup()
  const { UserName } = await newUser()
  const theirs = newName()
  await foreigner.iam.send(new iam.CreateGroupCommand({ GroupName: theirs }))
  await foreigner.iam.send(new iam.CreateUserCommand({ UserName: theirs }))

  await refused(add(GroupName, theirs), 'NoSuchEntity', noUser(theirs))
  await refused(add(theirs, UserName), 'NoSuchEntity', noGroup(theirs))
  await refused(add(theirs, UserName, foreigner.iam), 'NoSuchEntity', noUser(UserName))
  const { Groups } = await foreigner.iam.send(new iam.ListGroupsCommand({}))
  assert.deepEqual(
    Groups!.map(group => group.GroupName),
    [theirs],
  )
})

test('the trail has what CloudTrail has of groups', async () => {
  const GroupName = newName()
  const { UserName } = await newUser()
  await own.send(new iam.CreateGroupCommand({ GroupName, Path: '/t/' }))
  await add(GroupName, UserName)

  const records = trailText(postern)
    .split('\n')
    .filter(line => line.includes(`"${GroupName}"`))
    .map(line => (JSON.parse(line) as { readonly event: Recorded }).event)
  const created = records.find(({ eventName }) => eventName === 'CreateGroup')!
  const added = records.find(({ eventName }) => eventName === 'AddUserToGroup')!

  assert.deepEqual(created.requestParameters, { groupName: GroupName, path: '/t/' })
  const { createDate, groupId, ...group } = created.responseElements!.group
  assert.match(createDate!, /^[A-Z][a-z]{2} \d{1,2}, \d{4} \d{1,2}:\d{2}:\d{2} [AP]M$/)
  assert.match(groupId!, /^AGPA/)
  assert.deepEqual(group, { path: '/t/', groupName: GroupName, arn: arnOf(`group/t/${GroupName}`) })
  assert.deepEqual(
    [added.requestParameters, added.responseElements],
    [{ groupName: GroupName, userName: UserName }, null],
  )
})

interface Recorded {
  readonly eventName: string
  readonly requestParameters: Readonly<Record<string, unknown>>
  readonly responseElements: { readonly group: Readonly<Record<string, string>> } | null
}
