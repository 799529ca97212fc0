import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { SecretBytes, dayMillis, seededRandom } from '../base/index.ts'
import { createKeyRing, openKeyRing, rootKeyOf } from '../seal/index.ts'
import { openImportToken, sealImportToken, wrappingAlgorithms } from './import-token.ts'

const random = seededRandom(1)
const newRing = () => {
  const root = rootKeyOf(new SecretBytes(random(32)))
  return openKeyRing(root, createKeyRing(root, random), random)
}
const keyRing = newRing()
const key = { account: '111122223333', region: 'us-west-2', keyId: 'a' }
const pair = generateKeyPairSync('rsa', { modulusLength: 4_096 })
const pkcs8 = pair.privateKey.export({ format: 'der', type: 'pkcs8' })
const validTo = Date.UTC(2026, 10, 24) + dayMillis

function newToken(algorithm = wrappingAlgorithms[0]!): Buffer {
  const privateKeyDer = new SecretBytes(Buffer.from(pkcs8))
  return sealImportToken(key, { privateKeyDer, algorithm, validTo }, keyRing)
}

test('openImportToken() gives what was sealed, for each algorithm', () => {
  for (const algorithm of wrappingAlgorithms) {
    const parameters = openImportToken(key, newToken(algorithm), keyRing)

    assert.equal(parameters?.algorithm, algorithm)
    assert.equal(parameters.validTo, validTo)
    assert.ok(parameters.wrappingKey.privateKey.equals(pair.privateKey))
  }
})

test('a token of the longest wrapping key is no longer than AWS lets a token be, and holds no part of it', () => {
  const token = newToken()

  assert.ok(token.length <= 6_144, String(token.length))
  const text = Buffer.from(token.toString('latin1').split('.')[1]!, 'base64')
  for (let start = 0; start + 16 <= pkcs8.length; start += 16)
    assert.ok(!text.includes(pkcs8.subarray(start, start + 16)))
})

test('sealImportToken() wipes the private key', () => {
  const bytes = Buffer.from(pkcs8)
  const privateKeyDer = new SecretBytes(bytes)

  sealImportToken(key, { privateKeyDer, algorithm: 'RSAES_OAEP_SHA_256', validTo }, keyRing)

  assert.ok(bytes.every(byte => byte === 0))
})

for (const [whose, other] of [
  ['another key', { ...key, keyId: 'b' }],
  ['the same key in another Region', { ...key, region: 'eu-west-1' }],
  ['another account', { ...key, account: '444455556666' }],
] as const)
  test(`[F57] openImportToken() opens no token of ${whose}`, () => {
    assert.equal(openImportToken(other, newToken(), keyRing), undefined)
  })

test('[F57] openImportToken() opens nothing that was altered, cut, or sealed by another installation', () => {
  const token = newToken()

  for (let at = 0; at < token.length; at += 97) {
    const altered = Buffer.from(token)
    altered[at]! ^= 1
    assert.equal(openImportToken(key, altered, keyRing), undefined, `byte ${at}`)
  }
  for (const length of [0, 1, 2, 100, token.length - 1])
    assert.equal(openImportToken(key, token.subarray(0, length), keyRing), undefined)
  assert.equal(openImportToken(key, Buffer.concat([token, Buffer.from('A')]), keyRing), undefined)
  assert.equal(openImportToken(key, token, newRing()), undefined)
})
