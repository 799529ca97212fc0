// IAM's users, their tags, keys and policies, by the AWS SDK: pages, quotas, and the words of refusals.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { LookupEventsCommand } from '@aws-sdk/client-cloudtrail'
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteUserPolicyCommand,
  GetRoleCommand,
  GetUserCommand,
  GetUserPolicyCommand,
  ListAccessKeysCommand,
  ListAttachedUserPoliciesCommand,
  ListGroupsForUserCommand,
  ListRolesCommand,
  ListUserPoliciesCommand,
  ListUserTagsCommand,
  ListUsersCommand,
  PutUserPolicyCommand,
  TagUserCommand,
  UntagUserCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam'
import type { Tag } from '@aws-sdk/client-iam'
import { post, send, signed } from '../raw-client.ts'
import { startPostern } from '../start-postern.ts'
import { refused } from './refused.ts'
import { allow, policyOf } from './user.ts'

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const administrator = await postern.administrator()
const { iam, cloudtrail } = postern.clients(administrator)

let users = 0

/** Makes a user with a name of its own. */
async function newUser(tags: readonly Tag[] = []): Promise<string> {
  const UserName = `user-${++users}`
  await iam.send(new CreateUserCommand({ UserName, Tags: [...tags] }))
  return UserName
}

/** A policy document of so many characters that are no white space. */
function policyOfLength(length: number): string {
  const shortest = policyOf({ ...allow('kms:ListKeys'), Sid: '' })
  return policyOf({ ...allow('kms:ListKeys'), Sid: 'x'.repeat(length - shortest.length) })
}

const putPolicy = (UserName: string, PolicyName: string, PolicyDocument: string): Promise<unknown> =>
  iam.send(new PutUserPolicyCommand({ UserName, PolicyName, PolicyDocument }))

const numbered = (count: number): Tag[] =>
  Array.from({ length: count }, (_, index) => ({ Key: `k${index}`, Value: 'v' }))

interface Answer<T> {
  readonly items: readonly T[] | undefined
  readonly IsTruncated?: boolean | undefined
  readonly Marker?: string | undefined
}

/** All items of a list, one a page. */
async function walk<T>(
  ask: (page: { Marker?: string; MaxItems: number }) => Promise<Answer<T>>,
): Promise<readonly T[]> {
  const shown: T[] = []
  let answer: Answer<T> | undefined
  do {
    answer = await ask({ MaxItems: 1, ...(answer?.Marker === undefined ? {} : { Marker: answer.Marker }) })
    assert.equal(answer.items?.length, 1)
    assert.equal(answer.IsTruncated, answer.Marker !== undefined)
    shown.push(...answer.items)
  } while (answer.Marker !== undefined)
  return shown
}

test('ListUserPolicies pages through the policies by name', async () => {
  const UserName = await newUser()
  for (const name of ['b', 'C', 'a']) await putPolicy(UserName, name, policyOf(allow('kms:ListKeys')))

  const names = await walk(async page => {
    const { PolicyNames: items, ...rest } = await iam.send(new ListUserPoliciesCommand({ UserName, ...page }))
    return { ...rest, items }
  })

  assert.deepEqual(names, ['C', 'a', 'b'])
})

test('ListUserPolicies goes on where a policy of the page before was deleted meanwhile', async () => {
  const UserName = await newUser()
  for (const name of ['a', 'b', 'c']) await putPolicy(UserName, name, policyOf(allow('kms:ListKeys')))

  const first = await iam.send(new ListUserPoliciesCommand({ UserName, MaxItems: 2 }))
  for (const PolicyName of first.PolicyNames!) await iam.send(new DeleteUserPolicyCommand({ UserName, PolicyName }))
  const second = await iam.send(new ListUserPoliciesCommand({ UserName, Marker: first.Marker! }))

  assert.deepEqual([first.PolicyNames, second.PolicyNames, second.IsTruncated], [['a', 'b'], ['c'], false])
})

test('ListAccessKeys pages through the access keys', async () => {
  const UserName = await newUser()
  const made = [
    await iam.send(new CreateAccessKeyCommand({ UserName })),
    await iam.send(new CreateAccessKeyCommand({ UserName })),
  ]

  const keys = await walk(async page => {
    const { AccessKeyMetadata: items, ...rest } = await iam.send(new ListAccessKeysCommand({ UserName, ...page }))
    return { ...rest, items }
  })

  assert.equal(keys.length, 2)
  assert.deepEqual(new Set(keys.map(key => key.AccessKeyId)), new Set(made.map(key => key.AccessKey!.AccessKeyId)))
})

test('ListUserTags pages through the tags by key, also by one as long as a key may be', async () => {
  const long = '鍵'.repeat(128)
  const UserName = await newUser(['b', long, 'a', 'C'].map(Key => ({ Key, Value: 'v' })))

  const tags = await walk(async page => {
    const { Tags: items, ...rest } = await iam.send(new ListUserTagsCommand({ UserName, ...page }))
    return { ...rest, items }
  })

  assert.deepEqual(
    tags.map(tag => tag.Key),
    ['a', 'b', 'C', long],
  )
})

