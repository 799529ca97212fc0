import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { errors } from 'jose'
import { FetchedKeys, KeysUnavailable } from './issuer-keys.ts'
import { parseJwks } from './parse-jwks.ts'
import type { PublicJwk, PublicJwks } from './parse-jwks.ts'

const second = 1_000
const minute = 60 * second

const keyNamed = (kid: string): PublicJwk => {
  const jwk = { ...generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }), kid }
  return parseJwks(JSON.stringify({ keys: [jwk] })).keys[0]!
}
const [first, second2] = [keyNamed('first'), keyNamed('second')]

/** An issuer whose keys are asked for, with a stopwatch that stands still. */
class Issuer {
  published: readonly PublicJwk[] = [first]
  fails = false
  fetches = 0
  elapsed = 0
  /** Where set, fetches wait for it. */
  gate: Promise<void> | undefined
  readonly keys = new FetchedKeys(
    () => this.#fetch(),
    () => this.elapsed,
  )

  async #fetch(): Promise<PublicJwks> {
    this.fetches++
    await this.gate
    if (this.fails) throw new Error('down')
    return { keys: this.published }
  }

  async find(kid: string): Promise<unknown> {
    return this.keys.find({ alg: 'EdDSA', kid }, { payload: '', signature: '' })
  }
}

test('FetchedKeys.find() fetches once, and not again for ten minutes', async () => {
  const issuer = new Issuer()

  await issuer.find('first')
  issuer.elapsed = 10 * minute - 1
  await issuer.find('first')
  assert.equal(issuer.fetches, 1)

  issuer.elapsed = 10 * minute
  await issuer.find('first')
  assert.equal(issuer.fetches, 2)
})

test('FetchedKeys.find() fetches once for many who ask at the same time', async () => {
  const issuer = new Issuer()
  const { promise, resolve } = Promise.withResolvers<void>()
  issuer.gate = promise

  const asked = Array.from({ length: 100 }, () => issuer.find('first'))
  resolve()
  await Promise.all(asked)

  assert.equal(issuer.fetches, 1)
})

test('FetchedKeys.find() finds a key that was published since, half a minute after the last fetch', async () => {
  const issuer = new Issuer()
  await issuer.find('first')
  issuer.published = [first, second2]

  issuer.elapsed = 30 * second - 1
  await assert.rejects(issuer.find('second'), errors.JWKSNoMatchingKey)
  assert.equal(issuer.fetches, 1)

  issuer.elapsed = 30 * second
  await issuer.find('second')
  assert.equal(issuer.fetches, 2)
})

test('FetchedKeys.find() does not fetch for each of a flood of unknown keys', async () => {
  const issuer = new Issuer()
  await issuer.find('first')

  for (issuer.elapsed = 0; issuer.elapsed < 5 * minute; issuer.elapsed += 100)
    await assert.rejects(issuer.find(`unknown ${issuer.elapsed}`), errors.JWKSNoMatchingKey)

  assert.equal(issuer.fetches, 10)
  await issuer.find('first')
})

test('FetchedKeys.find() fetches once for many unknown keys at the same time', async () => {
  const issuer = new Issuer()
  await issuer.find('first')
  issuer.elapsed = 30 * second

  await Promise.all(
    Array.from({ length: 100 }, (_, at) => assert.rejects(issuer.find(`unknown ${at}`), errors.JWKSNoMatchingKey)),
  )

  assert.equal(issuer.fetches, 2)
})

test('FetchedKeys.find() no longer finds a key that the issuer has withdrawn, ten minutes later', async () => {
  const issuer = new Issuer()
  await issuer.find('first')
  issuer.published = [second2]
  issuer.elapsed = 10 * minute

  await assert.rejects(issuer.find('first'), errors.JWKSNoMatchingKey)
})

test('FetchedKeys.find() keeps the keys of an issuer that is down for an hour, and not longer', async () => {
  const issuer = new Issuer()
  await issuer.find('first')
  issuer.fails = true

  issuer.elapsed = 60 * minute - 1
  await issuer.find('first')
  issuer.elapsed = 60 * minute

  await assert.rejects(issuer.find('first'), KeysUnavailable)
  issuer.elapsed = 61 * minute
  await assert.rejects(issuer.find('first'), KeysUnavailable)
})

test('FetchedKeys.find() asks an issuer that is down twice a minute while it holds keys', async () => {
  const issuer = new Issuer()
  await issuer.find('first')
  issuer.fails = true

  for (issuer.elapsed = 10 * minute; issuer.elapsed < 20 * minute; issuer.elapsed += second) await issuer.find('first')

  assert.equal(issuer.fetches, 1 + 20)
})

test('FetchedKeys.find() asks an issuer that never answered at most every five seconds', async () => {
  const issuer = new Issuer()
  issuer.fails = true

  for (; issuer.elapsed < minute; issuer.elapsed += 100) await assert.rejects(issuer.find('first'), KeysUnavailable)
  assert.equal(issuer.fetches, 12)

  issuer.fails = false
  await issuer.find('first')
})

test('FetchedKeys.find() leaves an unknown key unknown where the issuer is down meanwhile', async () => {
  const issuer = new Issuer()
  await issuer.find('first')
  issuer.fails = true
  issuer.elapsed = 30 * second

  await assert.rejects(issuer.find('second'), errors.JWKSNoMatchingKey)
  await issuer.find('first')
})

test('FetchedKeys.find() lets a hanging issuer alone for five seconds from the end of the fetch', async () => {
  const issuer = new Issuer()
  issuer.fails = true
  const { promise, resolve } = Promise.withResolvers<void>()
  issuer.gate = promise
  const asked = issuer.find('first')
  issuer.elapsed = 5 * second
  resolve()
  await assert.rejects(asked, KeysUnavailable)

  await assert.rejects(issuer.find('first'), KeysUnavailable)

  assert.equal(issuer.fetches, 1)
})

test('FetchedKeys.find() refuses a key id that two keys of the set have', async () => {
  const issuer = new Issuer()
  issuer.published = [first, keyNamed('first')]

  await assert.rejects(issuer.find('first'), errors.JWKSMultipleMatchingKeys)
})
