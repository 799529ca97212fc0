// Grants by the AWS SDK: made, used at the public door and through endpoints, listed, revoked, retired, recorded, explained.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ModifyVpcEndpointCommand } from '@aws-sdk/client-ec2'
import {
  CreateRoleCommand,
  DeleteAccessKeyCommand,
  DeleteRoleCommand,
  DeleteUserCommand,
  UpdateUserCommand,
} from '@aws-sdk/client-iam'
import {
  CreateGrantCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  ListGrantsCommand,
  ListRetirableGrantsCommand,
  ReEncryptCommand,
  RetireGrantCommand,
  RevokeGrantCommand,
  paginateListGrants,
} from '@aws-sdk/client-kms'
import type { CreateGrantCommandInput, GrantListEntry, KMSClient } from '@aws-sdk/client-kms'
import { AssumeRoleCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { makePrivateNetwork } from '../private-network.ts'
import { startPostern, trailText } from '../start-postern.ts'
import type { Clients } from '../start-postern.ts'
import { onBehalfOf } from './on-behalf.ts'
import { refused } from './refused.ts'
import { allow, makeUser, policyOf, putPolicy } from './user.ts'
import type { Statement } from './user.ts'

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const clients = postern.clients(await postern.administrator())
const { kms, iam, ec2, sts } = clients
const account = (await sts.send(new GetCallerIdentityCommand({}))).Account!
const otherAccount = '444455556666'
const rootArn = `arn:aws:iam::${account}:root`
const network = await makePrivateNetwork(postern, ec2)
const alice = await makeUser(iam, 'alice')
const bob = await makeUser(iam, 'bob')
const ofAlice = postern.clients(alice.credentials)
const ofBob = postern.clients(bob.credentials)
const KeyId = await newKey()
const Plaintext = Buffer.from('a secret')
const text = /is not authorized to perform: kms:/

before(async () => {
  const { status, error } = await postern.postern('account', 'create', '--id', otherAccount, '--name', 'other')
  assert.equal(status, 0, error)
})

async function newKey(): Promise<string> {
  return (await kms.send(new CreateKeyCommand({}))).KeyMetadata!.Arn!
}

type Wanted = Partial<CreateGrantCommandInput>

async function grant(wanted: Wanted = {}, by: KMSClient = kms): Promise<{ GrantId: string; GrantToken: string }> {
  const whole = { KeyId, GranteePrincipal: alice.arn, Operations: ['Decrypt', 'Encrypt'], ...wanted }
  const { GrantId, GrantToken } = await by.send(new CreateGrantCommand(whole as CreateGrantCommandInput))
  return { GrantId: GrantId!, GrantToken: GrantToken! }
}

const revoke = (GrantId: string, key = KeyId): Promise<unknown> =>
  kms.send(new RevokeGrantCommand({ KeyId: key, GrantId }))

async function listed(
  input: { readonly GrantId?: string; readonly KeyId?: string } = {},
): Promise<readonly GrantListEntry[]> {
  return (await kms.send(new ListGrantsCommand({ KeyId, ...input }))).Grants!
}

const encrypt = (by: Clients, more: object = {}) => by.kms.send(new EncryptCommand({ KeyId, Plaintext, ...more }))

async function clientsOf(RoleArn: string, RoleSessionName: string): Promise<Clients> {
  const { Credentials: issued } = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName }))
  return postern.clients({
    accessKeyId: issued!.AccessKeyId!,
    secretAccessKey: issued!.SecretAccessKey!,
    sessionToken: issued!.SessionToken!,
  })
}

const trust = policyOf({ Effect: 'Allow', Principal: { AWS: rootArn }, Action: 'sts:AssumeRole' })

async function makeRole(RoleName: string): Promise<string> {
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust }))
  return Role!.Arn!
}

interface Recorded {
  readonly eventName: string
  readonly requestParameters: unknown
  readonly responseElements: unknown
  readonly additionalEventData?: unknown
  readonly resources: unknown
  readonly readOnly: boolean
  readonly errorCode?: string
}

const records = (name: string): readonly Recorded[] =>
  trailText(postern)
    .split('\n')
    .filter(line => line.includes(`"eventName":"${name}"`))
    .map(line => (JSON.parse(line) as { readonly event: Recorded }).event)

