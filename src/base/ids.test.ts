import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  newBase32,
  newResourceId,
  newUniqueId,
  newUuid,
  accountOfAccessKeyId,
  newAccessKeyId,
  uniqueIdPattern,
} from './ids.ts'
import { seededRandom, systemRandom } from './random.ts'
import type { Random } from './random.ts'

const allOnes: Random = length => Buffer.alloc(length, 0xff)
const allZeros: Random = length => Buffer.alloc(length)

test('newResourceId() has the prefix and seventeen hexadecimal digits', () => {
  assert.equal(newResourceId('vpce', allOnes), `vpce-${'f'.repeat(17)}`)
  assert.match(newResourceId('subnet', seededRandom(1)), /^subnet-[0-9a-f]{17}$/)
})

test('newUuid() says version 4 and variant 1 whatever the random bytes are', () => {
  assert.equal(newUuid(allOnes), 'ffffffff-ffff-4fff-bfff-ffffffffffff')
  assert.equal(newUuid(allZeros), '00000000-0000-4000-8000-000000000000')
})

test('newBase32() uses each letter of the alphabet about equally often', () => {
  const text = newBase32(32_000, seededRandom(20_261_124))

  const counts = new Map<string, number>()
  for (const letter of text) counts.set(letter, (counts.get(letter) ?? 0) + 1)
  assert.match(text, /^[A-Z2-7]{32000}$/)
  assert.equal(counts.size, 32)
  for (const [letter, count] of counts) assert.ok(count > 800 && count < 1_200, `${letter}: ${count}`)
})

test('newUniqueId() gives the prefix and seventeen letters', () => {
  assert.match(newUniqueId('AGPA', seededRandom(1)), /^AGPA[A-Z2-7]{17}$/)
})

test('uniqueIdPattern is of what newUniqueId() gives for users and roles, and of what AWS does', () => {
  const pattern = new RegExp(`^${uniqueIdPattern}$`)

  // The last two are examples of AWS's reference.
  const own = [newUniqueId('AIDA', seededRandom(1)), newUniqueId('AROA', seededRandom(1))]
  for (const id of [...own, 'AIDAJQABLZS4A3QDU576Q', 'AROADBQP57FF2AEXAMPLE']) assert.match(id, pattern)
  for (const id of [newUniqueId('ANPA', seededRandom(1)), 'AIDAJQABLZS4A3QDU576', 'AKIAIOSFODNN7EXAMPLE'])
    assert.doesNotMatch(id, pattern)
})

test("newAccessKeyId() names its account, as AWS's do", () => {
  for (const account of ['000000000000', '012345678901', '111122223333', '999999999999']) {
    const id = newAccessKeyId('ASIA', account, systemRandom)

    assert.match(id, /^ASIA[A-Z2-7]{16}$/)
    assert.equal(accountOfAccessKeyId(id), account)
  }
})

test('accountOfAccessKeyId() reads the account from an id that AWS gave', () => {
  // From the article that found the form out: https://medium.com/@TalBeerySec/a-short-note-on-aws-key-id-f88cc4317489
  assert.equal(accountOfAccessKeyId('ASIAQNZGKIQY56JQ7WML'), '029608264753')
})

test('accountOfAccessKeyId() finds no account in what is no access key id', () => {
  for (const text of ['', 'AKIA', 'AROAABCDEFGHIJKLMNOP', 'AKIAABCDEFGHIJKLMNO1', 'AKIA7777777777777777'])
    assert.equal(accountOfAccessKeyId(text), undefined, text)
})

test('ids do not repeat', () => {
  const ids = Array.from({ length: 5_000 }, () => newUuid(systemRandom))

  assert.equal(new Set(ids).size, ids.length)
})
