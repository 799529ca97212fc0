// What IAM tells of an account as a whole.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { iam } from '../../src/wire/index.ts'
import { IamRoom, account, someDocument, start } from './iam-room.ts'

type Details = iam.GetAccountAuthorizationDetailsResponse

const readOnly = 'arn:aws:iam::aws:policy/ReadOnlyAccess'
const powerUser = 'arn:aws:iam::aws:policy/PowerUserAccess'
const encode = (text: string): string => encodeURIComponent(text).replaceAll('*', '%2A')
const encoded = encode(someDocument)

const details = (room: IamRoom, input: object = {}): Promise<Details> =>
  room.do<Details>('GetAccountAuthorizationDetails', input)

/** One of each kind that there is, and two policies of AWS that are used. */
async function makeSome(room: IamRoom): Promise<void> {
  const { arn } = await room.policy('Keys', ['{"Version":"2012-10-17","Statement":[]}', someDocument])
  const policies = [{ name: 'inline', document: someDocument }]
  await room.group('writers', { path: '/staff/', policies, attachedPolicyArns: [arn, readOnly] })
  await room.user('alice', {
    policies,
    attachedPolicyArns: [arn],
    boundaryArn: powerUser,
    groupNames: ['writers'],
    tags: [{ key: 'team', value: 'red' }],
  })
  await room.role('worker', { policies, attachedPolicyArns: [readOnly], boundaryArn: arn })
}

test('GetAccountSummary of an account that is new counts its one role', async () => {
  await using room = await IamRoom.open()

  const { SummaryMap: summary } = await room.do<iam.GetAccountSummaryResponse>('GetAccountSummary', {})

  const counted = Object.entries(summary!).filter(([name, count]) => count > 0 && !/Quota$|Version$/.test(name))
  assert.deepEqual(counted, [['Roles', 1]])
})

test('GetAccountSummary has the keys of AWS, and counts what there is', async () => {
  await using room = await IamRoom.open()
  await makeSome(room)

  const { SummaryMap: summary } = await room.do<iam.GetAccountSummaryResponse>('GetAccountSummary', {})

  const names =
    'AccessKeysPerUserQuota AccountAccessKeysPresent AccountMFAEnabled AccountPasswordPresent ' +
    'AccountSigningCertificatesPresent AssumeRolePolicySizeQuota AttachedPoliciesPerGroupQuota ' +
    'AttachedPoliciesPerRoleQuota AttachedPoliciesPerUserQuota GlobalEndpointTokenVersion GroupPolicySizeQuota Groups ' +
    'GroupsPerUserQuota GroupsQuota InstanceProfiles InstanceProfilesQuota MFADevices MFADevicesInUse Policies ' +
    'PoliciesQuota PolicySizeQuota PolicyVersionsInUse PolicyVersionsInUseQuota Providers RolePolicySizeQuota Roles ' +
    'RolesQuota ServerCertificates ServerCertificatesQuota SigningCertificatesPerUserQuota UserPolicySizeQuota Users ' +
    'UsersQuota VersionsPerPolicyQuota'
  assert.deepEqual(Object.keys(summary!).sort(), names.split(' '))
  const { Users, Groups, Roles, Policies, PolicyVersionsInUse } = summary!
  assert.deepEqual(
    { Users, Groups, Roles, Policies, PolicyVersionsInUse },
    {
      Users: 1,
      Groups: 1,
      Roles: 2,
      Policies: 1,
      PolicyVersionsInUse: 2,
    },
  )
})

test('GetAccountAuthorizationDetails tells all of users, groups and roles', async () => {
  await using room = await IamRoom.open()
  await makeSome(room)

  const answer = await details(room)

  const inline = [{ PolicyName: 'inline', PolicyDocument: encoded }]
  const keys = { PolicyName: 'Keys', PolicyArn: `arn:aws:iam::${account}:policy/Keys` }
  const reading = { PolicyName: 'ReadOnlyAccess', PolicyArn: readOnly }
  assert.deepEqual(answer.UserDetailList, [
    {
      Path: '/',
      UserName: 'alice',
      UserId: 'AIDAALICE',
      Arn: `arn:aws:iam::${account}:user/alice`,
      CreateDate: start,
      UserPolicyList: inline,
      GroupList: ['writers'],
      AttachedManagedPolicies: [keys],
      PermissionsBoundary: { PermissionsBoundaryType: 'Policy', PermissionsBoundaryArn: powerUser },
      Tags: [{ Key: 'team', Value: 'red' }],
    },
  ])
  assert.deepEqual(answer.GroupDetailList, [
    {
      Path: '/staff/',
      GroupName: 'writers',
      GroupId: 'AGPAWRITERS',
      Arn: `arn:aws:iam::${account}:group/staff/writers`,
      CreateDate: start,
      GroupPolicyList: inline,
      AttachedManagedPolicies: [keys, reading],
    },
  ])
  const { AssumeRolePolicyDocument: trust, ...worker } = answer.RoleDetailList!.find(
    role => role.RoleName === 'worker',
  )!
  assert.equal(
    decodeURIComponent(trust!),
    (await room.accounts.identities.findRole(account, 'worker'))!.value.trustPolicy,
  )
  assert.deepEqual(worker, {
    Path: '/',
    RoleName: 'worker',
    RoleId: 'AROAWORKER',
    Arn: `arn:aws:iam::${account}:role/worker`,
    CreateDate: start,
    InstanceProfileList: [],
    RolePolicyList: inline,
    AttachedManagedPolicies: [reading],
    PermissionsBoundary: {
      PermissionsBoundaryType: 'Policy',
      PermissionsBoundaryArn: `arn:aws:iam::${account}:policy/Keys`,
    },
    Tags: [],
    RoleLastUsed: {},
  })
  assert.equal(answer.IsTruncated, false)
})

