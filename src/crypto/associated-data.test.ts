import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { encodeEncryptionContext, encodeStrings } from './associated-data.ts'

type Context = Readonly<Record<string, string>>

const fixed = { seed: 20_261_124, numRuns: 500 }

// Texts made of the characters that joins and escapes stumble over, and of others whose UTF-8 and UTF-16 orders differ.
const text = fc.string({
  unit: fc.constantFrom('a', 'b', '=', ',', '&', ':', '\0', '"', '4', '～', '🔑', 'ü'),
  maxLength: 4,
})
const context = fc.dictionary(text, text, { maxKeys: 4 })

const canonical = (pairs: Context): string => JSON.stringify(Object.entries(pairs).sort(([a], [b]) => (a < b ? -1 : 1)))

test('encodeStrings() writes a count, and each string behind the length of its UTF-8', () => {
  const bytes = encodeStrings(['ü', ''])

  assert.equal(bytes.toString('hex'), ['00000002', '00000002c3bc', '00000000'].join(''))
})

test('encodeStrings() gives different lists different bytes', () => {
  const isInjective = fc.property(fc.array(text, { maxLength: 4 }), fc.array(text, { maxLength: 4 }), (a, b) => {
    const isSame = JSON.stringify(a) === JSON.stringify(b)
    assert.equal(encodeStrings(a).equals(encodeStrings(b)), isSame)
  })

  fc.assert(isInjective, fixed)
})

test('[F51] encodeEncryptionContext() gives different contexts different bytes', () => {
  const isInjective = fc.property(context, context, (a, b) => {
    const isSame = canonical(a) === canonical(b)
    assert.equal(encodeEncryptionContext(a).equals(encodeEncryptionContext(b)), isSame)
  })

  fc.assert(isInjective, fixed)
})

test('[F51] encodeEncryptionContext() does not depend on the order of the pairs', () => {
  const pairs = fc.uniqueArray(fc.tuple(text, text), { selector: ([name]) => name, maxLength: 6 })
  const orders = pairs.chain(list => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })))

  const isOrderless = fc.property(orders, ([list, shuffled]) => {
    const bytes = encodeEncryptionContext(Object.fromEntries(list))
    assert.deepEqual(encodeEncryptionContext(Object.fromEntries(shuffled)), bytes)
  })

  fc.assert(isOrderless, fixed)
})

for (const [a, b] of [
  [{ a: 'b,c=d' }, { a: 'b', c: 'd' }],
  [{ a: 'b&c=d' }, { a: 'b', c: 'd' }],
  [{ ab: 'c' }, { a: 'bc' }],
  [{ a: 'b' }, { b: 'a' }],
  [{ a: '' }, { '': 'a' }],
  [{ a: '' }, {}],
  [{ a: 'b' }, { a: 'b', '': '' }],
  [{ a: 'B' }, { a: 'b' }],
  [{ ü: '' }, { 'u\u0308': '' }],
] as const) {
  test(`[F51] encodeEncryptionContext() tells ${JSON.stringify(a)} from ${JSON.stringify(b)}`, () => {
    assert.notDeepEqual(encodeEncryptionContext(a), encodeEncryptionContext(b))
  })
}

test('encodeEncryptionContext() sorts names by UTF-8, where UTF-16 has another order', () => {
  const bytes = encodeEncryptionContext({ '🔑': '', '～': '' })

  assert.deepEqual(bytes, encodeStrings(['～', '', '🔑', '']))
})

test('encodeEncryptionContext() takes an absent context for an empty one', () => {
  assert.deepEqual(encodeEncryptionContext(undefined), encodeEncryptionContext({}))
})

test('encodeEncryptionContext() takes names that objects have of themselves', () => {
  const own = JSON.parse('{"__proto__":"a","constructor":"b"}') as Context

  assert.deepEqual(encodeEncryptionContext(own), encodeStrings(['__proto__', 'a', 'constructor', 'b']))
})

test('encodeEncryptionContext() refuses a lone surrogate, whose UTF-8 is that of others', () => {
  assert.throws(() => encodeEncryptionContext({ '\ud83d': 'a' }), TypeError)
  assert.throws(() => encodeEncryptionContext({ a: '\udd11' }), TypeError)
  assert.throws(() => encodeStrings(['\ud83d']), TypeError)
})