test('a user without any policy uses a key by a grant alone, and can not any more once it is revoked', async () => {
  const key = { KeyId: await newKey() }
  await refused(encrypt(ofAlice, key), 'AccessDeniedException', text)

  const { GrantId } = await grant({ ...key, Operations: ['Encrypt', 'Decrypt', 'GenerateDataKey', 'DescribeKey'] })
  const { CiphertextBlob } = await encrypt(ofAlice, key)
  const opened = await ofAlice.kms.send(new DecryptCommand({ CiphertextBlob }))
  assert.deepEqual(Buffer.from(opened.Plaintext!), Plaintext)
  await ofAlice.kms.send(new GenerateDataKeyCommand({ ...key, KeySpec: 'AES_256' }))
  await ofAlice.kms.send(new DescribeKeyCommand(key))
  await refused(ofAlice.kms.send(new DisableKeyCommand(key)), 'AccessDeniedException', text)
  await refused(encrypt(ofBob, key), 'AccessDeniedException', text)

  await revoke(GrantId, key.KeyId)
  await refused(encrypt(ofAlice, key), 'AccessDeniedException', text)
  await refused(ofAlice.kms.send(new DecryptCommand({ CiphertextBlob })), 'AccessDeniedException', text)
})

test('re-encryption needs ReEncryptFrom on the one key and ReEncryptTo on the other', async () => {
  const [from, to] = [await newKey(), await newKey()]
  const { CiphertextBlob } = await encrypt(clients, { KeyId: from })
  const call = () => ofAlice.kms.send(new ReEncryptCommand({ CiphertextBlob, DestinationKeyId: to }))
  await grant({ KeyId: from, Operations: ['ReEncryptFrom', 'ReEncryptTo'] })
  await refused(call(), 'AccessDeniedException', 'kms:ReEncryptTo')

  await grant({ KeyId: to, Operations: ['ReEncryptTo'] })

  assert.equal((await call()).KeyId, to)
})

test('a constraint on the encryption context admits that context and no other', async () => {
  const key = { KeyId: await newKey() }
  const EncryptionContext = { Department: 'IT' }
  await grant({ ...key, Constraints: { EncryptionContextEquals: EncryptionContext } })
  const more = { ...EncryptionContext, Purpose: 'Test' }

  const { CiphertextBlob } = await encrypt(ofAlice, { ...key, EncryptionContext })
  await ofAlice.kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }))
  for (const other of [undefined, more, { department: 'IT' }, { Department: 'it' }])
    await refused(encrypt(ofAlice, { ...key, EncryptionContext: other }), 'AccessDeniedException', text)

  await grant({ ...key, Constraints: { EncryptionContextSubset: EncryptionContext } })
  await encrypt(ofAlice, { ...key, EncryptionContext: more })
  await refused(encrypt(ofAlice, { ...key, EncryptionContext: { Purpose: 'Test' } }), 'AccessDeniedException', text)
})

test('a denial beats a grant, and does so from the next request on', async () => {
  const key = { KeyId: await newKey() }
  const dave = await makeUser(iam, 'dave')
  const ofDave = postern.clients(dave.credentials)
  await grant({ ...key, GranteePrincipal: dave.arn })
  await encrypt(ofDave, key)

  await putPolicy(iam, 'dave', { Effect: 'Deny', Action: 'kms:Encrypt', Resource: '*' })

  await refused(encrypt(ofDave, key), 'AccessDeniedException', 'with an explicit deny in an identity-based policy')
})

test('a principal with only a grant passes an endpoint whose policy allows it, and is refused at one whose policy does not', async () => {
  const key = { KeyId: await newKey() }
  await grant(key)
  const inside = postern.clients(alice.credentials, { kmsUrl: network.url })
  const setPolicy = (...statements: readonly Statement[]): Promise<unknown> => {
    const PolicyDocument = policyOf(...statements)
    return ec2.send(new ModifyVpcEndpointCommand({ VpcEndpointId: network.endpointId, PolicyDocument }))
  }
  await encrypt(inside, key)

  await setPolicy({ ...allow('kms:Encrypt'), Principal: { AWS: alice.arn } })
  await encrypt(inside, key)
  await setPolicy({ ...allow('kms:Decrypt'), Principal: { AWS: alice.arn } })
  await refused(
    encrypt(inside, key),
    'AccessDeniedException',
    'because no VPC endpoint policy allows the kms:Encrypt action',
  )
  await setPolicy({ ...allow('kms:*'), Principal: { AWS: bob.arn } })
  await refused(encrypt(inside, key), 'AccessDeniedException', 'because no VPC endpoint policy allows')
  await setPolicy(
    { ...allow('*'), Principal: '*' },
    { Effect: 'Deny', Action: 'kms:Encrypt', Resource: '*', Principal: '*' },
  )
  await refused(encrypt(inside, key), 'AccessDeniedException', 'with an explicit deny in a VPC endpoint policy')
  // At the public door no endpoint is asked.
  await encrypt(ofAlice, key)
  await setPolicy({ ...allow('*'), Principal: '*' })
})

