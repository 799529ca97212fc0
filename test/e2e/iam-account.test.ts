// What IAM tells of an account as a whole, by the AWS SDK.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  AddUserToGroupCommand,
  AttachGroupPolicyCommand,
  CreateGroupCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateRoleCommand,
  CreateUserCommand,
  GetAccountAuthorizationDetailsCommand,
  GetAccountSummaryCommand,
  PutUserPolicyCommand,
  paginateGetAccountAuthorizationDetails,
} from '@aws-sdk/client-iam'
import type { GetAccountAuthorizationDetailsResponse, IAMClient } from '@aws-sdk/client-iam'
import { startPostern, trailText } from '../start-postern.ts'
import { refused } from './refused.ts'
import { allow, makeUser, policyOf } from './user.ts'

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const { iam } = postern.clients(await postern.administrator())
const { iam: elsewhere } = await postern.otherAccount('444455556666')

const document = policyOf(allow('kms:ListKeys'))
const trust = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'backup.example.internal' }, Action: 'sts:AssumeRole' }],
})
const readOnlyAccess = 'arn:aws:iam::aws:policy/ReadOnlyAccess'

await iam.send(new CreateGroupCommand({ GroupName: 'readers' }))
await iam.send(new AttachGroupPolicyCommand({ GroupName: 'readers', PolicyArn: readOnlyAccess }))
await iam.send(new CreateUserCommand({ UserName: 'ana', Tags: [{ Key: 'team', Value: 'red' }] }))
await iam.send(new AddUserToGroupCommand({ GroupName: 'readers', UserName: 'ana' }))
await iam.send(new PutUserPolicyCommand({ UserName: 'ana', PolicyName: 'keys', PolicyDocument: document }))
const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName: 'Keys', PolicyDocument: document }))
const second = { PolicyArn: Policy!.Arn!, PolicyDocument: policyOf(allow('kms:*')), SetAsDefault: true }
await iam.send(new CreatePolicyVersionCommand(second))
const summaryOf = async (client: IAMClient): Promise<Readonly<Record<string, number>>> => {
  const { SummaryMap } = await client.send(new GetAccountSummaryCommand({}))
  return SummaryMap as Readonly<Record<string, number>>
}

const atFirst = await summaryOf(iam)

test('GetAccountSummary counts what the account has, and of another account nothing', async () => {
  const { Users, Groups, Roles, Policies, PolicyVersionsInUse, MFADevices } = atFirst

  const counted = { Users, Groups, Roles, Policies, PolicyVersionsInUse, MFADevices }
  assert.deepEqual(counted, { Users: 1, Groups: 1, Roles: 1, Policies: 1, PolicyVersionsInUse: 2, MFADevices: 0 })
  const other = await summaryOf(elsewhere)
  assert.deepEqual([other['Users'], other['Roles'], other['Policies']], [0, 1, 0])
})

test('GetAccountSummary counts what was made since', async () => {
  const before = await summaryOf(iam)

  await iam.send(new CreateRoleCommand({ RoleName: 'later', AssumeRolePolicyDocument: trust }))

  assert.equal((await summaryOf(iam))['Roles'], before['Roles']! + 1)
})

test('GetAccountAuthorizationDetails tells who has what, with all documents', async () => {
  const details = await iam.send(new GetAccountAuthorizationDetailsCommand({}))

  const [ana] = details.UserDetailList!
  assert.deepEqual(ana!.GroupList, ['readers'])
  assert.deepEqual(ana!.Tags, [{ Key: 'team', Value: 'red' }])
  assert.deepEqual(ana!.AttachedManagedPolicies, [])
  assert.equal(decodeURIComponent(ana!.UserPolicyList![0]!.PolicyDocument!), document)
  const [readers] = details.GroupDetailList!
  assert.deepEqual(readers!.AttachedManagedPolicies, [{ PolicyName: 'ReadOnlyAccess', PolicyArn: readOnlyAccess }])
  assert.ok(details.RoleDetailList!.every(role => role.AssumeRolePolicyDocument !== undefined))
  const policies = details.Policies!.map(policy => [
    policy.PolicyName,
    policy.AttachmentCount,
    policy.DefaultVersionId,
    policy.PolicyVersionList!.map(({ VersionId, IsDefaultVersion }) => [VersionId, IsDefaultVersion]),
  ])
  const [own, ofAws] = policies
  assert.deepEqual(own, [
    'Keys',
    0,
    'v2',
    [
      ['v2', true],
      ['v1', false],
    ],
  ])
  assert.deepEqual(ofAws?.slice(0, 2), ['ReadOnlyAccess', 1])
})

