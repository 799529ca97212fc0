// Multi-Region keys, as clients in two Regions see them: at the public door and through an endpoint.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  DisableKeyRotationCommand,
  EnableKeyCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  KMSClient,
  ListKeysCommand,
  ListResourceTagsCommand,
  ReplicateKeyCommand,
  ScheduleKeyDeletionCommand,
  UpdatePrimaryRegionCommand,
} from '@aws-sdk/client-kms'
import type { KeyMetadata } from '@aws-sdk/client-kms'
import { makePrivateNetwork } from '../private-network.ts'
import { startPostern, trailText } from '../start-postern.ts'
import { refused } from './refused.ts'
import { allow, makeUser, policyOf, putPolicy } from './user.ts'

const [here, there] = ['us-west-2', 'eu-west-1'] as const
const postern = await startPostern({ words: ['--region', there] })
after(() => postern[Symbol.asyncDispose]())
const { ec2, iam, kms } = await administrators()
const network = await makePrivateNetwork(postern, ec2)
const Plaintext = Buffer.from('moved')

async function administrators(): Promise<ReturnType<typeof postern.clients>> {
  return postern.clients(await postern.administrator())
}

/** A client of the same caller that signs for the other Region. */
function elsewhere(client: KMSClient): KMSClient {
  const { credentials, requestHandler } = client.config
  const other = new KMSClient({ region: there, endpoint: postern.apiUrl, credentials, requestHandler, maxAttempts: 1 })
  after(() => other.destroy())
  return other
}

const kmsThere = elsewhere(kms)

async function describe(client: KMSClient, KeyId: string): Promise<KeyMetadata> {
  return (await client.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata!
}

/** Waits until what was begun with a key is finished. */
async function untilReady(client: KMSClient, keyId: string): Promise<KeyMetadata> {
  for (const started = Date.now(); Date.now() - started < 20_000;) {
    const metadata = await describe(client, keyId)
    if (metadata.KeyState !== 'Creating' && metadata.KeyState !== 'Updating') return metadata
    await delay(100)
  }
  assert.fail(`${keyId} is not ready after 20 seconds`)
}

async function makeKey(input: object = {}): Promise<KeyMetadata> {
  return (await kms.send(new CreateKeyCommand({ MultiRegion: true, ...input }))).KeyMetadata!
}

async function makeReplicated(input: object = {}): Promise<string> {
  const { KeyId } = await makeKey(input)
  await kms.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: there }))
  await untilReady(kmsThere, KeyId!)
  return KeyId!
}

const arnOf = ({ AWSAccountId }: KeyMetadata, keyId: string, region: string): string =>
  `arn:aws:kms:${region}:${AWSAccountId}:key/${keyId}`

interface TrailRecord {
  readonly eventName: string
  readonly awsRegion: string
  readonly eventType: string
  readonly requestID?: string
  readonly sourceIPAddress: string
  readonly userIdentity: { readonly type?: string; readonly invokedBy?: string; readonly arn?: string }
  readonly requestParameters: Readonly<Record<string, unknown>> | null
  readonly responseElements: Readonly<Record<string, unknown>> | null
  readonly resources: readonly { readonly ARN: string }[]
}

/** The records of operations that are about a key. */
const recordsOf = (keyId: string, ...names: readonly string[]): readonly TrailRecord[] =>
  trailText(postern)
    .split('\n')
    .filter(line => line.includes(keyId))
    .map(line => (JSON.parse(line) as { readonly event: TrailRecord }).event)
    .filter(record => names.includes(record.eventName))