test('a grant token works at once, and adds nothing to what its grantee has', async () => {
  const key = { KeyId: await newKey() }
  const { GrantToken } = await grant(key)
  const GrantTokens = [GrantToken]

  assert.match(GrantToken, /^[A-Za-z0-9+/]+={0,2}$/)
  await encrypt(ofAlice, { ...key, GrantTokens })
  await encrypt(ofAlice, key)
  const ten = Array.from({ length: 10 }, () => GrantToken)
  await encrypt(ofAlice, { ...key, GrantTokens: ten })
  await refused(encrypt(ofAlice, { ...key, GrantTokens: [...ten, GrantToken] }), 'ValidationException', 'grantTokens')
})

test('the same request with a name makes no second grant, and gets a new token; without a name it does', async () => {
  const key = { KeyId: await newKey() }
  const wanted = { ...key, Name: 'nightly', Constraints: { EncryptionContextSubset: { a: '1', b: '2' } } }
  const first = await grant(wanted)
  const again = await grant({
    ...wanted,
    Operations: ['Encrypt', 'Decrypt'],
    Constraints: { EncryptionContextSubset: { b: '2', a: '1' } },
  })
  const other = await grant({ ...wanted, Operations: ['Decrypt'] })
  const unnamed = [await grant(key), await grant(key)]

  assert.equal(again.GrantId, first.GrantId)
  assert.notEqual(again.GrantToken, first.GrantToken)
  assert.equal(new Set([first, other, ...unnamed].map(({ GrantId }) => GrantId)).size, 4)
  const at = await Promise.all(Array.from({ length: 10 }, () => grant({ ...wanted, Name: 'at-once' })))
  assert.equal(new Set(at.map(({ GrantId }) => GrantId)).size, 1)
  assert.equal((await listed(key)).length, 5)

  await revoke(first.GrantId, key.KeyId)
  assert.notEqual((await grant(wanted)).GrantId, first.GrantId)
})

test('ListGrants shows a grant as it was made', async () => {
  const key = { KeyId: await newKey() }
  const before = Date.now()
  const Constraints = { EncryptionContextEquals: { Department: 'IT' } }
  const { GrantId } = await grant({ ...key, RetiringPrincipal: bob.arn, Constraints, Name: 'shown' })
  await grant(key)

  const [shown] = await listed({ ...key, GrantId })
  const plain = (await listed(key)).find(each => each.GrantId !== GrantId)

  const { CreationDate, ...rest } = shown!
  assert.ok(Math.abs(CreationDate!.getTime() - before) < 60_000)
  assert.deepEqual(rest, {
    ...key,
    GrantId,
    Name: 'shown',
    GranteePrincipal: alice.arn,
    RetiringPrincipal: bob.arn,
    IssuingAccount: rootArn,
    Operations: ['Decrypt', 'Encrypt'],
    Constraints,
  })
  assert.match(GrantId, /^[0-9a-f]{64}$/)
  assert.equal(plain!.Name, '')
  assert.deepEqual([plain!.Constraints, plain!.RetiringPrincipal], [undefined, undefined])
})

test('ListGrants comes in pages of at most a hundred, by grantee or all', async () => {
  const key = { KeyId: await newKey() }
  for (let batch = 0; batch < 13; batch++)
    await Promise.all(
      Array.from({ length: 10 }, (_, index) => grant({ ...key, GranteePrincipal: index < 5 ? bob.arn : alice.arn })),
    )
  const pages = async (input: object): Promise<readonly number[]> => {
    const sizes: number[] = []
    for await (const { Grants } of paginateListGrants({ client: kms }, { ...key, ...input })) sizes.push(Grants!.length)
    return sizes
  }

  assert.deepEqual(await pages({}), [50, 50, 30])
  assert.deepEqual(await pages({ Limit: 1000 }), [100, 30])
  assert.deepEqual(await pages({ GranteePrincipal: bob.arn }), [50, 15])
  const { NextMarker } = await kms.send(new ListGrantsCommand({ ...key, Limit: 10 }))
  const elsewhere = new ListGrantsCommand({ ...key, Marker: NextMarker!, GranteePrincipal: bob.arn })
  await refused(kms.send(elsewhere), 'InvalidMarkerException')
})

