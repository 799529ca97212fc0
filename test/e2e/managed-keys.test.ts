// The managed keys of integrated services, by the AWS SDK: made when a service first asks for one, used through it, and changed by nobody.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { LookupEventsCommand } from '@aws-sdk/client-cloudtrail'
import {
  CreateAliasCommand,
  CreateGrantCommand,
  DecryptCommand,
  DeleteAliasCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  DisableKeyRotationCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  ListAliasesCommand,
  ListGrantsCommand,
  ListKeysCommand,
  PutKeyPolicyCommand,
  ReEncryptCommand,
  RevokeGrantCommand,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
  UpdateAliasCommand,
  UpdateKeyDescriptionCommand,
} from '@aws-sdk/client-kms'
import type { KMSClient } from '@aws-sdk/client-kms'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { startPostern } from '../start-postern.ts'
import type { Credentials } from '../start-postern.ts'
import { onBehalfOf } from './on-behalf.ts'
import { refused } from './refused.ts'
import { allow, makeUser, policyOf } from './user.ts'
import type { Statement } from './user.ts'

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const { kms, iam, sts, cloudtrail } = postern.clients(await postern.administrator())
const root = postern.clients(await postern.root()).kms
const account = (await sts.send(new GetCallerIdentityCommand({}))).Account!
const Plaintext = Buffer.from('a secret')

let made = 0

/** A service of that name, and KMS as it calls it for somebody. */
async function newService(name: string): Promise<(value: string) => KMSClient> {
  const identity = await makeUser(iam, `service-${++made}`)
  const words = ['integrated-service', 'register', '--name', name, '--identity', identity.arn] as const
  const { status, error } = await postern.postern(...words)
  assert.equal(status, 0, error)
  return value => onBehalfOf(postern.clients(identity.credentials).kms, value)
}

const newUser = async (...statements: readonly Statement[]): Promise<{ arn: string; credentials: Credentials }> =>
  makeUser(iam, `user-${++made}`, ...statements)

const encrypt = (by: KMSClient, KeyId: string) => by.send(new EncryptCommand({ KeyId, Plaintext }))
const aliasNames = async (): Promise<readonly string[]> =>
  (await kms.send(new ListAliasesCommand({}))).Aliases!.map(({ AliasName: name }) => name!)

// Nobody needs a permission of IAM for what a managed key's policy gives.
const alice = await newUser()
let backup: (value: string) => KMSClient
let KeyId = ''

before(async () => {
  backup = await newService('backup.example.internal')
})

test('a user who names the alias of a service finds nothing, and makes nothing', async () => {
  for (const by of [kms, root]) {
    await refused(encrypt(by, 'alias/aws/backup'), 'NotFoundException', 'alias/aws/backup is not found')
    await refused(by.send(new DescribeKeyCommand({ KeyId: 'alias/aws/backup' })), 'NotFoundException')
    const create = new CreateAliasCommand({ AliasName: 'alias/aws/backup', TargetKeyId: 'any' })
    await refused(by.send(create), 'NotAuthorizedException', '')
  }
  assert.deepEqual((await kms.send(new ListKeysCommand({}))).Keys, [])
})

test('a service makes neither the key of another, nor one for itself, nor one for whom it may not be used', async () => {
  const forAlice = backup(`user ${alice.arn}`)
  const barred = await newUser({ ...allow('kms:Encrypt'), Effect: 'Deny' })

  await refused(encrypt(forAlice, 'alias/aws/s3'), 'NotFoundException')
  await refused(encrypt(forAlice, 'alias/aws/backup2'), 'NotFoundException')
  await refused(encrypt(backup('itself'), 'alias/aws/backup'), 'NotFoundException')
  await refused(encrypt(backup(`user ${barred.arn}`), 'alias/aws/backup'), 'NotFoundException')
  await refused(forAlice.send(new GetKeyPolicyCommand({ KeyId: 'alias/aws/backup' })), 'InvalidArnException')

  assert.deepEqual(await aliasNames(), [])
})

test('a service that asks for its managed key gets one; of ten who ask at once, one makes it', async () => {
  const forAlice = backup(`user ${alice.arn}`)

  const answers = await Promise.all(Array.from({ length: 10 }, () => encrypt(forAlice, 'alias/aws/backup')))

  const keys = new Set(answers.map(answer => answer.KeyId))
  assert.equal(keys.size, 1)
  KeyId = [...keys][0]!
  assert.equal((await kms.send(new ListKeysCommand({}))).Keys!.length, 1)
  assert.deepEqual(await aliasNames(), ['alias/aws/backup'])
  const { CiphertextBlob } = answers[0]!
  const { Plaintext: opened } = await forAlice.send(new DecryptCommand({ CiphertextBlob }))
  assert.deepEqual(Buffer.from(opened!), Plaintext)
  const again = await forAlice.send(new GenerateDataKeyCommand({ KeyId: 'alias/aws/backup', KeySpec: 'AES_256' }))
  assert.equal(again.KeyId, KeyId)
})

test('the account sees what a managed key is, with AWS’s policy and a yearly rotation', async () => {
  const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: 'alias/aws/backup' }))
  const rotation = await kms.send(new GetKeyRotationStatusCommand({ KeyId }))
  const policy = JSON.parse((await kms.send(new GetKeyPolicyCommand({ KeyId }))).Policy!) as { Statement: object[] }

  assert.equal(KeyMetadata!.KeyManager, 'AWS')
  assert.equal(KeyMetadata!.KeyState, 'Enabled')
  assert.equal(rotation.KeyRotationEnabled, true)
  assert.equal(rotation.RotationPeriodInDays, 365)
  assert.equal(policy.Statement.length, 2)
  assert.deepEqual(Object(policy.Statement[0]).Condition, {
    StringEquals: { 'kms:CallerAccount': account, 'kms:ViaService': 'backup.example.internal' },
  })
})

