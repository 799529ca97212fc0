// What somebody may try with grants: other people's tokens, contexts that look alike, grants that give more than was given.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { CreateRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import {
  CreateGrantCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  ListGrantsCommand,
  PutKeyPolicyCommand,
  RetireGrantCommand,
  RevokeGrantCommand,
} from '@aws-sdk/client-kms'
import type { CreateGrantCommandInput, KMSClient } from '@aws-sdk/client-kms'
import { AssumeRoleCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { post, send, signed } from '../raw-client.ts'
import { startPostern } from '../start-postern.ts'
import type { Clients } from '../start-postern.ts'
import { refused } from './refused.ts'
import { allow, makeUser, policyOf } from './user.ts'

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const administrator = await postern.administrator()
const { kms, iam, sts } = postern.clients(administrator)
const account = (await sts.send(new GetCallerIdentityCommand({}))).Account!
const otherAccount = '444455556666'
const [alice, bob] = [await makeUser(iam, 'alice'), await makeUser(iam, 'bob')]
const [ofAlice, ofBob] = [postern.clients(alice.credentials), postern.clients(bob.credentials)]
const Plaintext = Buffer.from('a secret')
const denied = 'AccessDeniedException'
const hidden = /because the resource does not exist in this Region, no resource-based policies allow access/

let eve: Clients

before(async () => {
  const other = await postern.otherAccount(otherAccount)
  eve = postern.clients((await makeUser(other.iam, 'eve', allow('kms:*'))).credentials)
})

async function newKey(): Promise<string> {
  return (await kms.send(new CreateKeyCommand({}))).KeyMetadata!.Arn!
}

type Wanted = Partial<CreateGrantCommandInput> & { readonly KeyId: string }

async function grant(wanted: Wanted, by: KMSClient = kms): Promise<{ GrantId: string; GrantToken: string }> {
  const whole: CreateGrantCommandInput = { GranteePrincipal: alice.arn, Operations: ['Encrypt'], ...wanted }
  const { GrantId, GrantToken } = await by.send(new CreateGrantCommand(whole))
  return { GrantId: GrantId!, GrantToken: GrantToken! }
}

const encrypt = (by: Clients, input: object) =>
  by.kms.send(new EncryptCommand({ Plaintext, ...input } as { KeyId: string; Plaintext: Buffer }))

test('[D39] the token of a grant gives nothing to another principal, on another key, or for another operation', async () => {
  const [KeyId, other] = [await newKey(), await newKey()]
  const { GrantToken } = await grant({ KeyId })
  const GrantTokens = [GrantToken]
  const { CiphertextBlob } = await encrypt(ofAlice, { KeyId, GrantTokens })

  await refused(encrypt(ofBob, { KeyId, GrantTokens }), denied, 'user/bob is not authorized to perform: kms:Encrypt')
  await refused(encrypt(ofAlice, { KeyId: other, GrantTokens }), denied)
  await refused(ofAlice.kms.send(new DecryptCommand({ CiphertextBlob, GrantTokens })), denied)
  await refused(ofAlice.kms.send(new DescribeKeyCommand({ KeyId, GrantTokens })), denied)
  await refused(encrypt(eve, { KeyId, GrantTokens }), denied, hidden)
})

test('[D39] a token gives nothing once its grant is revoked or retired, also not beside one that lives', async () => {
  const KeyId = await newKey()
  const revoked = await grant({ KeyId })
  const retired = await grant({ KeyId, Operations: ['Encrypt', 'RetireGrant'] })
  const living = await grant({ KeyId, Operations: ['DescribeKey'] })
  await kms.send(new RevokeGrantCommand({ KeyId, GrantId: revoked.GrantId }))
  await ofAlice.kms.send(new RetireGrantCommand({ GrantToken: retired.GrantToken }))

  const GrantTokens = [revoked, retired, living].map(each => each.GrantToken)

  await refused(encrypt(ofAlice, { KeyId, GrantTokens }), denied)
  await ofAlice.kms.send(new DescribeKeyCommand({ KeyId, GrantTokens }))
})

test('[D39] a token does not get round the constraint of its grant', async () => {
  const KeyId = await newKey()
  const { GrantToken } = await grant({ KeyId, Constraints: { EncryptionContextEquals: { a: '1' } } })
  const GrantTokens = [GrantToken]

  await encrypt(ofAlice, { KeyId, GrantTokens, EncryptionContext: { a: '1' } })
  await refused(encrypt(ofAlice, { KeyId, GrantTokens }), denied)
  await refused(encrypt(ofAlice, { KeyId, GrantTokens, EncryptionContext: { a: '1', b: '2' } }), denied)
})

test('[D39] an altered token is refused before anybody is asked, and beside a good one too', async () => {
  const KeyId = await newKey()
  const { GrantToken } = await grant({ KeyId })
  const bytes = Buffer.from(GrantToken, 'base64')
  bytes[40]! ^= 1
  const altered = [bytes.toString('base64'), GrantToken.slice(4), `${GrantToken}AAAA`, ` ${GrantToken}`]

  for (const token of altered) {
    await refused(encrypt(ofAlice, { KeyId, GrantTokens: [GrantToken, token] }), 'InvalidGrantTokenException')
    await refused(ofBob.kms.send(new RetireGrantCommand({ GrantToken: token })), 'InvalidGrantTokenException')
  }
})

test('who holds a token can not retire its grant by it, unless the grant names them', async () => {
  const KeyId = await newKey()
  const { GrantToken, GrantId } = await grant({ KeyId, RetiringPrincipal: bob.arn })
  const retire = (by: Clients) => by.kms.send(new RetireGrantCommand({ GrantToken }))

  // The grantee, since the grant does not list RetireGrant; and who is of another account, whatever its policies say.
  await refused(retire(ofAlice), denied, 'kms:RetireGrant')
  await refused(retire(eve), denied, hidden)
  await encrypt(ofAlice, { KeyId })
  const { Grants = [] } = await kms.send(new ListGrantsCommand({ KeyId }))
  assert.deepEqual(
    Grants.map(each => each.GrantId),
    [GrantId],
  )
})

test('[D40] [F51] a context that would be written like that of a constraint does not pass for it', async () => {
  const KeyId = await newKey()
  const alike: readonly (readonly [Record<string, string>, Record<string, string>])[] = [
    [{ a: 'b,c=d' }, { a: 'b', c: 'd' }],
    [{ a: 'b","c":"d' }, { a: 'b', c: 'd' }],
    [{ 'a=b': 'c' }, { a: 'b=c' }],
    [{ a: '', b: '' }, { a: 'b' }],
    [{ ab: 'c' }, { a: 'bc' }],
    [{ é: '1' }, { 'e\u0301': '1' }],
    [{ a: '1' }, { A: '1' }],
  ]
  for (const [constraint, context] of alike) {
    const equals = await grant({ KeyId, Constraints: { EncryptionContextEquals: constraint } })
    const subset = await grant({ KeyId, Constraints: { EncryptionContextSubset: constraint } })
    await refused(encrypt(ofAlice, { KeyId, EncryptionContext: context }), denied)
    await encrypt(ofAlice, { KeyId, EncryptionContext: constraint })
    for (const { GrantId } of [equals, subset]) await kms.send(new RevokeGrantCommand({ KeyId, GrantId }))
  }
})

/** Sends a request of KMS whose body the SDK would not send. */
async function raw(
  target: string,
  body: string,
  credentials = administrator,
): Promise<{ status: number; body: string }> {
  const request = { service: 'kms', target: `TrentService.${target}`, body } as const
  return (await send(postern, post(signed(postern, credentials, request), body)))!
}

test('names that every object of JavaScript has are names like others', async () => {
  const KeyId = await newKey()
  const create = (name: string): string =>
    `{"KeyId":"${KeyId}","GranteePrincipal":"${alice.arn}","Operations":["Encrypt"],"Constraints":{"EncryptionContextEquals":{"${name}":"1"}}}`
  const ask = (context: string): Promise<{ status: number; body: string }> =>
    raw('Encrypt', `{"KeyId":"${KeyId}","Plaintext":"YQ==","EncryptionContext":{${context}}}`, alice.credentials)

  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    assert.equal((await raw('CreateGrant', create(name))).status, 200)
    assert.match((await ask('')).body, /AccessDeniedException/)
    assert.match((await ask(`"${name}":"2"`)).body, /AccessDeniedException/)
    assert.equal((await ask(`"${name}":"1"`)).status, 200)
  }
})