test('ListRetirableGrants gives what a principal of the own account may retire, on keys of any account', async () => {
  const carol = await makeUser(iam, 'carol', allow('kms:ListRetirableGrants', bob.arn))
  const ofCarol = postern.clients(carol.credentials)
  const other = postern.clients(await postern.administrator(otherAccount))
  const { KeyMetadata } = await other.kms.send(new CreateKeyCommand({}))
  const theirs = await grant({ KeyId: KeyMetadata!.KeyId!, RetiringPrincipal: bob.arn }, other.kms)
  const own = await grant({ RetiringPrincipal: bob.arn })
  await grant({ RetiringPrincipal: alice.arn })
  const list = (by: KMSClient, RetiringPrincipal: string) =>
    by.send(new ListRetirableGrantsCommand({ RetiringPrincipal }))

  const { Grants = [] } = await list(ofCarol.kms, bob.arn)

  const ids = new Set(Grants.map(({ GrantId }) => GrantId))
  assert.ok(ids.has(theirs.GrantId) && ids.has(own.GrantId))
  assert.ok(Grants.every(({ RetiringPrincipal }) => RetiringPrincipal === bob.arn))
  // The permission is asked for on the principal.
  await refused(
    list(ofCarol.kms, alice.arn),
    'AccessDeniedException',
    `kms:ListRetirableGrants on resource: ${alice.arn}`,
  )
  await refused(list(other.kms, bob.arn), 'AccessDeniedException', 'kms:ListRetirableGrants')
})

test('a grant is retired by whom it names, by its token or by its id', async () => {
  const key = { KeyId: await newKey() }
  const byToken = await grant({ ...key, RetiringPrincipal: bob.arn })
  const byId = await grant({ ...key, RetiringPrincipal: bob.arn })
  const byGrantee = await grant({ ...key, Operations: ['Encrypt', 'RetireGrant'] })

  const dry = ofBob.kms.send(new RetireGrantCommand({ GrantToken: byToken.GrantToken, DryRun: true }))
  await refused(dry, 'DryRunOperationException', 'The request would have succeeded, but the DryRun option is set.')
  await ofBob.kms.send(new RetireGrantCommand({ GrantToken: byToken.GrantToken }))
  await ofBob.kms.send(new RetireGrantCommand({ ...key, GrantId: byId.GrantId }))
  await encrypt(ofAlice, key)
  await ofAlice.kms.send(new RetireGrantCommand({ ...key, GrantId: byGrantee.GrantId }))

  await refused(encrypt(ofAlice, key), 'AccessDeniedException', text)
  assert.deepEqual(await listed(key), [])
  const gone = ofBob.kms.send(new RetireGrantCommand({ GrantToken: byToken.GrantToken }))
  await refused(gone, 'NotFoundException')
  // The key's account may retire, and learns what is not there.
  await refused(kms.send(new RetireGrantCommand({ ...key, GrantId: byId.GrantId })), 'NotFoundException', byId.GrantId)
})

test('dry runs of CreateGrant and RevokeGrant change nothing', async () => {
  const key = { KeyId: await newKey() }
  await refused(grant({ ...key, DryRun: true }), 'DryRunOperationException')
  const { GrantId } = await grant(key)
  await refused(kms.send(new RevokeGrantCommand({ ...key, GrantId, DryRun: true })), 'DryRunOperationException')
  await refused(
    kms.send(new RevokeGrantCommand({ ...key, GrantId: '0'.repeat(64), DryRun: true })),
    'NotFoundException',
  )
  await refused(grant({ ...key, DryRun: true }, ofAlice.kms), 'AccessDeniedException')

  assert.deepEqual(
    (await listed(key)).map(each => each.GrantId),
    [GrantId],
  )
})

