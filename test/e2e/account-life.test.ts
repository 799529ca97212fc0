// Accounts that are closed, reopened and recovered, by the command line and the AWS SDK: over a restart too.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { GetUserCommand, PutRolePermissionsBoundaryCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import {
  CreateKeyCommand,
  DescribeKeyCommand,
  EncryptCommand,
  ListKeysCommand,
  PutKeyPolicyCommand,
} from '@aws-sdk/client-kms'
import type { KMSClient } from '@aws-sdk/client-kms'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { makePrivateNetwork } from '../private-network.ts'
import { runHere } from '../run-here.ts'
import { repository, startPostern, trailText } from '../start-postern.ts'
import type { Credentials } from '../start-postern.ts'
import { refused } from './refused.ts'
import { allow, makeUser, policyOf } from './user.ts'

const postern = await startPostern()
after(async () => {
  // The command line goes where the server's data is, which is about to be removed.
  process.chdir(repository)
  await postern[Symbol.asyncDispose]()
})
const [first] = JSON.parse((await postern.postern('account', 'list', '--json')).out) as readonly {
  readonly id: string
}[]
const own = postern.clients(await postern.administrator())
const ownId = first!.id

let accounts = 0

/** Makes an account of its own. */
async function newAccount(): Promise<string> {
  const id = String(444_455_556_600 + accounts++)
  await done('account', 'create', '--id', id, '--name', 'other')
  return id
}

function done(...words: readonly string[]): Promise<string> {
  return runHere(postern, ...words)
}

/** Makes a key that everybody may use. */
async function newPublicKey(kms: KMSClient): Promise<string> {
  const arn = (await kms.send(new CreateKeyCommand({}))).KeyMetadata!.Arn!
  const everybody = policyOf({ ...allow('kms:*'), Principal: '*' })
  await kms.send(new PutKeyPolicyCommand({ KeyId: arn, Policy: everybody }))
  return arn
}

const Plaintext = Buffer.from('a secret')
const unknown = 'UnrecognizedClientException'

test('no credential of a closed account works, its keys answer nobody, and all is as before when it is reopened, over restarts', async () => {
  const id = await newAccount()
  const administrator = await postern.administrator(id)
  const other = postern.clients(administrator)
  const user = await makeUser(other.iam, 'app', allow('kms:*'))
  const root = await postern.environment('--account', id, '--root')
  const rootCredentials: Credentials = {
    accessKeyId: root['AWS_ACCESS_KEY_ID']!,
    secretAccessKey: root['AWS_SECRET_ACCESS_KEY']!,
    sessionToken: root['AWS_SESSION_TOKEN']!,
  }
  const everybody = [administrator, user.credentials, rootCredentials].map(each => postern.clients(each))
  const keyArn = await newPublicKey(other.kms)
  const encrypt = new EncryptCommand({ KeyId: keyArn, Plaintext })
  await own.kms.send(encrypt)

  await done('account', 'close', '--id', id)
  const closed = async (): Promise<void> => {
    for (const { kms, sts, iam } of everybody) {
      await refused(
        kms.send(new ListKeysCommand({})),
        unknown,
        'The security token included in the request is invalid.',
      )
      await refused(sts.send(new GetCallerIdentityCommand({})), 'InvalidClientTokenId')
      await refused(iam.send(new GetUserCommand({})), 'InvalidClientTokenId')
    }
    await refused(own.kms.send(encrypt), 'AccessDeniedException', 'because the resource does not exist in this Region')
    await refused(
      own.kms.send(new DescribeKeyCommand({ KeyId: keyArn })),
      'AccessDeniedException',
      'because the resource does not exist in this Region',
    )
    const { status, error } = await postern.postern('env', '--account', id)
    assert.equal(status, 2)
    assert.equal(error, `postern: Account ${id} is closed: open it again with "postern account reopen --id ${id}"\n`)
  }
  await closed()
  await postern.stop()
  await postern.start()
  await closed()

  await done('account', 'reopen', '--id', id)
  await own.kms.send(encrypt)
  for (const { kms } of everybody) await kms.send(new ListKeysCommand({}))
})

test('what a key of a closed account answers is what one that never was answers', async () => {
  const id = await newAccount()
  const keyArn = await newPublicKey(postern.clients(await postern.administrator(id)).kms)
  await done('account', 'close', '--id', id)
  const messageFor = (arn: string): Promise<string> =>
    own.kms.send(new DescribeKeyCommand({ KeyId: arn })).then(
      () => 'an answer',
      (error: Error) => `${error.name}: ${error.message}`,
    )

  const closed = await messageFor(keyArn)
  const absent = await messageFor(keyArn.replace(/[^/]*$/, '00000000-0000-4000-8000-000000000000'))

  assert.equal(closed, absent)
})

test('nobody is served through an endpoint of a closed account', async () => {
  const id = await newAccount()
  const other = postern.clients(await postern.administrator(id))
  const { url } = await makePrivateNetwork(postern, other.ec2, '10.7.0.0/16')
  const inside = postern.clients(await postern.administrator(), { kmsUrl: url }).kms
  await inside.send(new ListKeysCommand({}))

  await done('account', 'close', '--id', id)
  await refused(inside.send(new ListKeysCommand({})), 'AccessDeniedException', 'because no VPC endpoint policy allows')

  await done('account', 'reopen', '--id', id)
  await inside.send(new ListKeysCommand({}))
})

