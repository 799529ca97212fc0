// Services that call KMS for callers, by the AWS SDK: what policies see of it, and what the trail says.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { LookupEventsCommand } from '@aws-sdk/client-cloudtrail'
import type { CloudTrailClient, LookupAttribute } from '@aws-sdk/client-cloudtrail'
import {
  CreateKeyCommand,
  DecryptCommand,
  EncryptCommand,
  GetKeyPolicyCommand,
  ListKeysCommand,
  PutKeyPolicyCommand,
} from '@aws-sdk/client-kms'
import type { KMSClient } from '@aws-sdk/client-kms'
import { AssumeRoleCommand, GetCallerIdentityCommand, GetFederationTokenCommand } from '@aws-sdk/client-sts'
import type { AssumeRoleCommandInput } from '@aws-sdk/client-sts'
import { makePrivateNetwork } from '../private-network.ts'
import { startPostern } from '../start-postern.ts'
import type { Credentials } from '../start-postern.ts'
import { onBehalfOf } from './on-behalf.ts'
import { refused } from './refused.ts'
import { allow, makeUser, policyOf } from './user.ts'
import type { Statement } from './user.ts'

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const administrator = await postern.administrator()
const { kms, iam, ec2, sts, cloudtrail } = postern.clients(administrator)
const account = (await sts.send(new GetCallerIdentityCommand({}))).Account!
const network = await makePrivateNetwork(postern, ec2)
const alice = await makeUser(iam, 'alice', allow('kms:*'))
const backup = await makeUser(iam, 'backup')
const service = 'backup.example.internal'
const otherAccount = '444455556666'

/** Runs a command that must succeed. */
async function done(...words: readonly string[]): Promise<string> {
  const { status, out, error } = await postern.postern(...words)
  assert.equal(status, 0, error)
  return out
}

/** Registers a service, for callers of its own account if none is named. */
async function register(name: string, identity: string, ...accounts: readonly string[]): Promise<void> {
  const words = accounts.flatMap(id => ['--account', id])
  await done('integrated-service', 'register', '--name', name, '--identity', identity, ...words)
}

before(async () => {
  await done('account', 'create', '--id', otherAccount, '--name', 'other')
  await register(service, backup.arn)
})

/** KMS as the service calls it. */
const by = (value: string, credentials: Credentials = backup.credentials): KMSClient =>
  onBehalfOf(postern.clients(credentials).kms, value)
const forAlice = by(`user ${alice.arn}`)
const itself = by('itself')
const ofAlice = postern.clients(alice.credentials).kms
const atEndpoint = postern.clients(alice.credentials, { kmsUrl: network.url }).kms

const delegate: Statement = { ...allow('kms:*'), Principal: { AWS: account } }
const administer: Statement = { ...delegate, Action: ['kms:PutKeyPolicy', 'kms:GetKeyPolicy'] }
const use = (more: Statement): Statement => ({ ...delegate, Action: ['kms:Encrypt', 'kms:Decrypt'], ...more })
const refuse = (condition: Statement): Statement => use({ Effect: 'Deny', Principal: '*', Condition: condition })

/** Makes a key with that policy; everybody else's calls are about it. */
async function newKey(...statements: readonly Statement[]): Promise<string> {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Policy: policyOf(...statements) }))
  return KeyMetadata!.Arn!
}

const Plaintext = Buffer.from('a secret')
const encrypt = (by: KMSClient, KeyId: string) => by.send(new EncryptCommand({ KeyId, Plaintext }))
const explicitDeny = /user\/alice is not authorized .* with an explicit deny in a resource-based policy/

interface Recorded {
  readonly eventName: string
  readonly userIdentity: Readonly<Record<string, unknown>>
  readonly sourceIPAddress: string
  readonly userAgent: string
  readonly requestID: string
  readonly errorCode?: string
  readonly vpcEndpointId?: string
  readonly requestParameters: Readonly<Record<string, unknown>>
  readonly additionalEventData?: { readonly integratedService?: object }
}

async function recorded(trail: CloudTrailClient, attribute: LookupAttribute): Promise<readonly Recorded[]> {
  const { Events = [] } = await trail.send(new LookupEventsCommand({ LookupAttributes: [attribute] }))
  return Events.map(event => JSON.parse(event.CloudTrailEvent!) as Recorded)
}

/** The record of an answered call in the trail of an account: the first one's if none is given. */
async function recordOf(
  answer: { readonly $metadata: { readonly requestId?: string | undefined } },
  trail = cloudtrail,
): Promise<Recorded> {
  const records = await recorded(trail, { AttributeKey: 'EventSource', AttributeValue: 'kms.amazonaws.com' })
  const record = records.find(({ requestID }) => requestID === answer.$metadata.requestId)
  assert.ok(record !== undefined)
  return record
}

