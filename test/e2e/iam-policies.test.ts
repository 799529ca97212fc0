// IAM's managed policies by the AWS SDK: versions, who uses them, quotas, AWS's own, and what somebody may try with them.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { LookupEventsCommand } from '@aws-sdk/client-cloudtrail'
import {
  AddUserToGroupCommand,
  AttachGroupPolicyCommand,
  AttachRolePolicyCommand,
  AttachUserPolicyCommand,
  CreateGroupCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeletePolicyCommand,
  DeletePolicyVersionCommand,
  DetachUserPolicyCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  ListAttachedUserPoliciesCommand,
  ListEntitiesForPolicyCommand,
  ListPoliciesCommand,
  ListPolicyVersionsCommand,
  PutRolePermissionsBoundaryCommand,
  PutUserPermissionsBoundaryCommand,
  SetDefaultPolicyVersionCommand,
  paginateListEntitiesForPolicy,
  paginateListPolicies,
} from '@aws-sdk/client-iam'
import type { CreatePolicyCommandInput, IAMClient, ListPoliciesCommandInput, Policy } from '@aws-sdk/client-iam'
import { ListAliasesCommand, ListKeysCommand } from '@aws-sdk/client-kms'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { post, send, signed } from '../raw-client.ts'
import { startPostern } from '../start-postern.ts'
import { refused } from './refused.ts'
import { allow, makeUser, policyOf } from './user.ts'
import type { Statement } from './user.ts'

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const administrator = await postern.administrator()
const { iam, sts, cloudtrail } = postern.clients(administrator)
const account = (await sts.send(new GetCallerIdentityCommand({}))).Account!
const otherAccount = '444455556666'
const other = await postern.otherAccount(otherAccount)

let made = 0
const newName = (word: string): string => `${word}-${++made}`
const arnOf = (name: string, path = '/'): string => `arn:aws:iam::${account}:policy${path}${name}`
const administratorAccess = 'arn:aws:iam::aws:policy/AdministratorAccess'

const listKeys = policyOf(allow('kms:ListKeys'))
const listAliases = policyOf(allow('kms:ListAliases'))
const trustOfAccount = policyOf({
  Effect: 'Allow',
  Principal: { AWS: `arn:aws:iam::${account}:root` },
  Action: 'sts:AssumeRole',
})

async function newPolicy(document = listKeys, wanted: Partial<CreatePolicyCommandInput> = {}): Promise<Policy> {
  const PolicyName = newName('policy')
  const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName, PolicyDocument: document, ...wanted }))
  return Policy!
}

const addVersion = (PolicyArn: string, PolicyDocument = listAliases, SetAsDefault = false): Promise<unknown> =>
  iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument, SetAsDefault }))

async function newUser(): Promise<string> {
  const UserName = newName('user')
  await iam.send(new CreateUserCommand({ UserName }))
  return UserName
}

async function newGroup(Path = '/'): Promise<string> {
  const GroupName = newName('group')
  await iam.send(new CreateGroupCommand({ GroupName, Path }))
  return GroupName
}

async function newRole(Path = '/'): Promise<string> {
  const RoleName = newName('role')
  await iam.send(new CreateRoleCommand({ RoleName, Path, AssumeRolePolicyDocument: trustOfAccount }))
  return RoleName
}

const policyOfLength = (length: number): string => {
  const shortest = policyOf({ ...allow('kms:ListKeys'), Sid: '' })
  return policyOf({ ...allow('kms:ListKeys'), Sid: 'x'.repeat(length - shortest.length) })
}

interface Recorded {
  readonly requestParameters: unknown
  readonly responseElements: Readonly<Record<string, Readonly<Record<string, unknown>>>> | null
}

/** The record of the last call of an operation that names this resource. */
async function recorded(operation: string, part: string): Promise<Recorded> {
  const deadline = Date.now() + 10_000
  while (Date.now() < deadline) {
    const LookupAttributes = [{ AttributeKey: 'EventName' as const, AttributeValue: operation }]
    const { Events: events = [] } = await cloudtrail.send(new LookupEventsCommand({ LookupAttributes }))
    const found = events.find(event => event.CloudTrailEvent!.includes(part))
    if (found !== undefined) return JSON.parse(found.CloudTrailEvent!) as Recorded
    await delay(50)
  }
  throw new Error(`${operation} of ${part} is not in the trail`)
}