test('what is wrong with a grant is told: operations, principals, constraints, ids', async () => {
  const wrong: readonly (readonly [Wanted, string, string | RegExp])[] = [
    [{ Operations: ['Sign'] }, 'ValidationException', 'Sign'],
    [{ Operations: ['ListGrants' as 'Sign'] }, 'ValidationException', 'operations'],
    [{ Operations: [] }, 'ValidationException', 'operation'],
    [{ Operations: ['CreateGrant'] }, 'ValidationException', 'Grants must not contain only the CreateGrant operation.'],
    [{ GranteePrincipal: undefined }, 'ValidationException', 'either GranteePrincipal or GranteeServicePrincipal'],
    [
      { GranteePrincipal: `${alice.arn}2` },
      'InvalidArnException',
      `ARN does not refer to a valid principal: ${alice.arn}2`,
    ],
    [{ GranteePrincipal: alice.arn.replace('user/', 'group/') }, 'InvalidArnException', 'valid principal'],
    [{ GranteePrincipal: account }, 'InvalidArnException', 'valid principal'],
    [{ GranteePrincipal: 'ec2.us-west-2.amazonaws.com' }, 'InvalidArnException', 'valid principal'],
    [{ GranteePrincipal: `arn:aws:sts::${account}:assumed-role/nobody/one` }, 'InvalidArnException', 'valid principal'],
    [{ RetiringPrincipal: KeyId }, 'InvalidArnException', 'valid principal'],
    [{ GranteePrincipal: '*' }, 'ValidationException', 'granteePrincipal'],
    [{ Name: 'a name with blanks' }, 'ValidationException', 'name'],
    [
      { Constraints: { EncryptionContextEquals: { a: '1' }, EncryptionContextSubset: { a: '1' } } },
      'ValidationException',
      'not both',
    ],
    [{ Constraints: { EncryptionContextSubset: { a: 'x'.repeat(385) } } }, 'ValidationException', '384'],
    [
      { Constraints: { EncryptionContextSubset: Object.fromEntries('abcdefghi'.split('').map(name => [name, '1'])) } },
      'ValidationException',
      '8 pairs',
    ],
    [
      { GranteePrincipal: undefined, GranteeServicePrincipal: 'backup.example.internal' },
      'ValidationException',
      'SourceArn',
    ],
    [{ GranteeServicePrincipal: 'backup.example.internal' }, 'ValidationException', 'not both'],
    [{ KeyId: 'alias/any' }, 'InvalidArnException', 'Key Aliases are not supported for this operation.'],
    [{ GrantTokens: ['bm8gdG9rZW4='] }, 'InvalidGrantTokenException', ''],
  ]
  for (const [wanted, code, message] of wrong) await refused(grant(wanted), code, message)
  await refused(kms.send(new RevokeGrantCommand({ KeyId, GrantId: 'x' })), 'InvalidGrantIdException')
  await refused(kms.send(new RetireGrantCommand({ KeyId })), 'ValidationException', 'either a grant token, or both')
  await refused(kms.send(new RetireGrantCommand({ GrantToken: 'bm8gdG9rZW4=' })), 'InvalidGrantTokenException')
})

test('a role that is deleted and made anew has none of the grants of the first, which show its id', async () => {
  const key = { KeyId: await newKey() }
  const arn = await makeRole('worker')
  const session = arn.replace(':iam:', ':sts:').replace('role/', 'assumed-role/') + '/one'
  const toRole = await grant({ ...key, GranteePrincipal: arn })
  const toSession = await grant({ ...key, GranteePrincipal: session, RetiringPrincipal: session })
  const first = await clientsOf(arn, 'one')
  await encrypt(first, key)

  await iam.send(new DeleteRoleCommand({ RoleName: 'worker' }))
  const shown = new Map((await listed(key)).map(each => [each.GrantId, each]))
  await makeRole('worker')

  const id = /^AROA[A-Z2-7]{17}$/
  assert.match(shown.get(toRole.GrantId)!.GranteePrincipal!, id)
  const sessionId = `${shown.get(toRole.GrantId)!.GranteePrincipal}:one`
  assert.equal(shown.get(toSession.GrantId)!.GranteePrincipal, sessionId)
  assert.equal(shown.get(toSession.GrantId)!.RetiringPrincipal, sessionId)
  const second = await clientsOf(arn, 'one')
  await refused(encrypt(second, key), 'AccessDeniedException', text)
  await refused(
    second.kms.send(new RetireGrantCommand({ ...key, GrantId: toSession.GrantId })),
    'AccessDeniedException',
  )
  await refused(kms.send(new ListGrantsCommand({ ...key, GranteePrincipal: `${arn}x` })), 'InvalidArnException')
  const found = await kms.send(new ListGrantsCommand({ ...key, GranteePrincipal: sessionId }))
  assert.deepEqual(
    found.Grants!.map(({ GrantId }) => GrantId),
    [toSession.GrantId],
  )
})

test('a user that is renamed keeps its grants, and is shown by its new name', async () => {
  const key = { KeyId: await newKey() }
  const ellen = await makeUser(iam, 'ellen')
  const { GrantId } = await grant({ ...key, GranteePrincipal: ellen.arn })
  await iam.send(new UpdateUserCommand({ UserName: 'ellen', NewUserName: 'helen' }))

  await encrypt(postern.clients(ellen.credentials), key)
  assert.equal((await listed({ ...key, GrantId }))[0]!.GranteePrincipal, ellen.arn.replace('ellen', 'helen'))
})