test('a constraint whose text is no Unicode is refused, and nothing is made', async () => {
  const KeyId = await newKey()
  for (const pair of [String.raw`"a":"\ud800"`, String.raw`"\udfff":"a"`]) {
    const { status, body } = await raw(
      'CreateGrant',
      `{"KeyId":"${KeyId}","GranteePrincipal":"${alice.arn}","Operations":["Encrypt"],"Name":"n","Constraints":{"EncryptionContextEquals":{${pair}}}}`,
    )
    assert.equal(status, 400, body)
  }

  assert.deepEqual((await kms.send(new ListGrantsCommand({ KeyId }))).Grants, [])
})

test('[D40] who may make grants by a grant gives no operation more, and no constraint less', async () => {
  const KeyId = await newKey()
  const EncryptionContextSubset = { a: '1' }
  await grant({ KeyId, Operations: ['CreateGrant', 'Encrypt'], Constraints: { EncryptionContextSubset } })
  const child = (wanted: object) =>
    grant({ KeyId, GranteePrincipal: bob.arn, Constraints: { EncryptionContextSubset }, ...wanted }, ofAlice.kms)

  await refused(child({ Operations: ['Encrypt', 'Decrypt'] }), denied, 'kms:CreateGrant')
  await refused(child({ Constraints: undefined }), denied)
  await refused(child({ Constraints: { EncryptionContextSubset: {} } }), denied)
  await refused(child({ Constraints: { EncryptionContextSubset: { A: '1' } } }), denied)
  await refused(child({ Constraints: { EncryptionContextEquals: { b: '1' } } }), denied)
  await refused(child({ Operations: ['Encrypt', 'RetireGrant'] }), denied)
  await child({ Operations: ['CreateGrant', 'Encrypt'] })

  // What the child gives, its own children give at most.
  const grandchild = (wanted: object) => grant({ KeyId, GranteePrincipal: alice.arn, ...wanted }, ofBob.kms)
  await refused(grandchild({}), denied)
  await grandchild({ Constraints: { EncryptionContextEquals: { a: '1' } } })
  await refused(encrypt(ofBob, { KeyId }), denied)
  await encrypt(ofBob, { KeyId, EncryptionContext: { a: '1' } })
})

