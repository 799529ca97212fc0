// The other operations of STS by the AWS SDK: session and federation tokens, access key ids, encoded refusals.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { CreateVpcCommand } from '@aws-sdk/client-ec2'
import { DeleteAccessKeyCommand, GetUserCommand, ListAccessKeysCommand } from '@aws-sdk/client-iam'
import { CreateKeyCommand, DescribeKeyCommand, ListAliasesCommand, ListKeysCommand } from '@aws-sdk/client-kms'
import {
  AssumeRoleCommand,
  DecodeAuthorizationMessageCommand,
  GetAccessKeyInfoCommand,
  GetCallerIdentityCommand,
  GetFederationTokenCommand,
  GetSessionTokenCommand,
} from '@aws-sdk/client-sts'
import type { Credentials as Issued, STSClient } from '@aws-sdk/client-sts'
import { startPostern, trailText } from '../start-postern.ts'
import type { Clients } from '../start-postern.ts'
import { refused } from './refused.ts'
import { allow, makeUser, policyOf } from './user.ts'
import type { Statement } from './user.ts'

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const { iam, sts, kms } = postern.clients(await postern.administrator())
const account = (await sts.send(new GetCallerIdentityCommand({}))).Account!

let made = 0
const newUser = async (...statements: readonly Statement[]) => {
  const name = `user-${++made}`
  const user = await makeUser(iam, name, ...statements)
  return { name, ...user, ...postern.clients(user.credentials) }
}

const clientsOf = (issued: Issued | undefined): Clients =>
  postern.clients({
    accessKeyId: issued!.AccessKeyId!,
    secretAccessKey: issued!.SecretAccessKey!,
    sessionToken: issued!.SessionToken!,
  })

const sessionOf = async (by: STSClient): Promise<Clients> =>
  clientsOf((await by.send(new GetSessionTokenCommand({}))).Credentials)

test('GetSessionToken gives a session that is the user, for twelve hours', async () => {
  const user = await newUser(allow('kms:ListKeys'))

  const { Credentials: issued } = await user.sts.send(new GetSessionTokenCommand({}))
  const session = clientsOf(issued)

  const seconds = (issued!.Expiration!.getTime() - Date.now()) / 1_000
  assert.ok(seconds > 43_100 && seconds <= 43_201, String(seconds))
  assert.equal((await session.sts.send(new GetCallerIdentityCommand({}))).Arn, user.arn)
  await session.kms.send(new ListKeysCommand({}))
  await refused(session.kms.send(new ListAliasesCommand({})), 'AccessDeniedException', user.arn)
})

test('a session of GetSessionToken has a time of issue, a lasting access key has none', async () => {
  const isTemporary = { Null: { 'aws:TokenIssueTime': 'false' } }
  const user = await newUser({ ...allow('kms:ListKeys'), Condition: isTemporary })

  await refused(user.kms.send(new ListKeysCommand({})), 'AccessDeniedException')
  await (await sessionOf(user.sts)).kms.send(new ListKeysCommand({}))
})

test('a session of GetSessionToken can neither call IAM nor get further tokens', async () => {
  const user = await newUser(allow('*'))
  const session = await sessionOf(user.sts)

  await refused(session.iam.send(new GetUserCommand({})), 'InvalidClientTokenId', 'security token')
  const again = session.sts.send(new GetSessionTokenCommand({}))
  await refused(again, 'AccessDenied', 'Cannot call GetSessionToken with session credentials')
  const federation = session.sts.send(new GetFederationTokenCommand({ Name: 'guest' }))
  await refused(federation, 'AccessDenied', 'Cannot call GetFederationToken with session credentials')
})

test('what GetSessionToken and GetFederationToken gave can call nothing of STS that tells of others', async () => {
  const user = await newUser(allow('*'))
  const policy = policyOf(allow('*'))
  const { Credentials } = await user.sts.send(new GetFederationTokenCommand({ Name: 'guest', Policy: policy }))
  const federated = clientsOf(Credentials)

  for (const session of [await sessionOf(user.sts), federated]) {
    const info = session.sts.send(new GetAccessKeyInfoCommand({ AccessKeyId: user.credentials.accessKeyId }))
    await refused(info, 'AccessDenied', 'Cannot call GetAccessKeyInfo with session credentials')
    const decoded = session.sts.send(new DecodeAuthorizationMessageCommand({ EncodedMessage: 'message' }))
    await refused(decoded, 'AccessDenied', 'Cannot call DecodeAuthorizationMessage with session credentials')
    await session.sts.send(new GetCallerIdentityCommand({}))
  }
  await user.sts.send(new GetAccessKeyInfoCommand({ AccessKeyId: user.credentials.accessKeyId }))
})