test('[C33] a user that is deleted and made anew has none of the grants of the first', async () => {
  const key = { KeyId: await newKey() }
  const frank = await makeUser(iam, 'frank')
  await grant({ ...key, GranteePrincipal: frank.arn })
  await iam.send(new DeleteAccessKeyCommand({ UserName: 'frank', AccessKeyId: frank.credentials.accessKeyId }))
  await iam.send(new DeleteUserCommand({ UserName: 'frank' }))

  const again = await makeUser(iam, 'frank')

  assert.equal(again.arn, frank.arn)
  await refused(encrypt(postern.clients(again.credentials), key), 'AccessDeniedException', text)
})

test('a grant on a key of another account: with leave of the own account, or issued by it', async () => {
  const other = postern.clients(await postern.administrator(otherAccount))
  const key = { KeyId: await newKey() }
  const gina = await makeUser(other.iam, 'gina')
  const ofGina = postern.clients(gina.credentials)
  await refused(encrypt(ofGina, key), 'AccessDeniedException', 'the resource does not exist in this Region')

  const { GrantId } = await grant({ ...key, GranteePrincipal: gina.arn, RetiringPrincipal: gina.arn })
  await refused(encrypt(ofGina, key), 'AccessDeniedException', 'because no identity-based policy allows')
  await putPolicy(other.iam, 'gina', allow('kms:Encrypt', key.KeyId))
  await encrypt(ofGina, key)
  await ofGina.kms.send(new RetireGrantCommand({ ...key, GrantId }))
  await refused(encrypt(ofGina, key), 'AccessDeniedException', 'the resource does not exist in this Region')

  // The key's account lets the other make grants, and that lets whom it likes.
  const { Arn } = await other.sts.send(new GetCallerIdentityCommand({}))
  const role = Arn!.replace(':sts:', ':iam:').replace(/assumed-role\/([^/]+)\/.*/, 'role/$1')
  await grant({ ...key, GranteePrincipal: role, Operations: ['CreateGrant', 'Decrypt', 'Encrypt'] })
  const hans = await makeUser(other.iam, 'hans')
  const issued = await grant({ ...key, GranteePrincipal: hans.arn, Operations: ['Encrypt'] }, other.kms)
  await encrypt(postern.clients(hans.credentials), key)
  assert.equal(
    (await listed({ ...key, GrantId: issued.GrantId }))[0]!.IssuingAccount,
    `arn:aws:iam::${otherAccount}:root`,
  )
})

test('conditions of CreateGrant see the operations, the principals, the constraint and its pairs', async () => {
  const maker = await makeUser(iam, 'maker')
  const { kms: ofMaker } = postern.clients(maker.credentials)
  const makes = async (Condition: object, wanted: Wanted): Promise<unknown> => {
    const Policy = policyOf(
      { ...allow('kms:*'), Principal: { AWS: rootArn } },
      { ...allow('kms:CreateGrant'), Principal: { AWS: maker.arn }, Condition },
    )
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Policy }))
    return grant({ KeyId: KeyMetadata!.KeyId!, ...wanted }, ofMaker)
  }
  const EncryptionContextEquals = { Department: 'IT' }
  const SourceArn = `arn:aws:dynamodb:us-west-2:${account}:table/books`
  const service = 'archive.example.internal'
  const forService: Wanted = {
    GranteePrincipal: undefined,
    GranteeServicePrincipal: service,
    RetiringServicePrincipal: service,
    Constraints: { SourceArn },
  }
  const cases: readonly (readonly [condition: object, permitted: Wanted, refused: Wanted])[] = [
    [
      { 'ForAllValues:StringEquals': { 'kms:GrantOperations': ['Encrypt', 'Decrypt'] } },
      { Operations: ['Encrypt'] },
      { Operations: ['Encrypt', 'DescribeKey'] },
    ],
    [{ StringEquals: { 'kms:GranteePrincipal': bob.arn } }, { GranteePrincipal: bob.arn }, {}],
    [{ StringEquals: { 'kms:RetiringPrincipal': bob.arn } }, { RetiringPrincipal: bob.arn }, {}],
    [{ Null: { 'kms:RetiringPrincipal': 'true' } }, {}, { RetiringPrincipal: bob.arn }],
    [{ StringEquals: { 'kms:GranteeServicePrincipal': service } }, forService, {}],
    [{ StringEquals: { 'kms:RetiringServicePrincipal': service } }, forService, {}],
    [{ ArnLike: { 'kms:GrantConstraintSourceArn': SourceArn.replace('books', '*') } }, forService, {}],
    [
      { StringEquals: { 'kms:GrantConstraintType': 'EncryptionContextEquals' } },
      { Constraints: { EncryptionContextEquals } },
      { Constraints: { EncryptionContextSubset: EncryptionContextEquals } },
    ],
    [
      { StringEquals: { 'kms:EncryptionContext:Department': 'IT' } },
      { Constraints: { EncryptionContextEquals } },
      { Constraints: { EncryptionContextEquals: { Department: 'it' } } },
    ],
    [
      { 'ForAnyValue:StringEquals': { 'kms:EncryptionContextKeys': 'Department' } },
      { Constraints: { EncryptionContextEquals } },
      {},
    ],
  ]
  for (const [condition, permitted, other] of cases) {
    await makes(condition, permitted)
    await refused(makes(condition, other), 'AccessDeniedException', 'kms:CreateGrant')
  }
  const isForResource = (value: string): object => ({ Bool: { 'kms:GrantIsForAWSResource': value } })
  await makes(isForResource('false'), {})
  await refused(makes(isForResource('true'), {}), 'AccessDeniedException', 'kms:CreateGrant')
})