test('GetAccountAuthorizationDetails tells of policies how often they are used, with all versions, the newest first', async () => {
  await using room = await IamRoom.open()
  await makeSome(room)

  const { Policies } = await details(room, { Filter: ['LocalManagedPolicy'] })

  assert.deepEqual(
    Policies!.map(policy => ({ ...policy, CreateDate: undefined, UpdateDate: undefined })),
    [
      {
        PolicyName: 'Keys',
        PolicyId: 'ANPAKEYS',
        Arn: `arn:aws:iam::${account}:policy/Keys`,
        Path: '/',
        DefaultVersionId: 'v2',
        AttachmentCount: 2,
        PermissionsBoundaryUsageCount: 1,
        IsAttachable: true,
        CreateDate: undefined,
        UpdateDate: undefined,
        PolicyVersionList: [
          { Document: encoded, VersionId: 'v2', IsDefaultVersion: true, CreateDate: start },
          {
            Document: encode('{"Version":"2012-10-17","Statement":[]}'),
            VersionId: 'v1',
            IsDefaultVersion: false,
            CreateDate: start,
          },
        ],
      },
    ],
  )
})

test('GetAccountAuthorizationDetails tells those policies of AWS that the account uses, as a boundary too', async () => {
  await using room = await IamRoom.open()
  await makeSome(room)

  const { Policies } = await details(room, { Filter: ['AWSManagedPolicy'] })

  assert.deepEqual(
    Policies!.map(policy => [policy.PolicyName, policy.AttachmentCount, policy.PermissionsBoundaryUsageCount]),
    [
      ['PowerUserAccess', 0, 1],
      ['ReadOnlyAccess', 2, 0],
    ],
  )
})

const filters = ['User', 'Group', 'Role', 'LocalManagedPolicy', 'AWSManagedPolicy']
const lists = ['UserDetailList', 'GroupDetailList', 'RoleDetailList', 'Policies'] as const

for (const filter of filters) {
  test(`GetAccountAuthorizationDetails with the filter ${filter} has the other lists empty, and there`, async () => {
    await using room = await IamRoom.open()
    await makeSome(room)

    const answer = await details(room, { Filter: [filter] })

    const expected = lists[Math.min(filters.indexOf(filter), 3)]
    const filled = lists.filter(list => answer[list]!.length > 0)
    assert.deepEqual(filled, [expected])
  })
}

test('GetAccountAuthorizationDetails pages through all lists with one marker, whatever the page and the filters', async () => {
  await using room = await IamRoom.open()
  await makeSome(room)
  for (const name of ['bob', 'carol', 'dave', 'eve']) await room.user(name)
  for (const name of ['a', 'b', 'c']) await room.policy(name)
  const arnsOf = (answer: Details): readonly unknown[] =>
    lists.flatMap(list => answer[list]!.map((detail: { readonly Arn?: string | undefined }) => detail.Arn))

  const isWhole = fc.asyncProperty(fc.integer({ min: 1, max: 16 }), fc.subarray(filters), async (MaxItems, Filter) => {
    const all = arnsOf(await details(room, { Filter }))
    const shown: unknown[] = []
    for (let Marker: string | undefined; ;) {
      const answer = await details(room, { Filter, MaxItems, Marker })
      const arns = arnsOf(answer)
      assert.ok(arns.length <= MaxItems)
      assert.equal(answer.IsTruncated, answer.Marker !== undefined)
      shown.push(...arns)
      Marker = answer.Marker
      if (Marker === undefined) break
      assert.equal(arns.length, MaxItems)
      assert.ok(Marker.length <= 320)
    }
    assert.deepEqual(shown, all)
  })

  await fc.assert(isWhole, { seed: 20_261_125, numRuns: 40 })
})

test('GetAccountAuthorizationDetails refuses the marker of another list', async () => {
  await using room = await IamRoom.open()
  await makeSome(room)
  await room.user('bob')
  const { Marker } = await room.do<iam.ListUsersResponse>('ListUsers', { MaxItems: 1 })

  for (const marker of [Marker, 'garbage'])
    await assert.rejects(details(room, { Marker: marker }), { code: 'ValidationError', message: 'Invalid Marker.' })
})

test('both ask for a permission without a resource', async () => {
  await using room = await IamRoom.open()

  for (const name of ['GetAccountSummary', 'GetAccountAuthorizationDetails']) {
    const { checks } = await room.prepare(name, {})
    assert.deepEqual(checks, [{ action: `iam:${name}`, resource: { kind: 'none', account } }])
  }
})