test('CreateKey makes a multi-Region key, and ReplicateKey a copy that is ready a moment later', async () => {
  const primary = await makeKey({ Description: 'first', Tags: [{ TagKey: 'a', TagValue: 'b' }] })
  const KeyId = primary.KeyId!

  const { ReplicaKeyMetadata, ReplicaPolicy, ReplicaTags } = await kms.send(
    new ReplicateKeyCommand({ KeyId, ReplicaRegion: there }),
  )
  const ready = await untilReady(kmsThere, KeyId)
  const primaryNow = await describe(kms, KeyId)

  assert.match(KeyId, /^mrk-[0-9a-f]{32}$/)
  const primaryKey = { Arn: primary.Arn, Region: here }
  assert.deepEqual(primary.MultiRegionConfiguration, {
    MultiRegionKeyType: 'PRIMARY',
    PrimaryKey: primaryKey,
    ReplicaKeys: [],
  })
  const Arn = arnOf(primary, KeyId, there)
  const others = { PrimaryKey: primaryKey, ReplicaKeys: [{ Arn, Region: there }] }
  const { CreationDate, ...made } = ReplicaKeyMetadata!
  assert.ok(CreationDate instanceof Date)
  assert.deepEqual(made, {
    AWSAccountId: primary.AWSAccountId,
    Arn,
    CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
    Description: '',
    Enabled: false,
    EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
    KeyId,
    KeyManager: 'CUSTOMER',
    KeySpec: 'SYMMETRIC_DEFAULT',
    KeyState: 'Creating',
    KeyUsage: 'ENCRYPT_DECRYPT',
    MultiRegion: true,
    MultiRegionConfiguration: { MultiRegionKeyType: 'REPLICA', ...others },
    Origin: 'AWS_KMS',
  })
  assert.equal((JSON.parse(ReplicaPolicy!) as { Id: string }).Id, 'key-default-1')
  assert.equal(ReplicaTags, undefined)
  assert.deepEqual([ready.KeyState, ready.Enabled], ['Enabled', true])
  assert.equal(ready.CurrentKeyMaterialId, primary.CurrentKeyMaterialId)
  assert.deepEqual(primaryNow.MultiRegionConfiguration, { MultiRegionKeyType: 'PRIMARY', ...others })
})

test('a replica has the policy, the tags and the description of its request, and each Region lists its own', async () => {
  const primary = await makeKey()
  const KeyId = primary.KeyId!
  const Tags = [{ TagKey: 'stage', TagValue: 'two' }]
  const Policy = policyOf({
    Sid: 'own',
    Effect: 'Allow',
    Action: 'kms:*',
    Resource: '*',
    Principal: { AWS: `arn:aws:iam::${primary.AWSAccountId}:root` },
  })

  const made = await kms.send(
    new ReplicateKeyCommand({ KeyId, ReplicaRegion: there, Tags, Policy, Description: 'second' }),
  )

  assert.deepEqual(
    [made.ReplicaPolicy, made.ReplicaTags, made.ReplicaKeyMetadata!.Description],
    [Policy, Tags, 'second'],
  )
  assert.equal((await kmsThere.send(new GetKeyPolicyCommand({ KeyId }))).Policy, Policy)
  assert.deepEqual((await kmsThere.send(new ListResourceTagsCommand({ KeyId }))).Tags, Tags)
  assert.deepEqual((await kms.send(new ListResourceTagsCommand({ KeyId }))).Tags, [])
  const listed = new Set((await kmsThere.send(new ListKeysCommand({}))).Keys!.map(key => key.KeyArn))
  assert.deepEqual([listed.has(arnOf(primary, KeyId, there)), listed.has(primary.Arn)], [true, false])
})

test('what one Region encrypts another decrypts: without a key id, with its own ARN, not with the ARN of another Region', async () => {
  const KeyId = await makeReplicated()
  const metadata = await describe(kms, KeyId)
  const reached = postern.clients(await postern.administrator(), { kmsUrl: network.url }).kms

  const { CiphertextBlob } = await reached.send(new EncryptCommand({ KeyId, Plaintext }))
  const back = await kmsThere.send(new EncryptCommand({ KeyId, Plaintext }))

  const opened = await kmsThere.send(new DecryptCommand({ CiphertextBlob }))
  assert.deepEqual(Buffer.from(opened.Plaintext!), Plaintext)
  assert.equal(opened.KeyId, arnOf(metadata, KeyId, there))
  const named = await kmsThere.send(new DecryptCommand({ CiphertextBlob, KeyId: arnOf(metadata, KeyId, there) }))
  assert.deepEqual(Buffer.from(named.Plaintext!), Plaintext)
  await refused(
    kmsThere.send(new DecryptCommand({ CiphertextBlob, KeyId: metadata.Arn! })),
    'NotFoundException',
    `Invalid arn ${here}`,
  )
  const openedHere = await reached.send(new DecryptCommand({ CiphertextBlob: back.CiphertextBlob }))
  assert.equal(openedHere.KeyId, metadata.Arn)
})

test('a key is replicated to another Region through an endpoint', async () => {
  const reached = postern.clients(await postern.administrator(), { kmsUrl: network.url }).kms
  const { KeyId } = await makeKey()

  await reached.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: there }))

  await untilReady(kmsThere, KeyId!)
  const records = recordsOf(KeyId!, 'ReplicateKey', 'CreateKey').filter(record => record.awsRegion === there)
  assert.equal(records.length, 1)
})

