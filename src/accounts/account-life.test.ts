import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError, seededRandom } from '../base/index.ts'
import { ConflictError, openMemoryStore, put } from '../storage/index.ts'
import type { Store, StoredRecord } from '../storage/index.ts'
import { administratorRole, createAccount } from './account-changes.ts'
import { closeAccount, recoverAdministrator, reopenAccount } from './account-life.ts'
import { accountCollection, principalRecordId, roleCollection } from './account-records.ts'
import type { AccountValue, RoleValue } from './account-records.ts'

const [first, second, third] = ['111122223333', '444455556666', '777788889999']
const now = Date.UTC(2026, 10, 24)
const needs = { random: seededRandom(20_261_125), now }

async function storeOf(...ids: readonly string[]): Promise<Store> {
  const store = await openMemoryStore()
  for (const id of ids) await store.commit({ writes: createAccount(id, 'An account', needs).writes })
  return store
}

const accountOf = async (store: Store, id: string): Promise<StoredRecord<AccountValue>> =>
  (await store.get(accountCollection, id))!

const administratorOf = (store: Store, id: string): Promise<StoredRecord<RoleValue> | undefined> =>
  store.get(roleCollection, principalRecordId(id, administratorRole))

test('closeAccount() notes when, and reopenAccount() leaves the account as it was', async () => {
  const store = await storeOf(first, second)
  const before = await accountOf(store, second)

  await store.commit(closeAccount(before, await store.list(accountCollection), now + 5))
  const closed = await accountOf(store, second)
  await store.commit({ writes: reopenAccount(closed) })

  assert.deepEqual(closed.value, { ...before.value, closedAt: now + 5 })
  assert.deepEqual((await accountOf(store, second)).value, before.value)
})

test('closeAccount() refuses the last open account, also where others are closed', async () => {
  const store = await storeOf(first, second)
  await store.commit(closeAccount(await accountOf(store, second), await store.list(accountCollection), now))
  const [account, others] = [await accountOf(store, first), await store.list(accountCollection)]

  assert.throws(() => closeAccount(account, others, now), {
    name: 'ConfigError',
    message: `Cannot close account ${first}: it is the last one that is open; make another with "postern account create"`,
  })
})

test('closeAccount() decided for all accounts at once leaves one of them open, in whatever order the commits come', async () => {
  for (const order of [
    [first, second, third],
    [third, first, second],
    [second, third, first],
  ]) {
    const store = await storeOf(first, second, third)
    const all = await store.list(accountCollection)
    const changes = order.map(id =>
      closeAccount(
        all.find(account => account.id === id)!,
        all,
        now,
      ),
    )

    const outcomes = []
    for (const change of changes)
      outcomes.push(
        await store.commit(change).then(
          () => 'closed',
          error => (error instanceof ConflictError ? 'conflict' : error),
        ),
      )

    const left = (await store.list(accountCollection)).filter(({ value }) => value.closedAt === undefined)
    assert.ok(left.length >= 1, outcomes.join(' '))
    assert.ok(outcomes.includes('conflict'))
  }
})

test('closeAccount() and reopenAccount() refuse what is so already', async () => {
  const store = await storeOf(first, second)
  const open = await accountOf(store, second)
  await store.commit(closeAccount(open, await store.list(accountCollection), now))
  const [closed, all] = [await accountOf(store, second), await store.list(accountCollection)]

  assert.throws(() => closeAccount(closed, all, now), ConfigError)
  assert.throws(() => reopenAccount(open), ConfigError)
})

test('recoverAdministrator() makes a role that is gone anew, as createAccount() made it but for its id', async () => {
  const store = await storeOf(first)
  const { value: made } = (await administratorOf(store, first))!

  const { role, replaced } = recoverAdministrator(first, undefined, needs)

  assert.deepEqual({ ...role, roleId: made.roleId }, made)
  assert.notEqual(role.roleId, made.roleId)
  assert.deepEqual(replaced, [])
})

test('recoverAdministrator() takes off all that holds the role back, tells it, and keeps its id, tags and description', async () => {
  const store = await storeOf(first)
  const { id, version, value } = (await administratorOf(store, first))!
  const policyArn = `arn:aws:iam::${first}:policy/none`
  const held: RoleValue = {
    ...value,
    description: 'Of the platform team',
    tags: [{ key: 'team', value: 'platform' }],
    trustPolicy: '{"Version":"2012-10-17","Statement":[]}',
    maxSessionSeconds: 3_600,
    policies: [{ name: 'DenyAll', document: '{"deny":"all"}' }],
    attachedPolicyArns: [policyArn],
    boundaryArn: policyArn,
    trustedIds: { [`arn:aws:iam::${first}:user/x`]: 'AIDAEXAMPLE' },
  }
  await store.commit({ writes: [put(roleCollection, id, held, version)] })

  const { replaced, writes } = recoverAdministrator(first, await administratorOf(store, first), needs)
  await store.commit({ writes })

  assert.deepEqual((await administratorOf(store, first))!.value, {
    ...value,
    description: held.description,
    tags: held.tags,
  })
  assert.deepEqual(replaced, [
    { part: 'inline policy "DenyAll"', was: '{"deny":"all"}' },
    { part: 'attached policy', was: policyArn },
    { part: 'permissions boundary', was: policyArn },
    { part: 'trust policy', was: held.trustPolicy },
    { part: 'longest session', was: '3600 seconds' },
  ])
})

test('recoverAdministrator() replaces nothing of a role that is as it was made', async () => {
  const store = await storeOf(first)

  const { replaced, role } = recoverAdministrator(first, await administratorOf(store, first), needs)

  assert.deepEqual(replaced, [])
  assert.deepEqual(role, (await administratorOf(store, first))!.value)
})