test('a policy can keep somebody from retiring the grants of a context', async () => {
  const key = { KeyId: await newKey() }
  const ivan = await makeUser(iam, 'ivan', {
    Effect: 'Deny',
    Action: 'kms:RetireGrant',
    Resource: '*',
    Condition: { StringEquals: { 'kms:EncryptionContext:Department': 'IT' } },
  })
  const make = (Department: string) =>
    grant({ ...key, RetiringPrincipal: ivan.arn, Constraints: { EncryptionContextSubset: { Department } } })
  const [ours, theirs] = [await make('IT'), await make('Finance')]
  const retire = ({ GrantToken }: { readonly GrantToken: string }): Promise<unknown> =>
    postern.clients(ivan.credentials).kms.send(new RetireGrantCommand({ GrantToken }))

  await refused(retire(ours), 'AccessDeniedException', 'with an explicit deny in an identity-based policy')
  await retire(theirs)
})

test('the trail has what CloudTrail has of grants: no token, and of RetireGrant no parameters', async () => {
  const key = { KeyId: await newKey() }
  const Constraints = { EncryptionContextSubset: { Department: 'IT' } }
  const { GrantId, GrantToken } = await grant({ ...key, RetiringPrincipal: bob.arn, Name: 'recorded', Constraints })
  const second = await grant({ ...key, RetiringPrincipal: bob.arn })
  await listed({ ...key, GrantId })
  await kms.send(new ListRetirableGrantsCommand({ RetiringPrincipal: bob.arn, Limit: 5 }))
  await ofBob.kms.send(new RetireGrantCommand({ GrantToken }))
  await revoke(second.GrantId, key.KeyId)

  const resources = [{ accountId: account, type: 'AWS::KMS::Key', ARN: key.KeyId }]
  const last = (name: string, including: string): Partial<Recorded> => {
    const {
      requestParameters,
      responseElements,
      additionalEventData,
      resources: named,
      readOnly,
    } = records(name).findLast(record => JSON.stringify(record).includes(including))!
    return { requestParameters, responseElements, additionalEventData, resources: named, readOnly }
  }
  assert.deepEqual(last('CreateGrant', 'recorded'), {
    requestParameters: {
      keyId: key.KeyId,
      constraints: { encryptionContextSubset: { Department: 'IT' } },
      operations: ['Decrypt', 'Encrypt'],
      granteePrincipal: alice.arn,
      retiringPrincipal: bob.arn,
      name: 'recorded',
    },
    responseElements: { grantId: GrantId, keyId: key.KeyId },
    additionalEventData: undefined,
    resources,
    readOnly: false,
  })
  assert.deepEqual(last('RetireGrant', GrantId), {
    requestParameters: null,
    responseElements: { keyId: key.KeyId },
    additionalEventData: { grantId: GrantId },
    resources,
    readOnly: false,
  })
  assert.deepEqual(last('RevokeGrant', second.GrantId), {
    requestParameters: { keyId: key.KeyId, grantId: second.GrantId },
    responseElements: { keyId: key.KeyId },
    additionalEventData: undefined,
    resources,
    readOnly: false,
  })
  const lists = [last('ListGrants', GrantId), last('ListRetirableGrants', bob.arn)]
  assert.deepEqual(
    lists.map(({ requestParameters }) => requestParameters),
    [
      { keyId: key.KeyId, grantId: GrantId },
      { retiringPrincipal: bob.arn, limit: 5 },
    ],
  )
  assert.deepEqual(
    lists.map(({ readOnly, responseElements }) => [readOnly, responseElements]),
    [
      [true, null],
      [true, null],
    ],
  )
  assert.ok(!trailText(postern).includes(GrantToken) && !postern.log.includes(GrantToken))
})

