import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contextKeysOf } from './context-keys.ts'

const keysOf = (...statements: readonly object[]): readonly string[] =>
  contextKeysOf({ text: JSON.stringify({ Version: '2012-10-17', Statement: statements }) })

test('contextKeysOf() finds the keys of all conditions, as they are written, each once', () => {
  const keys = keysOf(
    { Condition: { StringEquals: { 'aws:PrincipalTag/team': 'a', 'kms:ViaService': 'b' } } },
    { Condition: { Bool: { 'aws:SecureTransport': true }, StringLike: { 'KMS:viaservice': ['c'] } } },
    {},
  )

  assert.deepEqual(keys, ['aws:PrincipalTag/team', 'kms:ViaService', 'aws:SecureTransport'])
})

test('contextKeysOf() finds the keys of variables in resources and in conditions', () => {
  const keys = keysOf(
    { Resource: ['arn:aws:iam::1:user/${aws:username}', 'arn:aws:kms:*:1:alias/${aws:PrincipalTag/team}-*'] },
    { NotResource: 'arn:aws:iam::1:user/${aws:userid}' },
    { Condition: { StringEquals: { 'aws:RequestTag/owner': ['${aws:SourceIdentity}', 'x'] } } },
  )

  const expected = ['aws:username', 'aws:PrincipalTag/team', 'aws:userid', 'aws:RequestTag/owner', 'aws:SourceIdentity']
  assert.deepEqual([...keys].sort(), expected.sort())
})

test('contextKeysOf() takes characters that are written like variables for no keys', () => {
  assert.deepEqual(keysOf({ Resource: 'arn:aws:s3:::b/${*}${?}${$}' }), [])
})

test('contextKeysOf() finds the key of a variable that has a standard value', () => {
  assert.deepEqual(keysOf({ Resource: "arn:aws:s3:::b/${aws:PrincipalTag/team, 'none'}" }), ['aws:PrincipalTag/team'])
})

test('contextKeysOf() finds no variables in a document of the old version, where they are text', () => {
  const text = JSON.stringify({
    Statement: { Resource: 'arn:aws:s3:::${aws:username}', Condition: { Null: { 'aws:userid': true } } },
  })

  assert.deepEqual(contextKeysOf({ text }), ['aws:userid'])
})
