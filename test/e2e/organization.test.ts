// An organization, by the command line and the AWS SDK: service and resource control policies, the keys that tell of it, and changes
// that hold for the very next request.
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { CreateUserCommand, ListUsersCommand, SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam'
import type { PolicyIdentifier } from '@aws-sdk/client-iam'
import { CreateKeyCommand, EncryptCommand, ListKeysCommand, PutKeyPolicyCommand } from '@aws-sdk/client-kms'
import type { KMSClient } from '@aws-sdk/client-kms'
import { makePrivateNetwork } from '../private-network.ts'
import { runHere } from '../run-here.ts'
import { repository, startPostern, trailText } from '../start-postern.ts'
import type { Clients } from '../start-postern.ts'
import { refused } from './refused.ts'
import { allow, makeUser, policyOf } from './user.ts'
import type { Statement } from './user.ts'

const postern = await startPostern()
after(async () => {
  // The command line goes where the server's data is, which is about to be removed.
  process.chdir(repository)
  await postern[Symbol.asyncDispose]()
})
const [member, sister, outsider] = ['222233334444', '333344445555', '444455556666']
const [first] = JSON.parse(await done('account', 'list', '--json')) as readonly { readonly id: string }[]
const manager = first!.id
for (const id of [member, sister, outsider]) await done('account', 'create', '--id', id, '--name', `account ${id}`)

const clientsOf = async (account: string): Promise<Clients> => postern.clients(await postern.administrator(account))
const own = await clientsOf(member)
const other = await clientsOf(sister)
const outside = await clientsOf(outsider)
const managing = await clientsOf(manager)

function done(...words: readonly string[]): Promise<string> {
  return runHere(postern, ...words)
}

interface Shown {
  readonly id: string
  readonly policies: readonly { readonly name: string; readonly arn: string }[]
}

const folder = join(postern.folder, 'organization')
mkdirSync(folder)
const file = join(folder, 'organization.json')

/** Writes the files of an organization. */
function writeOrganization(root: object, policies: Readonly<Record<string, Statement>> = {}): void {
  for (const [name, statement] of Object.entries(policies)) writeFileSync(join(folder, name), policyOf(statement))
  writeFileSync(
    file,
    JSON.stringify({ id: 'o-a1b2c3d4e5', managementAccount: manager, root: { id: 'r-ab12', ...root } }),
  )
}

/** Applies an organization in which `unit` has the member, and the root has the manager and the other account. */
async function apply(
  unit: object,
  policies: Readonly<Record<string, Statement>> = {},
  root: object = {},
): Promise<Shown> {
  const prod = { name: 'prod', id: 'ou-ab12-11111111', accounts: [member], ...unit }
  writeOrganization({ accounts: [manager, sister], units: [prod], ...root }, policies)
  return JSON.parse(await done('organization', 'apply', '--file', file, '--json')) as Shown
}

const arnOf = ({ policies }: Shown, name: string): string => policies.find(policy => policy.name === name)!.arn

const Plaintext = Buffer.from('a secret')
const encrypt = (kms: KMSClient, KeyId: string): Promise<unknown> => kms.send(new EncryptCommand({ KeyId, Plaintext }))

/** Makes a key that everybody may use, or whom the conditions let. */
async function newOpenKey(kms: KMSClient, conditions?: object): Promise<string> {
  const arn = (await kms.send(new CreateKeyCommand({}))).KeyMetadata!.Arn!
  const account = arn.split(':')[4]!
  const everybody = {
    ...allow('kms:*'),
    Principal: '*',
    ...(conditions === undefined ? {} : { Condition: conditions }),
  }
  const owner = { ...allow('kms:*'), Principal: { AWS: account } }
  await kms.send(new PutKeyPolicyCommand({ KeyId: arn, Policy: policyOf(owner, everybody) }))
  return arn
}

const denyListing = { Effect: 'Deny', Action: ['kms:ListKeys', 'iam:CreateUser'], Resource: '*' }
const listKeys = (kms: KMSClient): Promise<unknown> => kms.send(new ListKeysCommand({}))

test('a service control policy limits a member from the next request on, its root user too, and nobody else', async () => {
  const user = await makeUser(own.iam, 'limited', allow('kms:*'))
  const root = await postern.environment('--account', member, '--root')
  const rootUser = postern.clients({
    accessKeyId: root['AWS_ACCESS_KEY_ID']!,
    secretAccessKey: root['AWS_SECRET_ACCESS_KEY']!,
    sessionToken: root['AWS_SESSION_TOKEN']!,
  })
  const limited = [own.kms, rootUser.kms, postern.clients(user.credentials).kms]
  for (const kms of limited) await listKeys(kms)

  const organization = await apply(
    { servicePolicies: ['FullAWSAccess', './deny-listing.json'] },
    { 'deny-listing.json': denyListing },
  )

  const arn = arnOf(organization, 'deny-listing')
  assert.match(
    arn,
    new RegExp(`^arn:aws:organizations::${manager}:policy/o-a1b2c3d4e5/service_control_policy/p-[a-z2-7]{8}$`),
  )
  for (const kms of limited)
    await refused(
      listKeys(kms),
      'AccessDeniedException',
      `is not authorized to perform: kms:ListKeys on resource: * with an explicit deny in a service control policy: ${arn}`,
    )
  await refused(
    own.iam.send(new CreateUserCommand({ UserName: 'another' })),
    'AccessDenied',
    `with an explicit deny in a service control policy: ${arn}`,
  )
  await own.iam.send(new ListUsersCommand({}))
  for (const { kms } of [managing, other, outside]) await listKeys(kms)

  await apply({})
  for (const kms of limited) await listKeys(kms)
})

test('every level must allow: a unit whose policies say nothing of an action refuses it', async () => {
  await apply({ servicePolicies: ['./iam-only.json'] }, { 'iam-only.json': allow('iam:*') })

  await refused(
    listKeys(own.kms),
    'AccessDeniedException',
    'because no service control policy allows the kms:ListKeys action',
  )
  await own.iam.send(new ListUsersCommand({}))
  await listKeys(other.kms)
  await apply({})
})

test('postern explain tells which level of the organization refused', async () => {
  await apply({ servicePolicies: ['FullAWSAccess', './deny-listing.json'] }, { 'deny-listing.json': denyListing })
  await refused(listKeys(own.kms), 'AccessDeniedException')

  const text = await done('explain', '--last')

  assert.match(text, /refused by: Service control policies of unit "prod"$/m)
  assert.match(text, /^ {2}Service control policies of the root: allow, by statement 1 of FullAWSAccess$/m)
  assert.match(text, /^ {4}Deny in service control policy "deny-listing", statement 1 applies$/m)
  assert.match(
    text,
    new RegExp(`^  Service control policies of account ${member}: allow, by statement 1 of FullAWSAccess$`, 'm'),
  )
  await apply({})
})

test('a simulation of a principal’s policies says what the organization lets it do', async () => {
  const organization = await apply(
    { servicePolicies: ['FullAWSAccess', './deny-listing.json'] },
    { 'deny-listing.json': denyListing },
  )
  const simulate = async ({ iam }: Clients, account: string, excluded: PolicyIdentifier[] = []): Promise<unknown> => {
    const answer = await iam.send(
      new SimulatePrincipalPolicyCommand({
        PolicySourceArn: `arn:aws:iam::${account}:role/Administrator`,
        ActionNames: ['kms:ListKeys', 'kms:CreateKey'],
        PolicyExclusionList: excluded,
      }),
    )
    return answer.EvaluationResults!.map(({ EvalDecision, OrganizationsDecisionDetail }) => [
      EvalDecision,
      OrganizationsDecisionDetail?.AllowedByOrganizations,
    ])
  }

  assert.deepEqual(await simulate(own, member), [
    ['explicitDeny', false],
    ['allowed', true],
  ])
  const unlimited = [
    ['allowed', undefined],
    ['allowed', undefined],
  ]
  assert.deepEqual(await simulate(managing, manager), unlimited)
  assert.deepEqual(await simulate(own, member, [{ PolicyType: 'scp' }]), unlimited)
  assert.deepEqual(await simulate(own, member, [{ PolicyArn: arnOf(organization, 'deny-listing') }]), [
    ['allowed', true],
    ['allowed', true],
  ])
  await apply({})
})

test('a resource control policy keeps outsiders from a key that is open to everybody, and lets members in', async () => {
  const key = await newOpenKey(own.kms)
  await encrypt(outside.kms, key)
  const managersKey = await newOpenKey(managing.kms)

  const organization = await apply(
    {},
    {
      'perimeter.json': {
        Effect: 'Deny',
        Principal: '*',
        Action: 'kms:*',
        Resource: '*',
        Condition: { StringNotEqualsIfExists: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } },
      },
      'closed.json': { Effect: 'Deny', Principal: '*', Action: 'kms:Encrypt', Resource: '*' },
    },
    { resourcePolicies: ['./perimeter.json'] },
  )

  // To somebody from elsewhere it does not name the policy.
  await refused(
    encrypt(outside.kms, key),
    'AccessDeniedException',
    /kms:Encrypt on this resource with an explicit deny in a resource control policy$/,
  )
  await encrypt(own.kms, key)
  await encrypt(other.kms, key)
  await encrypt(managing.kms, key)
  // The management account's keys are not limited.
  await encrypt(outside.kms, managersKey)
  assert.ok(organization.policies.every(({ name }) => name === 'perimeter'))

  const closed = await apply({ resourcePolicies: ['./closed.json'] })
  await refused(
    encrypt(other.kms, key),
    'AccessDeniedException',
    `on this resource with an explicit deny in a resource control policy: ${arnOf(closed, 'closed')}`,
  )
  await apply({})
  await encrypt(outside.kms, key)
})