test('a key survives a restart in all of its Regions', async () => {
  const { KeyId } = await makeKey()
  const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId, Plaintext }))
  await kms.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: there }))

  // At once, without a word: what was begun is finished after the next start.
  await postern.stop('SIGKILL')
  await postern.start()

  const again = elsewhere((await administrators()).kms)
  assert.equal((await untilReady(again, KeyId!)).KeyState, 'Enabled')
  const opened = await again.send(new DecryptCommand({ CiphertextBlob }))
  assert.deepEqual(Buffer.from(opened.Plaintext!), Plaintext)
})

test('HMAC and asymmetric keys are replicated too', async () => {
  for (const input of [
    { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' },
    { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' },
  ]) {
    const KeyId = await makeReplicated(input)

    const [one, two] = [await describe(kms, KeyId), await describe(kmsThere, KeyId)]
    assert.deepEqual([two.KeySpec, two.KeyUsage, two.KeyState], [one.KeySpec, one.KeyUsage, 'Enabled'])
  }
})

test('rotation is set at the primary key and holds for its copies, which cannot set it', async () => {
  const KeyId = await makeReplicated()
  const replica = arnOf(await describe(kms, KeyId), KeyId, there)
  const status = async (client: KMSClient): Promise<readonly unknown[]> => {
    const answer = await client.send(new GetKeyRotationStatusCommand({ KeyId }))
    return [answer.KeyRotationEnabled, answer.RotationPeriodInDays, answer.NextRotationDate?.getTime()]
  }

  await kms.send(new EnableKeyRotationCommand({ KeyId, RotationPeriodInDays: 120 }))

  const [enabled, period] = await status(kmsThere)
  assert.deepEqual([enabled, period], [true, 120])
  assert.deepEqual(await status(kmsThere), await status(kms))
  const refusal = ['UnsupportedOperationException', `${replica} is not a multi-region primary key.`] as const
  await refused(kmsThere.send(new EnableKeyRotationCommand({ KeyId })), ...refusal)
  await refused(kmsThere.send(new DisableKeyRotationCommand({ KeyId })), ...refusal)
  await kms.send(new DisableKeyRotationCommand({ KeyId }))
  assert.deepEqual(await status(kmsThere), [false, undefined, undefined])
})

test('UpdatePrimaryRegion makes the replica the primary key, and there and back the rest follows', async () => {
  const KeyId = await makeReplicated()
  const metadata = await describe(kms, KeyId)

  await kms.send(new UpdatePrimaryRegionCommand({ KeyId, PrimaryRegion: there }))

  const [old, fresh] = [await untilReady(kms, KeyId), await untilReady(kmsThere, KeyId)]
  const moved = {
    PrimaryKey: { Arn: arnOf(metadata, KeyId, there), Region: there },
    ReplicaKeys: [{ Arn: metadata.Arn, Region: here }],
  }
  assert.deepEqual(old.MultiRegionConfiguration, { MultiRegionKeyType: 'REPLICA', ...moved })
  assert.deepEqual(fresh.MultiRegionConfiguration, { MultiRegionKeyType: 'PRIMARY', ...moved })
  assert.deepEqual([old.KeyState, fresh.KeyState], ['Enabled', 'Enabled'])
  await refused(
    kms.send(new UpdatePrimaryRegionCommand({ KeyId, PrimaryRegion: there })),
    'UnsupportedOperationException',
    `${metadata.Arn} is not a multi-region primary key.`,
  )
  await kmsThere.send(new EnableKeyRotationCommand({ KeyId }))
  await kmsThere.send(new UpdatePrimaryRegionCommand({ KeyId, PrimaryRegion: here }))
  assert.equal((await untilReady(kms, KeyId)).MultiRegionConfiguration!.MultiRegionKeyType, 'PRIMARY')
})

test('ReplicateKey refuses what AWS refuses', async () => {
  const KeyId = await makeReplicated()
  const metadata = await describe(kms, KeyId)
  const single = (await kms.send(new CreateKeyCommand({}))).KeyMetadata!
  const replicate = (client: KMSClient, input: { readonly KeyId: string; readonly ReplicaRegion: string }) =>
    client.send(new ReplicateKeyCommand(input))
  const replica = arnOf(metadata, KeyId, there)

  await refused(replicate(kms, { KeyId, ReplicaRegion: there }), 'AlreadyExistsException', replica)
  await refused(replicate(kms, { KeyId, ReplicaRegion: here }), 'AlreadyExistsException', metadata.Arn)
  await refused(replicate(kms, { KeyId, ReplicaRegion: 'ap-south-1' }), 'UnsupportedOperationException', 'ap-south-1')
  await refused(replicate(kms, { KeyId, ReplicaRegion: 'nowhere' }), 'ValidationException', 'replicaRegion')
  await refused(
    replicate(kmsThere, { KeyId, ReplicaRegion: here }),
    'UnsupportedOperationException',
    `${replica} is not a multi-region primary key.`,
  )
  await refused(
    replicate(kms, { KeyId: single.KeyId!, ReplicaRegion: there }),
    'UnsupportedOperationException',
    `${single.Arn} is not a multi-region primary key.`,
  )
  await kms.send(new CreateAliasCommand({ AliasName: 'alias/many', TargetKeyId: KeyId }))
  await refused(replicate(kms, { KeyId: 'alias/many', ReplicaRegion: there }), 'InvalidArnException')
  await refused(replicate(kmsThere, { KeyId: metadata.Arn!, ReplicaRegion: here }), 'NotFoundException', here)
})

test('ReplicateKey refuses a policy that would lock its author out, and one that is none, and leaves nothing behind', async () => {
  const { KeyId, AWSAccountId } = await makeKey()
  const Policy = policyOf({ ...allow('kms:DescribeKey'), Principal: { AWS: `arn:aws:iam::${AWSAccountId}:root` } })

  for (const policy of [Policy, '{}'])
    await refused(
      kms.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: there, Policy: policy })),
      'MalformedPolicyDocumentException',
    )

  await refused(describe(kmsThere, KeyId!), 'NotFoundException', `Key '`)
  assert.deepEqual((await describe(kms, KeyId!)).MultiRegionConfiguration!.ReplicaKeys, [])
  const bypassed = { KeyId, ReplicaRegion: there, Policy, BypassPolicyLockoutSafetyCheck: true }
  await kms.send(new ReplicateKeyCommand(bypassed))
})

