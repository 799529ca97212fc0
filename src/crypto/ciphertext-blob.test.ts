import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { newUuid, seededRandom } from '../base/index.ts'
import { blobOverheadBytes, decryptBlob, encryptBlob, parseBlob } from './ciphertext-blob.ts'
import type { SymmetricMaterial } from './ciphertext-blob.ts'

const seed = 20_261_124
const random = seededRandom(seed)

const newMaterial = (): SymmetricMaterial => ({
  materialId: random(32).toString('hex'),
  key: createSecretKey(random(32)),
})

const keyId = newUuid(random)
const material = newMaterial()
const plaintext = Buffer.from('the plaintext')
const context = { tenant: '7' }
const encrypt = (): Buffer => encryptBlob(keyId, material, plaintext, context, random)

/** What a service would get of a blob: the plaintext, or nothing. */
function open(blob: Buffer, given: { readonly context?: Readonly<Record<string, string>> } = {}): Buffer | undefined {
  const parsed = parseBlob(blob)
  return parsed === undefined ? undefined : decryptBlob(parsed, material, given.context ?? context)
}

/** The blob with one byte replaced by what the function makes of it. */
function alter(blob: Buffer, at: number, change: (byte: number) => number): Buffer {
  const altered = Buffer.from(blob)
  altered[at] = change(altered[at]!)
  return altered
}

test('decryptBlob() gives back what encryptBlob() was given', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 8 })
  const pairs = fc.dictionary(text, text, { maxKeys: 3, noNullPrototype: true })

  const roundTrip = fc.property(fc.uint8Array({ maxLength: 4_096 }), pairs, (bytes, given) => {
    const blob = encryptBlob(keyId, material, bytes, given, random)
    assert.equal(blob.length, bytes.length + blobOverheadBytes)
    assert.deepEqual(open(blob, { context: given }), Buffer.from(bytes))
  })

  fc.assert(roundTrip, { seed })
})

for (const id of ['1234abcd-12ab-34cd-56ef-1234567890ab', 'mrk-1234abcd12ab34cd56ef1234567890ab']) {
  test(`parseBlob() reads from a blob that it is of key ${id}, and of which material`, () => {
    const blob = parseBlob(encryptBlob(id, material, plaintext, undefined, random))

    assert.equal(blob?.keyId, id)
    assert.equal(blob.materialId, material.materialId)
  })
}

test('encryptBlob() makes of the longest plaintext a blob that the API takes back', () => {
  const blob = encryptBlob(keyId, material, Buffer.alloc(4_096), context, random)

  assert.ok(blob.length <= 6_144, `${blob.length} bytes`)
})

test('encryptBlob() refuses a key or material id that its header could not hold', () => {
  const make = (id: string, of: SymmetricMaterial): Buffer => encryptBlob(id, of, plaintext, context, random)

  for (const id of ['', 'alias/a', keyId.slice(1), 'mrk-1234', `${keyId.slice(0, -1)}g`])
    assert.throws(() => make(id, material), TypeError, id)
  assert.throws(() => make(keyId, { ...material, materialId: 'abcd' }), TypeError)
})

test('[F50] a blob of which any one byte is altered does not open', () => {
  const blob = encrypt()

  for (let at = 0; at < blob.length; at++) {
    for (const flipped of [0x01, 0x80, 0xff])
      assert.equal(open(alter(blob, at, byte => byte ^ flipped)), undefined, `byte ${at} ^ ${flipped}`)
  }
})

test('[F50] no prefix of a blob opens, however much of the tag is cut', () => {
  const blob = encrypt()

  for (let length = 0; length < blob.length; length++)
    assert.equal(open(blob.subarray(0, length)), undefined, `${length} bytes`)
})

test('[F50] parseBlob() takes no form but 1 and 2, and no kind of key id but the two', () => {
  const blob = encrypt()

  for (let byte = 0; byte < 256; byte++) {
    const form = parseBlob(alter(blob, 0, () => byte))?.form
    assert.equal(form, byte === 1 || byte === 2 ? byte : undefined, `form ${byte}`)
    assert.equal(parseBlob(alter(blob, 1, () => byte)) === undefined, byte > 1, `kind ${byte}`)
  }
})

test('[F50] a blob whose key id was swapped for that of another key opens with neither', () => {
  const [otherId, otherMaterial] = [newUuid(random), newMaterial()]
  const [blob, other] = [encrypt(), encryptBlob(otherId, otherMaterial, plaintext, context, random)]

  const swapped = parseBlob(Buffer.concat([other.subarray(0, 18), blob.subarray(18)]))!

  assert.equal(swapped.keyId, otherId)
  assert.equal(decryptBlob(swapped, material, context), undefined)
  assert.equal(decryptBlob(swapped, otherMaterial, context), undefined)
})

test('[F50] a blob does not open with the material of another key, nor with its header on another body', () => {
  const [blob, again] = [encrypt(), encrypt()]

  assert.equal(decryptBlob(parseBlob(blob)!, newMaterial(), context), undefined)
  assert.equal(open(Buffer.concat([blob.subarray(0, 50), again.subarray(50, -16), blob.subarray(-16)])), undefined)
})

test('[F50] 6,145 bytes that begin like a blob do not open', () => {
  const blob = encrypt()

  const tooLong = Buffer.concat([blob, Buffer.alloc(6_145 - blob.length)])

  assert.equal(open(tooLong), undefined)
})

test('[F51] a blob opens with its context in another order, and with no other context', () => {
  const blob = encryptBlob(keyId, material, plaintext, { a: 'b', c: 'd' }, random)
  const others = [
    {},
    { a: 'b' },
    { a: 'b', c: 'd', e: '' },
    { a: 'd', c: 'b' },
    { c: 'b', a: 'd' },
    { a: 'b,c=d' },
    { A: 'b', c: 'd' },
    { a: 'b', c: 'd ' },
  ]

  assert.deepEqual(open(blob, { context: { c: 'd', a: 'b' } }), plaintext)
  for (const other of others) assert.equal(open(blob, { context: other }), undefined, JSON.stringify(other))
})

test('parseBlob() and decryptBlob() throw nothing on random bytes', () => {
  const anyBytes = fc.uint8Array({ maxLength: 400 }).map(bytes => Buffer.from(bytes))
  const likeBlobs = anyBytes.map(bytes =>
    Buffer.concat([Buffer.from([1, bytes[0] === undefined ? 0 : bytes[0] & 1]), bytes]),
  )

  const givesNothing = fc.property(fc.oneof(anyBytes, likeBlobs), bytes => {
    assert.equal(open(bytes), undefined)
  })

  fc.assert(givesNothing, { seed, numRuns: 1_000 })
})