test('nobody uses a managed key but through its service', async () => {
  const other = await newService('archive.example.internal')
  const { CiphertextBlob } = await encrypt(backup(`user ${alice.arn}`), KeyId)
  const missing = /because no resource-based policy allows/

  for (const by of [kms, root, other(`user ${alice.arn}`), backup('itself')]) {
    await refused(encrypt(by, KeyId), 'AccessDeniedException', missing)
    await refused(encrypt(by, 'alias/aws/backup'), 'AccessDeniedException', missing)
    await refused(by.send(new DecryptCommand({ CiphertextBlob })), 'AccessDeniedException')
  }
})

test('nobody changes a managed key, its policy, its rotation or its alias: not root, and not through the service', async () => {
  const denied = 'AccessDeniedException'
  const everybody = policyOf({ ...allow('kms:*'), Principal: '*' })

  for (const by of [kms, root, backup(`user ${alice.arn}`)]) {
    await refused(by.send(new ScheduleKeyDeletionCommand({ KeyId })), denied)
    await refused(by.send(new DisableKeyCommand({ KeyId })), denied)
    await refused(by.send(new PutKeyPolicyCommand({ KeyId, Policy: everybody })), denied)
    await refused(by.send(new DisableKeyRotationCommand({ KeyId })), denied)
    await refused(by.send(new EnableKeyRotationCommand({ KeyId, RotationPeriodInDays: 90 })), denied)
    await refused(by.send(new UpdateKeyDescriptionCommand({ KeyId, Description: 'mine' })), denied)
    await refused(by.send(new TagResourceCommand({ KeyId, Tags: [{ TagKey: 'a', TagValue: 'b' }] })), denied)
    await refused(by.send(new CreateAliasCommand({ AliasName: 'alias/mine', TargetKeyId: KeyId })), denied)
    const alias = { AliasName: 'alias/aws/backup' }
    await refused(by.send(new DeleteAliasCommand(alias)), 'NotAuthorizedException', '')
    await refused(by.send(new UpdateAliasCommand({ ...alias, TargetKeyId: KeyId })), 'NotAuthorizedException', '')
  }
  assert.deepEqual(await aliasNames(), ['alias/aws/backup'])
})

test('grants on a managed key are made through the service, and revoked by the account', async () => {
  const grant = { KeyId, GranteePrincipal: alice.arn, Operations: ['Decrypt' as const] }
  await refused(kms.send(new CreateGrantCommand(grant)), 'AccessDeniedException')

  const { GrantId } = await backup(`user ${alice.arn}`).send(new CreateGrantCommand(grant))

  const { Grants } = await kms.send(new ListGrantsCommand({ KeyId }))
  assert.deepEqual(
    Grants!.map(each => each.GrantId),
    [GrantId],
  )
  await kms.send(new RevokeGrantCommand({ KeyId, GrantId }))
})

test('an account has managed keys of its own, which no other account uses, whatever its policies', async () => {
  const foreign = await postern.otherAccount('444455556666')
  const guest = await makeUser(foreign.iam, 'guest', allow('kms:*'))
  const storage = await makeUser(iam, 'storage')
  const accounts = ['--account', account, '--account', '444455556666'] as const
  const words = ['integrated-service', 'register', '--name', 's3.amazonaws.com', '--identity', storage.arn] as const
  assert.equal((await postern.postern(...words, ...accounts)).status, 0)
  const s3 = (value: string): KMSClient => onBehalfOf(postern.clients(storage.credentials).kms, value)

  const own = await encrypt(s3(`user ${alice.arn}`), 'alias/aws/s3')
  const theirs = await encrypt(s3(`user ${guest.arn}`), 'alias/aws/s3')

  assert.ok(own.KeyId!.includes(account))
  assert.ok(theirs.KeyId!.includes('444455556666'))
  const refusal = encrypt(s3(`user ${guest.arn}`), own.KeyId!)
  await refused(refusal, 'AccessDeniedException', 'no resource-based policies allow access')
  await refused(
    s3(`user ${guest.arn}`).send(
      new ReEncryptCommand({ CiphertextBlob: own.CiphertextBlob, DestinationKeyId: 'alias/aws/s3' }),
    ),
    'AccessDeniedException',
  )
  const arn = `arn:aws:kms:us-west-2:${account}:alias/aws/absent`
  await refused(encrypt(s3(`user ${guest.arn}`), arn), 'AccessDeniedException')
  const { Policy } = await foreign.kms.send(new GetKeyPolicyCommand({ KeyId: theirs.KeyId! }))
  assert.match(Policy!, /"kms:ViaService": "s3\.us-west-2\.amazonaws\.com"/)
})

test('the trail says that the service made the key and its alias, once', async () => {
  interface Made {
    readonly userIdentity: object
    readonly recipientAccountId: string
    readonly resources: readonly { readonly ARN: string }[]
  }

  for (const name of ['CreateKey', 'CreateAlias']) {
    const attribute = { AttributeKey: 'EventName', AttributeValue: name } as const
    const { Events = [] } = await cloudtrail.send(new LookupEventsCommand({ LookupAttributes: [attribute] }))
    const records = Events.map(event => JSON.parse(event.CloudTrailEvent!) as Made).filter(
      ({ resources }) => resources[0]?.ARN === KeyId,
    )
    const byService = records.filter(({ userIdentity }) => JSON.stringify(userIdentity).includes('"AWSService"'))

    assert.equal(byService.length, 1, name)
    assert.deepEqual(byService[0]!.userIdentity, { type: 'AWSService', invokedBy: 'backup.example.internal' })
    assert.equal(byService[0]!.recipientAccountId, account)
  }
})
