// What LookupEvents shows, and to whom, by the AWS SDK.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { LookupEventsCommand } from '@aws-sdk/client-cloudtrail'
import type { CloudTrailClient, Event, LookupEventsCommandInput } from '@aws-sdk/client-cloudtrail'
import { ModifyVpcEndpointCommand } from '@aws-sdk/client-ec2'
import { CreateUserCommand } from '@aws-sdk/client-iam'
import {
  CreateAliasCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  ListKeysCommand,
  PutKeyPolicyCommand,
} from '@aws-sdk/client-kms'
import { makePrivateNetwork } from '../private-network.ts'
import { post, send, signed } from '../raw-client.ts'
import type { RawAnswer } from '../raw-client.ts'
import { startPostern, trailText } from '../start-postern.ts'
import type { Credentials } from '../start-postern.ts'
import { refused } from './refused.ts'
import { allow, makeUser, policyOf } from './user.ts'

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const administrator = await postern.administrator()
const { ec2, iam, cloudtrail, kms: outside } = postern.clients(administrator)
const network = await makePrivateNetwork(postern, ec2)
const { kms } = postern.clients(administrator, { kmsUrl: network.url })
const otherAccount = '444455556666'
await postern.postern('account', 'create', '--id', otherAccount, '--name', 'other')
const theirs = postern.clients(await postern.administrator(otherAccount), { kmsUrl: network.url })
const key = (await kms.send(new CreateKeyCommand({}))).KeyMetadata!
const account = key.AWSAccountId!
const keyArn = key.Arn!

interface Recorded {
  readonly eventName: string
  readonly awsRegion: string
  readonly errorCode?: string
  readonly errorMessage?: string
  readonly vpcEndpointId?: string
  readonly vpcEndpointAccountId?: string
  readonly requestID: string
  readonly recipientAccountId: string
  readonly sourceIPAddress: string
  readonly userAgent: string
  readonly requestParameters?: Readonly<Record<string, unknown>> | null
  readonly sharedEventID?: string
  readonly userIdentity: { readonly type?: string; readonly accountId?: string; readonly arn?: string }
  readonly resources?: readonly { readonly ARN: string }[]
}

const recordOf = (event: Event): Recorded => JSON.parse(event.CloudTrailEvent!) as Recorded

/** All events that a query finds, over its pages. */
async function lookup(client: CloudTrailClient, input: LookupEventsCommandInput = {}): Promise<readonly Event[]> {
  const events: Event[] = []
  let NextToken: string | undefined
  do {
    const page = await client.send(new LookupEventsCommand({ ...input, ...(NextToken && { NextToken }) }))
    events.push(...(page.Events ?? []))
    ;({ NextToken } = page)
  } while (NextToken !== undefined)
  return events
}

/** Asks until the index, which is built behind the log, shows a request. */
async function findRequest(client: CloudTrailClient, requestId: string): Promise<Recorded> {
  const end = Date.now() + 10_000
  while (Date.now() < end) {
    const found = (await lookup(client)).map(recordOf).find(record => record.requestID === requestId)
    if (found !== undefined) return found
    await delay(20)
  }
  throw new Error(`Request ${requestId} is not in the trail`)
}

const requestOf = (outcome: object): string => (outcome as { $metadata: { requestId: string } }).$metadata.requestId

const failed = (call: Promise<unknown>): Promise<object> =>
  call.then(
    () => assert.fail('It was to fail'),
    (error: unknown) => error as object,
  )

test('LookupEvents shows a call through the endpoint with its vpcEndpointId and the key as resource', async () => {
  const answer = await kms.send(new GenerateDataKeyCommand({ KeyId: keyArn, KeySpec: 'AES_256' }))

  const record = await findRequest(cloudtrail, requestOf(answer))

  assert.equal(record.eventName, 'GenerateDataKey')
  assert.equal(record.vpcEndpointId, network.endpointId)
  assert.equal(record.vpcEndpointAccountId, account)
  assert.deepEqual(
    record.resources?.map(resource => resource.ARN),
    [keyArn],
  )
})