test('CreatePolicy answers what was made, without its description; GetPolicy tells that, and the tags', async () => {
  const PolicyName = newName('policy')
  const Tags = [
    { Key: 'team', Value: 'a' },
    { Key: 'Team', Value: 'b' },
  ]

  const { Policy } = await iam.send(
    new CreatePolicyCommand({ PolicyName, PolicyDocument: listKeys, Path: '/a/b/', Description: 'what it is', Tags }),
  )
  const { Policy: got } = await iam.send(new GetPolicyCommand({ PolicyArn: Policy!.Arn }))

  const { CreateDate, UpdateDate, PolicyId, ...answered } = Policy!
  assert.deepEqual(answered, {
    PolicyName,
    Arn: arnOf(PolicyName, '/a/b/'),
    Path: '/a/b/',
    DefaultVersionId: 'v1',
    AttachmentCount: 0,
    PermissionsBoundaryUsageCount: 0,
    IsAttachable: true,
    Tags,
  })
  assert.match(PolicyId!, /^ANPA[A-Z2-7]{17}$/)
  assert.deepEqual(CreateDate, UpdateDate)
  assert.deepEqual(got, { ...Policy, Description: 'what it is' })
})

test('a policy without tags and description is answered without them; GetPolicy has an empty list', async () => {
  const { Tags, Description, Arn } = await newPolicy()
  const { Policy: got } = await iam.send(new GetPolicyCommand({ PolicyArn: Arn }))

  assert.deepEqual([Tags, Description], [undefined, undefined])
  assert.deepEqual([got!.Tags, got!.Description], [[], undefined])
})

test('CreatePolicy refuses a name that is taken, whatever its case and the path', async () => {
  const { PolicyName: name } = await newPolicy()

  for (const [PolicyName, Path] of [
    [name!, '/'],
    [name!, '/elsewhere/'],
    [name!.toUpperCase(), '/'],
  ] as const) {
    await refused(
      iam.send(new CreatePolicyCommand({ PolicyName, Path, PolicyDocument: listKeys })),
      'EntityAlreadyExists',
      `A policy called ${PolicyName} already exists. Duplicate names are not allowed.`,
    )
  }
})

test('CreatePolicy refuses paths, tags and documents that IAM refuses', async () => {
  const path =
    'The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.'
  for (const Path of ['a/', '/a', '/a b/', '/../ /'])
    await refused(newPolicy(listKeys, { Path }), 'ValidationError', path)
  const Tags = [
    { Key: 'a', Value: '1' },
    { Key: 'a', Value: '2' },
  ]
  await refused(newPolicy(listKeys, { Tags }), 'InvalidInput', /^Duplicate tag keys found\.$/)
  await refused(newPolicy(listKeys, { Tags: [{ Key: 'aws:a', Value: '1' }] }), 'InvalidInput')
  const malformed: readonly (readonly [document: string, text: string])[] = [
    ['{}', 'Syntax errors in policy.'],
    [JSON.stringify({ Statement: [allow('a:b')] }), 'Policy document must be version 2012-10-17 or greater.'],
    [policyOf({ ...allow('kms:*'), Principal: '*' }), 'Policy document should not specify a principal.'],
    [policyOf({ Effect: 'Allow', Action: 'kms:*' }), 'Policy statement must contain resources.'],
    [policyOf(allow('kms')), 'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.'],
  ]
  for (const [document, text] of malformed) await refused(newPolicy(document), 'MalformedPolicyDocument', text)
})

test('a managed policy has 6,144 characters at most, white space not counted', async () => {
  const { Arn } = await newPolicy(policyOfLength(6_144) + ' '.repeat(60_000))

  const text = 'Cannot exceed quota for PolicySize: 6144'
  await refused(newPolicy(policyOfLength(6_145)), 'LimitExceeded', text)
  await refused(addVersion(Arn!, policyOfLength(6_145)), 'LimitExceeded', text)
  await refused(newPolicy('x'.repeat(131_073)), 'ValidationError', 'less than or equal to 131072')
})

test('versions: five at most, numbers are never used again, the newest comes first', async () => {
  const { Arn: PolicyArn } = await newPolicy()
  for (let version = 2; version <= 5; version++) await addVersion(PolicyArn!)

  await refused(
    addVersion(PolicyArn!),
    'LimitExceeded',
    'A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.',
  )
  await iam.send(new DeletePolicyVersionCommand({ PolicyArn, VersionId: 'v5' }))
  const { PolicyVersion } = await iam.send(
    new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: listAliases, SetAsDefault: true }),
  )
  const { Versions } = await iam.send(new ListPolicyVersionsCommand({ PolicyArn }))

  assert.deepEqual(
    [PolicyVersion!.VersionId, PolicyVersion!.IsDefaultVersion, PolicyVersion!.Document],
    ['v6', true, undefined],
  )
  const listed = Versions!.map(({ VersionId, IsDefaultVersion, Document }) => [VersionId, IsDefaultVersion, Document])
  assert.deepEqual(
    listed,
    ['v6', 'v4', 'v3', 'v2', 'v1'].map(id => [id, id === 'v6', undefined]),
  )
})