test('GetSessionToken is refused to sessions of roles and of root, and for codes of devices that nobody has', async () => {
  const text = 'Cannot call GetSessionToken with session credentials'
  await refused(sts.send(new GetSessionTokenCommand({})), 'AccessDenied', text)
  const root = postern.clients(await postern.root())
  await refused(root.sts.send(new GetSessionTokenCommand({})), 'AccessDenied', text)
  const user = await newUser()
  const code = { SerialNumber: `arn:aws:iam::${account}:mfa/device`, TokenCode: '123456' }
  await refused(user.sts.send(new GetSessionTokenCommand(code)), 'AccessDenied', 'MultiFactorAuthentication failed')
})

test('DurationSeconds has its limits', async () => {
  const user = await newUser()

  for (const [seconds, text] of [
    [
      899,
      "Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900",
    ],
    [
      129_601,
      "Value '129601' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 129600",
    ],
  ] as const)
    await refused(user.sts.send(new GetSessionTokenCommand({ DurationSeconds: seconds })), 'ValidationError', text)
})

test('a session of GetSessionToken goes on when the access key that got it is deleted', async () => {
  const user = await newUser(allow('kms:ListKeys'))
  const session = await sessionOf(user.sts)

  const { AccessKeyId } = (await iam.send(new ListAccessKeysCommand({ UserName: user.name }))).AccessKeyMetadata![0]!
  await iam.send(new DeleteAccessKeyCommand({ UserName: user.name, AccessKeyId: AccessKeyId! }))

  await refused(user.kms.send(new ListKeysCommand({})), 'UnrecognizedClientException')
  await session.kms.send(new ListKeysCommand({}))
})

test('GetFederationToken gives what the user and the session policy both allow', async () => {
  const user = await newUser(allow(['sts:GetFederationToken', 'kms:ListKeys', 'iam:*']))
  const Policy = policyOf(allow(['kms:*', 'iam:*', 'sts:*']))

  const answer = await user.sts.send(new GetFederationTokenCommand({ Name: 'guest', Policy }))
  const session = clientsOf(answer.Credentials)

  const arn = `arn:aws:sts::${account}:federated-user/guest`
  assert.deepEqual(answer.FederatedUser, { Arn: arn, FederatedUserId: `${account}:guest` })
  assert.ok(answer.PackedPolicySize! > 0 && answer.PackedPolicySize! < 100)
  const identity = await session.sts.send(new GetCallerIdentityCommand({}))
  assert.deepEqual([identity.Arn, identity.UserId], [arn, `${account}:guest`])
  await session.kms.send(new ListKeysCommand({}))
  await refused(session.kms.send(new ListAliasesCommand({})), 'AccessDeniedException', 'no identity-based policy')
  await refused(session.iam.send(new GetUserCommand({})), 'InvalidClientTokenId')
  const role = { RoleArn: `arn:aws:iam::${account}:role/Administrator`, RoleSessionName: 'guest' }
  await refused(session.sts.send(new AssumeRoleCommand(role)), 'AccessDenied')
})

test('GetFederationToken without a session policy gives only what the policy of a key gives to its holder', async () => {
  const user = await newUser(allow('*'))
  const session = clientsOf((await user.sts.send(new GetFederationTokenCommand({ Name: 'reader' }))).Credentials)
  const root = { AWS: `arn:aws:iam::${account}:root` }
  const reader = { AWS: `arn:aws:sts::${account}:federated-user/reader` }
  const Policy = policyOf(
    { Effect: 'Allow', Principal: root, Action: 'kms:*', Resource: '*' },
    { Effect: 'Allow', Principal: reader, Action: 'kms:DescribeKey', Resource: '*' },
  )
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Policy }))

  await session.kms.send(new DescribeKeyCommand({ KeyId: KeyMetadata!.KeyId! }))
  await refused(session.kms.send(new ListKeysCommand({})), 'AccessDeniedException', 'no session policy allows')
})

