// What operations of IAM ask permission for, where AWS's table does not say it: whose boundary, which of two names, which of two resources.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AccessCheck } from '../../src/authorization/index.ts'
import { IamRoom, account, someDocument } from './iam-room.ts'

const tags = [{ Key: 'team', Value: 'blue' }]

const room = await IamRoom.open()

/** What must be permitted. */
async function checksOf(name: string, input: object): Promise<readonly AccessCheck[]> {
  const { checks } = await room.prepare(name, input)
  assert.ok(typeof checks !== 'string')
  return checks
}

const made = await room.do<{ Policy: { Arn: string } }>('CreatePolicy', {
  PolicyName: 'limits',
  PolicyDocument: someDocument,
})
const PermissionsBoundary = made.Policy.Arn
await room.do('CreateUser', { UserName: 'ann', Path: '/team/', Tags: tags, PermissionsBoundary })
await room.do('CreateGroup', { GroupName: 'staff', Path: '/team/' })
await room.do('TagRole', { RoleName: 'Administrator', Tags: tags })
await room.do('PutRolePermissionsBoundary', { RoleName: 'Administrator', PermissionsBoundary })

/** Members of requests that name what is there; an operation takes those that it has. */
const existing = {
  UserName: 'ann',
  GroupName: 'staff',
  RoleName: 'Administrator',
  PolicyName: 'p',
  PolicyDocument: someDocument,
  PolicyArn: PermissionsBoundary,
  PermissionsBoundary,
  Tags: tags,
  TagKeys: ['team'],
} as const

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
    const [check] = await checksOf(name, existing)

    assert.deepEqual(check!.context ?? {}, context)
  })
}

test('PutUserPermissionsBoundary has the boundary that is to be as its condition key, not the one that is', async () => {
  const wanted = 'arn:aws:iam::aws:policy/ReadOnlyAccess'

  const [check] = await checksOf('PutUserPermissionsBoundary', { UserName: 'ann', PermissionsBoundary: wanted })

  assert.deepEqual(check!.context, { 'iam:PermissionsBoundary': wanted })
})

test('an operation on a holder sees its tags, and one on a group none', async () => {
  const tagsOf = async (name: string): Promise<unknown> => {
    const [check] = await checksOf(name, existing)
    return 'tags' in check!.resource ? check!.resource.tags : undefined
  }

  assert.deepEqual(await tagsOf('GetUser'), { team: 'blue' })
  assert.deepEqual(await tagsOf('ListRolePolicies'), { team: 'blue' })
  assert.deepEqual(await tagsOf('GetGroup'), undefined)
})

test('UpdateUser must be permitted for the user as it is and as it is to be', async () => {
  const arnsOf = async (input: object): Promise<readonly unknown[]> => {
    const checks = await checksOf('UpdateUser', { UserName: 'ann', ...input })
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
    const checks = await checksOf(name, existing)

    assert.deepEqual(
      checks.map(({ resource }) => 'arn' in resource && resource.arn),
      [`arn:aws:iam::${account}:group/team/staff`],
    )
  }
})

test('a name in another case finds the same user, authorized on the ARN that it has', async () => {
  const [check] = await checksOf('DeleteUser', { UserName: 'ANN' })

  assert.deepEqual(check!.resource, {
    kind: 'named',
    account,
    arn: `arn:aws:iam::${account}:user/team/ann`,
    tags: { team: 'blue' },
  })
})
