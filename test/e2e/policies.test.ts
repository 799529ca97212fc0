// What key policies, user policies and endpoint policies decide together, by the AWS SDK.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { LookupEventsCommand } from '@aws-sdk/client-cloudtrail'
import { ModifyVpcEndpointCommand } from '@aws-sdk/client-ec2'
import { ListUsersCommand } from '@aws-sdk/client-iam'
import {
  CreateAliasCommand,
  CreateKeyCommand,
  DecryptCommand,
  DeleteAliasCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GetKeyPolicyCommand,
  ListAliasesCommand,
  ListKeysCommand,
  PutKeyPolicyCommand,
  ReEncryptCommand,
  UpdateAliasCommand,
} from '@aws-sdk/client-kms'
import type { KMSClient } from '@aws-sdk/client-kms'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { makePrivateNetwork } from '../private-network.ts'
import { startPostern } from '../start-postern.ts'
import type { Credentials } from '../start-postern.ts'
import { refused } from './refused.ts'
import { allow, makeUser, policyOf, putPolicy } from './user.ts'
import type { Statement } from './user.ts'

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const administrator = await postern.administrator()
const { ec2, iam, kms: outside } = postern.clients(administrator)
const first = await makePrivateNetwork(postern, ec2, '10.0.0.0/16')
const second = await makePrivateNetwork(postern, ec2, '10.1.0.0/16')
const through = (credentials: Credentials, url: string): KMSClient => postern.clients(credentials, { kmsUrl: url }).kms
const inside = through(administrator, first.url)
const elsewhere = through(administrator, second.url)

const otherAccount = '444455556666'
await postern.postern('account', 'create', '--id', otherAccount, '--name', 'other')
const foreigner = await postern.administrator(otherAccount)

const newKey = async (kms = outside): Promise<{ arn: string; account: string }> => {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
  return { arn: KeyMetadata!.Arn!, account: KeyMetadata!.AWSAccountId! }
}
const key = await newKey()
const { account } = key
const Plaintext = Buffer.from('a secret')
const encryptTo = (keyArn: string): EncryptCommand => new EncryptCommand({ KeyId: keyArn, Plaintext })

