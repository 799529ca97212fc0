// Profiles that assume roles, as people have them in ~/.aws/config: by the AWS CLI and boto3, unmodified.
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { CreateRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { pythonWithBoto3 } from '../python.ts'
import { startPostern } from '../start-postern.ts'
import { allow, makeUser, policyOf } from './user.ts'

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const { iam } = postern.clients(await postern.administrator())
const user = await makeUser(iam, 'deployer', allow('sts:AssumeRole'))
const account = user.arn.split(':')[4]!

async function makeRole(RoleName: string, principal: string, condition: object = {}): Promise<string> {
  const trust = { Effect: 'Allow', Principal: { AWS: principal }, Action: 'sts:AssumeRole', Condition: condition }
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: policyOf(trust) }))
  const PolicyDocument = policyOf(allow(['kms:ListKeys', 'sts:AssumeRole']))
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'inline', PolicyDocument }))
  return Role!.Arn!
}

const hub = await makeRole('hub', user.arn, { StringEquals: { 'sts:ExternalId': 'customer-7' } })
const spoke = await makeRole('spoke', hub)
const folder = join(postern.folder, 'aws')
mkdirSync(folder)
const config = join(folder, 'config')
writeFileSync(
  config,
  [
    '[profile deployer]',
    `aws_access_key_id = ${user.credentials.accessKeyId}`,
    `aws_secret_access_key = ${user.credentials.secretAccessKey}`,
    '[profile hub]',
    `role_arn = ${hub}`,
    'source_profile = deployer',
    'external_id = customer-7',
    'role_session_name = from-profile',
    'duration_seconds = 900',
    '[profile spoke]',
    `role_arn = ${spoke}`,
    'source_profile = hub',
    'role_session_name = chained',
    'duration_seconds = 900',
    '[profile uninvited]',
    `role_arn = ${hub}`,
    'source_profile = deployer',
    '',
  ].join('\n'),
)
const {
  AWS_ACCESS_KEY_ID: _1,
  AWS_SECRET_ACCESS_KEY: _2,
  AWS_SESSION_TOKEN: _3,
  ...where
} = await postern.environment()
const variables = {
  ...where,
  AWS_CONFIG_FILE: config,
  AWS_SHARED_CREDENTIALS_FILE: join(folder, 'none'),
  AWS_PAGER: '',
}

const aws = (profile: string, ...words: readonly string[]) =>
  postern.run('aws', [...words, '--output', 'text'], { ...variables, HOME: folder, AWS_PROFILE: profile })

test('the AWS CLI assumes the role of a profile, and a further one from there', async () => {
  for (const [profile, session] of [
    ['hub', 'hub/from-profile'],
    ['spoke', 'spoke/chained'],
  ] as const) {
    const { status, out, error } = await aws(profile, 'sts', 'get-caller-identity', '--query', 'Arn')

    assert.equal(status, 0, error)
    assert.equal(out.trim(), `arn:aws:sts::${account}:assumed-role/${session}`)
  }
})

test('the AWS CLI says what the trust policy of a profile refused', async () => {
  const { status, error } = await aws('uninvited', 'kms', 'list-keys')

  assert.notEqual(status, 0)
  assert.ok(
    error.includes(
      `An error occurred (AccessDenied) when calling the AssumeRole operation: User: ${user.arn} is not authorized to perform: sts:AssumeRole on resource: ${hub}`,
    ),
    error,
  )
})

test('boto3 renews assumed credentials before they end', async () => {
  const script = [
    'import boto3',
    'session = boto3.Session(profile_name="spoke")',
    'credentials = session._session.get_credentials()',
    'kms = session.client("kms")',
    'kms.list_keys()',
    'first = credentials.get_frozen_credentials().access_key',
    // Credentials of a quarter of an hour are as near to their end as boto3 lets them come.
    'kms.list_keys()',
    'print(first != credentials.get_frozen_credentials().access_key)',
  ].join('\n')

  const { status, out, error } = await postern.run(pythonWithBoto3(), ['-c', script], { ...variables, HOME: folder })

  assert.equal(status, 0, error)
  assert.equal(out.trim(), 'True')
})