test('LookupEvents shows a call at the public door without vpcEndpointId', async () => {
  const record = await findRequest(cloudtrail, requestOf(await outside.send(new ListKeysCommand({}))))

  assert.equal(record.vpcEndpointId, undefined)
  assert.equal(record.eventName, 'ListKeys')
})

test('a call that only the endpoint policy refused is not in the trail; one that another layer refuses too, is', async () => {
  const { credentials } = await makeUser(iam, 'allowed', allow('kms:*'))
  const denied = await makeUser(iam, 'denied')
  const nothing = JSON.stringify({ Statement: [{ Effect: 'Deny', Principal: '*', Action: '*', Resource: '*' }] })
  await ec2.send(new ModifyVpcEndpointCommand({ VpcEndpointId: network.endpointId, PolicyDocument: nothing }))
  const send = (given: typeof credentials): Promise<object> =>
    failed(postern.clients(given, { kmsUrl: network.url }).kms.send(new ListKeysCommand({})))

  const onlyEndpoint = requestOf(await send(credentials))
  const both = requestOf(await send(denied.credentials))

  // Once the later request is in the index, the earlier one would be too.
  const record = await findRequest(cloudtrail, both)
  assert.equal(record.errorCode, 'AccessDenied')
  const shown = (await lookup(cloudtrail)).map(event => recordOf(event).requestID)
  assert.ok(!shown.includes(onlyEndpoint))
  await ec2.send(new ModifyVpcEndpointCommand({ VpcEndpointId: network.endpointId, ResetPolicy: true }))
})

test("the endpoint's owner sees no call of another account's principal on its own key", async () => {
  const foreign = (await theirs.kms.send(new CreateKeyCommand({}))).KeyMetadata!
  const answer = await theirs.kms.send(new DescribeKeyCommand({ KeyId: foreign.Arn! }))

  const record = await findRequest(theirs.cloudtrail, requestOf(answer))
  await findRequest(cloudtrail, requestOf(await kms.send(new ListKeysCommand({}))))

  assert.equal(record.vpcEndpointId, network.endpointId)
  const shown = (await lookup(cloudtrail)).map(recordOf)
  assert.ok(shown.every(each => each.requestID !== requestOf(answer) && each.recipientAccountId === account))
})

test("a call on another account's key is in both accounts' trails, with one shared id; the owner's hides who it was", async () => {
  const policy = policyOf({
    Effect: 'Allow',
    Principal: { AWS: [account, otherAccount] },
    Action: 'kms:*',
    Resource: '*',
  })
  await kms.send(new PutKeyPolicyCommand({ KeyId: keyArn, Policy: policy }))
  const answer = await theirs.kms.send(new EncryptCommand({ KeyId: keyArn, Plaintext: Buffer.from('x') }))

  const callers = await findRequest(theirs.cloudtrail, requestOf(answer))
  const owners = await findRequest(cloudtrail, requestOf(answer))

  assert.ok(callers.sharedEventID)
  assert.equal(owners.sharedEventID, callers.sharedEventID)
  assert.equal(owners.userIdentity.accountId, otherAccount)
  assert.equal(owners.userIdentity.arn, undefined)
})

test('a refused call on a key of another account is in the trail of the caller alone', async () => {
  const own = (await kms.send(new CreateKeyCommand({}))).KeyMetadata!
  const error = await failed(theirs.kms.send(new DescribeKeyCommand({ KeyId: own.Arn! })))

  const record = await findRequest(theirs.cloudtrail, requestOf(error))
  await findRequest(cloudtrail, requestOf(await kms.send(new ListKeysCommand({}))))

  assert.equal(record.errorCode, 'AccessDenied')
  assert.ok((await lookup(cloudtrail)).every(event => recordOf(event).requestID !== requestOf(error)))
})

