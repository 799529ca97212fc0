// Credentials without a stored secret: tokens of a test issuer, exchanged by the AWS SDK, the AWS CLI and boto3.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { CreateRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { ListAliasesCommand, ListKeysCommand } from '@aws-sdk/client-kms'
import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import type { AssumeRoleWithWebIdentityCommandInput } from '@aws-sdk/client-sts'
import { pythonWithBoto3 } from '../python.ts'
import { post, send, signed } from '../raw-client.ts'
import { startPostern, trailText } from '../start-postern.ts'
import type { Clients } from '../start-postern.ts'
import { startTestIssuer } from '../test-issuer.ts'
import { refused } from './refused.ts'
import { allow, makeUser, policyOf } from './user.ts'

const postern = await startPostern()
const issuer = await startTestIssuer({ path: '/ci' })
after(async () => {
  await postern[Symbol.asyncDispose]()
  await issuer[Symbol.asyncDispose]()
})
const { iam, sts } = postern.clients(await postern.administrator())
// Nobody: what it sends with its web identities is not signed.
const stranger = postern.clients({ accessKeyId: 'AKIANOBODYNOBODYNOBO', secretAccessKey: 'none' })
const account = (await sts.send(new GetCallerIdentityCommand({}))).Account!
const issuerName = issuer.url.replace('https://', '')
const providerArn = `arn:aws:iam::${account}:oidc-provider/${issuerName}`
const authorityFile = join(postern.folder, 'issuer.pem')
writeFileSync(authorityFile, issuer.certificate)

const provider = ['--account', account, '--url', issuer.url]
const words = ['--client-id', 'sts.amazonaws.com', '--ca-file', authorityFile]
const created = await postern.postern('identity-provider', 'create', ...provider, ...words)
assert.equal(created.status, 0, created.error)

const subject = 'repo:example/app:ref:refs/heads/main'
const token = (claims: object = {}): string => issuer.token({ sub: subject, aud: 'sts.amazonaws.com', ...claims })

/** Makes a role that trusts the issuer under conditions, and may list keys. */
async function makeRole(RoleName: string, condition: object, actions: readonly string[] = []): Promise<string> {
  const AssumeRolePolicyDocument = policyOf({
    Effect: 'Allow',
    Principal: { Federated: providerArn },
    Action: ['sts:AssumeRoleWithWebIdentity', ...actions],
    Condition: condition,
  })
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }))
  const PolicyDocument = policyOf(allow('kms:ListKeys'))
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'inline', PolicyDocument }))
  return Role!.Arn!
}

const role = await makeRole('ci', {
  StringEquals: { [`${issuerName}:aud`]: 'sts.amazonaws.com' },
  StringLike: { [`${issuerName}:sub`]: 'repo:example/app:*' },
})

const variables = { ...(await postern.environment()) }
for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']) delete variables[name]
const tokenFile = join(postern.folder, 'token')
const webIdentity = {
  ...variables,
  AWS_ROLE_ARN: role,
  AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile,
  AWS_ROLE_SESSION_NAME: 'cli',
  AWS_PAGER: '',
}

type Wanted = Partial<AssumeRoleWithWebIdentityCommandInput>

const exchange = (WebIdentityToken: string, wanted: Wanted = {}) =>
  stranger.sts.send(
    new AssumeRoleWithWebIdentityCommand({ RoleArn: role, RoleSessionName: 'job', WebIdentityToken, ...wanted }),
  )

async function clientsOf(webIdentityToken: string, wanted: Wanted = {}): Promise<Clients> {
  const { Credentials } = await exchange(webIdentityToken, wanted)
  const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken } = Credentials!
  return postern.clients({ accessKeyId: accessKeyId!, secretAccessKey: secretAccessKey!, sessionToken: sessionToken! })
}

test('AssumeRoleWithWebIdentity gives a session of the role for a token, without any secret', async () => {
  const answer = await exchange(token())
  const session = await clientsOf(token())

  assert.deepEqual(
    [answer.SubjectFromWebIdentityToken, answer.Audience, answer.Provider],
    [subject, 'sts.amazonaws.com', providerArn],
  )
  const { Arn } = await session.sts.send(new GetCallerIdentityCommand({}))
  assert.equal(Arn, `arn:aws:sts::${account}:assumed-role/ci/job`)
  await session.kms.send(new ListKeysCommand({}))
  await refused(session.kms.send(new ListAliasesCommand({})), 'AccessDeniedException')
})

test('a session policy narrows the session of a web identity', async () => {
  const session = await clientsOf(token(), { Policy: policyOf(allow('kms:ListAliases')) })

  await refused(session.kms.send(new ListKeysCommand({})), 'AccessDeniedException', 'no session policy allows')
})

test('the conditions of the trust policy keep other subjects out, with a text that says no more', async () => {
  const text = /^Not authorized to perform sts:AssumeRoleWithWebIdentity$/
  await refused(exchange(token({ sub: 'repo:other/app:ref:refs/heads/main' })), 'AccessDenied', text)
  await refused(exchange(token(), { RoleArn: `arn:aws:iam::${account}:role/absent` }), 'AccessDenied', text)
  await refused(exchange(token(), { RoleArn: `arn:aws:iam::${account}:role/Administrator` }), 'AccessDenied', text)
})