test('account close refuses the last open account, what is closed already, and what is no account', async () => {
  const ids = (JSON.parse(await done('account', 'list', '--json')) as { id: string; status: string }[])
    .filter(({ status }) => status === 'open')
    .map(({ id }) => id)
  const id = await newAccount()
  for (const each of ids) await done('account', 'close', '--id', each)

  const last = await postern.postern('account', 'close', '--id', id)
  const again = await postern.postern('account', 'close', '--id', ownId)
  const absent = await postern.postern('account', 'close', '--id', '999999999999')
  // What is about no single account goes to the account that is open.
  const environment = await postern.environment()

  for (const each of ids) await done('account', 'reopen', '--id', each)
  assert.deepEqual(
    [last.status, last.error],
    [
      2,
      `postern: Cannot close account ${id}: it is the last one that is open; make another with "postern account create"\n`,
    ],
  )
  assert.equal(again.error, `postern: Cannot close account ${ownId}: it is closed already\n`)
  assert.equal(again.status, 2)
  assert.equal(absent.error, 'postern: There is no account 999999999999: "postern account list" lists them\n')
  assert.match(environment['AWS_ACCESS_KEY_ID']!, /^ASIA/)
})

test('account list shows which accounts are closed', async () => {
  const id = await newAccount()
  await done('account', 'close', '--id', id)

  const text = await done('account', 'list')
  const listed = JSON.parse(await done('account', 'list', '--json')) as Record<string, unknown>[]

  assert.match(text, new RegExp(`^${id}  other  \\(closed\\)$`, 'm'))
  assert.match(text, new RegExp(`^${ownId}  main$`, 'm'))
  const { status, createdAt, closedAt } = listed.find(each => each['id'] === id)!
  assert.equal(status, 'closed')
  for (const at of [createdAt, closedAt]) assert.match(String(at), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  await done('account', 'reopen', '--id', id)
})

test('closing, reopening and recovering are in the trail, with who did it', async () => {
  const id = await newAccount()
  await done('account', 'close', '--id', id)
  await done('account', 'reopen', '--id', id)
  await done('account', 'recover', '--id', id)

  const events = trailText(postern)
    .split('\n')
    .filter(line => line.includes(`"id":"${id}"`))
    .flatMap(line => /"eventName":"(\w+Account|RecoverAdministrator)"/.exec(line)?.[1] ?? [])

  assert.deepEqual(events, ['CreateAccount', 'CloseAccount', 'ReopenAccount', 'RecoverAdministrator'])
  assert.match(trailText(postern), /"type":"OperatingSystemUser","accountId":"\d+","userName":"[^"]+"/)
})

test('account recover gives an account its administrator back who had denied himself everything, and tells what it replaced', async () => {
  const id = await newAccount()
  const { iam, kms } = postern.clients(await postern.administrator(id))
  const readOnly = 'arn:aws:iam::aws:policy/ReadOnlyAccess'
  const RoleName = 'Administrator'
  await iam.send(new PutRolePermissionsBoundaryCommand({ RoleName, PermissionsBoundary: readOnly }))
  const denyAll = policyOf({ Effect: 'Deny', Action: '*', Resource: '*' })
  await refused(
    iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'no', PolicyDocument: denyAll })),
    'AccessDenied',
  )
  await refused(kms.send(new CreateKeyCommand({})), 'AccessDeniedException')

  const text = await done('account', 'recover', '--id', id)
  const again = JSON.parse(await done('account', 'recover', '--id', id, '--json')) as Record<string, unknown>

  assert.match(text, new RegExp(`^arn:aws:iam::${id}:role/Administrator is as it was first made`))
  assert.match(text, new RegExp(`^  replaced: permissions boundary ${readOnly}$`, 'm'))
  assert.deepEqual(again['replaced'], [])
  // The same role: sessions that were there before work again too.
  await kms.send(new CreateKeyCommand({}))
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'no', PolicyDocument: denyAll }))
  await refused(kms.send(new CreateKeyCommand({})), 'AccessDeniedException')

  await done('account', 'recover', '--id', id)
  const { kms: recovered } = postern.clients(await postern.administrator(id))
  await recovered.send(new CreateKeyCommand({}))
})

test('account recover refuses an account that is closed or not there', async () => {
  const id = await newAccount()
  await done('account', 'close', '--id', id)

  const closed = await postern.postern('account', 'recover', '--id', id)
  const absent = await postern.postern('account', 'recover', '--id', '999999999999')

  assert.equal(
    closed.error,
    `postern: Account ${id} is closed: open it first with "postern account reopen --id ${id}"\n`,
  )
  assert.equal(absent.error, 'postern: There is no account 999999999999: "postern account list" lists them\n')
  assert.deepEqual([closed.status, absent.status], [2, 2])
})