test('ListPolicyVersions pages from the newest to the oldest', async () => {
  const { Arn: PolicyArn } = await newPolicy()
  for (let version = 2; version <= 5; version++) {
    await addVersion(PolicyArn!)
    if (version === 5) break
  }
  const seen: (string | undefined)[] = []
  for (let Marker: string | undefined; ;) {
    const page = await iam.send(new ListPolicyVersionsCommand({ PolicyArn, MaxItems: 2, Marker }))
    seen.push(...page.Versions!.map(({ VersionId }) => VersionId))
    if (page.IsTruncated !== true) break
    Marker = page.Marker
  }

  assert.deepEqual(seen, ['v5', 'v4', 'v3', 'v2', 'v1'])
})

test('GetPolicyVersion gives the document byte for byte, percent-encoded', async () => {
  const document = `{ "Version": "2012-10-17",\n\t"Statement": ${JSON.stringify(allow('kms:ListKeys', 'arn:aws:kms:*:*:key/a b+c%'))} }`
  const { Arn: PolicyArn } = await newPolicy(document)

  const { PolicyVersion } = await iam.send(new GetPolicyVersionCommand({ PolicyArn, VersionId: 'v1' }))

  assert.equal(decodeURIComponent(PolicyVersion!.Document!), document)
  assert.equal(PolicyVersion!.IsDefaultVersion, true)
  assert.doesNotMatch(PolicyVersion!.Document!, /[+ ]/)
})

test('a version that there is not, or whose policy is not there, is answered alike', async () => {
  const { Arn } = await newPolicy()

  for (const PolicyArn of [Arn!, arnOf('missing')]) {
    const text = `Policy ${PolicyArn} version v9 does not exist or is not attachable.`
    for (const command of [GetPolicyVersionCommand, DeletePolicyVersionCommand, SetDefaultPolicyVersionCommand])
      await refused(iam.send(new command({ PolicyArn, VersionId: 'v9' }) as never), 'NoSuchEntity', text)
  }
  await refused(
    iam.send(new GetPolicyVersionCommand({ PolicyArn: Arn, VersionId: '1' })),
    'ValidationError',
    "1 validation error detected: Value at 'versionId' failed to satisfy constraint: Member must satisfy regular expression pattern: v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?",
  )
})

test('the default version cannot be deleted; which one it is decides at once', async () => {
  const { Arn: PolicyArn } = await newPolicy()
  const { arn, credentials } = await makeUser(iam, newName('user'))
  const { kms } = postern.clients(credentials)
  await iam.send(new AttachUserPolicyCommand({ UserName: arn.split('/').at(-1), PolicyArn }))
  await kms.send(new ListKeysCommand({}))
  await refused(kms.send(new ListAliasesCommand({})), 'AccessDeniedException')

  await addVersion(PolicyArn!)
  await refused(kms.send(new ListAliasesCommand({})), 'AccessDeniedException')
  await iam.send(new SetDefaultPolicyVersionCommand({ PolicyArn, VersionId: 'v2' }))
  await kms.send(new ListAliasesCommand({}))
  await refused(kms.send(new ListKeysCommand({})), 'AccessDeniedException')

  await refused(
    iam.send(new DeletePolicyVersionCommand({ PolicyArn, VersionId: 'v2' })),
    'DeleteConflict',
    'Cannot delete the default version of a policy.',
  )
  await iam.send(new DeletePolicyVersionCommand({ PolicyArn, VersionId: 'v1' }))
  await kms.send(new ListAliasesCommand({}))
})

test('DeletePolicy wants the policy unused, and its other versions gone', async () => {
  const { Arn: PolicyArn } = await newPolicy()
  const UserName = await newUser()
  const attached = 'Cannot delete a policy attached to entities.'
  const remove = (): Promise<unknown> => iam.send(new DeletePolicyCommand({ PolicyArn }))

  await iam.send(new AttachUserPolicyCommand({ UserName, PolicyArn }))
  await refused(remove(), 'DeleteConflict', attached)
  await iam.send(new DetachUserPolicyCommand({ UserName, PolicyArn }))
  await iam.send(new PutUserPermissionsBoundaryCommand({ UserName: await newUser(), PermissionsBoundary: PolicyArn }))
  await refused(remove(), 'DeleteConflict', attached)

  const { Arn: second } = await newPolicy()
  await addVersion(second!)
  await refused(
    iam.send(new DeletePolicyCommand({ PolicyArn: second })),
    'DeleteConflict',
    "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
  )
  await iam.send(new DeletePolicyVersionCommand({ PolicyArn: second, VersionId: 'v2' }))
  await iam.send(new DeletePolicyCommand({ PolicyArn: second }))
  for (const command of [GetPolicyCommand, DeletePolicyCommand, ListPolicyVersionsCommand])
    await refused(
      iam.send(new command({ PolicyArn: second }) as never),
      'NoSuchEntity',
      `Policy ${second} was not found.`,
    )
})

