import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SecretBytes, seededRandom } from '../base/index.ts'
import { createKeyRing, openKeyRing, rootKeyOf } from '../seal/index.ts'
import { GrantTokens } from './grant-tokens.ts'

const random = seededRandom(20_261_125)

function newTokens(): GrantTokens {
  const root = rootKeyOf(new SecretBytes(random(32)))
  return new GrantTokens(openKeyRing(root, createKeyRing(root, random), random))
}

const tokens = newTokens()
const grant = { region: 'us-west-2', keyId: '1234abcd-12ab-34cd-56ef-1234567890ab', grantId: 'ab'.repeat(32) }

test('GrantTokens opens what it has issued, each token of a grant another one', () => {
  const [one, other] = [tokens.issue(grant, random), tokens.issue(grant, random)]

  assert.notEqual(one, other)
  assert.deepEqual([tokens.open(one), tokens.open(other)], [grant, grant])
  assert.match(one, /^[A-Za-z0-9+/]+={0,2}$/)
  assert.ok(one.length <= 8_192)
  assert.ok(!Buffer.from(one, 'base64').includes(grant.keyId) && !Buffer.from(one, 'base64').includes(grant.grantId))
})

test('[D39] GrantTokens opens no token that is altered, cut, padded or of another installation', () => {
  const token = tokens.issue(grant, random)
  const bytes = Buffer.from(token, 'base64')

  for (let at = 0; at < bytes.length; at++) {
    const altered = Buffer.from(bytes)
    altered[at]! ^= 1
    assert.equal(tokens.open(altered.toString('base64')), undefined)
    assert.equal(tokens.open(bytes.subarray(0, at).toString('base64')), undefined)
  }
  const urlForm = bytes.toString('base64url')
  for (const text of [
    `${token} `,
    `${token}\n`,
    `${token}AAAA`,
    `.${token}`,
    '',
    '====',
    ...(urlForm === token ? [] : [urlForm]),
  ])
    assert.equal(tokens.open(text), undefined)
  assert.equal(newTokens().open(token), undefined)
})