for (const [attribute, valueOf] of Object.entries({
  EventId: (event: Event) => event.EventId!,
  EventName: () => 'GenerateDataKey',
  ReadOnly: (event: Event) => event.ReadOnly!,
  Username: (event: Event) => event.Username!,
  ResourceType: () => 'AWS::KMS::Key',
  ResourceName: () => keyArn,
  EventSource: () => 'kms.amazonaws.com',
  AccessKeyId: (event: Event) => event.AccessKeyId!,
} as const)) {
  test(`LookupEvents finds by ${attribute}, and nothing by another value`, async () => {
    const id = requestOf(await kms.send(new GenerateDataKeyCommand({ KeyId: keyArn, KeySpec: 'AES_256' })))
    await findRequest(cloudtrail, id)
    const event = (await lookup(cloudtrail)).find(each => recordOf(each).requestID === id)!
    const by = (AttributeValue: string): Promise<readonly Event[]> =>
      lookup(cloudtrail, {
        LookupAttributes: [{ AttributeKey: attribute as 'EventId', AttributeValue }],
      })

    const found = await by(valueOf(event))

    assert.ok(found.some(each => each.EventId === event.EventId))
    assert.ok(found.length < (await lookup(cloudtrail)).length || attribute === 'Username')
    assert.deepEqual(await by('nothing-of-that-value'), [])
  })
}

test('LookupEvents finds an alias by its ARN, by "alias/…" and by its name, and a user with a path by its name', async () => {
  await kms.send(new CreateAliasCommand({ AliasName: 'alias/to-be-found', TargetKeyId: keyArn }))
  const user = await iam.send(new CreateUserCommand({ UserName: 'found', Path: '/team/blue/' }))
  await findRequest(cloudtrail, requestOf(user))
  const aliasArn = keyArn.replace(/key\/.*/, 'alias/to-be-found')

  for (const [eventName, names] of [
    ['CreateAlias', [aliasArn, 'alias/to-be-found', 'to-be-found']],
    ['CreateUser', [user.User!.Arn!, 'user/team/blue/found', 'found']],
  ] as const) {
    for (const AttributeValue of names) {
      const found = await lookup(cloudtrail, { LookupAttributes: [{ AttributeKey: 'ResourceName', AttributeValue }] })
      assert.deepEqual(
        found.map(event => event.EventName),
        [eventName],
        AttributeValue,
      )
    }
  }
})

test('LookupEvents shows a call of the global STS, which is signed for us-east-1', async () => {
  const body = 'Action=GetCallerIdentity&Version=2011-06-15'
  const headers = signed(postern, administrator, { service: 'sts', body, region: 'us-east-1' })

  const answer = await send(postern, post(headers, body))

  assert.equal(answer?.status, 200)
  const record = await findRequest(cloudtrail, /<RequestId>([^<]+)/.exec(answer.body)![1]!)
  assert.equal(record.eventName, 'GetCallerIdentity')
  assert.equal(record.awsRegion, 'us-east-1')
})

test("LookupEvents refuses a token with another filter, and another account's", async () => {
  const { NextToken } = await cloudtrail.send(new LookupEventsCommand({ MaxResults: 1 }))
  const attribute = { AttributeKey: 'EventName', AttributeValue: 'Encrypt' } as const

  for (const call of [
    () => cloudtrail.send(new LookupEventsCommand({ NextToken, LookupAttributes: [attribute] })),
    () => cloudtrail.send(new LookupEventsCommand({ NextToken, EndTime: new Date() })),
    () => theirs.cloudtrail.send(new LookupEventsCommand({ NextToken })),
  ]) {
    await refused(call(), 'InvalidNextTokenException')
  }
})

