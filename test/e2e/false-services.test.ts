// Whoever says that it acts for somebody, and may not: refused with the reason, and recorded as what it is.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { LookupEventsCommand } from '@aws-sdk/client-cloudtrail'
import { DeleteAccessKeyCommand, DeleteUserCommand } from '@aws-sdk/client-iam'
import { CreateKeyCommand, ListKeysCommand } from '@aws-sdk/client-kms'
import { AssumeRoleCommand, GetCallerIdentityCommand, GetFederationTokenCommand } from '@aws-sdk/client-sts'
import { makePrivateNetwork } from '../private-network.ts'
import { post, send, signed, signedOddly } from '../raw-client.ts'
import type { Lines, RawAnswer, ServiceRequest } from '../raw-client.ts'
import { startPostern, trailText } from '../start-postern.ts'
import type { Credentials } from '../start-postern.ts'
import { onBehalfOf } from './on-behalf.ts'
import { refused } from './refused.ts'
import { allow, makeUser, policyOf } from './user.ts'

const postern = await startPostern({ words: ['--log-level', 'trace'] })
after(() => postern[Symbol.asyncDispose]())
const administrator = await postern.administrator()
const { kms, iam, ec2, sts, cloudtrail } = postern.clients(administrator)
const account = (await sts.send(new GetCallerIdentityCommand({}))).Account!
const alice = await makeUser(iam, 'alice', allow('kms:*'))
const mallory = await makeUser(iam, 'mallory', allow('kms:*'))
const backup = await makeUser(iam, 'backup', allow(['kms:*', 'sts:*']))
const archive = await makeUser(iam, 'archive', allow('kms:*'))
const otherAccount = '444455556666'

/** Runs a command that must succeed. */
async function done(...words: readonly string[]): Promise<string> {
  const { status, out, error } = await postern.postern(...words)
  assert.equal(status, 0, error)
  return out
}

function register(name: string, identity: string, ...accounts: readonly string[]): Promise<string> {
  const words = accounts.flatMap(id => ['--account', id])
  return done('integrated-service', 'register', '--name', name, '--identity', identity, ...words)
}

before(async () => {
  await done('account', 'create', '--id', otherAccount, '--name', 'other')
  await register('backup.example.internal', backup.arn)
  await register('archive.example.internal', archive.arn, account, otherAccount)
})

const listKeys: ServiceRequest = { service: 'kms', target: 'TrentService.ListKeys', body: '{}' }
const header = 'x-postern-on-behalf-of'

/** What a request with these headers, all of them signed, is answered. */
async function ask(
  credentials: Credentials,
  headers: Readonly<Record<string, string>>,
  request: ServiceRequest = listKeys,
): Promise<RawAnswer> {
  return (await send(postern, post(signed(postern, credentials, { ...request, headers }), request.body)))!
}

/** The request is refused as the signer's own, for that reason; the trail says so. */
async function assertRefused(answer: RawAnswer | undefined, signerArn: string, reason: string): Promise<void> {
  const message = `User: ${signerArn} is not authorized to act as an integrated service: ${reason}`
  assert.deepEqual(JSON.parse(answer!.body), { __type: 'AccessDeniedException', Message: message })
  const { Events = [] } = await cloudtrail.send(new LookupEventsCommand({ MaxResults: 50 }))
  const record = Events.map(event => JSON.parse(event.CloudTrailEvent!)).find(
    ({ requestID }) => requestID === answer!.headers.get('x-amzn-requestid'),
  )
  assert.equal(record.userIdentity.arn, signerArn)
  assert.equal(record.userIdentity.invokedBy, undefined)
  assert.equal(record.sourceIPAddress, '127.0.0.1')
  assert.deepEqual([record.errorCode, record.errorMessage], ['AccessDenied', message])
}

const forAlice = `user ${alice.arn}`
const noService = 'it is the identity of none that the operator of this server has registered'

test('the hand-made request of a service is served: what follows differs from it in one thing', async () => {
  assert.equal((await ask(backup.credentials, { [header]: forAlice })).status, 200)
})

