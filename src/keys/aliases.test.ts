import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServiceError } from '../base/index.ts'
import type { StoredRecord } from '../storage/index.ts'
import { checkAliasName, createAlias, deleteAlias, maxAliasesPerKey, updateAlias } from './aliases.ts'
import type { AliasValue, KeyEntry } from './key-records.ts'

const [account, region] = ['111122223333', 'us-west-2']

function keyNamed(keyId: string): KeyEntry {
  const arn = `arn:aws:kms:${region}:${account}:key/${keyId}`
  return { key: { keyId, account, region, arn }, record: { id: `${region}/${keyId}`, version: 4 } } as KeyEntry
}

const aliasOf = (keyId: string): StoredRecord<AliasValue> => ({
  id: `${account}/${region}/alias/app`,
  version: 2,
  value: { aliasName: 'alias/app', account, region, keyId, createdAt: 1, updatedAt: 1 },
})

const isServiceError =
  (code: string, message: string) =>
  (error: unknown): boolean =>
    error instanceof ServiceError && error.code === code && error.message === message

for (const name of ['alias/a', 'alias/App_1-2/b', 'alias/aws', 'alias/awsome', 'alias//'])
  test(`checkAliasName() takes ${name}`, () => {
    checkAliasName(name)
  })

for (const name of ['alias/', 'alias/a b', 'alias/a:b', 'alias/ä', 'alias/a\n', 'alias/a.b'])
  test(`checkAliasName() refuses the characters of ${JSON.stringify(name)}`, () => {
    assert.throws(
      () => checkAliasName(name),
      isServiceError('ValidationException', `${name} contains invalid characters for an alias`),
    )
  })

for (const name of ['', 'app', 'Alias/app', 'alias', 'ALIAS/app', ' alias/app'])
  test(`checkAliasName() wants the prefix of ${JSON.stringify(name)}`, () => {
    const text =
      'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html'

    assert.throws(() => checkAliasName(name), isServiceError('ValidationException', text))
  })

test('checkAliasName() keeps the names of AWS for AWS, without a text', () => {
  assert.throws(() => checkAliasName('alias/aws/s3'), isServiceError('NotAuthorizedException', ''))
})

test('createAlias() makes an alias only where there is none, of a key that is as it was seen', () => {
  const commit = createAlias('alias/app', keyNamed('a'), { alias: undefined, aliasesOfKey: 0 }, 7)

  assert.deepEqual(
    commit.checks?.map(({ id, expect }) => [id, expect]),
    [[`${region}/a`, 4]],
  )
  assert.deepEqual(
    commit.writes.map(({ id, expect }) => [id, expect]),
    [[`${account}/${region}/alias/app`, 'absent']],
  )
})

test('createAlias() refuses a name that is taken', () => {
  const text = `An alias with the name arn:aws:kms:${region}:${account}:alias/app already exists`

  assert.throws(
    () => createAlias('alias/app', keyNamed('a'), { alias: aliasOf('b'), aliasesOfKey: 0 }, 7),
    isServiceError('AlreadyExistsException', text),
  )
})

test('createAlias() gives a key 50 aliases and no more', () => {
  const target = keyNamed('a')
  const create = (aliasesOfKey: number): unknown =>
    createAlias('alias/app', target, { alias: undefined, aliasesOfKey }, 7)

  create(maxAliasesPerKey - 1)

  const text = `Cannot have more than 50 aliases for the key ${target.key.arn}`
  assert.throws(() => create(maxAliasesPerKey), isServiceError('LimitExceededException', text))
})

test('updateAlias() points the alias at the other key, and keeps when it was made', () => {
  const commit = updateAlias(aliasOf('a'), keyNamed('b'), 0, 7)

  const [write] = commit.writes
  assert.ok(write?.kind === 'put')
  assert.deepEqual(write.value, { ...aliasOf('b').value, updatedAt: 7 })
  assert.equal(write.expect, 2)
  assert.deepEqual(
    commit.checks?.map(({ id, expect }) => [id, expect]),
    [[`${region}/b`, 4]],
  )
})

test('updateAlias() asks for room only where the key changes', () => {
  updateAlias(aliasOf('a'), keyNamed('a'), maxAliasesPerKey, 7)

  assert.throws(() => updateAlias(aliasOf('a'), keyNamed('b'), maxAliasesPerKey, 7), ServiceError)
})

test('deleteAlias() removes the alias as it was seen', () => {
  assert.deepEqual(
    deleteAlias(aliasOf('a')).writes.map(({ kind, id, expect }) => [kind, id, expect]),
    [['delete', `${account}/${region}/alias/app`, 2]],
  )
})