test('what is no ARN of a managed policy is not valid', async () => {
  for (const PolicyArn of [
    'longpolicynamebutnoarn',
    `arn:aws:iam::${account}:user/somebody`,
    `arn:aws-cn:iam::${account}:policy/a`,
    'arn:aws:iam::1111:policy/abc',
    `arn:aws:iam:us-east-1:${account}:policy/a`,
    `arn:aws:iam::${account}:policy/`,
    `arn:aws:iam::${account}:policy/a b`,
  ]) {
    for (const command of [GetPolicyCommand, DeletePolicyCommand])
      await refused(iam.send(new command({ PolicyArn }) as never), 'ValidationError', `ARN ${PolicyArn} is not valid.`)
  }
  await refused(
    iam.send(new GetPolicyCommand({ PolicyArn: 'short' })),
    'ValidationError',
    'greater than or equal to 20',
  )
})

test('an ARN with another path, or in another case, is no other name of a policy', async () => {
  const { PolicyName: name } = await newPolicy(listKeys, { Path: '/a/' })

  for (const arn of [arnOf(name!), arnOf(name!, '/a/../a/'), arnOf(name!, '/A/'), arnOf(name!.toUpperCase(), '/a/')]) {
    await refused(iam.send(new GetPolicyCommand({ PolicyArn: arn })), 'NoSuchEntity', `Policy ${arn} was not found.`)
    await refused(
      iam.send(new AttachUserPolicyCommand({ UserName: await newUser(), PolicyArn: arn })),
      'NoSuchEntity',
      `Policy ${arn} does not exist or is not attachable.`,
    )
  }
  for (const PolicyArn of [
    'arn:aws:iam::aws:policy/../x',
    'arn:aws:iam::aws:policy/job-function/../AdministratorAccess',
  ])
    await refused(iam.send(new GetPolicyCommand({ PolicyArn })), 'NoSuchEntity', `Policy ${PolicyArn} was not found.`)
})

test("AWS's own policies can be read by everybody who may, and changed by nobody", async () => {
  const { Policy } = await iam.send(new GetPolicyCommand({ PolicyArn: administratorAccess }))
  const VersionId = Policy!.DefaultVersionId!
  const { PolicyVersion } = await iam.send(new GetPolicyVersionCommand({ PolicyArn: administratorAccess, VersionId }))

  assert.equal(Policy!.PolicyName, 'AdministratorAccess')
  assert.equal(Policy!.Description, 'Provides full access to AWS services and resources.')
  assert.match(decodeURIComponent(PolicyVersion!.Document!), /"Action":\s*"\*"/)
  const root = postern.clients(await postern.root()).iam
  for (const by of [iam, root]) {
    const calls: readonly (readonly [string, () => Promise<unknown>])[] = [
      [
        'CreatePolicyVersion',
        () => by.send(new CreatePolicyVersionCommand({ PolicyArn: administratorAccess, PolicyDocument: listKeys })),
      ],
      ['DeletePolicy', () => by.send(new DeletePolicyCommand({ PolicyArn: administratorAccess }))],
      [
        'SetDefaultPolicyVersion',
        () => by.send(new SetDefaultPolicyVersionCommand({ PolicyArn: administratorAccess, VersionId })),
      ],
      [
        'DeletePolicyVersion',
        () => by.send(new DeletePolicyVersionCommand({ PolicyArn: administratorAccess, VersionId })),
      ],
    ]
    for (const [name, call] of calls)
      await refused(
        call(),
        'AccessDenied',
        `is not authorized to perform: iam:${name} on resource: policy ${administratorAccess}`,
      )
  }
})

test('a policy of another account is nobody else: not to be read, changed or attached, and not told of', async () => {
  const name = newName('policy')
  const foreign = await other.iam.send(new CreatePolicyCommand({ PolicyName: name, PolicyDocument: listKeys }))
  const there = foreign.Policy!.Arn!

  for (const PolicyArn of [there, `${there}-missing`]) {
    const text = `is not authorized to perform: iam:GetPolicy on resource: policy ${PolicyArn} because no identity-based policy allows the iam:GetPolicy action`
    await refused(iam.send(new GetPolicyCommand({ PolicyArn })), 'AccessDenied', text)
    await refused(iam.send(new DeletePolicyCommand({ PolicyArn })), 'AccessDenied')
    await refused(addVersion(PolicyArn, listAliases, true), 'AccessDenied')
    const attach = iam.send(new AttachUserPolicyCommand({ UserName: await newUser(), PolicyArn }))
    await refused(attach, 'NoSuchEntity', `Policy ${PolicyArn} does not exist or is not attachable.`)
  }
  // The same name here is another policy.
  await iam.send(new CreatePolicyCommand({ PolicyName: name, PolicyDocument: listKeys }))
  await iam.send(new DeletePolicyCommand({ PolicyArn: arnOf(name) }))
  await other.iam.send(new GetPolicyCommand({ PolicyArn: there }))
})