for (const value of [forAlice, 'itself']) {
  test(`a user that is no service is refused with "${value.split(' ')[0]}"`, async () => {
    await assertRefused(await ask(mallory.credentials, { [header]: value }), mallory.arn, noService)
  })
}

test('who is refused as a service is counted as denied, and told of in the log', async () => {
  const answer = await ask(mallory.credentials, { [header]: forAlice })

  const metrics = await (await fetch(`http://127.0.0.1:${postern.metricsPort}/metrics`)).text()
  const denied = metrics.split('\n').filter(line => line.includes('"ListKeys"') && line.includes('outcome="denied"'))
  assert.ok(denied.some(line => line.includes('door="public"') && / [1-9]\d*$/.test(line)))
  const lines = postern.log.split('\n').filter(line => line.includes(answer.headers.get('x-amzn-requestid')!))
  assert.ok(lines.some(line => line.includes('"msg":"refused"') && line.includes(mallory.arn)))
})

test('a session and a root user that are no services are refused', async () => {
  const session = await ask(administrator, { [header]: forAlice })
  const root = await ask(await postern.root(), { [header]: forAlice })

  const { Arn } = await sts.send(new GetCallerIdentityCommand({}))
  await assertRefused(session, Arn!, noService)
  await assertRefused(root, `arn:aws:iam::${account}:root`, noService)
})

test('somebody to whom a service’s user gave a session is not the service', async () => {
  const { Credentials, FederatedUser } = await postern
    .clients(backup.credentials)
    .sts.send(new GetFederationTokenCommand({ Name: 'guest', Policy: policyOf(allow('kms:*')) }))
  const guest = {
    accessKeyId: Credentials!.AccessKeyId!,
    secretAccessKey: Credentials!.SecretAccessKey!,
    sessionToken: Credentials!.SessionToken!,
  }

  const answer = await ask(guest, { [header]: forAlice })

  await assertRefused(answer, FederatedUser!.Arn!, noService)
})

test('a header that was not signed is refused, for a service and for a user', async () => {
  for (const { credentials, arn } of [backup, mallory]) {
    const headers = { ...signed(postern, credentials, listKeys), [header]: forAlice }

    const answer = await send(postern, post(headers, '{}'))

    await assertRefused(answer, arn, `the header ${header} must be signed`)
  }
})

test('a signature that names the header, without it, establishes no identity', async () => {
  const headers = signed(postern, backup.credentials, { ...listKeys, headers: { [header]: forAlice } })
  const { [header]: _left, ...rest } = headers

  const answer = await send(postern, post(rest, '{}'))

  assert.match(answer!.body, /InvalidSignatureException/)
})

test('a header that is exchanged on its way makes the signature wrong', async () => {
  const headers = signed(postern, backup.credentials, { ...listKeys, headers: { [header]: forAlice } })

  const answer = await send(postern, post({ ...headers, [header]: `user ${mallory.arn}` }, '{}'))

  assert.match(answer!.body, /InvalidSignatureException/)
})

test('a header that is given twice is refused, in whatever case its names are', async () => {
  const headers = signed(postern, backup.credentials, { ...listKeys, headers: { [header]: forAlice } })

  for (const name of [header, 'X-Postern-On-Behalf-Of']) {
    const lines: Lines = [...Object.entries(headers), [name, `user ${mallory.arn}`]]
    const answer = await send(postern, post(lines, '{}'))

    assert.equal(answer!.status, 400)
    assert.match(answer!.body, /is given more than once/)
  }
})

