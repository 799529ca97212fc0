// GetKeyLastUsage, and the condition key that comes from it.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EncryptCommand,
  GetKeyLastUsageCommand,
  PutKeyPolicyCommand,
  ReEncryptCommand,
  ReplicateKeyCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms'
import type { CreateKeyCommandInput, KeyLastUsageData } from '@aws-sdk/client-kms'
import { startPostern, trailText } from '../start-postern.ts'
import type { Clients } from '../start-postern.ts'
import { refused } from './refused.ts'
import { policyOf } from './user.ts'

const postern = await startPostern({ words: ['--region', 'eu-west-1'] })
after(() => postern[Symbol.asyncDispose]())
let { kms } = postern.clients(await postern.administrator())

const Plaintext = Buffer.from('text')

async function newKey(input: CreateKeyCommandInput = {}): Promise<string> {
  return (await kms.send(new CreateKeyCommand(input))).KeyMetadata!.KeyId!
}

const encrypt = (KeyId: string) => kms.send(new EncryptCommand({ KeyId, Plaintext }))
const usage = async (KeyId: string): Promise<KeyLastUsageData> =>
  (await kms.send(new GetKeyLastUsageCommand({ KeyId }))).KeyLastUsage!

/** The events of a request in the trail: their ids by the account in whose trail they are. */
function eventsOf(requestId: string): Readonly<Record<string, string>> {
  const records = trailText(postern)
    .split('\n')
    .filter(line => line.includes(requestId))
    .map(line => (JSON.parse(line) as { readonly event: Record<string, string> }).event)
  return Object.fromEntries(records.map(event => [event['recipientAccountId']!, event['eventID']!]))
}

test('GetKeyLastUsage tells nothing of a key that was not used, and since when that is known', async () => {
  const key = await newKey()
  await kms.send(new DescribeKeyCommand({ KeyId: key }))

  const answer = await kms.send(new GetKeyLastUsageCommand({ KeyId: key }))

  assert.deepEqual(answer.KeyLastUsage, {})
  assert.equal(answer.KeyId, key)
  assert.deepEqual(answer.TrackingStartDate, answer.KeyCreationDate)
})

test('GetKeyLastUsage tells the last operation with its request and its event', async () => {
  const key = await newKey()
  const first = await encrypt(key)
  assert.equal((await usage(key)).KmsRequestId, first.$metadata.requestId)

  const { $metadata } = await kms.send(new DecryptCommand({ CiphertextBlob: first.CiphertextBlob! }))

  const { Operation, Timestamp, CloudTrailEventId, KmsRequestId } = await usage(key)
  assert.equal(Operation, 'Decrypt')
  assert.equal(KmsRequestId, $metadata.requestId)
  assert.deepEqual(Object.values(eventsOf($metadata.requestId!)), [CloudTrailEventId])
  assert.ok(Math.abs(Timestamp!.getTime() - Date.now()) < 60_000)
})

test('what fails, and what is a dry run, is no use of a key', async () => {
  const key = await newKey()
  const { CiphertextBlob } = await encrypt(key)
  const before = await usage(key)
  const broken = Buffer.from(CiphertextBlob!)
  broken[broken.length - 1]! ^= 1

  await refused(kms.send(new DecryptCommand({ CiphertextBlob: broken })), 'InvalidCiphertextException')
  const dryRun = new DecryptCommand({ CiphertextBlob: CiphertextBlob!, DryRun: true })
  await refused(kms.send(dryRun), 'DryRunOperationException')

  assert.deepEqual(await usage(key), before)
})

test('ReEncrypt is a use of both keys', async () => {
  const [from, to] = [await newKey(), await newKey()]
  const { CiphertextBlob } = await encrypt(from)

  const { $metadata } = await kms.send(new ReEncryptCommand({ CiphertextBlob, DestinationKeyId: to }))

  for (const key of [from, to]) {
    const { Operation, KmsRequestId } = await usage(key)
    assert.deepEqual([Operation, KmsRequestId], ['ReEncrypt', $metadata.requestId])
  }
})

test('a use from another account is told with the event in the trail of the key’s own', async () => {
  const otherAccount = '444455556666'
  const other: Clients = await postern.otherAccount(otherAccount)
  const { KeyMetadata: key } = await kms.send(new CreateKeyCommand({}))
  const owner = key!.AWSAccountId!
  const everybody = { Effect: 'Allow', Principal: { AWS: [owner, otherAccount] }, Action: 'kms:*', Resource: '*' }
  await kms.send(new PutKeyPolicyCommand({ KeyId: key!.KeyId!, Policy: policyOf(everybody) }))

  const { $metadata } = await other.kms.send(new EncryptCommand({ KeyId: key!.Arn!, Plaintext }))

  const { CloudTrailEventId } = await usage(key!.KeyId!)
  const events = eventsOf($metadata.requestId!)
  assert.equal(CloudTrailEventId, events[owner])
  assert.notEqual(CloudTrailEventId, events[otherAccount])
  await refused(
    other.kms.send(new GetKeyLastUsageCommand({ KeyId: key!.Arn! })),
    'AccessDeniedException',
    'kms:GetKeyLastUsage',
  )
})

test('the replica of a key counts its own uses', async () => {
  const key = await newKey({ MultiRegion: true })
  await kms.send(new ReplicateKeyCommand({ KeyId: key, ReplicaRegion: 'eu-west-1' }))
  await encrypt(key)

  const there = postern.clients(await postern.administrator(), { region: 'eu-west-1' }).kms
  const { KeyLastUsage } = await there.send(new GetKeyLastUsageCommand({ KeyId: key }))

  assert.deepEqual(KeyLastUsage, {})
})

test('a policy can keep keys that were used lately from being disabled or deleted', async () => {
  const key = await newKey()
  const all = { Effect: 'Allow', Principal: { AWS: '*' }, Action: 'kms:*', Resource: '*' }
  const Condition = { NumericLessThan: { 'kms:TrailingDaysWithoutKeyUsage': '7' } }
  const Action = ['kms:DisableKey', 'kms:ScheduleKeyDeletion']
  const notLately = { Effect: 'Deny', Principal: '*', Action, Resource: '*', Condition }
  await kms.send(new PutKeyPolicyCommand({ KeyId: key, Policy: policyOf(all, notLately) }))
  await encrypt(key)

  await refused(kms.send(new DisableKeyCommand({ KeyId: key })), 'AccessDeniedException', 'explicit deny')
  await refused(kms.send(new ScheduleKeyDeletionCommand({ KeyId: key })), 'AccessDeniedException', 'explicit deny')
})

test('the last use of a key survives an orderly restart', async () => {
  const key = await newKey()
  await encrypt(key)
  const before = await kms.send(new GetKeyLastUsageCommand({ KeyId: key }))

  await postern.stop()
  await postern.start()
  ;({ kms } = postern.clients(await postern.administrator()))

  const after_ = await kms.send(new GetKeyLastUsageCommand({ KeyId: key }))
  assert.deepEqual(after_.KeyLastUsage, before.KeyLastUsage)
  assert.deepEqual(after_.TrackingStartDate, before.TrackingStartDate)
})