test('GetAccountAuthorizationDetails pages through all lists, as the SDK walks', async () => {
  const arnsOf = (page: GetAccountAuthorizationDetailsResponse): readonly unknown[] =>
    [page.UserDetailList, page.GroupDetailList, page.RoleDetailList, page.Policies].flatMap(list =>
      (list ?? []).map(detail => detail.Arn),
    )
  const whole = arnsOf(await iam.send(new GetAccountAuthorizationDetailsCommand({})))

  const paged: unknown[] = []
  for await (const page of paginateGetAccountAuthorizationDetails({ client: iam, pageSize: 1 }, {}))
    paged.push(...arnsOf(page))

  assert.ok(whole.length >= 6)
  assert.deepEqual(paged, whole)
})

test('GetAccountAuthorizationDetails shows what a filter names only, and refuses a filter that AWS does not have', async () => {
  const { UserDetailList, GroupDetailList, RoleDetailList, Policies } = await iam.send(
    new GetAccountAuthorizationDetailsCommand({ Filter: ['Group', 'LocalManagedPolicy'] }),
  )

  assert.deepEqual([UserDetailList?.length ?? 0, GroupDetailList?.length, RoleDetailList?.length ?? 0], [0, 1, 0])
  assert.deepEqual(
    Policies?.map(policy => policy.PolicyName),
    ['Keys'],
  )
  const wrong = iam.send(new GetAccountAuthorizationDetailsCommand({ Filter: ['Everything' as 'User'] }))
  await refused(wrong, 'ValidationError', 'failed to satisfy constraint')
})

for (const Marker of ['garbage', Buffer.from('15 x').toString('base64url'), Buffer.from('10 ').toString('base64url')]) {
  test(`GetAccountAuthorizationDetails refuses the marker ${Marker}`, async () => {
    const call = iam.send(new GetAccountAuthorizationDetailsCommand({ Marker }))

    await refused(call, 'ValidationError', 'Invalid Marker.')
  })
}

test('whoever may not ask is refused as AWS does, without a resource', async () => {
  const user = await makeUser(iam, 'nosy', allow('iam:Get*', 'arn:aws:iam::*:user/*'))
  const nosy = postern.clients(user.credentials).iam
  const why = (name: string): string =>
    `User: ${user.arn} is not authorized to perform: iam:${name} on resource: * because no identity-based policy allows the iam:${name} action`

  await refused(nosy.send(new GetAccountSummaryCommand({})), 'AccessDenied', why('GetAccountSummary'))
  const details = nosy.send(new GetAccountAuthorizationDetailsCommand({}))
  await refused(details, 'AccessDenied', why('GetAccountAuthorizationDetails'))
})

test('the trail has the filter, and no answer', async () => {
  await iam.send(new GetAccountAuthorizationDetailsCommand({ Filter: ['Role'], MaxItems: 7 }))

  const record = trailText(postern)
    .split('\n')
    .findLast(line => line.includes('GetAccountAuthorizationDetails'))!
  assert.match(record, /"requestParameters":\{"filter":\["Role"\],"maxItems":7\}/)
  assert.match(record, /"responseElements":null/)
  assert.match(record, /"readOnly":true/)
})