test('LookupEvents pages from the newest to the oldest without gap or double', async () => {
  const [newest] = await lookup(cloudtrail)
  // The look-ups leave records too: a range that has ended gets no more of them.
  const EndTime = new Date(newest!.EventTime!.getTime() - 1_000)
  const all = await lookup(cloudtrail, { EndTime })

  const paged = await lookup(cloudtrail, { EndTime, MaxResults: 3 })

  assert.ok(all.length > 3)
  assert.deepEqual(
    paged.map(event => event.EventId),
    all.map(event => event.EventId),
  )
  assert.equal(new Set(paged.map(event => event.EventId)).size, paged.length)
})

test('LookupEvents keeps to its time range, and refuses one that ends before it starts', async () => {
  const [newest] = await lookup(cloudtrail)
  const after_ = new Date(newest!.EventTime!.getTime() + 60_000)

  const later = await lookup(cloudtrail, { StartTime: after_ })

  assert.deepEqual(later, [])
  await refused(
    cloudtrail.send(new LookupEventsCommand({ StartTime: after_, EndTime: newest!.EventTime! })),
    'InvalidTimeRangeException',
  )
})

test('LookupEvents refuses a made-up token and two attributes', async () => {
  const attribute = { AttributeKey: 'EventName', AttributeValue: 'Encrypt' } as const

  await refused(cloudtrail.send(new LookupEventsCommand({ NextToken: 'made up' })), 'InvalidNextTokenException')
  await refused(
    cloudtrail.send(new LookupEventsCommand({ LookupAttributes: [attribute, attribute] })),
    'InvalidLookupAttributesException',
  )
})

test('[E47] headers that claim an address or an endpoint are in no record, and decide nothing', async () => {
  const { credentials } = await makeUser(iam, 'claimant', {
    ...allow('kms:ListKeys'),
    Condition: { IpAddress: { 'aws:SourceIp': '203.0.113.7/32' } },
  })
  const claims = {
    'x-forwarded-for': '203.0.113.7, 198.51.100.1',
    'x-real-ip': '203.0.113.7',
    forwarded: 'for=203.0.113.7;host=kms.us-west-2.amazonaws.com',
    'x-amzn-vpce-id': network.endpointId,
    'x-amzn-vpc-id': network.vpcId,
    via: '1.1 vpce',
  }
  const ask = (given: Credentials): Promise<RawAnswer | undefined> => {
    const request = { service: 'kms', target: 'TrentService.ListKeys', body: '{}', headers: claims }
    return send(postern, post(signed(postern, given, request), '{}'))
  }

  const denied = await ask(credentials)
  const served = await ask(administrator)

  assert.match(denied!.body, /AccessDeniedException/)
  assert.equal(served!.status, 200)
  for (const answer of [denied, served]) {
    const record = await findRequest(cloudtrail, answer!.headers.get('x-amzn-requestid')!)
    assert.equal(record.sourceIPAddress, '127.0.0.1')
    assert.equal(record.vpcEndpointId, undefined)
    assert.ok(!JSON.stringify(record).includes('203.0.113.7'))
  }
})

const injections: Readonly<Record<string, string>> = {
  'line ends and a forged record': 'a\n{"sequence":1,"outbox":0,"chain":"00","event":{}}\r\nb',
  NUL: 'a\0b',
  'ANSI sequences': 'a\u001B[2J\u001B[31mb\u009B1m',
  'the line separators of Unicode': 'a\u2028b\u2029c\u0085d',
  'quotes and backslashes': String.raw`a","errorCode":"x\u0022`,
  'marks that turn the direction': 'a\u202Eb\u2066',
}

