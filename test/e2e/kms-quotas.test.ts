// Quotas of requests by the AWS SDK: what is too much is answered as AWS answers it, and touches nobody else.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  CreateKeyCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GenerateRandomCommand,
  KMSClient,
  ListAliasesCommand,
  ListKeysCommand,
  PutKeyPolicyCommand,
} from '@aws-sdk/client-kms'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { startPostern, trailText } from '../start-postern.ts'

// No time fills these up again while a test runs.
const slow = ['ListKeys=0.001', 'symmetric=0.001', 'ListAliases=off']
const postern = await startPostern({ words: ['--kms-quota', 'off', ...slow.flatMap(each => ['--kms-quota', each])] })
after(() => postern[Symbol.asyncDispose]())
const owner = postern.clients(await postern.administrator())
const account = (await owner.sts.send(new GetCallerIdentityCommand({}))).Account!
const other = await postern.otherAccount('444455556666')
const text = 'You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.'

const isThrottled = (sent: Promise<unknown>): Promise<void> =>
  assert.rejects(sent, error => {
    assert.ok(error instanceof Error && '$metadata' in error)
    assert.equal(error.name, 'ThrottlingException')
    assert.equal(error.message, text)
    assert.equal((error.$metadata as { httpStatusCode?: number }).httpStatusCode, 400)
    return true
  })

test('[I74] what is too much is a ThrottlingException, of its class and account only', async () => {
  await owner.kms.send(new ListKeysCommand({}))

  await isThrottled(owner.kms.send(new ListKeysCommand({})))
  await isThrottled(owner.kms.send(new ListKeysCommand({ Limit: 1 })))
  await owner.kms.send(new ListAliasesCommand({}))
  await owner.sts.send(new GetCallerIdentityCommand({}))
  await other.kms.send(new ListKeysCommand({}))
  await isThrottled(other.kms.send(new ListKeysCommand({})))
})

test('whoever uses a key of another account is counted, not the account that has it', async () => {
  const { KeyMetadata } = await owner.kms.send(new CreateKeyCommand({}))
  const KeyId = KeyMetadata!.Arn!
  const everybody = { Effect: 'Allow', Principal: { AWS: '*' }, Action: 'kms:*', Resource: '*' }
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [everybody] })
  await owner.kms.send(new PutKeyPolicyCommand({ KeyId, Policy }))
  const encrypt = new EncryptCommand({ KeyId, Plaintext: Buffer.from('text') })

  await other.kms.send(encrypt)

  await isThrottled(other.kms.send(encrypt))
  // GenerateRandom shares the class.
  await isThrottled(other.kms.send(new GenerateRandomCommand({ NumberOfBytes: 1 })))
  await owner.kms.send(encrypt)
  await isThrottled(owner.kms.send(encrypt))
  await other.kms.send(new DescribeKeyCommand({ KeyId }))
})

test('requests for keys that are not there count too', async () => {
  const third = await postern.otherAccount('777788889999')
  const absent = (): Promise<unknown> =>
    third.kms.send(new EncryptCommand({ KeyId: 'alias/absent', Plaintext: Buffer.from('text') }))

  await assert.rejects(absent(), { name: 'NotFoundException' })
  await isThrottled(absent())
})

test('a throttled request is in the trail and in the metrics', async () => {
  await isThrottled(owner.kms.send(new ListKeysCommand({})))

  const lines = trailText(postern)
    .split('\n')
    .filter(line => line.includes('ThrottlingException'))
  assert.ok(lines.some(line => line.includes('"ListKeys"') && line.includes(account) && line.includes(text)))
  const metrics = await (await fetch(`http://127.0.0.1:${postern.metricsPort}/metrics`)).text()
  assert.match(metrics, /postern_requests_total\{[^}]*operation="ListKeys"[^}]*outcome="throttled"[^}]*\} [1-9]/)
})

test('a client that retries comes through when its time has come', async () => {
  await using brisk = await startPostern({ words: ['--kms-quota', 'ListKeys=2'] })
  const { kms } = brisk.clients(await brisk.administrator())
  const patient = new KMSClient({
    region: brisk.region,
    endpoint: brisk.apiUrl,
    credentials: await brisk.administrator(),
    requestHandler: kms.config.requestHandler,
    maxAttempts: 6,
  })

  const answers = await Promise.all(Array.from({ length: 4 }, () => patient.send(new ListKeysCommand({}))))

  assert.equal(answers.length, 4)
  assert.ok(answers.some(({ $metadata }) => ($metadata.attempts ?? 1) > 1))
})