test('UpdatePrimaryRegion refuses Regions without the key, the Region that is it, and keys that are out of use', async () => {
  const KeyId = await makeReplicated()
  const alone = await makeKey()
  const { Arn } = await describe(kms, KeyId)
  const update = (keyId: string, PrimaryRegion: string) =>
    kms.send(new UpdatePrimaryRegionCommand({ KeyId: keyId, PrimaryRegion }))

  await refused(update(alone.KeyId!, there), 'NotFoundException', arnOf(alone, alone.KeyId!, there))
  await refused(update(KeyId, here), 'UnsupportedOperationException', Arn)
  await kmsThere.send(new DisableKeyCommand({ KeyId }))
  await refused(update(KeyId, there), 'DisabledException', arnOf(alone, KeyId, there))
  await kmsThere.send(new EnableKeyCommand({ KeyId }))
  await kms.send(new DisableKeyCommand({ KeyId }))
  await refused(update(KeyId, there), 'DisabledException', Arn)
})

test('a primary key with replicas is deleted after them, and CancelKeyDeletion takes that back', async () => {
  const KeyId = await makeReplicated()

  const scheduled = await kms.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 9 }))
  const waiting = await describe(kms, KeyId)
  await refused(
    kms.send(new EncryptCommand({ KeyId, Plaintext })),
    'KMSInvalidStateException',
    'pending replica deletion',
  )
  await kms.send(new CancelKeyDeletionCommand({ KeyId }))

  assert.deepEqual(
    [scheduled.KeyState, scheduled.DeletionDate, scheduled.PendingWindowInDays],
    ['PendingReplicaDeletion', undefined, 9],
  )
  assert.deepEqual(
    [waiting.KeyState, waiting.DeletionDate, waiting.PendingDeletionWindowInDays, waiting.Enabled],
    ['PendingReplicaDeletion', undefined, 9, false],
  )
  assert.equal((await describe(kms, KeyId)).KeyState, 'Disabled')
  const replica = await kmsThere.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }))
  assert.equal(replica.KeyState, 'PendingDeletion')
  await refused(kms.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: there })), 'DisabledException')
  await kms.send(new EnableKeyCommand({ KeyId }))
  await refused(kms.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: there })), 'AlreadyExistsException')
})