for (const [what, text] of Object.entries(injections)) {
  test(`[G64] ${what} in what a caller gives leave one record, one line, valid JSON`, async () => {
    const encryptionContext = { [text]: text }
    const answers = [
      await failed(kms.send(new DescribeKeyCommand({ KeyId: text }))),
      await failed(kms.send(new EncryptCommand({ KeyId: `alias/${text}`, Plaintext: Buffer.from('x') }))),
      await kms.send(
        new EncryptCommand({ KeyId: keyArn, Plaintext: Buffer.from('x'), EncryptionContext: encryptionContext }),
      ),
      await kms.send(new CreateKeyCommand({ Description: text })),
      await failed(iam.send(new CreateUserCommand({ UserName: text }))),
    ]

    const lines = trailText(postern).trimEnd().split('\n')
    const logLines = postern.log.trimEnd().split('\n')
    for (const line of [...lines, ...logLines]) assert.doesNotThrow(() => JSON.parse(line), line)
    for (const answer of answers) {
      const own = lines.filter(line => line.includes(requestOf(answer)))
      assert.equal(own.length, 1)
      assert.doesNotMatch(own[0]!, /[\0-\u001F]/)
    }
    const { requestParameters } = await findRequest(cloudtrail, requestOf(answers[2]!))
    assert.deepEqual(requestParameters?.['encryptionContext'], encryptionContext)
  })
}

test('[G64] a user agent is cut at 1,024 characters, and one of a megabyte is refused', async () => {
  const ask = (agent: string): Promise<RawAnswer | undefined> => {
    const request = { service: 'kms', target: 'TrentService.ListKeys', body: '{}' }
    const headers = { ...signed(postern, administrator, request), 'user-agent': agent }
    return send(postern, post(headers, '{}'))
  }

  const long = await ask('x'.repeat(10_000))
  const odd = await ask('caf\u00C3\u00A9\u00E2\u0080\u00A8 \u00ED\u00A0\u0080')
  const huge = await ask('x'.repeat(1_000_000))

  const record = await findRequest(cloudtrail, long!.headers.get('x-amzn-requestid')!)
  assert.equal(record.userAgent.length, 1_024)
  const other = await findRequest(cloudtrail, odd!.headers.get('x-amzn-requestid')!)
  assert.ok(other.userAgent.isWellFormed())
  assert.ok(huge === undefined || huge.status === 431)
  await kms.send(new ListKeysCommand({}))
})

test('[A1] a user without the right to read the trail is refused', async () => {
  const { credentials } = await makeUser(iam, 'reader')

  const call = postern.clients(credentials).cloudtrail.send(new LookupEventsCommand({}))

  await refused(call, 'AccessDeniedException', 'cloudtrail:LookupEvents')
})

test('[G65] plaintext, data keys, secrets and tokens are nowhere in the trail, the log or the metrics', async () => {
  const canary = 'canary-3f9d-plaintext'
  const { CiphertextBlob } = await kms.send(
    new EncryptCommand({ KeyId: keyArn, Plaintext: Buffer.from(canary), EncryptionContext: { purpose: 'canary' } }),
  )
  await kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext: { purpose: 'canary' } }))
  const data = await kms.send(new GenerateDataKeyCommand({ KeyId: keyArn, KeySpec: 'AES_256' }))
  const user = await makeUser(iam, 'canary')
  await findRequest(cloudtrail, requestOf(await kms.send(new ListKeysCommand({}))))
  const metrics = await (await fetch(`http://127.0.0.1:${postern.metricsPort}/metrics`)).text()

  const files = readdirSync(postern.dataDirectory, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => readFileSync(`${entry.parentPath}/${entry.name}`).toString('latin1'))

  const everything = [...files, postern.log, metrics].join('\n')
  assert.ok(everything.includes('"purpose":"canary"'), 'the context of the canary is in the trail')
  const dataKey = Buffer.from(data.Plaintext!)
  for (const secret of [
    canary,
    Buffer.from(canary).toString('base64'),
    dataKey.toString('base64'),
    dataKey.toString('latin1'),
    user.credentials.secretAccessKey,
    administrator.secretAccessKey,
    administrator.sessionToken!,
  ]) {
    assert.ok(!everything.includes(secret))
  }
})
