import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import type { JsonWebKey } from 'node:crypto'
import { test } from 'node:test'
import { JwksError, parseJwks } from './parse-jwks.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ed25519 = generateKeyPairSync('ed25519')

const rsaKey = { ...rsa.publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'RS256', use: 'sig' }
const ecKey = { ...ec.publicKey.export({ format: 'jwk' }), kid: 'two' }
const edKey = { ...ed25519.publicKey.export({ format: 'jwk' }), kid: 'three' }

const parse = (...keys: readonly unknown[]) => parseJwks(JSON.stringify({ keys }))

test('parseJwks() keeps of a key what verifying needs, and leaves the rest behind', () => {
  const x5u = 'https://evil.example/cert'

  const { keys } = parse({ ...rsaKey, x5u, x5c: ['MII'], key_ops: ['verify'] }, ecKey, edKey)

  assert.deepEqual(keys[0], { kty: 'RSA', kid: 'one', alg: 'RS256', n: rsaKey.n, e: rsaKey.e })
  assert.deepEqual(
    keys.map(({ kid }) => kid),
    ['one', 'two', 'three'],
  )
})

const privateKeys: Readonly<Record<string, JsonWebKey>> = {
  'an RSA private key': rsa.privateKey.export({ format: 'jwk' }),
  'an EC private key': ec.privateKey.export({ format: 'jwk' }),
  'an Ed25519 private key': ed25519.privateKey.export({ format: 'jwk' }),
  'a symmetric key': { kty: 'oct', k: 'c2VjcmV0' },
  'a symmetric key without its secret': { kty: 'oct' },
  'an RSA key with one private member': { ...rsaKey, dp: 'AQAB' },
  'a private key of a kind that it does not know': { kty: 'AKP', d: 'AQAB' },
}

for (const [what, key] of Object.entries(privateKeys))
  test(`parseJwks() refuses a whole set for ${what}, and shows nothing of it`, () => {
    assert.throws(
      () => parse(rsaKey, key),
      (error: unknown) =>
        error instanceof JwksError &&
        /private or symmetric/.test(error.message) &&
        !Object.values(key).some(member => String(member).length > 4 && error.message.includes(String(member))),
    )
  })

const weak = generateKeyPairSync('rsa', { modulusLength: 1_024 }).publicKey.export({ format: 'jwk' })
const unusable: Readonly<Record<string, object>> = {
  'an RSA key that is too short': weak,
  'an RSA key with exponent 1': { ...rsaKey, e: 'AQ' },
  'an RSA key with an even exponent': { ...rsaKey, e: 'BA' },
  'an RSA key with a huge exponent': { ...rsaKey, e: rsaKey.n },
  'a key for encryption': { ...rsaKey, use: 'enc' },
  'a key with other operations': { ...rsaKey, key_ops: ['encrypt'] },
  'a key for a symmetric algorithm': { ...rsaKey, alg: 'HS256' },
  'a key for no algorithm': { ...rsaKey, alg: 'none' },
  'a key for key transport': { ...rsaKey, alg: 'RSA-OAEP' },
  'a key whose kid is no text': { ...rsaKey, kid: 7 },
  'a key without its modulus': { kty: 'RSA', e: 'AQAB' },
  'a key with base64 of the other alphabet': { ...rsaKey, n: `${rsaKey.n}+/` },
  'a point that is not on its curve': { ...ecKey, y: ecKey.x },
  'a key of a curve that is not used': generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey.export({
    format: 'jwk',
  }),
  'a key for key agreement': generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' }),
  'a key of a kind that it does not know': { kty: 'AKP', alg: 'ML-DSA-44', pub: 'AQAB' },
  'a key without a kind': { kid: 'one' },
  'a kind that every object has': { kty: 'constructor' },
}

for (const [what, key] of Object.entries(unusable))
  test(`parseJwks() leaves out ${what}`, () => {
    assert.deepEqual(
      parse(key, ecKey).keys.map(({ kid }) => kid),
      ['two'],
    )
    assert.throws(() => parse(key), JwksError)
  })

for (const text of [
  '',
  'null',
  '[]',
  '{}',
  '{"keys":null}',
  '{"keys":{}}',
  '{"keys":[]}',
  '{"keys":[7]}',
  '{"keys":[[]]}',
  '<html></html>',
  `{"keys":[],"keys":[${JSON.stringify(rsaKey)}]}`,
  `{"keys":${'['.repeat(100)}${']'.repeat(100)}}`,
])
  test(`parseJwks() refuses ${text.slice(0, 40)}`, () => {
    assert.throws(() => parseJwks(text), JwksError)
  })

test('parseJwks() refuses a set of more than two hundred keys', () => {
  assert.equal(parse(...Array.from({ length: 200 }, () => edKey)).keys.length, 200)
  assert.throws(() => parse(...Array.from({ length: 201 }, () => edKey)), JwksError)
})
