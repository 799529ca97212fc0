import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError, SecretBytes, ServiceError, seededRandom } from '../base/index.ts'
import { createKeyRing, openKeyRing, rootKeyOf } from '../seal/index.ts'
import type { Collection, StoredRecord, Write } from '../storage/index.ts'
import {
  accessKeyBinding,
  createAccessKey,
  createAccount,
  deleteAccessKey,
  setAccessKeyStatus,
} from './account-changes.ts'
import { accessKeyCollection, principalRecordId, roleCollection, userCollection } from './account-records.ts'
import type { AccessKeyValue, UserValue } from './account-records.ts'
import { putInlinePolicy, removeInlinePolicy, setTags } from './holder-changes.ts'
import { createUser } from './user-changes.ts'

const random = seededRandom(20_261_124)
const now = Date.UTC(2026, 10, 24)
const account = '111122223333'
const root = rootKeyOf(new SecretBytes(random(32)))
const keyRing = openKeyRing(root, createKeyRing(root, random), random)
const needs = { random, now, keyRing }

function userRecord(changed: Partial<UserValue> = {}): StoredRecord<UserValue> {
  const { user } = createUser({ account, userName: 'app', path: '/team/', tags: [] }, needs)
  return { id: principalRecordId(account, 'app'), version: 3, value: { ...user, ...changed } }
}

/** What a change writes to the record of that collection and id. */
function written<T>(writes: readonly Write[], collection: Collection<T>, id: string): T {
  const write = writes.find(each => each.collection === collection && each.id === id)
  assert.ok(write?.kind === 'put')
  return write.value as T
}

const isServiceError =
  (code: string, message: RegExp) =>
  (error: unknown): boolean =>
    error instanceof ServiceError && error.code === code && message.test(error.message)

test('createAccount() makes an account with an administrator role of its own', () => {
  const { account: made, writes } = createAccount(account, 'Production', needs)

  const role = written(writes, roleCollection, `${account}/administrator`)
  assert.deepEqual(made, { id: account, name: 'Production', createdAt: now })
  assert.equal(role.arn, `arn:aws:iam::${account}:role/Administrator`)
  assert.match(role.roleId, /^AROA/)
  assert.match(role.trustPolicy, new RegExp(`"AWS":"arn:aws:iam::${account}:root"`))
  assert.ok(writes.every(write => write.expect === 'absent'))
})

for (const id of ['', '11112222333', '1111222233334', '11112222333a', '111122223333\n', '../11112222'])
  test(`createAccount() refuses the id ${JSON.stringify(id)}`, () => {
    assert.throws(() => createAccount(id, 'Name', needs), ConfigError)
  })

for (const name of ['', 'a'.repeat(51), 'two\nlines', 'bell\u0007', 'bidi\u202e'])
  test(`createAccount() refuses the name ${JSON.stringify(name)}`, () => {
    assert.throws(() => createAccount(account, name, needs), ConfigError)
  })

test('principalRecordId() is the same for names that differ only in case, and another in another account', () => {
  assert.equal(principalRecordId(account, 'App'), principalRecordId(account, 'aPP'))
  assert.notEqual(principalRecordId(account, 'App'), principalRecordId('444455556666', 'App'))
  assert.notEqual(principalRecordId(account, 'app'), principalRecordId(account, 'app2'))
})

test('putInlinePolicy() replaces the policy of that name and keeps the others', () => {
  const user = userRecord({
    policies: [
      { name: 'a', document: '1' },
      { name: 'b', document: '2' },
    ],
  })

  const { policies } = written(
    putInlinePolicy({ collection: userCollection, record: user }, { name: 'a', document: '3' }),
    userCollection,
    user.id,
  )

  assert.deepEqual(
    new Map(policies.map(({ name, document }) => [name, document])),
    new Map(Object.entries({ a: '3', b: '2' })),
  )
})

test('removeInlinePolicy() removes the policy of that name only', () => {
  const user = userRecord({
    policies: [
      { name: 'a', document: '1' },
      { name: 'A', document: '2' },
    ],
  })

  const { policies } = written(
    removeInlinePolicy({ collection: userCollection, record: user }, 'a'),
    userCollection,
    user.id,
  )

  assert.deepEqual(policies, [{ name: 'A', document: '2' }])
})

test('setTags() replaces all tags', () => {
  const user = userRecord({ tags: [{ key: 'a', value: '1' }] })

  const { tags } = written(
    setTags({ collection: userCollection, record: user }, [{ key: 'b', value: '2' }]),
    userCollection,
    user.id,
  )

  assert.deepEqual(tags, [{ key: 'b', value: '2' }])
})

test('createAccessKey() gives the secret once, and keeps it wrapped for this key and account only', () => {
  const user = userRecord()

  const { accessKey, secret, writes } = createAccessKey(user, needs)

  const { accessKeyId, wrappedSecret } = written(writes, accessKeyCollection, accessKey.accessKeyId)
  const open = (binding: readonly string[]): string => keyRing.unwrap(wrappedSecret, binding).exposeBytes().toString()
  assert.match(accessKeyId, /^AKIA[A-Z2-7]{16}$/)
  assert.match(secret, /^[A-Za-z0-9+/]{40}$/)
  assert.ok(!JSON.stringify(writes).includes(secret))
  assert.equal(open(accessKeyBinding(account, accessKeyId)), secret)
  assert.throws(() => open(accessKeyBinding('444455556666', accessKeyId)))
  assert.throws(() => open(accessKeyBinding(account, 'AKIAZZZZZZZZZZZZZZZZ')))
})

test('createAccessKey() lets a user have two access keys and no third', () => {
  const accessKeyIds = ['AKIA1', 'AKIA2']

  const { accessKey, writes } = createAccessKey(userRecord({ accessKeyIds: ['AKIA1'] }), needs)

  assert.deepEqual(written(writes, userCollection, `${account}/app`).accessKeyIds, ['AKIA1', accessKey.accessKeyId])
  assert.throws(
    () => createAccessKey(userRecord({ accessKeyIds }), needs),
    isServiceError('LimitExceeded', /^Cannot exceed quota for AccessKeysPerUser: 2$/),
  )
})

test('createAccessKey() changes the user too, so that of two at once one meets a conflict', () => {
  const { writes } = createAccessKey(userRecord(), needs)

  assert.equal(writes.find(({ id }) => id === `${account}/app`)?.expect, 3)
})

test('deleteAccessKey() removes the key and its id of the user', () => {
  const user = userRecord({ accessKeyIds: ['AKIA1', 'AKIA2'] })
  const value: AccessKeyValue = { ...createAccessKey(userRecord(), needs).accessKey, accessKeyId: 'AKIA1' }

  const writes = deleteAccessKey(user, { id: 'AKIA1', version: 5, value })

  assert.deepEqual(written(writes, userCollection, user.id).accessKeyIds, ['AKIA2'])
  assert.ok(writes.some(({ kind, id, expect }) => kind === 'delete' && id === 'AKIA1' && expect === 5))
})

test('setAccessKeyStatus() changes the status and nothing else', () => {
  const { accessKey } = createAccessKey(userRecord(), needs)

  const writes = setAccessKeyStatus({ id: accessKey.accessKeyId, version: 1, value: accessKey }, 'Inactive')

  assert.deepEqual(written(writes, accessKeyCollection, accessKey.accessKeyId), { ...accessKey, status: 'Inactive' })
})
