import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openMemoryStore, put } from '../storage/index.ts'
import type { Store, Write } from '../storage/index.ts'
import {
  groupCollection,
  managedPolicyCollection,
  principalRecordId,
  roleCollection,
  userCollection,
} from './account-records.ts'
import type { BoundedHolder, ManagedPolicyValue } from './account-records.ts'
import { countContents, countUses } from './count-records.ts'
import { createIdentityProvider } from './web-identity/identity-provider.ts'

const [first, second] = ['111122223333', '444455556666']
const administrators = 'arn:aws:iam::aws:policy/AdministratorAccess'

const holder = (account: string, changed: Partial<BoundedHolder> = {}): BoundedHolder => ({
  account,
  path: '/',
  arn: `arn:aws:iam::${account}:any`,
  createdAt: 0,
  policies: [],
  tags: [],
  ...changed,
})

function putUser(account: string, name: string, changed?: Partial<BoundedHolder>): Write {
  const user = { ...holder(account, changed), userName: name, userId: `AIDA${name}`, accessKeyIds: [] }
  return put(userCollection, principalRecordId(account, name), user, 'absent')
}

function putGroup(account: string, name: string, changed?: Partial<BoundedHolder>): Write {
  const group = { ...holder(account, changed), groupName: name, groupId: `AGPA${name}` }
  return put(groupCollection, principalRecordId(account, name), group, 'absent')
}

function putRole(account: string, name: string, changed?: Partial<BoundedHolder>): Write {
  const role = { ...holder(account, changed), roleName: name, roleId: `AROA${name}`, trustPolicy: '{}' }
  return put(roleCollection, principalRecordId(account, name), { ...role, maxSessionSeconds: 3_600 }, 'absent')
}

function putPolicy(account: string, name: string, versions: number): Write {
  const value: ManagedPolicyValue = {
    account,
    policyName: name,
    path: '/',
    policyId: `ANPA${name}`,
    arn: `arn:aws:iam::${account}:policy/${name}`,
    createdAt: 0,
    updatedAt: 0,
    tags: [],
    versions: Array.from({ length: versions }, (_, index) => ({
      versionId: `v${index + 1}`,
      document: '{}',
      createdAt: 0,
    })),
    defaultVersionId: 'v1',
    lastVersion: versions,
  }
  return put(managedPolicyCollection, principalRecordId(account, name), value, 'absent')
}

async function storeOf(...writes: readonly Write[]): Promise<Store> {
  const store = await openMemoryStore()
  await store.commit({ writes })
  return store
}

test('countContents() counts what the account has, and nothing of another', async () => {
  const provider = createIdentityProvider({ account: first, issuer: 'https://issuer.example', clientIds: ['a'] }, 0)
  await using store = await storeOf(
    putUser(first, 'a'),
    putUser(first, 'b'),
    putGroup(first, 'a'),
    putRole(first, 'a'),
    putRole(first, 'b'),
    putRole(first, 'c'),
    putPolicy(first, 'a', 2),
    putPolicy(first, 'b', 5),
    ...provider.writes,
    putUser(second, 'a'),
    putPolicy(second, 'a', 1),
  )

  const contents = await countContents(store, first)

  const expected = { users: 2, groups: 1, roles: 3, policies: 2, policyVersions: 7, identityProviders: 1 }
  assert.deepEqual(contents, expected)
})

for (const policies of [99, 100, 101, 200]) {
  test(`countContents() counts ${policies} policies, read a hundred at a time`, async () => {
    const writes = Array.from({ length: policies }, (_, index) => putPolicy(first, `policy-${index}`, 1))
    await using store = await storeOf(...writes)

    const contents = await countContents(store, first)

    assert.deepEqual([contents.policies, contents.policyVersions], [policies, policies])
  })
}

test('countUses() counts users, groups and roles that have a policy, and whose boundary it is', async () => {
  const attached = { attachedPolicyArns: [administrators] }
  const bounded = { boundaryArn: administrators }
  await using store = await storeOf(
    putUser(first, 'a', attached),
    putUser(first, 'b', { ...attached, ...bounded }),
    putUser(first, 'c'),
    putGroup(first, 'a', attached),
    putRole(first, 'a', attached),
    putRole(first, 'b', bounded),
  )

  assert.deepEqual(await countUses(store, first, administrators), { attachments: 4, boundaries: 2 })
})

test('countUses() of a policy of AWS does not count its uses in another account', async () => {
  await using store = await storeOf(
    putUser(second, 'a', { attachedPolicyArns: [administrators], boundaryArn: administrators }),
  )

  assert.deepEqual(await countUses(store, first, administrators), { attachments: 0, boundaries: 0 })
})