test('tokens for others, of others and past their time are no identity', async () => {
  await refused(exchange(token({ aud: 'https://other.example.com' })), 'InvalidIdentityToken', 'audience')
  await refused(
    exchange(token({ iss: 'https://other.example.com' })),
    'InvalidIdentityToken',
    'No OpenIDConnect provider',
  )
  await refused(exchange(token({ exp: Math.floor(Date.now() / 1_000) - 60 })), 'ExpiredTokenException', 'Token expired')
  await refused(exchange('abcd.efgh.ijkl'), 'InvalidIdentityToken')
  const other = { RoleArn: 'arn:aws:iam::444455556666:role/ci' }
  await refused(exchange(token(), other), 'InvalidIdentityToken', 'No OpenIDConnect provider found in your account')
})

test('a token does not say whom AssumeRole and the other operations are for', async () => {
  const body = new URLSearchParams({ Action: 'GetCallerIdentity', Version: '2011-06-15', WebIdentityToken: token() })

  const answer = (await send(
    postern,
    post({ host: '127.0.0.1', 'content-type': 'application/x-www-form-urlencoded' }, body.toString()),
  ))!

  assert.equal(answer.status, 403)
  assert.match(answer.body, /MissingAuthenticationToken/)
})

test('a signed request that hides which operation it is gets nothing by its token', async () => {
  const { credentials } = await makeUser(iam, 'hiding', allow('*'))
  const fields = { Version: '2011-06-15', RoleArn: role, RoleSessionName: 'job', WebIdentityToken: token() }
  const body = `%41ction=AssumeRoleWithWebIdentity&${new URLSearchParams(fields).toString()}`

  const answer = await send(postern, post(signed(postern, credentials, { service: 'sts', body }), body))

  assert.equal(answer?.status, 403)
  assert.match(answer.body, /Not authorized to perform sts:AssumeRoleWithWebIdentity/)
})

test('a token that says more than a session can keep gets none, rather than one that nobody can use', async () => {
  const methods = Array.from({ length: 60 }, () => randomBytes(120).toString('base64'))

  await refused(exchange(token({ amr: methods })), 'PackedPolicyTooLarge')
  await (await clientsOf(token({ amr: methods.slice(0, 20) }))).kms.send(new ListKeysCommand({}))
})

test('a token can ask for session tags and a source identity, where the trust policy permits that', async () => {
  const tags = {
    'https://aws.amazon.com/tags': { principal_tags: { Team: ['blue'] }, transitive_tag_keys: ['Team'] },
    'https://aws.amazon.com/source_identity': 'ada',
  }
  const tagged = await makeRole('tagged', { StringEquals: { [`${issuerName}:sub`]: subject } }, [
    'sts:TagSession',
    'sts:SetSourceIdentity',
  ])

  const answer = await exchange(token(tags), { RoleArn: tagged })

  assert.equal(answer.SourceIdentity, 'ada')
  const asked = '"principalTags":{"Team":"blue"},"transitiveTagKeys":["Team"],"sourceIdentity":"ada"'
  assert.ok(trailText(postern).includes(asked))
  await refused(exchange(token(tags)), 'AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity')
})

test('the trail tells whose token it was and where it came from, and not the token', async () => {
  const given = token({ jti: 'audited' })
  const { Credentials: issued } = await exchange(given)
  const session = await clientsOf(given)
  await session.kms.send(new ListKeysCommand({}))

  const text = trailText(postern)
  const lines = text.split('\n')
  const exchanged = lines.find(line => line.includes('"WebIdentityUser"') && line.includes(issued!.AccessKeyId!))!
  for (const part of [
    `"principalId":"${providerArn}:sts.amazonaws.com:${subject}"`,
    `"identityProvider":"${providerArn}"`,
    `"userName":"${subject}"`,
    `"recipientAccountId":"${account}"`,
    `"roleArn":"${role}"`,
  ])
    assert.ok(exchanged.includes(part), part)
  assert.ok(lines.some(line => line.includes('"webIdFederationData"') && line.includes('"ListKeys"')))
  assert.ok(!text.includes(given))
  assert.ok(!text.includes(given.split('.')[2]!))
})

test('a token is good for no role of a closed account', async () => {
  await postern.postern('account', 'create', '--id', '444455556666', '--name', 'spare')

  await postern.postern('account', 'close', '--id', account)
  await refused(exchange(token()), 'InvalidClientTokenId')
  await postern.postern('account', 'reopen', '--id', account)

  await exchange(token())
})

test('the AWS CLI takes its credentials from the web identity variables, as in a pod or a CI job', async () => {
  writeFileSync(tokenFile, token())

  const { status, out, error } = await postern.run(
    'aws',
    ['sts', 'get-caller-identity', '--query', 'Arn', '--output', 'text'],
    webIdentity,
  )

  assert.equal(status, 0, error)
  assert.equal(out.trim(), `arn:aws:sts::${account}:assumed-role/ci/cli`)
})

test('boto3 renews the credentials of a web identity before they end', async () => {
  writeFileSync(tokenFile, token())
  const script = [
    'import boto3, botocore.credentials',
    'session = boto3.Session()',
    'credentials = session._session.get_credentials()',
    'kms = session.client("kms")',
    'kms.list_keys()',
    'first = credentials.get_frozen_credentials().access_key',
    // Credentials of an hour are from now on too near their end, for boto3 and for its cache.
    'credentials._advisory_refresh_timeout = credentials._mandatory_refresh_timeout = 7200',
    'credentials._refresh_using.__self__._expiry_window_seconds = 7200',
    'kms.list_keys()',
    'print(first != credentials.get_frozen_credentials().access_key)',
  ].join('\n')

  const { status, out, error } = await postern.run(pythonWithBoto3(), ['-c', script], webIdentity)

  assert.equal(status, 0, error)
  assert.equal(out.trim(), 'True')
})