const allowAll: Statement = { Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' }

/** Runs with a policy at the first endpoint, and with the standard one again after it. */
async function atEndpoint(statements: readonly Statement[], run: () => Promise<void>): Promise<void> {
  const VpcEndpointId = first.endpointId
  await ec2.send(
    new ModifyVpcEndpointCommand({ VpcEndpointId, PolicyDocument: JSON.stringify({ Statement: statements }) }),
  )
  try {
    await run()
  } finally {
    await ec2.send(new ModifyVpcEndpointCommand({ VpcEndpointId, ResetPolicy: true }))
  }
}

const putKeyPolicy = (kms: KMSClient, keyArn: string, policy: string, bypass = false): Promise<unknown> =>
  kms.send(new PutKeyPolicyCommand({ KeyId: keyArn, Policy: policy, BypassPolicyLockoutSafetyCheck: bypass }))

let users = 0
const newUser = (...statements: readonly Statement[]): ReturnType<typeof makeUser> =>
  makeUser(iam, `user-${++users}`, ...statements)

test('the standard endpoint policy grants nothing by itself', async () => {
  const { arn, credentials } = await newUser()

  const call = through(credentials, first.url).send(new ListKeysCommand({}))

  await refused(
    call,
    'AccessDeniedException',
    `User: ${arn} is not authorized to perform: kms:ListKeys on resource: * because no identity-based policy allows the kms:ListKeys action`,
  )
})

test('AllowDecryptAndView lets one user decrypt and view one key, and not list keys', async () => {
  const { arn, credentials } = await newUser(allow('kms:*'))
  const stranger = await newUser(allow('kms:*'))
  const { CiphertextBlob } = await outside.send(encryptTo(key.arn))
  const statement: Statement = {
    Sid: 'AllowDecryptAndView',
    Principal: { AWS: [arn] },
    Effect: 'Allow',
    Action: ['kms:Decrypt', 'kms:DescribeKey', 'kms:ListAliases', 'kms:ListKeys'],
    Resource: [key.arn],
  }

  await atEndpoint([statement], async () => {
    const kms = through(credentials, first.url)

    const opened = await kms.send(new DecryptCommand({ CiphertextBlob }))
    await kms.send(new DescribeKeyCommand({ KeyId: key.arn }))

    assert.deepEqual(Buffer.from(opened.Plaintext!), Plaintext)
    await refused(
      kms.send(new ListKeysCommand({})),
      'AccessDeniedException',
      'because no VPC endpoint policy allows the kms:ListKeys action',
    )
    await refused(
      kms.send(encryptTo(key.arn)),
      'AccessDeniedException',
      `User: ${arn} is not authorized to perform: kms:Encrypt on resource: ${key.arn} because no VPC endpoint policy allows the kms:Encrypt action`,
    )
    await refused(
      through(stranger.credentials, first.url).send(new DecryptCommand({ CiphertextBlob })),
      'AccessDeniedException',
      'because no VPC endpoint policy allows the kms:Decrypt action',
    )
  })
})

test('AccessForASpecificAccount only denies: nothing is allowed until an Allow stands beside it', async () => {
  const deny: Statement = {
    Sid: 'AccessForASpecificAccount',
    Principal: '*',
    Action: 'kms:*',
    Effect: 'Deny',
    Resource: `arn:aws:kms:*:${account}:key/*`,
    Condition: { StringNotEquals: { 'aws:PrincipalAccount': [account] } },
  }
  const foreign = through(foreigner, first.url)
  await putKeyPolicy(
    outside,
    key.arn,
    policyOf({ Effect: 'Allow', Principal: { AWS: [account, otherAccount] }, Action: 'kms:*', Resource: '*' }),
  )

  await atEndpoint([deny], () =>
    refused(
      inside.send(new DescribeKeyCommand({ KeyId: key.arn })),
      'AccessDeniedException',
      'because no VPC endpoint policy allows the kms:DescribeKey action',
    ),
  )
  await foreign.send(new DescribeKeyCommand({ KeyId: key.arn }))
  await atEndpoint([deny, allowAll], async () => {
    await inside.send(new DescribeKeyCommand({ KeyId: key.arn }))
    await refused(
      foreign.send(new DescribeKeyCommand({ KeyId: key.arn })),
      'AccessDeniedException',
      'with an explicit deny in a VPC endpoint policy',
    )
  })
})

test('a key whose policy denies cryptography unless aws:sourceVpce is the endpoint works through that endpoint only', async () => {
  const { arn } = await newKey()
  const delegation = { Effect: 'Allow', Principal: { AWS: account }, Action: 'kms:*', Resource: '*' }
  const deny = {
    Effect: 'Deny',
    Principal: '*',
    Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*'],
    Resource: '*',
    Condition: { StringNotEquals: { 'aws:sourceVpce': first.endpointId } },
  }

  await putKeyPolicy(outside, arn, policyOf(delegation, deny))

  const { CiphertextBlob } = await inside.send(encryptTo(arn))
  await inside.send(new DecryptCommand({ CiphertextBlob }))
  await inside.send(new ReEncryptCommand({ CiphertextBlob, DestinationKeyId: arn }))
  await inside.send(new GenerateDataKeyCommand({ KeyId: arn, KeySpec: 'AES_256' }))
  await outside.send(new DescribeKeyCommand({ KeyId: arn }))
  for (const kms of [outside, elsewhere]) {
    const text = 'with an explicit deny in a resource-based policy'
    await refused(kms.send(encryptTo(arn)), 'AccessDeniedException', text)
    await refused(kms.send(new DecryptCommand({ CiphertextBlob })), 'AccessDeniedException', text)
    await refused(
      kms.send(new ReEncryptCommand({ CiphertextBlob, DestinationKeyId: arn })),
      'AccessDeniedException',
      text,
    )
    await refused(
      kms.send(new GenerateDataKeyCommand({ KeyId: arn, KeySpec: 'AES_256' })),
      'AccessDeniedException',
      text,
    )
  }
})

const twoVpcs = policyOf(
  {
    Effect: 'Allow',
    Principal: { AWS: account },
    Action: ['kms:Create*', 'kms:Enable*', 'kms:Put*', 'kms:Update*', 'kms:Disable*', 'kms:Delete*'],
    Resource: '*',
    Condition: { StringEquals: { 'aws:sourceVpc': second.vpcId } },
  },
  {
    Effect: 'Allow',
    Principal: { AWS: account },
    Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*'],
    Resource: '*',
    Condition: { StringEquals: { 'aws:sourceVpc': first.vpcId } },
  },
  { Effect: 'Allow', Principal: { AWS: account }, Action: ['kms:Describe*', 'kms:List*', 'kms:Get*'], Resource: '*' },
)

test('a two-VPC policy is put through the administration VPC, and separates administration from cryptography', async () => {
  const { arn } = await newKey()
  const lockout = 'The new key policy will not allow you to update the key policy in the future.'

  await refused(putKeyPolicy(outside, arn, twoVpcs), 'MalformedPolicyDocumentException', lockout)
  await refused(putKeyPolicy(inside, arn, twoVpcs), 'MalformedPolicyDocumentException', lockout)
  await putKeyPolicy(elsewhere, arn, twoVpcs)

  await inside.send(encryptTo(arn))
  await refused(elsewhere.send(encryptTo(arn)), 'AccessDeniedException')
  await refused(outside.send(encryptTo(arn)), 'AccessDeniedException')
  await elsewhere.send(new CreateAliasCommand({ AliasName: 'alias/two-vpcs', TargetKeyId: arn }))
  await refused(putKeyPolicy(inside, arn, twoVpcs), 'AccessDeniedException')
  for (const kms of [inside, elsewhere, outside]) await kms.send(new DescribeKeyCommand({ KeyId: arn }))
})

test('the lockout check can be bypassed on purpose', async () => {
  const { arn } = await newKey()

  await putKeyPolicy(outside, arn, twoVpcs, true)

  const { Policy } = await outside.send(new GetKeyPolicyCommand({ KeyId: arn }))
  assert.equal(Policy, twoVpcs)
  await refused(putKeyPolicy(outside, arn, twoVpcs, true), 'AccessDeniedException')
})

test('a policy with a trailing comma is malformed, and the old one stays', async () => {
  const { arn } = await newKey()
  const before = await outside.send(new GetKeyPolicyCommand({ KeyId: arn }))

  const call = putKeyPolicy(elsewhere, arn, `${twoVpcs.slice(0, -1)},}`)

  await refused(call, 'MalformedPolicyDocumentException')
  assert.equal((await outside.send(new GetKeyPolicyCommand({ KeyId: arn }))).Policy, before.Policy)
})

test('[C38] a key policy that is not JSON, too long or without principal is refused with its error', async () => {
  const { arn } = await newKey()
  const withoutPrincipal = policyOf({ Effect: 'Allow', Action: 'kms:*', Resource: '*' })
  const long = policyOf({
    Sid: 'x'.repeat(32_768),
    Effect: 'Allow',
    Principal: { AWS: account },
    Action: 'kms:*',
    Resource: '*',
  })

  await refused(putKeyPolicy(outside, arn, 'no JSON'), 'MalformedPolicyDocumentException')
  await refused(putKeyPolicy(outside, arn, withoutPrincipal), 'MalformedPolicyDocumentException')
  await refused(putKeyPolicy(outside, arn, long), 'LimitExceededException')
})

test('the source conditions of a user policy decide about CreateKey, ListKeys and the alias operations too', async () => {
  const actions = [
    'kms:CreateKey',
    'kms:ListKeys',
    'kms:CreateAlias',
    'kms:UpdateAlias',
    'kms:DeleteAlias',
    'kms:ListAliases',
  ]
  const { credentials } = await newUser({
    ...allow(actions),
    Condition: { StringEquals: { 'aws:SourceVpce': first.endpointId, 'aws:SourceVpc': first.vpcId } },
  })
  const [allowed, public_, other] = [
    through(credentials, first.url),
    postern.clients(credentials).kms,
    through(credentials, second.url),
  ]

  const made = await newKey(allowed)
  await allowed.send(new ListKeysCommand({}))
  await allowed.send(new ListAliasesCommand({}))
  await allowed.send(new CreateAliasCommand({ AliasName: 'alias/sourced', TargetKeyId: made.arn }))
  await allowed.send(new UpdateAliasCommand({ AliasName: 'alias/sourced', TargetKeyId: made.arn }))

  for (const kms of [public_, other]) {
    await refused(kms.send(new CreateKeyCommand({})), 'AccessDeniedException', 'kms:CreateKey')
    await refused(kms.send(new ListKeysCommand({})), 'AccessDeniedException', 'kms:ListKeys')
    await refused(kms.send(new ListAliasesCommand({})), 'AccessDeniedException', 'kms:ListAliases')
    const alias = { AliasName: 'alias/sourced-2', TargetKeyId: made.arn }
    await refused(kms.send(new CreateAliasCommand(alias)), 'AccessDeniedException', 'kms:CreateAlias')
    await refused(
      kms.send(new UpdateAliasCommand({ ...alias, AliasName: 'alias/sourced' })),
      'AccessDeniedException',
      'kms:UpdateAlias',
    )
    await refused(
      kms.send(new DeleteAliasCommand({ AliasName: 'alias/sourced' })),
      'AccessDeniedException',
      'kms:DeleteAlias',
    )
  }
  await allowed.send(new DeleteAliasCommand({ AliasName: 'alias/sourced' }))
})

test('aws:SourceIp is there at the public door and absent through an endpoint', async () => {
  const { credentials } = await newUser({
    ...allow('kms:ListKeys'),
    Condition: { IpAddress: { 'aws:SourceIp': '127.0.0.0/8' } },
  })

  await postern.clients(credentials).kms.send(new ListKeysCommand({}))

  await refused(through(credentials, first.url).send(new ListKeysCommand({})), 'AccessDeniedException')
})

test('aws:VpcSourceIp is the address in the VPC, and absent at the public door', async () => {
  const { credentials } = await newUser({
    ...allow('kms:ListKeys'),
    Condition: { IpAddress: { 'aws:VpcSourceIp': '10.0.1.33/32' } },
  })
  const window = /127\.\d+/.exec(first.url)![0]
  const from = (address: string): KMSClient =>
    postern.clients(credentials, { kmsUrl: first.url, localAddress: `${window}.${address}` }).kms

  await from('1.33').send(new ListKeysCommand({}))

  await refused(from('1.34').send(new ListKeysCommand({})), 'AccessDeniedException')
  await refused(postern.clients(credentials).kms.send(new ListKeysCommand({})), 'AccessDeniedException')
})

test('[C37] headers that claim an endpoint, an address or a service count for nothing', async () => {
  const { credentials } = await newUser({
    ...allow('kms:ListKeys'),
    Condition: { StringEquals: { 'aws:SourceVpce': first.endpointId } },
  })
  const { kms } = postern.clients(credentials)
  kms.middlewareStack.add(
    next => arguments_ => {
      const request = arguments_.request as { readonly headers: Record<string, string> }
      Object.assign(request.headers, {
        'x-amzn-vpce-id': first.endpointId,
        'x-amz-source-vpce': first.endpointId,
        'x-forwarded-for': '10.0.1.33',
        forwarded: 'for=10.0.1.33',
      })
      return next(arguments_)
    },
    { step: 'build' },
  )

  await refused(kms.send(new ListKeysCommand({})), 'AccessDeniedException')
})

test('[E44] both are needed: what only the key policy allows, or only the endpoint policy, is refused', async () => {
  const { arn, credentials } = await newUser()
  const named = { Effect: 'Allow', Principal: { AWS: arn }, Action: 'kms:Decrypt', Resource: '*' }
  const delegation = { Effect: 'Allow', Principal: { AWS: account }, Action: 'kms:*', Resource: '*' }
  const mine = await newKey()
  await putKeyPolicy(outside, mine.arn, policyOf(delegation, named))
  const { CiphertextBlob } = await outside.send(encryptTo(mine.arn))
  const other = await outside.send(encryptTo(key.arn))
  const kms = through(credentials, first.url)

  await atEndpoint([{ ...allowAll, Action: 'kms:Encrypt' }], () =>
    refused(
      kms.send(new DecryptCommand({ CiphertextBlob })),
      'AccessDeniedException',
      `User: ${arn} is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext because no VPC endpoint policy allows the kms:Decrypt action`,
    ),
  )
  await atEndpoint([allowAll], async () => {
    await kms.send(new DecryptCommand({ CiphertextBlob }))
    await refused(kms.send(new DecryptCommand({ CiphertextBlob: other.CiphertextBlob })), 'AccessDeniedException')
  })
})

test("another account's principal needs its own policy and the key's", async () => {
  const shared = await newKey()
  const theirs = postern.clients(foreigner)
  const user = await makeUser(theirs.iam, 'their-user')
  const kms = postern.clients(user.credentials).kms
  const both = { Effect: 'Allow', Principal: { AWS: [account, otherAccount] }, Action: 'kms:*', Resource: '*' }

  await refused(theirs.kms.send(encryptTo(shared.arn)), 'AccessDeniedException')
  await putKeyPolicy(outside, shared.arn, policyOf(both))
  await theirs.kms.send(encryptTo(shared.arn))

  await refused(kms.send(encryptTo(shared.arn)), 'AccessDeniedException')
  await putPolicy(theirs.iam, 'their-user', allow('kms:Encrypt', shared.arn))
  await kms.send(encryptTo(shared.arn))
})

test('[C34] a policy that was taken away counts no more at the next request', async () => {
  const { credentials } = await newUser(allow('kms:ListKeys'))
  const { kms } = postern.clients(credentials)
  await kms.send(new ListKeysCommand({}))

  await putPolicy(iam, `user-${users}`, { ...allow('kms:ListKeys'), Effect: 'Deny' })

  await refused(
    kms.send(new ListKeysCommand({})),
    'AccessDeniedException',
    'with an explicit deny in an identity-based policy',
  )
})

test('postern explain --last tells the layer, the statement and what each condition compared', async () => {
  const { arn } = await newKey()
  await putKeyPolicy(
    outside,
    arn,
    policyOf(
      { Effect: 'Allow', Principal: { AWS: account }, Action: 'kms:*', Resource: '*' },
      {
        Sid: 'OnlyHere',
        Effect: 'Deny',
        Principal: '*',
        Action: 'kms:Encrypt',
        Resource: '*',
        Condition: { StringNotEquals: { 'aws:sourceVpce': first.endpointId } },
      },
    ),
  )
  await refused(elsewhere.send(encryptTo(arn)), 'AccessDeniedException')

  const { out, status } = await postern.postern('explain', '--last')
  const json = await postern.postern('explain', '--last', '--json')

  assert.equal(status, 0)
  for (const text of [
    'key policy',
    'OnlyHere',
    'StringNotEquals',
    'aws:sourceVpce',
    first.endpointId,
    second.endpointId,
  ]) {
    assert.ok(out.toLowerCase().includes(text.toLowerCase()), `"${text}" is in:\n${out}`)
  }
  const { requestId } = JSON.parse(json.out) as { requestId: string }
  assert.equal((await postern.postern('explain', requestId)).out, out)
})

test('root has all rights of its account but those that a key policy does not give it', async () => {
  const root = postern.clients(await postern.root())
  const { arn } = await newKey()
  const { arn: closed } = await newKey()
  const { arn: user } = await newUser(allow('kms:*'))
  const onlyTheUser = policyOf({ Effect: 'Allow', Principal: { AWS: user }, Action: 'kms:*', Resource: '*' })
  await putKeyPolicy(outside, closed, onlyTheUser, true)

  const identity = await root.sts.send(new GetCallerIdentityCommand({}))
  await root.kms.send(encryptTo(arn))
  await root.iam.send(new ListUsersCommand({}))

  assert.equal(identity.Arn, `arn:aws:iam::${account}:root`)
  assert.equal(identity.UserId, account)
  await refused(root.kms.send(encryptTo(closed)), 'AccessDeniedException', 'no resource-based policy allows')
  const { Events = [] } = await root.cloudtrail.send(new LookupEventsCommand({ MaxResults: 1 }))
  assert.equal(
    (JSON.parse(Events[0]!.CloudTrailEvent!) as { userIdentity: { type: string } }).userIdentity.type,
    'Root',
  )
})