test('a key policy lets the organization in by aws:PrincipalOrgID, and a unit by aws:PrincipalOrgPaths', async () => {
  await apply({})
  const forAll = await newOpenKey(managing.kms, { StringEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } })
  const forUnit = await newOpenKey(managing.kms, {
    'ForAnyValue:StringLike': { 'aws:PrincipalOrgPaths': 'o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/*' },
  })

  await encrypt(own.kms, forAll)
  await encrypt(other.kms, forAll)
  await encrypt(own.kms, forUnit)
  await refused(encrypt(outside.kms, forAll), 'AccessDeniedException')
  await refused(encrypt(other.kms, forUnit), 'AccessDeniedException')

  // Who leaves the organization is out at once.
  writeOrganization({ accounts: [manager, sister] })
  await done('organization', 'apply', '--file', file)
  await refused(encrypt(own.kms, forAll), 'AccessDeniedException')
  await encrypt(other.kms, forAll)
})

test('aws:VpceOrgID keeps keys to endpoints of the organization', async () => {
  const key = await newOpenKey(own.kms)
  const inside = await makePrivateNetwork(postern, other.ec2, '10.8.0.0/16')
  const elsewhere = await makePrivateNetwork(postern, outside.ec2, '10.9.0.0/16')
  const through = async (url: string): Promise<KMSClient> =>
    postern.clients(await postern.administrator(member), { kmsUrl: url }).kms
  await apply(
    { resourcePolicies: ['./network.json'] },
    {
      'network.json': {
        Effect: 'Deny',
        Principal: '*',
        Action: 'kms:*',
        Resource: '*',
        Condition: { StringNotEqualsIfExists: { 'aws:VpceOrgID': 'o-a1b2c3d4e5' } },
      },
    },
  )

  await encrypt(await through(inside.url), key)
  await refused(encrypt(await through(elsewhere.url), key), 'AccessDeniedException', 'a resource control policy')
  await refused(encrypt(own.kms, key), 'AccessDeniedException', 'a resource control policy')
  await apply({})
})