test('the trail has ReplicateKey in the Region of the primary key, and CreateKey in that of the replica', async () => {
  const KeyId = await makeReplicated()
  const metadata = await describe(kms, KeyId)
  const replica = arnOf(metadata, KeyId, there)

  const [asked, made, ...more] = recordsOf(KeyId, 'ReplicateKey', 'CreateKey').slice(-2)

  assert.deepEqual(more, [])
  assert.deepEqual([asked!.eventName, asked!.awsRegion, asked!.resources[0]!.ARN], ['ReplicateKey', here, metadata.Arn])
  assert.deepEqual(asked!.requestParameters, {
    keyId: KeyId,
    replicaRegion: there,
    bypassPolicyLockoutSafetyCheck: false,
    description: '',
  })
  const told = asked!.responseElements!['replicaKeyMetadata'] as Readonly<Record<string, unknown>>
  assert.deepEqual([told['arn'], told['keyState']], [replica, 'Creating'])
  assert.deepEqual(told['multiRegionConfiguration'], {
    multiRegionKeyType: 'REPLICA',
    primaryKey: { arn: metadata.Arn, region: here },
    replicaKeys: [{ arn: replica, region: there }],
  })
  assert.equal(made!.awsRegion, there)
  assert.deepEqual([made!.eventName, made!.resources[0]!.ARN], ['CreateKey', replica])
  assert.deepEqual([made!.userIdentity.invokedBy, made!.sourceIPAddress], ['kms.amazonaws.com', 'kms.amazonaws.com'])
  assert.equal(made!.userIdentity.arn, asked!.userIdentity.arn)
  const [synchronized] = recordsOf(KeyId, 'SynchronizeMultiRegionKey')
  assert.deepEqual(
    [synchronized!.awsRegion, synchronized!.eventType, synchronized!.userIdentity.invokedBy],
    [here, 'AwsApiCall', 'AWS Internal'],
  )
  assert.deepEqual(
    [synchronized!.responseElements, synchronized!.resources[0]!.ARN],
    [{ keyId: metadata.Arn }, metadata.Arn],
  )
})

test('the trail has UpdatePrimaryRegion in both Regions', async () => {
  const KeyId = await makeReplicated()
  const { Arn, ...metadata } = await describe(kms, KeyId)

  await kms.send(new UpdatePrimaryRegionCommand({ KeyId, PrimaryRegion: there }))

  const [old, fresh, ...more] = recordsOf(KeyId, 'UpdatePrimaryRegion')
  assert.deepEqual(more, [])
  assert.deepEqual([old!.awsRegion, fresh!.awsRegion], [here, there])
  assert.deepEqual(old!.requestParameters, { keyId: KeyId, primaryRegion: there })
  assert.deepEqual(old!.responseElements, { keyId: Arn })
  assert.equal(old!.resources[0]!.ARN, Arn)
  assert.equal(old!.userIdentity.invokedBy, undefined)
  assert.deepEqual(fresh!.responseElements, { keyId: arnOf(metadata, KeyId, there) })
  assert.deepEqual([fresh!.userIdentity.invokedBy, fresh!.resources], ['kms.amazonaws.com', []])
})

test('ReplicateKey needs the permission on the key, and those to make and to tag keys in the other Region', async () => {
  const { KeyId, Arn } = await makeKey()
  const user = await makeUser(iam, 'replicator')
  const { kms: asked } = postern.clients(user.credentials)
  const replicate = () =>
    asked.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: there, Tags: [{ TagKey: 'a', TagValue: 'b' }] }))
  const onKey = allow('kms:ReplicateKey', Arn)
  const inRegion = (action: string, region: string) => ({
    ...allow(action),
    Condition: { StringEquals: { 'aws:RequestedRegion': region } },
  })

  await refused(replicate(), 'AccessDeniedException', 'kms:ReplicateKey')
  await putPolicy(iam, 'replicator', onKey)
  await refused(replicate(), 'AccessDeniedException', 'kms:CreateKey on resource: *')
  await putPolicy(iam, 'replicator', onKey, inRegion('kms:CreateKey', here))
  await refused(replicate(), 'AccessDeniedException', 'kms:CreateKey on resource: *')
  await putPolicy(iam, 'replicator', onKey, inRegion('kms:CreateKey', there))
  await refused(replicate(), 'AccessDeniedException', 'kms:TagResource')
  await putPolicy(iam, 'replicator', onKey, inRegion('kms:CreateKey', there), inRegion('kms:TagResource', here))
  await refused(replicate(), 'AccessDeniedException', 'kms:TagResource')
  const toOthers = { ...onKey, Condition: { StringNotEquals: { 'kms:ReplicaRegion': there } } }
  const creation = [inRegion('kms:CreateKey', there), inRegion('kms:TagResource', there)]
  await putPolicy(iam, 'replicator', toOthers, ...creation)
  await refused(replicate(), 'AccessDeniedException', 'kms:ReplicateKey')
  await putPolicy(iam, 'replicator', onKey, ...creation)
  await replicate()

  const made = await untilReady(kmsThere, KeyId!)
  assert.equal(made.MultiRegionConfiguration!.MultiRegionKeyType, 'REPLICA')
})