test('a key policy that requires the endpoint refuses a service that acts for a caller, and an exception for aws:ViaAWSService lets it through', async () => {
  const here = { StringNotEquals: { 'aws:sourceVpce': network.endpointId } }
  const keyArn = await newKey(delegate, refuse(here))
  await encrypt(atEndpoint, keyArn)

  await refused(encrypt(forAlice, keyArn), 'AccessDeniedException', explicitDeny)
  const exception = refuse({ ...here, BoolIfExists: { 'aws:ViaAWSService': 'false' } })
  await kms.send(new PutKeyPolicyCommand({ KeyId: keyArn, Policy: policyOf(delegate, exception) }))

  const { CiphertextBlob } = await encrypt(forAlice, keyArn)
  const decrypted = await forAlice.send(new DecryptCommand({ CiphertextBlob }))
  assert.deepEqual(Buffer.from(decrypted.Plaintext!), Plaintext)
  await refused(encrypt(ofAlice, keyArn), 'AccessDeniedException', explicitDeny)
  await encrypt(atEndpoint, keyArn)
})

test('kms:ViaService allows a service, and neither the caller by itself nor another service', async () => {
  const keyArn = await newKey(administer, use({ Condition: { StringEquals: { 'kms:ViaService': service } } }))
  const storage = await makeUser(iam, 'storage')
  await register('s3.amazonaws.com', storage.arn)
  const s3 = by(`user ${alice.arn}`, storage.credentials)

  await encrypt(forAlice, keyArn)
  await refused(encrypt(ofAlice, keyArn), 'AccessDeniedException', 'because no resource-based policy allows')
  await refused(encrypt(s3, keyArn), 'AccessDeniedException', 'because no resource-based policy allows')
  const regional = use({ Condition: { StringEquals: { 'kms:ViaService': 's3.us-west-2.amazonaws.com' } } })
  await kms.send(new PutKeyPolicyCommand({ KeyId: keyArn, Policy: policyOf(administer, regional) }))

  await encrypt(s3, keyArn)
  await refused(encrypt(forAlice, keyArn), 'AccessDeniedException', 'because no resource-based policy allows')
})

test('kms:ViaService denies a service, and not the caller by itself', async () => {
  const keyArn = await newKey(delegate, refuse({ StringEquals: { 'kms:ViaService': service } }))

  await encrypt(ofAlice, keyArn)
  await refused(encrypt(forAlice, keyArn), 'AccessDeniedException', explicitDeny)
})

test('aws:CalledVia holds the service', async () => {
  const called = { 'ForAnyValue:StringEquals': { 'aws:CalledVia': ['archive.example.internal', service] } }
  const keyArn = await newKey(administer, use({ Condition: called }))

  await encrypt(forAlice, keyArn)
  await refused(encrypt(ofAlice, keyArn), 'AccessDeniedException', 'because no resource-based policy allows')
})

test('a service may do no more for a caller than the caller may', async () => {
  const bob = await makeUser(iam, 'bob', allow('kms:Decrypt'))
  const keyArn = await newKey(delegate)
  const forBob = by(`user ${bob.arn}`)

  await refused(
    encrypt(forBob, keyArn),
    'AccessDeniedException',
    `User: ${bob.arn} is not authorized to perform: kms:Encrypt on resource: ${keyArn} because no identity-based policy allows the kms:Encrypt action`,
  )
  const { CiphertextBlob } = await encrypt(ofAlice, keyArn)
  await forBob.send(new DecryptCommand({ CiphertextBlob }))
})

test('a call for a user is recorded as the user’s, invoked by the service, which has no address but its name', async () => {
  const keyArn = await newKey(delegate)

  const answer = await encrypt(forAlice, keyArn)

  const { userIdentity, sourceIPAddress, userAgent, vpcEndpointId, additionalEventData } = await recordOf(answer)
  const { principalId, ...identity } = userIdentity
  assert.match(String(principalId), /^AIDA/)
  assert.deepEqual(identity, {
    type: 'IAMUser',
    arn: alice.arn,
    accountId: account,
    userName: 'alice',
    invokedBy: service,
  })
  assert.deepEqual([sourceIPAddress, userAgent, vpcEndpointId], [service, service, undefined])
  assert.deepEqual(additionalEventData?.integratedService, {
    accessKeyId: backup.credentials.accessKeyId,
    sourceIPAddress: '127.0.0.1',
  })
  const ofUser = await recorded(cloudtrail, { AttributeKey: 'Username', AttributeValue: 'alice' })
  assert.ok(ofUser.some(({ requestID }) => requestID === answer.$metadata.requestId))
})

