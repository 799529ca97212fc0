import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { seededRandom, systemRandom } from '../base/index.ts'
import { commitmentBytes, nonceBytes, openMessage, sealMessage, sealOverheadBytes } from './message-seal.ts'
import { pooledRandom } from './pooled-random.ts'

const seed = 20_261_124
const random = seededRandom(seed)
const key = createSecretKey(random(32))
const label = 'test 1'
const associatedData = Buffer.from('header and context')
const plaintext = Buffer.from('a plaintext of more than one block')
const seal = (): Buffer => sealMessage(key, label, plaintext, associatedData, random)

test('openMessage() gives back what sealMessage() was given', () => {
  const anyBytes = fc.uint8Array({ maxLength: 200 })

  const roundTrip = fc.property(anyBytes, anyBytes, (text, data) => {
    const sealed = sealMessage(key, label, text, Buffer.from(data), random)
    assert.equal(sealed.length, text.length + sealOverheadBytes)
    assert.deepEqual(openMessage(key, label, sealed, Buffer.from(data)), Buffer.from(text))
  })

  fc.assert(roundTrip, { seed })
})

test('[F50] openMessage() refuses a message of which any one bit is flipped', () => {
  const sealed = seal()

  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const altered = Buffer.from(sealed)
    altered[bit >> 3]! ^= 1 << (bit & 7)
    assert.equal(openMessage(key, label, altered, associatedData), undefined, `bit ${bit}`)
  }
})

test('[F50] openMessage() refuses every prefix, every suffix, and a longer message', () => {
  const sealed = seal()

  for (let length = 0; length < sealed.length; length++) {
    assert.equal(openMessage(key, label, sealed.subarray(0, length), associatedData), undefined, `first ${length}`)
    assert.equal(openMessage(key, label, sealed.subarray(length + 1), associatedData), undefined, `from ${length + 1}`)
  }
  assert.equal(openMessage(key, label, Buffer.concat([sealed, Buffer.alloc(1)]), associatedData), undefined)
})

test('[F50] openMessage() takes no tag of 15, 12, 8, 4 or 0 bytes', () => {
  const sealed = sealMessage(key, label, Buffer.alloc(0), associatedData, random)

  for (const length of [15, 12, 8, 4, 0]) {
    const cut = sealed.subarray(0, nonceBytes + commitmentBytes + length)
    assert.equal(openMessage(key, label, cut, associatedData), undefined, `${length} bytes`)
  }
})

test('openMessage() refuses another key, another label and other associated data', () => {
  const sealed = seal()

  assert.equal(openMessage(createSecretKey(random(32)), label, sealed, associatedData), undefined)
  assert.equal(openMessage(key, 'test 2', sealed, associatedData), undefined)
  assert.equal(openMessage(key, label, sealed, associatedData.subarray(1)), undefined)
  assert.equal(openMessage(key, label, sealed, Buffer.alloc(0)), undefined)
})

test('openMessage() gives nothing for random bytes, and throws nothing', () => {
  const givesNothing = fc.property(
    fc.uint8Array({ maxLength: 300 }),
    fc.uint8Array({ maxLength: 50 }),
    (bytes, data) => {
      assert.equal(openMessage(key, label, Buffer.from(bytes), Buffer.from(data)), undefined)
    },
  )

  fc.assert(givesNothing, { seed, numRuns: 500 })
})

test('[F52] sealMessage() repeats no nonce and no derived key for one plaintext', () => {
  const count = 20_000
  const pooled = pooledRandom(systemRandom)

  const nonces = new Set<string>()
  const commitments = new Set<string>()
  const ciphertexts = new Set<string>()
  for (let index = 0; index < count; index++) {
    const sealed = sealMessage(key, label, plaintext, associatedData, pooled).toString('latin1')
    nonces.add(sealed.slice(0, nonceBytes))
    commitments.add(sealed.slice(nonceBytes, nonceBytes + commitmentBytes))
    ciphertexts.add(sealed.slice(nonceBytes + commitmentBytes))
  }

  assert.deepEqual([nonces.size, commitments.size, ciphertexts.size], [count, count, count])
})

test('sealMessage() leaves the plaintext that it was given as it is', () => {
  const given = Buffer.from(plaintext)

  sealMessage(key, label, given, associatedData, random)

  assert.deepEqual(given, plaintext)
})