test('every list of IAM refuses a marker that is none', async () => {
  const UserName = await newUser()
  const Marker = 'garbage'

  for (const call of [
    () => iam.send(new ListUsersCommand({ Marker })),
    () => iam.send(new ListRolesCommand({ Marker })),
    () => iam.send(new ListUserPoliciesCommand({ UserName, Marker })),
    () => iam.send(new ListAccessKeysCommand({ UserName, Marker })),
    () => iam.send(new ListUserTagsCommand({ UserName, Marker })),
    () => iam.send(new ListAttachedUserPoliciesCommand({ UserName, Marker })),
    () => iam.send(new ListGroupsForUserCommand({ UserName, Marker })),
  ]) {
    await refused(call(), 'ValidationError', /^Invalid Marker\.$/)
  }
})

test('ListUsers shows no tags, as AWS does not; GetUser does', async () => {
  const tags = [{ Key: 'team', Value: 'blue' }]
  const UserName = await newUser(tags)

  const { Users } = await iam.send(new ListUsersCommand({}))
  const { User } = await iam.send(new GetUserCommand({ UserName }))

  const { UserName: name, UserId, Arn, Path, CreateDate } = User!
  assert.deepEqual(
    Users!.find(user => user.UserName === UserName),
    { UserName: name, UserId, Arn, Path, CreateDate },
  )
  assert.deepEqual(User!.Tags, tags)
})

test('PutUserPolicy does not count white space', async () => {
  const UserName = await newUser()
  const document = `${policyOfLength(2_048)}${' '.repeat(11_000)}\n`

  await putPolicy(UserName, 'spacious', document)

  const { PolicyDocument } = await iam.send(new GetUserPolicyCommand({ UserName, PolicyName: 'spacious' }))
  assert.equal(decodeURIComponent(PolicyDocument!), document)
})

test('PutUserPolicy refuses more than 2,048 characters of all policies of a user together, however long one is', async () => {
  const UserName = await newUser()
  await putPolicy(UserName, 'first', policyOfLength(1_000))
  const exceeded = `Maximum policy size of 2048 bytes exceeded for user ${UserName}`

  await refused(putPolicy(UserName, 'second', policyOfLength(1_049)), 'LimitExceeded', exceeded)
  await refused(putPolicy(UserName, 'second', policyOfLength(12_000)), 'LimitExceeded', exceeded)
  await refused(putPolicy(UserName, 'second', policyOfLength(131_072)), 'LimitExceeded', exceeded)
  await putPolicy(UserName, 'first', policyOfLength(2_048))
  await putPolicy(UserName, 'first', policyOfLength(1_000))
  await putPolicy(UserName, 'second', policyOfLength(1_048))
})

test('PutUserPolicy refuses a document that is longer than the API takes', async () => {
  const call = putPolicy(await newUser(), 'long', policyOfLength(131_073))

  await refused(call, 'ValidationError', 'Member must have length less than or equal to 131072')
})

const everything = { Effect: 'Allow', Action: '*', Resource: '*' }
const syntax = 'Syntax errors in policy.'

for (const [what, document, message] of [
  ['a principal', policyOf({ ...everything, Principal: '*' }), 'Policy document should not specify a principal.'],
  [
    'a NotPrincipal',
    policyOf({ ...everything, NotPrincipal: { AWS: '111122223333' } }),
    'Policy document should not specify a principal.',
  ],
  ['no action', policyOf({ Effect: 'Allow', Resource: '*' }), 'Policy statement must contain actions.'],
  ['an empty list of actions', policyOf({ ...everything, Action: [] }), 'Policy statement must contain actions.'],
  ['no resource', policyOf({ Effect: 'Allow', Action: '*' }), 'Policy statement must contain resources.'],
  ['an empty list of resources', policyOf({ ...everything, Resource: [] }), 'Policy statement must contain resources.'],
  [
    'the same Sid twice',
    policyOf({ ...everything, Sid: 'a' }, { ...everything, Sid: 'a' }),
    'Statement IDs (SID) in a single policy must be unique.',
  ],
  [
    'a Sid of other characters',
    policyOf({ ...everything, Sid: 'a b' }),
    'Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*',
  ],
  ['no statement', '{"Version":"2012-10-17"}', syntax],
  ['an empty list of statements', policyOf(), syntax],
  ['no JSON', 'no JSON', syntax],
  ['an unknown effect', policyOf({ ...everything, Effect: 'Maybe' }), syntax],
] as const) {
  test(`PutUserPolicy says what AWS says of a document with ${what}`, async () => {
    const UserName = await newUser()

    await assert.rejects(putPolicy(UserName, 'inline', document), { name: 'MalformedPolicyDocumentException', message })
  })
}

const duplicate = 'Duplicate tag keys found. Please note that Tag keys are case insensitive.'

