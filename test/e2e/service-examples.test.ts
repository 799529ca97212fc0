// The examples of docs/operating.md about integrated services, run as they stand there.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { LookupEventsCommand } from '@aws-sdk/client-cloudtrail'
import { CreateKeyCommand, EncryptCommand } from '@aws-sdk/client-kms'
import { makePrivateNetwork } from '../private-network.ts'
import { pythonWithBoto3 } from '../python.ts'
import { repository, startPostern } from '../start-postern.ts'
import type { Finished } from '../start-postern.ts'
import { onBehalfOf } from './on-behalf.ts'
import { refused } from './refused.ts'
import { allow, makeUser, policyOf } from './user.ts'
import type { Statement } from './user.ts'

const page = readFileSync(join(repository, 'docs/operating.md'), 'utf8')
const section = /^## Integrated services$(.*?)^## /ms.exec(page)![1]!

/** The one example of the section in that language. */
function example(language: string): string {
  const blocks = [...section.matchAll(/^```(\w+)\n(.*?)^```$/gms)].filter(([, name]) => name === language)
  assert.equal(blocks.length, 1)
  return blocks[0]![2]!
}

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const { kms, iam, ec2, cloudtrail } = postern.clients(await postern.administrator())
const alice = await makeUser(iam, 'alice', allow('kms:*'))
const backup = await makeUser(iam, 'backup')
const service = /--name (\S+)/.exec(section)![1]!
const registered = await postern.postern('integrated-service', 'register', '--name', service, '--identity', backup.arn)
assert.equal(registered.status, 0, registered.error)

const { AWS_SESSION_TOKEN: _token, AWS_ENDPOINT_URL_KMS: _url, ...where } = await postern.environment()
const variables = {
  ...where,
  AWS_ENDPOINT_URL_KMS: postern.apiUrl,
  AWS_ACCESS_KEY_ID: backup.credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: backup.credentials.secretAccessKey,
}

/** The last call of alice's was the service's. */
async function assertInvoked(finished: Finished, eventName: string): Promise<void> {
  assert.equal(finished.status, 0, finished.error)
  const LookupAttributes = [{ AttributeKey: 'Username', AttributeValue: 'alice' } as const]
  const { Events = [] } = await cloudtrail.send(new LookupEventsCommand({ LookupAttributes, MaxResults: 1 }))
  assert.equal(Events[0]?.EventName, eventName)
  assert.equal(JSON.parse(Events[0].CloudTrailEvent!).userIdentity.invokedBy, service)
}

test('the example in JavaScript calls KMS for a user', async () => {
  const use = `import { ListKeysCommand } from '@aws-sdk/client-kms'
    await kmsFor('user ${alice.arn}').send(new ListKeysCommand({}))`

  const words = ['--input-type=module', '--eval', `${example('js')}\n${use}`]

  await assertInvoked(await postern.run(process.execPath, words, variables), 'ListKeys')
})

test('the example in Python calls KMS for a user', async () => {
  const use = `kms_for('user ${alice.arn}').list_aliases()`

  const words = ['-c', `${example('python')}\n${use}`]

  await assertInvoked(await postern.run(pythonWithBoto3(), words, variables), 'ListAliases')
})

test('the statement lets services through, and everybody else only by the endpoint', async () => {
  const network = await makePrivateNetwork(postern, ec2)
  const text = example('json').replace(/vpce-\w+/, network.endpointId)
  const account = alice.arn.split(':')[4]!
  const open: Statement = { ...allow('kms:*'), Principal: { AWS: account, Service: service } }
  const { KeyMetadata } = await kms.send(
    new CreateKeyCommand({ Policy: policyOf(open, JSON.parse(text) as Statement) }),
  )
  const call = new EncryptCommand({ KeyId: KeyMetadata!.Arn!, Plaintext: Buffer.from('a secret') })
  const by = (value: string) => onBehalfOf(postern.clients(backup.credentials).kms, value)

  await by(`user ${alice.arn}`).send(call)
  await by('itself').send(call)
  await postern.clients(alice.credentials, { kmsUrl: network.url }).kms.send(call)
  await refused(postern.clients(alice.credentials).kms.send(call), 'AccessDeniedException', 'explicit deny')
})