test('UpdatePrimaryRegion needs the permission on both keys', async () => {
  const KeyId = await makeReplicated()
  const metadata = await describe(kms, KeyId)
  const replica = arnOf(metadata, KeyId, there)
  const user = await makeUser(iam, 'mover')
  const { kms: asked } = postern.clients(user.credentials)
  const move = () => asked.send(new UpdatePrimaryRegionCommand({ KeyId, PrimaryRegion: there }))

  for (const [given, missing] of [
    [replica, metadata.Arn!],
    [metadata.Arn!, replica],
  ] as const) {
    await putPolicy(iam, 'mover', allow('kms:UpdatePrimaryRegion', given))
    await refused(move(), 'AccessDeniedException', `kms:UpdatePrimaryRegion on resource: ${missing}`)
  }
  assert.equal((await describe(kms, KeyId)).MultiRegionConfiguration!.PrimaryKey!.Region, here)
  await putPolicy(iam, 'mover', allow('kms:UpdatePrimaryRegion', [metadata.Arn!, replica]))
  await move()
  assert.equal((await untilReady(kmsThere, KeyId)).MultiRegionConfiguration!.PrimaryKey!.Region, there)
})

test('whoever may not change the primary Region does not learn where a key is', async () => {
  const alone = await makeKey()
  const KeyId = await makeReplicated()
  const { credentials } = await makeUser(iam, 'curious')
  const { kms: asked } = postern.clients(credentials)

  for (const [keyId, region] of [
    [alone.KeyId, there],
    [KeyId, there],
    [KeyId, 'ap-south-1'],
  ] as const) {
    const metadata = await describe(kms, keyId!)
    await refused(
      asked.send(new UpdatePrimaryRegionCommand({ KeyId: keyId, PrimaryRegion: region })),
      'AccessDeniedException',
      `kms:UpdatePrimaryRegion on resource: ${metadata.Arn}`,
    )
  }
})

test('of two replications to one Region at once one is made, and a setting that is changed meanwhile is in both Regions', async () => {
  const { KeyId } = await makeKey()
  const replicate = (): Promise<string> =>
    kms.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: there })).then(
      () => 'made',
      (error: unknown) => (error as Error).name,
    )

  const [one, two] = await Promise.all([
    replicate(),
    replicate(),
    kms.send(new EnableKeyRotationCommand({ KeyId, RotationPeriodInDays: 200 })),
  ])

  await untilReady(kmsThere, KeyId!)
  assert.deepEqual([one, two].sort(), ['AlreadyExistsException', 'made'])
  for (const client of [kms, kmsThere])
    assert.equal((await client.send(new GetKeyRotationStatusCommand({ KeyId }))).RotationPeriodInDays, 200)
})

test('a permission on the key of one Region is none on its copy in another', async () => {
  const KeyId = await makeReplicated()
  const { Arn } = await describe(kms, KeyId)
  const user = await makeUser(iam, 'local', allow('kms:Encrypt', Arn))
  const { kms: asked } = postern.clients(user.credentials)

  await asked.send(new EncryptCommand({ KeyId, Plaintext }))

  await refused(elsewhere(asked).send(new EncryptCommand({ KeyId, Plaintext })), 'AccessDeniedException', there)
})

test('other accounts replicate no key, whatever its policy says, and learn nothing of its Regions', async () => {
  const other = await postern.otherAccount('444455556666')
  const primary = await makeKey({
    BypassPolicyLockoutSafetyCheck: true,
    Policy: policyOf({ ...allow('kms:*'), Principal: { AWS: '*' } }),
  })

  await refused(
    other.kms.send(new ReplicateKeyCommand({ KeyId: primary.Arn!, ReplicaRegion: there })),
    'AccessDeniedException',
  )
  await refused(
    other.kms.send(new UpdatePrimaryRegionCommand({ KeyId: primary.Arn!, PrimaryRegion: there })),
    'AccessDeniedException',
  )
})