const forms = `the header ${header} must be "user ARN", "session TOKEN" or "itself"`
const faulty: Readonly<Record<string, readonly [value: string, reason: string]>> = {
  'an empty header': ['', forms],
  'a bare ARN': [alice.arn, forms],
  'a kind that there is not': [`role ${alice.arn}`, forms],
  'a kind without anything': ['user', forms],
  'two callers': [`user ${alice.arn} user ${mallory.arn}`, forms],
  'two callers with a comma': [`user ${alice.arn}, user ${mallory.arn}`, forms],
  'a kind in capitals': [`User ${alice.arn}`, forms],
  'more than one blank': [`user  ${alice.arn}`, forms],
  'the service itself and more': ['itself, really', forms],
  'a user that there is not': [`user ${alice.arn}x`, `there is no user ${alice.arn}x`],
  'a user in other case': [
    `user ${alice.arn.replace('alice', 'Alice')}`,
    `there is no user ${alice.arn.replace('alice', 'Alice')}`,
  ],
  'a user of another path': [
    `user ${alice.arn.replace('user/', 'user/team/')}`,
    `there is no user ${alice.arn.replace('user/', 'user/team/')}`,
  ],
  'a token that is none': ['session P2AAAA', 'the session token is invalid'],
  'an access key': [`session ${alice.credentials.accessKeyId}`, 'the session token is invalid'],
  'another service': [`user ${archive.arn}`, `${archive.arn} is the identity of an integrated service`],
  'its own identity': [`user ${backup.arn}`, `${backup.arn} is the identity of an integrated service`],
}

for (const [what, [value, reason]] of Object.entries(faulty)) {
  test(`a service is refused with ${what}`, async () => {
    await assertRefused(await ask(backup.credentials, { [header]: value }), backup.arn, reason)
  })
}

test('a service is refused with the ARN of a root user, a role, a session or a federated user', async () => {
  const names = ['iam::ACCOUNT:root', 'iam::ACCOUNT:role/Administrator', 'sts::ACCOUNT:assumed-role/Administrator/x']
  for (const name of [...names, 'sts::ACCOUNT:federated-user/x']) {
    const arn = `arn:aws:${name.replace('ACCOUNT', account)}`
    await assertRefused(
      await ask(backup.credentials, { [header]: `user ${arn}` }),
      backup.arn,
      'only a user can be named by its ARN: what limits a session is in its token, so send "session TOKEN"',
    )
  }
})

test('a service is refused with a header of ours that there is not: a slip of the pen is not taken for nothing', async () => {
  for (const name of ['x-postern-onbehalfof', 'x-postern-via-service', 'x-postern-']) {
    const answer = await ask(backup.credentials, { [name]: forAlice })
    await assertRefused(answer, backup.arn, `there is no header ${name}`)
  }
})

test('a service acts for no callers of accounts that it was not registered for, and is not told whether they are there', async () => {
  const other = postern.clients(await postern.administrator(otherAccount))
  await makeUser(other.iam, 'carol', allow('kms:*'))
  const { sessionToken } = await postern.administrator(otherAccount)
  const reason = `backup.example.internal may not act for callers of account ${otherAccount}`

  for (const value of [
    `user arn:aws:iam::${otherAccount}:user/carol`,
    `user arn:aws:iam::${otherAccount}:user/nobody`,
    `session ${sessionToken}`,
  ])
    await assertRefused(await ask(backup.credentials, { [header]: value }), backup.arn, reason)
})

test('nobody acts for a root user', async () => {
  const { sessionToken } = await postern.root()

  const answer = await ask(backup.credentials, { [header]: `session ${sessionToken}` })

  await assertRefused(answer, backup.arn, 'nobody acts for a root user')
})

test('an altered token is refused, and no token is seen anywhere', async () => {
  const { sessionToken = '' } = administrator
  const place = sessionToken.length >> 1
  const altered =
    sessionToken.slice(0, place) + (sessionToken[place] === 'A' ? 'B' : 'A') + sessionToken.slice(place + 1)

  const answer = await ask(backup.credentials, { [header]: `session ${altered}` })
  await ask(backup.credentials, { [header]: `session ${sessionToken}` })

  await assertRefused(answer, backup.arn, 'the session token is invalid')
  for (const token of [sessionToken, altered]) {
    assert.ok(!trailText(postern).includes(token))
    assert.ok(!postern.log.includes(token))
    assert.ok(!answer.body.includes(token))
  }
})

