import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { accountRootArn, formatArn, isAccountId, parseArn } from './arn.ts'

const fixed = { seed: 20_261_124 }

test('parseArn() splits an ARN into its parts', () => {
  const arn = parseArn('arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab')

  assert.deepEqual(arn, {
    partition: 'aws',
    service: 'kms',
    region: 'us-west-2',
    account: '111122223333',
    resource: 'key/1234abcd-12ab-34cd-56ef-1234567890ab',
  })
})

test('parseArn() keeps the colons of the resource', () => {
  assert.equal(parseArn('arn:aws:logs:us-west-2:111122223333:log-group:a:*')?.resource, 'log-group:a:*')
})

test('parseArn() gives nothing for what is no ARN', () => {
  for (const text of [
    '',
    'arn',
    'arn:aws:kms:us-west-2:111122223333',
    'ARN:aws:kms:us-west-2:1:key/a',
    ' arn:aws:a:b:c:d',
  ])
    assert.equal(parseArn(text), undefined, text)
})

test('parseArn() reads back what formatArn() made', () => {
  const part = fc.string({ maxLength: 12 }).map(text => text.replaceAll(':', ''))
  const parts = fc.tuple(part, part, part, fc.string({ maxLength: 30 }))

  const readsBack = fc.property(parts, ([service, region, account, resource]) => {
    const arn = parseArn(formatArn(service, region, account, resource))
    assert.deepEqual(arn, { partition: 'aws', service, region, account, resource })
  })

  fc.assert(readsBack, fixed)
})

test('accountRootArn() names the account as a principal, without a Region', () => {
  assert.equal(accountRootArn('111122223333'), 'arn:aws:iam::111122223333:root')
})

test('isAccountId() takes twelve ASCII digits and nothing else', () => {
  const others = ['', '11112222333', '1111222233334', '11112222333a', '111122223333\n', ' 11112222333', '१११११११११११']

  assert.ok(isAccountId('000000000000'))
  assert.deepEqual(others.filter(isAccountId), [])
})