test('GetFederationToken needs permission, which is looked at first', async () => {
  const user = await newUser()

  await refused(
    user.sts.send(new GetFederationTokenCommand({ Name: 'guest' })),
    'AccessDenied',
    `sts:GetFederationToken on resource: arn:aws:sts::${account}:federated-user/guest`,
  )
})

test('GetAccessKeyInfo tells the account of lasting and temporary access keys, and of no other text', async () => {
  const user = await newUser(allow('sts:GetAccessKeyInfo'))
  const { Credentials: issued } = await user.sts.send(new GetSessionTokenCommand({}))

  for (const AccessKeyId of [user.credentials.accessKeyId, issued!.AccessKeyId!])
    assert.equal((await user.sts.send(new GetAccessKeyInfoCommand({ AccessKeyId }))).Account, account)
  await refused(user.sts.send(new GetAccessKeyInfoCommand({ AccessKeyId: 'AROAAAAAAAAAAAAAAAAA' })), 'ValidationError')
  const nobody = await newUser()
  const asked = nobody.sts.send(new GetAccessKeyInfoCommand({ AccessKeyId: issued!.AccessKeyId! }))
  await refused(asked, 'AccessDenied', 'to perform: sts:GetAccessKeyInfo because no identity-based policy allows')
})

test('DecodeAuthorizationMessage opens what a refusal of EC2 encodes, for the account and nobody else', async () => {
  const deny = { Sid: 'NoNetworks', Effect: 'Deny', Action: 'ec2:CreateVpc', Resource: '*' }
  const user = await newUser(allow('*'), deny)
  const error = await user.ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' })).then(
    () => assert.fail('It is refused'),
    (cause: Error) => cause,
  )
  const EncodedMessage = /Encoded authorization failure message: (?<text>[\w-]+)$/.exec(error.message)!.groups!['text']!

  const { DecodedMessage } = await sts.send(new DecodeAuthorizationMessageCommand({ EncodedMessage }))

  const decoded = JSON.parse(DecodedMessage!) as Record<string, never>
  assert.deepEqual([decoded['allowed'], decoded['explicitDeny']], [false, true])
  assert.deepEqual(decoded['matchedStatements'], {
    items: [
      {
        statementId: 'NoNetworks',
        effect: 'DENY',
        principals: {
          items: [{ value: (decoded['context'] as unknown as { principal: { id: string } }).principal.id }],
        },
        principalGroups: { items: [] },
        actions: { items: [{ value: 'ec2:CreateVpc' }] },
        resources: { items: [{ value: '*' }] },
        conditions: { items: [] },
      },
    ],
  })
  const altered = `${EncodedMessage.slice(0, 40)}${EncodedMessage[40] === 'A' ? 'B' : 'A'}${EncodedMessage.slice(41)}`
  for (const text of [altered, EncodedMessage.slice(1), 'nothing'])
    await refused(
      sts.send(new DecodeAuthorizationMessageCommand({ EncodedMessage: text })),
      'InvalidAuthorizationMessageException',
    )
  const other = await postern.otherAccount('444455556666')
  await refused(
    other.sts.send(new DecodeAuthorizationMessageCommand({ EncodedMessage })),
    'InvalidAuthorizationMessageException',
  )
})

test('the trail names who a federated user is and who it has the session from, and no secret', async () => {
  const user = await newUser(allow(['sts:GetFederationToken', 'kms:ListKeys']))
  const Policy = policyOf(allow('kms:ListKeys'))
  const { Credentials: issued } = await user.sts.send(new GetFederationTokenCommand({ Name: 'audited', Policy }))
  await clientsOf(issued).kms.send(new ListKeysCommand({}))

  const text = trailText(postern)
  const line = text.split('\n').find(each => each.includes('"FederatedUser"') && each.includes('audited'))!

  for (const part of [`"principalId":"${account}:audited"`, '"type":"IAMUser"', user.arn])
    assert.ok(line.includes(part))
  assert.ok(!text.includes(issued!.SecretAccessKey!))
  assert.ok(!text.includes(issued!.SessionToken!))
})