const allPolicies = async (input: ListPoliciesCommandInput, by: IAMClient = iam): Promise<readonly Policy[]> => {
  const found: Policy[] = []
  for await (const { Policies = [] } of paginateListPolicies({ client: by }, input)) found.push(...Policies)
  return found
}

test('ListPolicies has all kinds of them: by scope, path and use, in pages over both kinds', async () => {
  const Path = `/${newName('listed')}/`
  const policies = [
    await newPolicy(listKeys, { Path, Description: 'hidden', Tags: [{ Key: 'a', Value: 'b' }] }),
    await newPolicy(listKeys, { Path }),
    await newPolicy(listKeys, { Path }),
  ]
  const [attached, bounding] = policies.map(({ Arn }) => Arn!)
  await iam.send(new AttachUserPolicyCommand({ UserName: await newUser(), PolicyArn: attached }))
  await iam.send(new PutRolePermissionsBoundaryCommand({ RoleName: await newRole(), PermissionsBoundary: bounding }))
  const arnsOf = async (input: ListPoliciesCommandInput): Promise<readonly (string | undefined)[]> =>
    (await allPolicies(input)).map(({ Arn }) => Arn)

  const everything = await allPolicies({ MaxItems: 3 })
  const listed = everything.find(({ Arn }) => Arn === attached)

  assert.equal(new Set(everything.map(({ Arn }) => Arn)).size, everything.length)
  assert.ok(everything.length > 17 + 3)
  assert.deepEqual([listed!.Tags, listed!.Description, listed!.AttachmentCount], [undefined, undefined, 1])
  assert.deepEqual(
    await arnsOf({ PathPrefix: Path }),
    policies.map(({ Arn }) => Arn),
  )
  assert.deepEqual(await arnsOf({ PathPrefix: Path, Scope: 'AWS' }), [])
  assert.deepEqual(await arnsOf({ PathPrefix: Path, OnlyAttached: true }), [attached])
  assert.deepEqual(await arnsOf({ PathPrefix: Path, PolicyUsageFilter: 'PermissionsPolicy' }), [attached])
  assert.deepEqual(await arnsOf({ PathPrefix: Path, PolicyUsageFilter: 'PermissionsBoundary' }), [bounding])
  const ofAws = await arnsOf({ Scope: 'AWS', MaxItems: 4 })
  assert.ok(ofAws.length >= 17 && ofAws.every(arn => arn!.startsWith('arn:aws:iam::aws:policy/')))
  assert.ok((await arnsOf({ Scope: 'Local' })).every(arn => arn!.includes(account)))
  assert.deepEqual(await allPolicies({ Scope: 'Local', PathPrefix: Path }, other.iam), [])
  for (const Marker of ['x', 'YQ'])
    await refused(iam.send(new ListPoliciesCommand({ Marker })), 'ValidationError', 'Invalid Marker.')
})

test('ListEntitiesForPolicy names groups, users and roles, each once, by kind, path and use, in pages', async () => {
  const { Arn: PolicyArn } = await newPolicy()
  const [user, bounded, both] = [await newUser(), await newUser(), await newUser()]
  const [group, role, far] = [await newGroup(), await newRole(), await newRole('/far/')]
  for (const UserName of [user, both]) await iam.send(new AttachUserPolicyCommand({ UserName, PolicyArn }))
  for (const UserName of [bounded, both])
    await iam.send(new PutUserPermissionsBoundaryCommand({ UserName, PermissionsBoundary: PolicyArn }))
  await iam.send(new AttachGroupPolicyCommand({ GroupName: group, PolicyArn }))
  await iam.send(new AttachRolePolicyCommand({ RoleName: role, PolicyArn }))
  await iam.send(new PutRolePermissionsBoundaryCommand({ RoleName: far, PermissionsBoundary: PolicyArn }))
  const names = async (input: object): Promise<readonly string[]> => {
    const found: string[] = []
    const pages = paginateListEntitiesForPolicy({ client: iam }, { PolicyArn, MaxItems: 2, ...input })
    for await (const page of pages) {
      const { PolicyGroups = [], PolicyUsers = [], PolicyRoles = [] } = page
      assert.ok(PolicyGroups.length + PolicyUsers.length + PolicyRoles.length <= 2)
      found.push(...PolicyGroups.map(({ GroupName }) => GroupName!), ...PolicyUsers.map(({ UserName }) => UserName!))
      found.push(...PolicyRoles.map(({ RoleName }) => RoleName!))
    }
    return found
  }

  const { Policy } = await iam.send(new GetPolicyCommand({ PolicyArn }))

  assert.deepEqual([Policy!.AttachmentCount, Policy!.PermissionsBoundaryUsageCount], [4, 3])
  assert.deepEqual(await names({}), [group, user, bounded, both, role, far])
  assert.deepEqual(await names({ EntityFilter: 'Role' }), [role, far])
  assert.deepEqual(await names({ EntityFilter: 'Group', PolicyUsageFilter: 'PermissionsBoundary' }), [])
  assert.deepEqual(await names({ PolicyUsageFilter: 'PermissionsBoundary' }), [bounded, both, far])
  assert.deepEqual(await names({ PolicyUsageFilter: 'PermissionsPolicy' }), [group, user, both, role])
  assert.deepEqual(await names({ PathPrefix: '/far/' }), [far])
  const first = await iam.send(new ListEntitiesForPolicyCommand({ PolicyArn, EntityFilter: 'Group' }))
  assert.match(first.PolicyGroups![0]!.GroupId!, /^AGPA/)
})