test('CreateUser and TagUser refuse a tag key that is given twice, also in another case', async () => {
  const UserName = await newUser([{ Key: 'kept', Value: '1' }])

  for (const keys of [
    ['a', 'A'],
    ['a', 'a'],
  ]) {
    const Tags = keys.map(Key => ({ Key, Value: Key }))
    await refused(iam.send(new CreateUserCommand({ UserName: 'not-made', Tags })), 'InvalidInput', duplicate)
    await refused(iam.send(new TagUserCommand({ UserName, Tags })), 'InvalidInput', duplicate)
  }

  await refused(iam.send(new GetUserCommand({ UserName: 'not-made' })), 'NoSuchEntity')
  const { Tags } = await iam.send(new ListUserTagsCommand({ UserName }))
  assert.deepEqual(Tags, [{ Key: 'kept', Value: '1' }])
})

test('TagUser replaces, and UntagUser removes, a tag whose key is in another case', async () => {
  const UserName = await newUser([{ Key: 'Team', Value: 'blue' }])

  await iam.send(new TagUserCommand({ UserName, Tags: [{ Key: 'team', Value: 'red' }] }))
  const replaced = await iam.send(new ListUserTagsCommand({ UserName }))
  await iam.send(new UntagUserCommand({ UserName, TagKeys: ['TEAM'] }))
  const removed = await iam.send(new ListUserTagsCommand({ UserName }))

  assert.deepEqual([replaced.Tags, removed.Tags], [[{ Key: 'team', Value: 'red' }], []])
})

test('CreateUser and TagUser refuse more than 50 tags, at once or in sum, and replace one of 50', async () => {
  const UserName = await newUser(numbered(50))
  const tooMany =
    /^1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50$/

  await refused(iam.send(new CreateUserCommand({ UserName: 'many', Tags: numbered(51) })), 'ValidationError', tooMany)
  await refused(iam.send(new TagUserCommand({ UserName, Tags: numbered(51) })), 'ValidationError', tooMany)
  await refused(
    iam.send(new TagUserCommand({ UserName, Tags: [{ Key: 'more', Value: '' }] })),
    'LimitExceeded',
    'The number of tags has reached the maximum limit.',
  )
  await iam.send(new TagUserCommand({ UserName, Tags: [{ Key: 'K7', Value: '' }] }))
})

test('GetUserPolicy and GetRole give documents percent-encoded by RFC 3986', async () => {
  const UserName = await newUser()
  await putPolicy(
    UserName,
    'inline',
    policyOf({ ...everything, Condition: { StringEquals: { 'aws:userid': "(it's)!" } } }),
  )

  const { PolicyDocument } = await iam.send(new GetUserPolicyCommand({ UserName, PolicyName: 'inline' }))
  const { Role } = await iam.send(new GetRoleCommand({ RoleName: 'Administrator' }))

  for (const encoded of [PolicyDocument!, Role!.AssumeRolePolicyDocument!]) assert.match(encoded, /^[\w.~%-]+$/)
  assert.ok(PolicyDocument!.includes('%22Action%22%3A%22%2A%22'))
})

test('UpdateAccessKey refuses a status that nobody sets', async () => {
  const UserName = await newUser()
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }))
  const { AccessKeyId } = AccessKey!
  const body = `Action=UpdateAccessKey&Version=2010-05-08&UserName=${UserName}&AccessKeyId=${AccessKeyId!}&Status=Expired`

  const answer = await send(postern, post(signed(postern, administrator, { service: 'iam', body }), body))

  assert.equal(answer?.status, 400)
  assert.match(answer.body, /<Code>ValidationError<\/Code>.*Member must satisfy enum value set: \[Active, Inactive\]/s)
  await iam.send(new UpdateAccessKeyCommand({ UserName, AccessKeyId: AccessKeyId!, Status: 'Inactive' }))
  await iam.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId: AccessKeyId! }))
})

test('the trail has the tags of CreateUser, the pages of lists, and dates as CloudTrail writes them', async () => {
  const UserName = await newUser([{ Key: 'team', Value: 'blue' }])
  await iam.send(new ListUserTagsCommand({ UserName, MaxItems: 7 }))

  const created = await findRecord('CreateUser', UserName)
  const listed = await findRecord('ListUserTags', UserName)

  assert.deepEqual(created.requestParameters['tags'], [{ key: 'team', value: 'blue' }])
  assert.match(created.responseElements!.user.createDate, /^[A-Z][a-z]{2} \d{1,2}, \d{4} \d{1,2}:\d{2}:\d{2} [AP]M$/)
  assert.deepEqual(listed.requestParameters, { userName: UserName, maxItems: 7 })
})

interface Recorded {
  readonly requestParameters: Readonly<Record<string, unknown>>
  readonly responseElements: { readonly user: { readonly createDate: string } } | null
}

/** The record of an operation on a user, as soon as the index shows it. */
async function findRecord(operation: string, userName: string): Promise<Recorded> {
  const LookupAttributes = [{ AttributeKey: 'ResourceName' as const, AttributeValue: userName }]
  const end = Date.now() + 10_000
  while (Date.now() < end) {
    const { Events: events = [] } = await cloudtrail.send(new LookupEventsCommand({ LookupAttributes }))
    const found = events.find(event => event.EventName === operation)
    if (found !== undefined) return JSON.parse(found.CloudTrailEvent!) as Recorded
    await delay(20)
  }
  throw new Error(`${operation} on ${userName} is not in the trail`)
}