/** A session of the administrator role. */
async function newSession(
  wanted: Omit<AssumeRoleCommandInput, 'RoleArn' | 'RoleSessionName'> = {},
): Promise<Credentials & { readonly sessionToken: string }> {
  const RoleArn = `arn:aws:iam::${account}:role/Administrator`
  const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'holder', ...wanted }))
  return {
    accessKeyId: Credentials!.AccessKeyId!,
    secretAccessKey: Credentials!.SecretAccessKey!,
    sessionToken: Credentials!.SessionToken!,
  }
}

test('a service acts for the session whose token it was given, and the session’s policies go on to limit it', async () => {
  const keyArn = await newKey(delegate)
  const session = await newSession()
  const limited = await newSession({ Policy: policyOf(allow('kms:ListKeys')) })
  const forLimited = by(`session ${limited.sessionToken}`)

  const { userIdentity } = await recordOf(await encrypt(by(`session ${session.sessionToken}`), keyArn))
  await forLimited.send(new ListKeysCommand({}))

  assert.equal(userIdentity['type'], 'AssumedRole')
  assert.equal(userIdentity['arn'], `arn:aws:sts::${account}:assumed-role/Administrator/holder`)
  assert.equal(userIdentity['accessKeyId'], session.accessKeyId)
  assert.equal(userIdentity['invokedBy'], service)
  await refused(
    encrypt(forLimited, keyArn),
    'AccessDeniedException',
    'because no session policy allows the kms:Encrypt action',
  )
})

test('a service that is a role acts for sessions with as much in their tokens as goes into one', async () => {
  const RoleArn = `arn:aws:iam::${otherAccount}:role/Administrator`
  await register('vault.example.internal', RoleArn, account)
  const value = (): string => randomBytes(192).toString('base64')
  const tags = Array.from({ length: 19 }, (_, index) => ({ Key: `tag-${index}`, Value: value() }))
  const giver = await makeUser(iam, 'giver', allow(['sts:*', 'kms:*']))
  const given = await postern
    .clients(giver.credentials)
    .sts.send(new GetFederationTokenCommand({ Name: 'guest', Tags: tags, Policy: policyOf(allow('kms:*')) }))
  const token = given.Credentials!.SessionToken!
  assert.ok(token.length > 5_000, `The token has ${token.length} characters`)

  const answer = await by(`session ${token}`, await postern.administrator(otherAccount)).send(new ListKeysCommand({}))

  const { userIdentity } = await recordOf(answer)
  assert.equal(userIdentity['type'], 'FederatedUser')
  assert.equal(userIdentity['invokedBy'], 'vault.example.internal')
})

test('a service acts for a user of an account that it was registered for, in that account’s trail', async () => {
  const other = postern.clients(await postern.administrator(otherAccount))
  const carol = await makeUser(other.iam, 'carol', allow('kms:*'))
  const archivist = await makeUser(other.iam, 'archivist')
  await register('archive.example.internal', archivist.arn, account, otherAccount)
  const archive = (value: string): KMSClient => by(value, archivist.credentials)
  const keyArn = await newKey(delegate, use({ Principal: { AWS: carol.arn } }))

  await encrypt(archive(`user ${alice.arn}`), keyArn)
  const answer = await encrypt(archive(`user ${carol.arn}`), keyArn)

  const [theirs, ours] = [await recordOf(answer, other.cloudtrail), await recordOf(answer)]
  assert.equal(theirs.userIdentity['arn'], carol.arn)
  assert.equal(theirs.userIdentity['invokedBy'], 'archive.example.internal')
  assert.equal(ours.userIdentity['type'], 'AWSAccount')
  assert.equal(ours.userIdentity['invokedBy'], 'archive.example.internal')
  assert.equal(ours.sourceIPAddress, 'archive.example.internal')
})

test('a service as itself may do what a key policy gives to its name, and is recorded as AWSService', async () => {
  const keyArn = await newKey(administer, use({ Principal: { Service: service } }))

  const answer = await encrypt(itself, keyArn)

  const { userIdentity, sourceIPAddress, userAgent } = await recordOf(answer)
  assert.deepEqual(userIdentity, { type: 'AWSService', invokedBy: service })
  assert.deepEqual([sourceIPAddress, userAgent], [service, service])
})