test("AWS's policies have who uses them in this account, and in no other", async () => {
  const PolicyArn = 'arn:aws:iam::aws:policy/IAMReadOnlyAccess'
  const user = await newUser()
  await iam.send(new AttachUserPolicyCommand({ UserName: user, PolicyArn }))

  const here = await iam.send(new ListEntitiesForPolicyCommand({ PolicyArn }))
  const there = await other.iam.send(new ListEntitiesForPolicyCommand({ PolicyArn }))
  const { Policy } = await other.iam.send(new GetPolicyCommand({ PolicyArn }))

  assert.deepEqual(
    here.PolicyUsers!.map(({ UserName }) => UserName),
    [user],
  )
  assert.deepEqual([there.PolicyUsers, Policy!.AttachmentCount], [[], 0])
})

test('ten attachments at once and a deletion: either the policy is there with all of them, or it is gone with none', async () => {
  for (let round = 0; round < 4; round++) {
    const { Arn: PolicyArn } = await newPolicy()
    const names = await Promise.all(Array.from({ length: 10 }, newUser))
    const attaching = names.map(UserName => iam.send(new AttachUserPolicyCommand({ UserName, PolicyArn })))
    const deleting = iam.send(new DeletePolicyCommand({ PolicyArn }))

    const outcomes = await Promise.allSettled([...attaching, deleting])

    const isGone = outcomes.at(-1)!.status === 'fulfilled'
    const attached = outcomes.slice(0, -1).filter(({ status }) => status === 'fulfilled').length
    for (const UserName of names) {
      const { AttachedPolicies = [] } = await iam.send(new ListAttachedUserPoliciesCommand({ UserName }))
      if (isGone) assert.deepEqual(AttachedPolicies, [])
    }
    assert.equal(attached, isGone ? 0 : 10, JSON.stringify(outcomes))
    const reasons = outcomes.flatMap(outcome => (outcome.status === 'rejected' ? [(outcome.reason as Error).name] : []))
    assert.ok(
      reasons.every(name => name.startsWith(isGone ? 'NoSuchEntity' : 'DeleteConflict')),
      reasons.join(),
    )
  }
})

test('ten versions at once: four get through, whoever they are, and no number is there twice', async () => {
  const { Arn: PolicyArn } = await newPolicy()

  const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => addVersion(PolicyArn!)))
  const { Versions } = await iam.send(new ListPolicyVersionsCommand({ PolicyArn }))

  assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 4)
  assert.deepEqual(
    Versions!.map(({ VersionId }) => VersionId),
    ['v5', 'v4', 'v3', 'v2', 'v1'],
  )
})

test('ten policies of one name at once: one is made', async () => {
  const name = newName('Policy')
  const names = Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? name : name.toLowerCase()))

  const outcomes = await Promise.allSettled(
    names.map(PolicyName => iam.send(new CreatePolicyCommand({ PolicyName, PolicyDocument: listKeys }))),
  )

  assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
})

const asUser = async (...statements: readonly Statement[]) => {
  const user = await makeUser(iam, newName('user'), ...statements)
  return { ...user, ...postern.clients(user.credentials) }
}