test('a session of a service’s role that session policies limit does not act for others', async () => {
  const RoleArn = `arn:aws:iam::${account}:role/Administrator`
  await register('role.example.internal', RoleArn)
  const assume = async (Policy?: string): Promise<Credentials> => {
    const wanted = { RoleArn, RoleSessionName: 'worker', ...(Policy === undefined ? {} : { Policy }) }
    const { Credentials } = await sts.send(new AssumeRoleCommand(wanted))
    return {
      accessKeyId: Credentials!.AccessKeyId!,
      secretAccessKey: Credentials!.SecretAccessKey!,
      sessionToken: Credentials!.SessionToken!,
    }
  }

  const whole = await ask(await assume(), { [header]: forAlice })
  const limited = await ask(await assume(policyOf(allow('kms:*'))), { [header]: forAlice })
  await done('integrated-service', 'remove', '--name', 'role.example.internal')

  assert.equal(whole.status, 200)
  await assertRefused(
    limited,
    `arn:aws:sts::${account}:assumed-role/Administrator/worker`,
    'its session has session policies, which cannot say what role.example.internal may do for others',
  )
})

test('through an endpoint nobody acts for others', async () => {
  const network = await makePrivateNetwork(postern, ec2)
  const [{ kms: plain }, { kms: acting }] = [
    postern.clients(backup.credentials, { kmsUrl: network.url }),
    postern.clients(backup.credentials, { kmsUrl: network.url }),
  ]

  await plain.send(new ListKeysCommand({}))
  await refused(
    onBehalfOf(acting, forAlice).send(new ListKeysCommand({})),
    'AccessDeniedException',
    "an endpoint and its policy are not the caller's: services come through the public door",
  )
})

test('in no other API does anybody act for others', async () => {
  const requests: Readonly<Record<string, ServiceRequest>> = {
    '403 AccessDenied sts': { service: 'sts', body: 'Action=GetCallerIdentity&Version=2011-06-15' },
    '403 AccessDenied iam': { service: 'iam', body: 'Action=ListUsers&Version=2010-05-08' },
    '403 UnauthorizedOperation ec2': { service: 'ec2', body: 'Action=DescribeVpcs&Version=2016-11-15' },
    '400 AccessDeniedException cloudtrail': {
      service: 'cloudtrail',
      target: 'CloudTrail_20131101.LookupEvents',
      body: '{}',
    },
  }
  for (const [expected, request] of Object.entries(requests)) {
    const { status, body } = await ask(backup.credentials, { [header]: forAlice }, request)
    const code = /"__type":"(\w+)"|<Code>(\w+)<\/Code>/.exec(body)
    assert.equal(`${status} ${code?.[1] ?? code?.[2]} ${request.service}`, expected)
    assert.match(body, /services act for others in KMS alone/)
  }
})

test('no header of a user and no member of its input makes it look like a call of a service', async () => {
  const condition = {
    StringNotEquals: { 'aws:sourceVpce': 'vpce-0abc' },
    BoolIfExists: { 'aws:ViaAWSService': 'false' },
  }
  const { KeyMetadata } = await kms.send(
    new CreateKeyCommand({
      Policy: policyOf(
        { ...allow('kms:*'), Principal: { AWS: account } },
        { Effect: 'Deny', Principal: '*', Action: 'kms:Encrypt', Resource: '*', Condition: condition },
      ),
    }),
  )
  const service = 'backup.example.internal'
  const headers = {
    'aws-called-via': service,
    'user-agent': service,
    'x-amz-called-via': service,
    'x-amz-invoked-by': service,
    'x-amz-principal-is-aws-service': 'true',
    'x-amz-source-account': account,
    'x-amz-source-arn': backup.arn,
    'x-amz-source-vpce': 'vpce-0abc',
    'x-amz-via-aws-service': 'true',
    'x-forwarded-for': service,
  }
  const forged = { ViaAWSService: true, 'aws:ViaAWSService': 'true', ViaService: service, InvokedBy: service }
  const body = JSON.stringify({ KeyId: KeyMetadata!.Arn!, Plaintext: 'AAAA', ...forged })

  const answer = await ask(alice.credentials, headers, { ...listKeys, target: 'TrentService.Encrypt', body })

  assert.match(answer.body, /with an explicit deny in a resource-based policy/)
  const { Events = [] } = await cloudtrail.send(new LookupEventsCommand({ MaxResults: 1 }))
  const record = JSON.parse(Events[0]!.CloudTrailEvent!)
  assert.equal(record.requestID, answer.headers.get('x-amzn-requestid'))
  assert.equal(record.userIdentity.invokedBy, undefined)
  assert.equal(record.sourceIPAddress, '127.0.0.1')
})

