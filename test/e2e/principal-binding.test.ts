// Policies mean the users and roles that had a name when the policy was saved, and nobody who has it later.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteRoleCommand,
  DeleteUserCommand,
  GetRoleCommand,
  UpdateUserCommand,
} from '@aws-sdk/client-iam'
import { CreateKeyCommand, DescribeKeyCommand, GetKeyPolicyCommand, PutKeyPolicyCommand } from '@aws-sdk/client-kms'
import { AssumeRoleCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import type { STSClient } from '@aws-sdk/client-sts'
import { startPostern } from '../start-postern.ts'
import type { Clients } from '../start-postern.ts'
import { refused } from './refused.ts'
import { makeUser, policyOf } from './user.ts'

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const { iam, kms, sts } = postern.clients(await postern.administrator())
const account = (await sts.send(new GetCallerIdentityCommand({}))).Account!
const rootArn = `arn:aws:iam::${account}:root`

const keyPolicyFor = (AWS: string): string =>
  policyOf(
    { Effect: 'Allow', Principal: { AWS: rootArn }, Action: 'kms:*', Resource: '*' },
    { Effect: 'Allow', Principal: { AWS }, Action: 'kms:DescribeKey', Resource: '*' },
  )

async function makeKey(Policy: string): Promise<string> {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Policy }))
  return KeyMetadata!.KeyId!
}

const shownPolicy = async (KeyId: string): Promise<string> =>
  (await kms.send(new GetKeyPolicyCommand({ KeyId }))).Policy!

const describes = (clients: Clients, KeyId: string): Promise<unknown> =>
  clients.kms.send(new DescribeKeyCommand({ KeyId }))

async function deleteUser({
  name,
  accessKeyId,
}: {
  readonly name: string
  readonly accessKeyId: string
}): Promise<void> {
  await iam.send(new DeleteAccessKeyCommand({ UserName: name, AccessKeyId: accessKeyId }))
  await iam.send(new DeleteUserCommand({ UserName: name }))
}

async function clientsOf(by: STSClient, RoleArn: string, RoleSessionName = 'one'): Promise<Clients> {
  const { Credentials: issued } = await by.send(new AssumeRoleCommand({ RoleArn, RoleSessionName }))
  return postern.clients({
    accessKeyId: issued!.AccessKeyId!,
    secretAccessKey: issued!.SecretAccessKey!,
    sessionToken: issued!.SessionToken!,
  })
}

const invalid = 'Policy contains a statement with one or more invalid principals.'

test('a key policy that names nobody who exists is refused', async () => {
  for (const principal of [
    `arn:aws:iam::${account}:user/nobody`,
    `arn:aws:iam::${account}:role/nobody`,
    `arn:aws:iam::${account}:user/path/nobody`,
    'arn:aws:iam::999999999999:user/nobody',
    `arn:aws:sts::${account}:assumed-role/nobody/one`,
    'AIDAAAAAAAAAAAAAAAAAA',
    'AROAAAAAAAAAAAAAAAAAA',
  ])
    await refused(makeKey(keyPolicyFor(principal)), 'MalformedPolicyDocumentException', invalid)
})

test('[C33] a user that is made anew is not the one whom a key policy names', async () => {
  const first = await makeUser(iam, 'ada')
  const { accessKeyId } = first.credentials
  const policy = keyPolicyFor(first.arn)
  const key = await makeKey(policy)
  await describes(postern.clients(first.credentials), key)
  assert.equal(await shownPolicy(key), policy)

  await deleteUser({ name: 'ada', accessKeyId })
  const orphaned = await shownPolicy(key)
  const second = await makeUser(iam, 'ada')

  assert.equal(second.arn, first.arn)
  await refused(
    describes(postern.clients(second.credentials), key),
    'AccessDeniedException',
    'no identity-based policy',
  )
  const [, shown] = (JSON.parse(orphaned) as { Statement: { Principal: { AWS: string } }[] }).Statement
  assert.match(shown!.Principal.AWS, /^AIDA[A-Z2-7]{17}$/)
  assert.equal(await shownPolicy(key), orphaned)
  const put = kms.send(new PutKeyPolicyCommand({ KeyId: key, Policy: orphaned }))
  await refused(put, 'MalformedPolicyDocumentException', invalid)
  await kms.send(new PutKeyPolicyCommand({ KeyId: key, Policy: policy }))
  await describes(postern.clients(second.credentials), key)
})

test('a user that is renamed is still the one whom a key policy names, by its new name', async () => {
  const user = await makeUser(iam, 'berta')
  const key = await makeKey(keyPolicyFor(user.arn))

  await iam.send(new UpdateUserCommand({ UserName: 'berta', NewUserName: 'bertha', NewPath: '/team/' }))
  await iam.send(new CreateUserCommand({ UserName: 'berta' }))
  const { AccessKey: other } = await iam.send(new CreateAccessKeyCommand({ UserName: 'berta' }))
  const namesake = { accessKeyId: other!.AccessKeyId!, secretAccessKey: other!.SecretAccessKey! }

  await describes(postern.clients(user.credentials), key)
  await refused(describes(postern.clients(namesake), key), 'AccessDeniedException')
  assert.ok((await shownPolicy(key)).includes(`arn:aws:iam::${account}:user/team/bertha`))
})

test('a user can be named by its unique id', async () => {
  const user = await makeUser(iam, 'clara')
  const { UserId } = await postern.clients(user.credentials).sts.send(new GetCallerIdentityCommand({}))

  const key = await makeKey(keyPolicyFor(UserId!))

  await describes(postern.clients(user.credentials), key)
  assert.ok((await shownPolicy(key)).includes(user.arn))
})

const trust = (AWS: string): string => policyOf({ Effect: 'Allow', Principal: { AWS }, Action: 'sts:AssumeRole' })

test('[C33] a role that is made anew is not the one whom a key policy names, and nor are its sessions', async () => {
  const made = { RoleName: 'worker', AssumeRolePolicyDocument: trust(rootArn) }
  const { Role } = await iam.send(new CreateRoleCommand(made))
  const role = Role!.Arn!
  const byRole = await makeKey(keyPolicyFor(role))
  const bySession = await makeKey(keyPolicyFor(`arn:aws:sts::${account}:assumed-role/worker/one`))
  const before = await clientsOf(sts, role)
  for (const key of [byRole, bySession]) await describes(before, key)
  await refused(describes(await clientsOf(sts, role, 'two'), bySession), 'AccessDeniedException')

  await iam.send(new DeleteRoleCommand({ RoleName: 'worker' }))
  await iam.send(new CreateRoleCommand(made))

  const later = await clientsOf(sts, role)
  for (const key of [byRole, bySession]) await refused(describes(later, key), 'AccessDeniedException')
})

test('[C33] a user that is made anew is not the one whom a role trusts', async () => {
  const first = await makeUser(iam, 'dora')
  const made = { RoleName: 'trusting', AssumeRolePolicyDocument: trust(first.arn) }
  const { Role } = await iam.send(new CreateRoleCommand(made))
  await clientsOf(postern.clients(first.credentials).sts, Role!.Arn!)

  await deleteUser({ name: 'dora', accessKeyId: first.credentials.accessKeyId })
  const second = await makeUser(iam, 'dora')

  await refused(clientsOf(postern.clients(second.credentials).sts, Role!.Arn!), 'AccessDenied', 'sts:AssumeRole')
  const shown = await iam.send(new GetRoleCommand({ RoleName: 'trusting' }))
  assert.match(decodeURIComponent(shown.Role!.AssumeRolePolicyDocument!), /"AIDA[A-Z2-7]{17}"/)
})
