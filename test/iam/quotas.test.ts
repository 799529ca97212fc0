// AWS's quotas: what an account may have, and what a user, group or role may hold.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createGroup, createManagedPolicy, createRole, createUser } from '../../src/accounts/index.ts'
import { seededRandom } from '../../src/base/index.ts'
import type { Write } from '../../src/storage/index.ts'
import { IamRoom, account, someDocument, start } from './iam-room.ts'

const needs = { random: seededRandom(20_261_125), now: start }

const user = (userName: string, of = account): readonly Write[] =>
  createUser({ account: of, userName, path: '/', tags: [] }, needs).writes
const group = (groupName: string): readonly Write[] => createGroup({ account, groupName, path: '/' }, needs).writes
const trustPolicy = '{}'
const role = (roleName: string): readonly Write[] =>
  createRole({ account, roleName, path: '/', tags: [], trustPolicy, trustedIds: {}, maxSessionSeconds: 3_600 }, needs)
    .writes
const policy = (policyName: string): readonly Write[] =>
  createManagedPolicy({ account, policyName, path: '/', tags: [], document: someDocument }, needs).writes
const numbered = (count: number, make: (name: string) => readonly Write[]): readonly Write[] =>
  Array.from({ length: count }, (_, index) => make(`n${index}`)).flat()

interface ListedPolicies {
  readonly Policies: readonly { readonly PolicyName: string }[]
  readonly Marker?: string
}

const limitExceeded = (quota: string): object => ({
  code: 'LimitExceeded',
  message: `Cannot exceed quota for ${quota}`,
})

test('an account may have 5,000 users, whatever others have, and again one when one was deleted', async () => {
  const room = await IamRoom.open()
  await room.store.commit({ writes: [...numbered(4_999, user), ...user('of-another', '444455556666')] })

  await room.do('CreateUser', { UserName: 'last' })
  await assert.rejects(room.do('CreateUser', { UserName: 'more' }), limitExceeded('UsersPerAccount: 5000'))
  await room.do('DeleteUser', { UserName: 'last' })
  await room.do('CreateUser', { UserName: 'more' })
})

test('an account may have 300 groups', async () => {
  const room = await IamRoom.open()
  await room.store.commit({ writes: numbered(299, group) })

  await room.do('CreateGroup', { GroupName: 'last' })

  await assert.rejects(room.do('CreateGroup', { GroupName: 'more' }), limitExceeded('GroupsPerAccount: 300'))
})

test('an account may have 1,000 roles, its administrator among them', async () => {
  const room = await IamRoom.open()
  await room.store.commit({ writes: numbered(998, role) })
  const AssumeRolePolicyDocument = `{"Statement":{"Effect":"Allow","Principal":{"AWS":"${account}"},"Action":"sts:AssumeRole"}}`

  await room.do('CreateRole', { RoleName: 'last', AssumeRolePolicyDocument })

  const more = room.do('CreateRole', { RoleName: 'more', AssumeRolePolicyDocument })
  await assert.rejects(more, limitExceeded('RolesPerAccount: 1000'))
})

test('an account may have 1,500 managed policies, which all can be listed', async () => {
  const room = await IamRoom.open()
  await room.store.commit({ writes: numbered(1_499, policy) })

  await room.do('CreatePolicy', { PolicyName: 'last', PolicyDocument: someDocument })

  const more = room.do('CreatePolicy', { PolicyName: 'more', PolicyDocument: someDocument })
  await assert.rejects(more, limitExceeded('PoliciesPerAccount: 1500'))
  const names = new Set<string>()
  for (let Marker: string | undefined; ;) {
    const page = await room.do<ListedPolicies>('ListPolicies', { Scope: 'Local', MaxItems: 1_000, Marker })
    for (const { PolicyName } of page.Policies) names.add(PolicyName)
    if (page.Marker === undefined) break
    Marker = page.Marker
  }
  assert.equal(names.size, 1_500)
})

test('a name that is taken is told before a quota', async () => {
  const room = await IamRoom.open()
  await room.store.commit({ writes: numbered(300, group) })

  await assert.rejects(room.do('CreateGroup', { GroupName: 'N7' }), {
    code: 'EntityAlreadyExists',
    message: 'Group with name N7 already exists.',
  })
})

const holders = [
  ['User', { UserName: 'ann' }],
  ['Group', { GroupName: 'staff' }],
  ['Role', { RoleName: 'Administrator' }],
] as const

for (const [title, input] of holders) {
  test(`ten policies can be attached to a ${title.toLowerCase()}, and no eleventh, unless one is detached`, async () => {
    const room = await IamRoom.open()
    await room.store.commit({ writes: [...user('ann'), ...group('staff')] })
    const arns: string[] = []
    for (let index = 0; index < 11; index++) {
      const made = { PolicyName: `p${index}`, PolicyDocument: someDocument }
      arns.push((await room.do<{ Policy: { Arn: string } }>('CreatePolicy', made)).Policy.Arn)
    }
    const attach = (PolicyArn: string): Promise<unknown> => room.do(`Attach${title}Policy`, { ...input, PolicyArn })
    for (const arn of arns.slice(0, 10)) await attach(arn)

    await assert.rejects(attach(arns[10]!), limitExceeded(`PoliciesPer${title}: 10`))
    await attach(arns[3]!)
    await room.do(`Detach${title}Policy`, { ...input, PolicyArn: arns[3]! })
    await attach(arns[10]!)
  })
}

test('a user may be in ten groups, and joining one again is no eleventh', async () => {
  const room = await IamRoom.open()
  await room.store.commit({ writes: [...user('ann'), ...numbered(11, group)] })
  const join = (GroupName: string): Promise<unknown> => room.do('AddUserToGroup', { UserName: 'ann', GroupName })
  for (let index = 0; index < 10; index++) await join(`n${index}`)

  await join('n3')

  await assert.rejects(join('n10'), limitExceeded('GroupsPerUser: 10'))
})
