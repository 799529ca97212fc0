import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { ServiceError } from '../base/index.ts'
import { parseKeyReference } from './key-reference.ts'
import type { KeyReference } from './key-reference.ts'

const scope = { account: '111122223333', region: 'us-west-2' }
const keyId = '1234abcd-12ab-34cd-56ef-1234567890ab'
const mrkId = 'mrk-1234abcd12ab34cd56ef1234567890ab'
const parse = (text: string, aliases = true): KeyReference => parseKeyReference(text, scope, { aliases })

const isServiceError =
  (code: string, message?: string) =>
  (error: unknown): boolean =>
    error instanceof ServiceError && error.code === code && (message === undefined || error.message === message)

for (const id of [keyId, mrkId]) {
  test(`parseKeyReference() takes ${id} for a key of the caller's account`, () => {
    assert.deepEqual(parse(id), { kind: 'key', account: '111122223333', keyId: id })
    assert.deepEqual(parse(id, false), parse(id))
  })
}

test('parseKeyReference() takes the account from an ARN', () => {
  const account = '444455556666'

  const [key, alias] = [
    parse(`arn:aws:kms:us-west-2:${account}:key/${keyId}`),
    parse(`arn:aws:kms:us-west-2:${account}:alias/a/b`),
  ]

  assert.deepEqual(key, { kind: 'key', account, keyId })
  assert.deepEqual(alias, { kind: 'alias', account, aliasName: 'alias/a/b' })
})

test('parseKeyReference() takes a key id in upper case for the same key, and keeps the case of an alias', () => {
  assert.deepEqual(parse(keyId.toUpperCase()), parse(keyId))
  assert.deepEqual(parse('alias/App'), { kind: 'alias', account: '111122223333', aliasName: 'alias/App' })
})

for (const text of ['alias/app', 'arn:aws:kms:us-west-2:111122223333:alias/app', 'alias/aws/s3'])
  test(`parseKeyReference() refuses ${text} where only keys are taken`, () => {
    const refusal = isServiceError('InvalidArnException', 'Key Aliases are not supported for this operation.')

    assert.throws(() => parse(text, false), refusal)
  })

for (const [text, message] of [
  ['nothing', "Invalid keyId 'nothing'"],
  ['', "Invalid keyId ''"],
  [`key/${keyId}`, `Invalid keyId 'key/${keyId}'`],
  [`${keyId} `, `Invalid keyId '${keyId} '`],
  [`arn:aws:kms:us-west-2:111122223333:key/nothing`, 'Invalid keyId nothing'],
  [`arn:aws:kms:us-west-2:111122223333:${keyId}`, `Invalid keyId ${keyId}`],
  [`arn:aws:kms:us-east-1:111122223333:key/${keyId}`, 'Invalid arn us-east-1'],
  [`arn:aws:kms::111122223333:key/${keyId}`, 'Invalid arn '],
  [`arn:aws:s3:us-west-2:111122223333:key/${keyId}`, `Invalid arn arn:aws:s3:us-west-2:111122223333:key/${keyId}`],
  [
    `arn:aws-cn:kms:us-west-2:111122223333:key/${keyId}`,
    `Invalid arn arn:aws-cn:kms:us-west-2:111122223333:key/${keyId}`,
  ],
  ['arn:aws:kms', 'Invalid arn arn:aws:kms'],
] as const) {
  test(`parseKeyReference() finds nothing named ${JSON.stringify(text)}`, () => {
    assert.throws(() => parse(text), isServiceError('NotFoundException', message))
  })
}

test('parseKeyReference() throws nothing but its own refusals', () => {
  const anyText = fc.oneof(
    fc.string(),
    fc.string().map(text => `arn:aws:kms:us-west-2:${text}`),
    fc.string().map(text => `arn:aws:kms:us-west-2:111122223333:key/${text}`),
    fc.string().map(text => `alias/${text}`),
  )

  const refusesOrReads = fc.property(anyText, fc.boolean(), (text, aliases) => {
    try {
      assert.ok(['key', 'alias'].includes(parse(text, aliases).kind))
    } catch (error) {
      assert.ok(isServiceError('NotFoundException')(error) || isServiceError('InvalidArnException')(error))
    }
  })

  fc.assert(refusesOrReads, { seed: 20_261_124, numRuns: 500 })
})