test('what a key policy gives to a service, the service may not do for a caller, nor its identity without the header', async () => {
  const keyArn = await newKey(administer, use({ Principal: { Service: service } }))

  await refused(encrypt(forAlice, keyArn), 'AccessDeniedException', 'because no resource-based policy allows')
  await refused(
    encrypt(postern.clients(backup.credentials).kms, keyArn),
    'AccessDeniedException',
    'because no resource-based policy allows',
  )
})

test('a key policy that names no service, or another one, gives nothing to a service as itself', async () => {
  const [delegating, naming] = [
    await newKey(delegate),
    await newKey(delegate, use({ Principal: { Service: 's3.amazonaws.com' } })),
  ]

  for (const keyArn of [delegating, naming]) {
    await refused(
      encrypt(itself, keyArn),
      'AccessDeniedException',
      `User: ${service} is not authorized to perform: kms:Encrypt`,
    )
  }
  await refused(itself.send(new ListKeysCommand({})), 'AccessDeniedException', `User: ${service} is not authorized`)
  await refused(itself.send(new CreateKeyCommand({})), 'AccessDeniedException', `User: ${service} is not authorized`)
})

test('a service as itself uses a key of another account that names it, and both accounts have a record', async () => {
  const keyArn = await newKey(administer, use({ Principal: { Service: 'reports.example.internal' } }))
  const other = postern.clients(await postern.administrator(otherAccount))
  const reporter = await makeUser(other.iam, 'reporter')
  await register('reports.example.internal', reporter.arn)

  const answer = await encrypt(by('itself', reporter.credentials), keyArn)

  for (const trail of [cloudtrail, other.cloudtrail]) {
    const { userIdentity } = await recordOf(answer, trail)
    assert.deepEqual(userIdentity, { type: 'AWSService', invokedBy: 'reports.example.internal' })
  }
})

test('postern explain shows the service, and what the policies saw of it', async () => {
  const keyArn = await newKey(delegate, refuse({ StringEquals: { 'kms:ViaService': service } }))
  const error = (await encrypt(forAlice, keyArn).catch((cause: unknown) => cause)) as {
    readonly $metadata: { readonly requestId: string }
  }

  const text = await done('explain', error.$metadata.requestId)

  assert.match(text, new RegExp(`the service ${service}`))
  assert.match(text, new RegExp(alice.arn))
  assert.match(text, new RegExp(`condition holds: StringEquals, kms:ViaService is "${service}"`))
})

test('the lockout check takes the way of the service: a policy that it could not put again is refused', async () => {
  const keyArn = await newKey({ ...delegate, Action: 'kms:*' })
  const elsewhere = { ...delegate, Condition: { Bool: { 'aws:ViaAWSService': 'false' } } }

  await refused(
    forAlice.send(new PutKeyPolicyCommand({ KeyId: keyArn, Policy: policyOf(elsewhere) })),
    'MalformedPolicyDocumentException',
    'will not allow you to update the key policy in the future',
  )
  await forAlice.send(new GetKeyPolicyCommand({ KeyId: keyArn }))
})

test('what the operator does to services is recorded in each account that it is about', async () => {
  const other = postern.clients(await postern.administrator(otherAccount))
  const name = 'recorded.example.internal'
  const identity = await makeUser(iam, 'recorded')

  await register(name, identity.arn, account, otherAccount)
  await done('integrated-service', 'remove', '--name', name)

  for (const eventName of ['RegisterIntegratedService', 'RemoveIntegratedService']) {
    const attribute = { AttributeKey: 'EventName', AttributeValue: eventName } as const
    const told = async (trail: CloudTrailClient) =>
      (await recorded(trail, attribute)).find(({ requestParameters }) => requestParameters['name'] === name)
    const [ours, theirs] = [await told(cloudtrail), await told(other.cloudtrail)]
    assert.equal(ours?.userIdentity['type'], 'OperatingSystemUser')
    assert.equal(ours?.requestParameters['identity'], identity.arn)
    assert.match(String(ours?.requestParameters['identityId']), /^AIDA/)
    assert.deepEqual(ours?.requestParameters['accounts'], [account, otherAccount])
    // Of the other accounts an account is told nothing.
    assert.deepEqual(theirs?.requestParameters['accounts'], [otherAccount])
  }
})

test('registered services outlast a restart', async () => {
  const keyArn = await newKey(delegate)

  await postern.stop()
  await postern.start()

  await encrypt(by(`user ${alice.arn}`), keyArn)
  assert.match(
    await done('integrated-service', 'list'),
    new RegExp(`^${service}  ${backup.arn}  for account ${account}$`, 'm'),
  )
})