test('whoever may not change a policy does not become more by one of its versions', async () => {
  const { Arn: PolicyArn } = await newPolicy(policyOf(allow('*')))
  await addVersion(PolicyArn!, policyOf({ Effect: 'Deny', Action: '*', Resource: '*' }))
  const reader = await asUser(allow(['iam:Get*', 'iam:List*']), allow('iam:CreatePolicyVersion', `${PolicyArn}x`))
  const refusal = (name: string): string =>
    `User: ${reader.arn} is not authorized to perform: iam:${name} on resource: policy ${PolicyArn} because no identity-based policy allows the iam:${name} action`

  await reader.iam.send(new GetPolicyCommand({ PolicyArn }))
  const version = { PolicyArn, PolicyDocument: policyOf(allow('*')), SetAsDefault: true }
  await refused(
    reader.iam.send(new CreatePolicyVersionCommand(version)),
    'AccessDenied',
    refusal('CreatePolicyVersion'),
  )
  const other_ = { PolicyArn, VersionId: 'v2' }
  await refused(
    reader.iam.send(new SetDefaultPolicyVersionCommand(other_)),
    'AccessDenied',
    refusal('SetDefaultPolicyVersion'),
  )
  await refused(reader.iam.send(new DeletePolicyVersionCommand(other_)), 'AccessDenied', refusal('DeletePolicyVersion'))
  await refused(reader.iam.send(new DeletePolicyCommand({ PolicyArn })), 'AccessDenied', refusal('DeletePolicy'))
  const UserName = reader.arn.split('/').at(-1)
  await refused(
    reader.iam.send(new AttachUserPolicyCommand({ UserName, PolicyArn })),
    'AccessDenied',
    `user ${UserName}`,
  )
})

test('refusals come before any look at whether there is such a policy, and call it as IAM does', async () => {
  const nobody = await asUser()
  const why = (name: string): string => `because no identity-based policy allows the iam:${name} action`

  await refused(
    nobody.iam.send(new GetPolicyCommand({ PolicyArn: arnOf('missing') })),
    'AccessDenied',
    `iam:GetPolicy on resource: policy ${arnOf('missing')} ${why('GetPolicy')}`,
  )
  await refused(
    nobody.iam.send(new CreatePolicyCommand({ PolicyName: 'mine', Path: '/a/', PolicyDocument: '{}' })),
    'AccessDenied',
    `iam:CreatePolicy on resource: policy mine ${why('CreatePolicy')}`,
  )
  await refused(
    nobody.iam.send(new ListPoliciesCommand({})),
    'AccessDenied',
    `iam:ListPolicies on resource: policy path / ${why('ListPolicies')}`,
  )
})

test('a new policy is permitted by its ARN with its path, and its tags by iam:TagPolicy beside', async () => {
  const maker = await asUser(allow('iam:CreatePolicy', arnOf('*', '/team/')))
  const create = (PolicyName: string, Path: string, Tags?: CreatePolicyCommandInput['Tags']): Promise<unknown> =>
    maker.iam.send(new CreatePolicyCommand({ PolicyName, Path, Tags, PolicyDocument: listKeys }))

  await create(newName('policy'), '/team/')
  await create(newName('policy'), '/team/', [])
  await refused(create('other', '/'), 'AccessDenied', 'iam:CreatePolicy on resource: policy other')
  await refused(
    create('tagged', '/team/', [{ Key: 'a', Value: 'b' }]),
    'AccessDenied',
    'iam:TagPolicy on resource: policy tagged because no identity-based policy allows the iam:TagPolicy action',
  )
})

test('tags of a policy, and of a request, are condition keys', async () => {
  const tagged = async (team: string): Promise<string> =>
    (await newPolicy(listKeys, { Tags: [{ Key: 'team', Value: team }] })).Arn!
  const [own, foreign] = [await tagged('a'), await tagged('b')]
  const member = await asUser(
    { ...allow('iam:CreatePolicyVersion'), Condition: { StringEquals: { 'aws:ResourceTag/team': 'a' } } },
    { ...allow('iam:DeletePolicy'), Condition: { StringEquals: { 'iam:ResourceTag/team': 'a' } } },
    { ...allow(['iam:CreatePolicy', 'iam:TagPolicy']), Condition: { StringEquals: { 'aws:RequestTag/team': 'a' } } },
  )
  const change = (PolicyArn: string): Promise<unknown> =>
    member.iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: listAliases, SetAsDefault: true }))
  const create = (Value: string): Promise<unknown> => {
    const Tags = [{ Key: 'team', Value }]
    return member.iam.send(new CreatePolicyCommand({ PolicyName: newName('policy'), PolicyDocument: listKeys, Tags }))
  }

  await change(own)
  await refused(change(foreign), 'AccessDenied')
  await refused(member.iam.send(new DeletePolicyCommand({ PolicyArn: foreign })), 'AccessDenied')
  await create('a')
  await refused(create('b'), 'AccessDenied')
})