test('postern explain tells which grant allowed, and of the others why not', async () => {
  const key = { KeyId: await newKey() }
  const good = await grant(key)
  const narrow = await grant({ ...key, Constraints: { EncryptionContextEquals: { Department: 'IT' } } })
  const ofOther = await grant({ ...key, GranteePrincipal: bob.arn })
  const { $metadata } = await encrypt(ofAlice, { ...key, GrantTokens: [ofOther.GrantToken] })
  const explain = async (): Promise<string> => (await postern.postern('explain', $metadata.requestId!)).out

  const out = await explain()

  assert.match(out, /^ALLOWED$/m)
  assert.match(out, new RegExp(`Grant ${good.GrantId} of Decrypt, Encrypt to ${alice.arn} applies`))
  assert.match(out, new RegExp(`Grant ${narrow.GrantId} .* does not apply: the encryption context is not exactly`))
  assert.match(out, new RegExp(`Grant ${ofOther.GrantId} .* does not apply: it is for ${bob.arn}`))
  assert.match(out, /Identity policies: implicit deny/)
  // What was enforced is what is told, also when the grant is no more.
  await revoke(good.GrantId, key.KeyId)
  assert.equal(await explain(), out)
})

test('a service has what a grant gives to it by name, on behalf of the resource that the grant names', async () => {
  const key = { KeyId: await newKey() }
  const backup = await makeUser(iam, 'backup')
  const service = 'backup.example.internal'
  const register = ['integrated-service', 'register', '--name', service, '--identity', backup.arn]
  assert.equal((await postern.postern(...register)).status, 0)
  const SourceArn = `arn:aws:dynamodb:us-west-2:${account}:table/books`
  const by = (value: string, source?: string): KMSClient => {
    const client = onBehalfOf(postern.clients(backup.credentials).kms, value)
    return source === undefined ? client : onBehalfOf(client, source, 'X-Postern-Source-Arn')
  }
  const use = (client: KMSClient) => client.send(new EncryptCommand({ ...key, Plaintext }))
  const wanted = {
    ...key,
    GranteePrincipal: undefined,
    GranteeServicePrincipal: service,
    RetiringServicePrincipal: service,
    Operations: ['Encrypt', 'RetireGrant'] as ('Encrypt' | 'RetireGrant')[],
    Constraints: { SourceArn },
  }
  const { GrantId } = await grant(wanted)

  await use(by('itself', SourceArn))
  await refused(use(by('itself', `${SourceArn}2`)), 'AccessDeniedException', text)
  await refused(use(by('itself')), 'AccessDeniedException', text)
  await refused(use(by(`user ${alice.arn}`, SourceArn)), 'AccessDeniedException', text)
  const [shown] = await listed({ ...key, GrantId })
  assert.deepEqual(
    [shown!.GranteeServicePrincipal, shown!.RetiringServicePrincipal, shown!.GranteePrincipal, shown!.Constraints],
    [service, service, undefined, { SourceArn }],
  )
  const retirable = new ListRetirableGrantsCommand({ RetiringServicePrincipal: service })
  assert.deepEqual(
    (await by('itself').send(retirable)).Grants!.map(each => each.GrantId),
    [GrantId],
  )
  await refused(kms.send(retirable), 'ValidationException', 'RetiringServicePrincipal')
  await by('itself').send(new RetireGrantCommand({ ...key, GrantId }))
  await refused(use(by('itself', SourceArn)), 'AccessDeniedException', text)
})

test('grants are there after a restart, with their names and tokens', async () => {
  const key = { KeyId: await newKey() }
  const kept = await grant({ ...key, Name: 'kept', RetiringPrincipal: bob.arn })
  const gone = await grant({ ...key, Operations: ['DescribeKey'] })
  await revoke(gone.GrantId, key.KeyId)

  await postern.stop()
  await postern.start()

  await encrypt(ofAlice, { ...key, GrantTokens: [kept.GrantToken] })
  await refused(ofAlice.kms.send(new DescribeKeyCommand(key)), 'AccessDeniedException', text)
  assert.deepEqual(
    (await listed(key)).map(({ GrantId }) => GrantId),
    [kept.GrantId],
  )
  assert.equal((await grant({ ...key, Name: 'kept', RetiringPrincipal: bob.arn })).GrantId, kept.GrantId)
  await ofBob.kms.send(new RetireGrantCommand({ GrantToken: kept.GrantToken }))
  await refused(encrypt(ofAlice, key), 'AccessDeniedException', text)
})
