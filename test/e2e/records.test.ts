// Who gets a record of what, and what `postern explain` says of it.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { LookupEventsCommand } from '@aws-sdk/client-cloudtrail'
import type { CloudTrailClient } from '@aws-sdk/client-cloudtrail'
import {
  CreateAliasCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EncryptCommand,
  ListKeysCommand,
  PutKeyPolicyCommand,
} from '@aws-sdk/client-kms'
import { post, send, signed } from '../raw-client.ts'
import { startPostern } from '../start-postern.ts'
import { refused } from './refused.ts'
import { policyOf } from './user.ts'

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const administrator = await postern.administrator()
const owner = postern.clients(administrator)
const otherAccount = '444455556666'
const other = await postern.otherAccount(otherAccount)

const { KeyMetadata: key } = await owner.kms.send(new CreateKeyCommand({}))
const [keyArn, account] = [key!.Arn!, key!.AWSAccountId!]
const aliasArn = keyArn.replace(/key\/.*/, 'alias/hidden')
await owner.kms.send(new CreateAliasCommand({ AliasName: 'alias/hidden', TargetKeyId: keyArn }))
const { CiphertextBlob: blob } = await owner.kms.send(
  new EncryptCommand({ KeyId: keyArn, Plaintext: Buffer.from('a secret') }),
)

interface Recorded {
  readonly eventName: string
  readonly requestID: string
  readonly errorCode?: string
  readonly errorMessage?: string
  readonly resources: readonly { readonly ARN: string }[]
  readonly userIdentity: { readonly type: string }
}

/** The record of a request in an account's trail. */
async function recordIn(trail: CloudTrailClient, requestId: string): Promise<Recorded | undefined> {
  const { Events = [] } = await trail.send(new LookupEventsCommand({}))
  return Events.map(event => JSON.parse(event.CloudTrailEvent!) as Recorded).find(
    record => record.requestID === requestId,
  )
}

/** The request id of a call that is refused. */
async function failureOf(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => undefined,
    (cause: unknown) => cause as { readonly $metadata?: { readonly requestId?: string } },
  )
  assert.ok(error?.$metadata?.requestId !== undefined, 'The call fails, and its answer has a request id')
  return error.$metadata.requestId
}

const statement = (AWS: string): object => ({ Effect: 'Allow', Principal: { AWS }, Action: 'kms:*', Resource: '*' })
const shared = policyOf(statement(account) as never, statement(otherAccount) as never)

test('[C36] the record of a refused call tells the caller nothing of another account’s key', async () => {
  const calls = [
    new DescribeKeyCommand({ KeyId: aliasArn }),
    new DescribeKeyCommand({ KeyId: aliasArn.replace('hidden', 'absent') }),
    new DescribeKeyCommand({ KeyId: keyArn }),
  ]
  for (const call of calls) {
    const record = await recordIn(other.cloudtrail, await failureOf(other.kms.send(call)))
    assert.deepEqual(record?.resources, [])
  }
  const decrypted = await failureOf(other.kms.send(new DecryptCommand({ CiphertextBlob: blob })))

  assert.ok(!JSON.stringify(await recordIn(other.cloudtrail, decrypted)).includes(account))
  assert.equal(await recordIn(owner.cloudtrail, decrypted), undefined)
})

test('a key’s owner gets a record of each permitted call of another account, also where it failed', async () => {
  await owner.kms.send(new PutKeyPolicyCommand({ KeyId: keyArn, Policy: shared }))
  const altered = Buffer.from(blob!)
  altered[altered.length - 1]! ^= 1
  const invalid = await failureOf(other.kms.send(new DecryptCommand({ CiphertextBlob: altered })))
  const dry = await failureOf(other.kms.send(new DecryptCommand({ CiphertextBlob: blob, DryRun: true })))

  for (const requestId of [invalid, dry]) {
    const [theirs, ours] = [await recordIn(other.cloudtrail, requestId), await recordIn(owner.cloudtrail, requestId)]
    assert.equal(ours?.userIdentity.type, 'AWSAccount')
    assert.equal(ours?.errorCode, theirs?.errorCode)
    assert.deepEqual(
      ours?.resources.map(({ ARN }) => ARN),
      [keyArn],
    )
  }
  assert.equal((await recordIn(owner.cloudtrail, invalid))?.errorMessage, undefined)
})

test('a signed request whose input can’t be read is recorded as a call of its operation', async () => {
  const headers = signed(postern, administrator, {
    service: 'kms',
    target: 'TrentService.CreateKey',
    body: '{}',
    contentType: 'text/plain',
  })

  const answer = await send(postern, post(headers, '{}'))

  const record = await recordIn(owner.cloudtrail, answer!.headers.get('x-amzn-requestid')!)
  assert.equal(record?.eventName, 'CreateKey')
  assert.equal(record?.errorCode, 'SerializationException')
})

const explained = async (requestId: string): Promise<string> => (await postern.postern('explain', requestId)).out

test('postern explain tells of a key that is not there as of one that was not given', async () => {
  const absent = keyArn.replace(/[^/]*$/, '1234abcd-12ab-34cd-56ef-1234567890ab')

  const text = await explained(await failureOf(other.kms.send(new DescribeKeyCommand({ KeyId: absent }))))

  assert.match(text, /REFUSED/)
  assert.match(text, /refused by: Key policy/)
})

test('postern explain shows the decision of the lockout check beside that of the request', async () => {
  const Policy = policyOf(statement(otherAccount) as never)
  const call = owner.kms.send(new PutKeyPolicyCommand({ KeyId: keyArn, Policy }))

  const text = await explained(await failureOf(call))

  assert.match(text, /REFUSED: The new key policy will not allow you to update the key policy in the future/)
  assert.match(text, /kms:PutKeyPolicy on \S+: allowed/)
  assert.match(text, /new key policy of arn:\S+, statement 1 does not apply: Principal did not match/)
})

test('postern explain says where a right can’t be given to other accounts at all', async () => {
  const call = other.kms.send(new DisableKeyCommand({ KeyId: keyArn }))

  const text = await explained(await failureOf(call))

  assert.match(text, /Key policy: allow, kms:DisableKey can't be permitted to principals of other accounts/)
})

test('postern explain keeps a refusal, however many calls go well after it', async () => {
  const requestId = await failureOf(other.kms.send(new DisableKeyCommand({ KeyId: keyArn })))
  for (let batch = 0; batch < 11; batch++) {
    await Promise.all(Array.from({ length: 100 }, () => owner.kms.send(new ListKeysCommand({ Limit: 1 }))))
  }

  assert.match(await explained(requestId), /REFUSED/)
  assert.match((await postern.postern('explain', '--last')).out, new RegExp(requestId))
})

test('a refused call of another account is no call of the key’s owner', async () => {
  await owner.kms.send(new PutKeyPolicyCommand({ KeyId: keyArn, Policy: policyOf(statement(account) as never) }))
  const call = other.kms.send(new EncryptCommand({ KeyId: keyArn, Plaintext: Buffer.from('x') }))
  await refused(call, 'AccessDeniedException')

  const { Events = [] } = await owner.cloudtrail.send(new LookupEventsCommand({ MaxResults: 1 }))
  assert.notEqual(Events[0]?.EventName, 'Encrypt')
})