test('CloudTrail has of a policy what AWS has: its document as it was sent, and the answer with small letters', async () => {
  const PolicyName = newName('policy')
  const { Policy } = await iam.send(
    new CreatePolicyCommand({
      PolicyName,
      PolicyDocument: listKeys,
      Description: 'd',
      Tags: [{ Key: 'a', Value: 'b' }],
    }),
  )
  await addVersion(Policy!.Arn!, listAliases, true)
  await iam.send(new DeletePolicyVersionCommand({ PolicyArn: Policy!.Arn, VersionId: 'v1' }))

  const create = await recorded('CreatePolicy', PolicyName)
  const version = await recorded('CreatePolicyVersion', Policy!.Arn!)
  const deletion = await recorded('DeletePolicyVersion', Policy!.Arn!)

  assert.deepEqual(create.requestParameters, {
    policyName: PolicyName,
    policyDocument: listKeys,
    description: 'd',
    tags: [{ key: 'a', value: 'b' }],
  })
  const { createDate, updateDate, ...answered } = create.responseElements!['policy']!
  assert.deepEqual(answered, {
    policyName: PolicyName,
    policyId: Policy!.PolicyId,
    arn: Policy!.Arn,
    path: '/',
    defaultVersionId: 'v1',
    attachmentCount: 0,
    permissionsBoundaryUsageCount: 0,
    isAttachable: true,
  })
  for (const date of [createDate, updateDate])
    assert.match(String(date), /^[A-Z][a-z]{2} \d+, \d{4} \d+:\d\d:\d\d [AP]M$/)
  assert.deepEqual(version.requestParameters, {
    policyArn: Policy!.Arn,
    policyDocument: listAliases,
    setAsDefault: true,
  })
  const { versionId, isDefaultVersion } = version.responseElements!['policyVersion']!
  assert.deepEqual([versionId, isDefaultVersion], ['v2', true])
  assert.deepEqual(
    [deletion.requestParameters, deletion.responseElements],
    [{ policyArn: Policy!.Arn, versionId: 'v1' }, null],
  )
})

test('the trail is searched by a managed policy for who read it, gave it and took it away, and by a user for its groups', async () => {
  const { Arn: PolicyArn } = await newPolicy()
  const [UserName, GroupName] = [await newUser(), await newGroup()]
  const attachment = { UserName, PolicyArn }
  await iam.send(new GetPolicyCommand({ PolicyArn }))
  await iam.send(new AttachUserPolicyCommand(attachment))
  await iam.send(new PutUserPermissionsBoundaryCommand({ UserName, PermissionsBoundary: PolicyArn }))
  await iam.send(new DetachUserPolicyCommand(attachment))
  await iam.send(new AttachUserPolicyCommand({ UserName, PolicyArn: administratorAccess }))
  await iam.send(new AddUserToGroupCommand({ UserName, GroupName }))
  await recorded('AddUserToGroup', UserName)

  const ofPolicy = ['DetachUserPolicy', 'PutUserPermissionsBoundary', 'AttachUserPolicy', 'GetPolicy', 'CreatePolicy']
  assert.deepEqual(await operationsOn(PolicyArn!), ofPolicy)
  assert.ok((await operationsOn(administratorAccess)).includes('AttachUserPolicy'))
  const ofUser = await operationsOn(`arn:aws:iam::${account}:user/${UserName}`)
  assert.deepEqual(ofUser.slice(0, 2), ['AddUserToGroup', 'AttachUserPolicy'])
})

/** The operations that the trail has of a resource, the last first. */
async function operationsOn(arn: string): Promise<readonly string[]> {
  const LookupAttributes = [{ AttributeKey: 'ResourceName' as const, AttributeValue: arn }]
  const { Events = [] } = await cloudtrail.send(new LookupEventsCommand({ LookupAttributes }))
  return Events.map(({ EventName }) => EventName!)
}

test('the codes of refusals have the statuses of AWS', async () => {
  const { Arn, PolicyName } = await newPolicy()
  const call = async (parameters: Readonly<Record<string, string>>): Promise<readonly [number, string | undefined]> => {
    const body = new URLSearchParams({ Version: '2010-05-08', ...parameters }).toString()
    const answer = await send(postern, post(signed(postern, administrator, { service: 'iam', body }), body))
    return [answer!.status, /<Code>(\w+)<\/Code>/.exec(answer!.body)?.[1]]
  }

  assert.deepEqual(await call({ Action: 'GetPolicy', PolicyArn: arnOf('missing') }), [404, 'NoSuchEntity'])
  assert.deepEqual(await call({ Action: 'CreatePolicy', PolicyName: PolicyName!, PolicyDocument: listKeys }), [
    409,
    'EntityAlreadyExists',
  ])
  assert.deepEqual(await call({ Action: 'DeletePolicyVersion', PolicyArn: Arn!, VersionId: 'v1' }), [
    409,
    'DeleteConflict',
  ])
  assert.deepEqual(await call({ Action: 'CreatePolicy', PolicyName: 'a', PolicyDocument: '{' }), [
    400,
    'MalformedPolicyDocument',
  ])
  assert.deepEqual(await call({ Action: 'GetPolicy', PolicyArn: 'x'.repeat(20) }), [400, 'ValidationError'])
  assert.deepEqual(await call({ Action: 'DeletePolicy', PolicyArn: administratorAccess }), [403, 'AccessDenied'])
})