test('a grant gives no right to list or to revoke grants, nor one to change the key', async () => {
  const KeyId = await newKey()
  const Operations: CreateGrantCommandInput['Operations'] = ['CreateGrant', 'RetireGrant', 'DescribeKey', 'Encrypt']
  const { GrantId } = await grant({ KeyId, Operations })

  await refused(ofAlice.kms.send(new ListGrantsCommand({ KeyId })), denied)
  await refused(ofAlice.kms.send(new RevokeGrantCommand({ KeyId, GrantId })), denied)
  await refused(ofAlice.kms.send(new PutKeyPolicyCommand({ KeyId, Policy: policyOf(allow('kms:*')) })), denied)
  for (const operation of ['PutKeyPolicy', 'ListGrants', 'RevokeGrant', 'ScheduleKeyDeletion', 'kms:Encrypt', '*']) {
    const call = grant({ KeyId, Operations: ['Encrypt', operation as 'Encrypt'] })
    await refused(call, 'ValidationException', 'operations')
  }
})

test('[C28] a session with a session policy makes no grant that the session policy does not let it make', async () => {
  const KeyId = await newKey()
  const trust = policyOf({
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${account}:root` },
    Action: 'sts:AssumeRole',
  })
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName: 'wide', AssumeRolePolicyDocument: trust }))
  await iam.send(
    new PutRolePolicyCommand({ RoleName: 'wide', PolicyName: 'all', PolicyDocument: policyOf(allow('kms:*')) }),
  )
  const { Credentials: issued } = await sts.send(
    new AssumeRoleCommand({ RoleArn: Role!.Arn!, RoleSessionName: 'one', Policy: policyOf(allow('kms:Encrypt')) }),
  )
  const narrow = postern.clients({
    accessKeyId: issued!.AccessKeyId!,
    secretAccessKey: issued!.SecretAccessKey!,
    sessionToken: issued!.SessionToken!,
  })

  await refused(grant({ KeyId, GranteePrincipal: Role!.Arn! }, narrow.kms), denied, 'session policy')
  // A grant to its role does not get the session out of its policy either; one to itself would, and only others can make it.
  await grant({ KeyId, GranteePrincipal: Role!.Arn!, Operations: ['Encrypt', 'DescribeKey'] })
  await encrypt(narrow, { KeyId })
  await refused(narrow.kms.send(new DescribeKeyCommand({ KeyId })), denied, 'session policy')
})

test('[C36] what another account asks of grants is refused with one text, whether key and grant are there or not', async () => {
  const KeyId = await newKey()
  const { GrantId } = await grant({ KeyId })
  const absent = KeyId.replace(/key\/.*/, 'key/00000000-0000-4000-8000-000000000000')
  const noGrant = 'f'.repeat(64)
  for (const [key, id] of [
    [KeyId, GrantId],
    [KeyId, noGrant],
    [absent, noGrant],
  ] as const) {
    await refused(eve.kms.send(new RetireGrantCommand({ KeyId: key, GrantId: id })), denied, hidden)
    await refused(eve.kms.send(new RevokeGrantCommand({ KeyId: key, GrantId: id })), denied, hidden)
    await refused(eve.kms.send(new ListGrantsCommand({ KeyId: key, GrantId: id })), denied, hidden)
    await refused(grant({ KeyId: key }, eve.kms), denied, hidden)
  }
})

test('a key id under the account of the caller does not reach the key that it is of, nor its grants', async () => {
  const KeyId = await newKey()
  const { Arn } = await eve.sts.send(new GetCallerIdentityCommand({}))
  const { GrantId } = await grant({ KeyId, GranteePrincipal: Arn!, RetiringPrincipal: Arn! })
  const other = KeyId.replace(account, otherAccount)
  const elsewhere = KeyId.replace(account, '777788889999')

  await encrypt(eve, { KeyId })
  await refused(encrypt(eve, { KeyId: other }), 'NotFoundException')
  await refused(encrypt(eve, { KeyId: elsewhere }), denied, hidden)
  await refused(eve.kms.send(new RetireGrantCommand({ KeyId: elsewhere, GrantId })), denied, hidden)
  await encrypt(eve, { KeyId })
})

test('[D43] nobody can say of itself that a grant is for a service', async () => {
  const KeyId = await newKey()
  const carol = await makeUser(iam, 'carol')
  const ofCarol = postern.clients(carol.credentials)
  const forService = { Bool: { 'kms:GrantIsForAWSResource': 'true' } }
  await kms.send(
    new PutKeyPolicyCommand({
      KeyId,
      Policy: policyOf(
        { ...allow('kms:*'), Principal: { AWS: `arn:aws:iam::${account}:root` } },
        { ...allow(['kms:CreateGrant', 'kms:ListGrants']), Principal: { AWS: carol.arn }, Condition: forService },
      ),
    }),
  )
  await refused(grant({ KeyId }, ofCarol.kms), denied)
  await refused(ofCarol.kms.send(new ListGrantsCommand({ KeyId })), denied)

  const body = `{"KeyId":"${KeyId}","GranteePrincipal":"${alice.arn}","Operations":["Encrypt"],"GrantIsForAWSResource":true}`
  const headers = { 'kms-grantisforawsresource': 'true', 'x-amz-via-service': 's3.us-west-2.amazonaws.com' }
  const request = { service: 'kms', target: 'TrentService.CreateGrant', body, headers } as const
  const answer = await send(postern, post(signed(postern, carol.credentials, request), body))
  assert.match(answer!.body, /AccessDeniedException/)
})

test('[D41] a grant that is revoked while its grantee is asking permits nothing from then on', async () => {
  const KeyId = await newKey()
  for (let round = 0; round < 10; round++) {
    const { GrantId } = await grant({ KeyId })
    const outcomes: { readonly startedAt: number; readonly allowed: boolean }[] = []
    const asking = new AbortController()
    const ask = async (): Promise<void> => {
      while (!asking.signal.aborted) {
        const startedAt = performance.now()
        const allowed = await encrypt(ofAlice, { KeyId }).then(
          () => true,
          () => false,
        )
        outcomes.push({ startedAt, allowed })
      }
    }
    const askers = [ask(), ask(), ask()]
    await kms.send(new RevokeGrantCommand({ KeyId, GrantId }))
    const revokedAt = performance.now()
    await refused(encrypt(ofAlice, { KeyId }), denied)
    asking.abort()
    await Promise.all(askers)

    assert.ok(outcomes.every(({ startedAt, allowed }) => startedAt < revokedAt || !allowed))
  }
})