test('the lockout check of a key policy knows the organization', async () => {
  await apply(
    { servicePolicies: ['FullAWSAccess', './no-policies.json'] },
    { 'no-policies.json': { Effect: 'Deny', Action: 'kms:PutKeyPolicy', Resource: '*' } },
  )

  const Policy = policyOf({ ...allow('kms:*'), Principal: { AWS: member } })

  const call = own.kms.send(new CreateKeyCommand({ Policy }))

  await refused(call, 'MalformedPolicyDocumentException', 'will not allow you to update the key policy in the future')
  await apply({})
})

test('an organization with anything wrong in it changes nothing', async () => {
  const organization = await apply(
    { servicePolicies: ['FullAWSAccess', './deny-listing.json'] },
    { 'deny-listing.json': denyListing },
  )
  writeOrganization(
    { accounts: [manager, sister, member], units: [{ name: 'prod', servicePolicies: ['./bad.json'] }] },
    { 'bad.json': { ...denyListing, Principal: '*' } },
  )

  const { status, error } = await postern.postern('organization', 'apply', '--file', file)

  assert.equal(status, 2)
  assert.match(
    error,
    /root\.units\[0\]\.servicePolicies\[0\] \("\.\/bad\.json"\) is refused: .*must not have a Principal/,
  )
  await refused(listKeys(own.kms), 'AccessDeniedException', arnOf(organization, 'deny-listing'))
  await apply({})
})

test('the organization outlasts a restart, and its policies keep their ARNs when it is applied again', async () => {
  const limits = { servicePolicies: ['FullAWSAccess', './deny-listing.json'] }
  const before = await apply(limits, { 'deny-listing.json': denyListing })
  await postern.stop()
  await postern.start()

  await refused(listKeys(own.kms), 'AccessDeniedException', arnOf(before, 'deny-listing'))
  const after = await apply(limits, { 'deny-listing.json': { ...denyListing, Action: 'kms:List*' } })

  assert.equal(arnOf(after, 'deny-listing'), arnOf(before, 'deny-listing'))
  assert.deepEqual(JSON.parse(await done('organization', 'show', '--json')), after)
  await apply({})
})

test('when the organization is removed nothing limits its accounts, and that is in the trail', async () => {
  await apply({ servicePolicies: ['FullAWSAccess', './deny-listing.json'] }, { 'deny-listing.json': denyListing })
  await refused(listKeys(own.kms), 'AccessDeniedException')

  await done('organization', 'remove')

  await listKeys(own.kms)
  const events = trailText(postern)
    .split('\n')
    .filter(line => line.includes('"eventSource":"postern.admin"') && line.includes('Organization"'))
    .flatMap(line => /"eventName":"(\w+)"/.exec(line)?.[1] ?? [])
  assert.deepEqual(events.slice(-2), ['ApplyOrganization', 'RemoveOrganization'])
  assert.match(
    trailText(postern),
    /"eventName":"ApplyOrganization".*"id":"o-a1b2c3d4e5".*"servicePolicies":\["deny-listing"\]/,
  )
})