test('a header in a signature that is otherwise wrong establishes no identity', async () => {
  const given = signed(postern, backup.credentials, { ...listKeys, headers: { [header]: forAlice } })
  const headers = signedOddly({ ...backup.credentials, secretAccessKey: 'another secret' }, given, '{}', {})

  const answer = await send(postern, post(headers, '{}'))

  assert.match(answer!.body, /InvalidSignatureException/)
})

test('a service that was removed, or whose access key was, is none from the next request on', async () => {
  const worker = await makeUser(iam, 'worker', allow('kms:*'))
  await register('worker.example.internal', worker.arn)
  const before = await ask(worker.credentials, { [header]: forAlice })

  await done('integrated-service', 'remove', '--name', 'worker.example.internal')
  const removed = await ask(worker.credentials, { [header]: forAlice })
  await register('worker.example.internal', worker.arn)
  await iam.send(new DeleteAccessKeyCommand({ UserName: 'worker', AccessKeyId: worker.credentials.accessKeyId }))
  const withoutKey = await ask(worker.credentials, { [header]: forAlice })

  assert.equal(before.status, 200)
  await assertRefused(removed, worker.arn, noService)
  assert.match(withoutKey.body, /UnrecognizedClientException/)
})

/** Deletes a user that has one access key and no policies. */
async function deleteUser(name: string, { accessKeyId }: Credentials): Promise<void> {
  await iam.send(new DeleteAccessKeyCommand({ UserName: name, AccessKeyId: accessKeyId }))
  await iam.send(new DeleteUserCommand({ UserName: name }))
}

test('a user that is made again under the name of a service’s identity is not the service', async () => {
  const first = await makeUser(iam, 'reborn')
  await register('reborn.example.internal', first.arn)
  await deleteUser('reborn', first.credentials)
  const second = await makeUser(iam, 'reborn')
  assert.equal(second.arn, first.arn)

  const answer = await ask(second.credentials, { [header]: forAlice })

  await assertRefused(answer, second.arn, noService)
  assert.match(
    await done('integrated-service', 'list'),
    /^reborn\.example\.internal {2}\S+:user\/reborn {2}for account \d+ {2}\(its identity is gone\)$/m,
  )
})

test('nobody acts for a user who was deleted, or for callers of an account that is closed', async () => {
  const gone = await makeUser(iam, 'gone')
  await deleteUser('gone', gone.credentials)
  const other = postern.clients(await postern.administrator(otherAccount))
  const dora = await makeUser(other.iam, 'dora', allow('kms:*'))
  const { sessionToken } = await postern.administrator(otherAccount)
  const forDora = await ask(archive.credentials, { [header]: `user ${dora.arn}` })

  await done('account', 'close', '--id', otherAccount)
  const [user, session] = [
    await ask(archive.credentials, { [header]: `user ${dora.arn}` }),
    await ask(archive.credentials, { [header]: `session ${sessionToken}` }),
  ]
  await done('account', 'reopen', '--id', otherAccount)

  assert.equal(forDora.status, 200)
  await assertRefused(user, archive.arn, `there is no user ${dora.arn}`)
  await assertRefused(session, archive.arn, 'the session token is invalid')
  await assertRefused(
    await ask(backup.credentials, { [header]: `user ${gone.arn}` }),
    backup.arn,
    `there is no user ${gone.arn}`,
  )
})
