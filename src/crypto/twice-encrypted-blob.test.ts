import assert from 'node:assert/strict'
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { systemRandom } from '../base/index.ts'
import { blobOverheadBytes, decryptBlob, encryptBlob, parseBlob } from './ciphertext-blob.ts'
import { decryptBlobTwice, encryptBlobTwice } from './twice-encrypted-blob.ts'
import type { ExternalKey } from './twice-encrypted-blob.ts'

const keyId = '1234abcd-12ab-34cd-56ef-1234567890ab'
const own = { materialId: 'ab'.repeat(32), key: createSecretKey(randomBytes(32)) }
const plaintext = Buffer.from('plaintext')
const context = { a: 'b' }

/** An external key that says what it likes of vector and metadata, and refuses with `undefined`'s opposite: it throws. */
function externalKey(vectorBytes: 12 | 16 = 12, metadata = Buffer.from('v1')): ExternalKey {
  const key = randomBytes(32)
  return {
    async encrypt(message, associatedData) {
      const initializationVector = randomBytes(vectorBytes)
      const cipher = createCipheriv('aes-256-gcm', key, initializationVector)
      cipher.setAAD(Buffer.concat([associatedData, metadata]))
      const ciphertext = Buffer.concat([cipher.update(message), cipher.final()])
      return { ciphertext, initializationVector, authenticationTag: cipher.getAuthTag(), metadata }
    },
    async decrypt(outer, associatedData) {
      const decipher = createDecipheriv('aes-256-gcm', key, outer.initializationVector)
      decipher.setAAD(Buffer.concat([associatedData, outer.metadata]))
      decipher.setAuthTag(outer.authenticationTag)
      return Buffer.concat([decipher.update(outer.ciphertext), decipher.final()])
    },
  }
}

for (const [vectorBytes, metadataBytes] of [
  [12, 0],
  [12, 20],
  [16, 0],
  [16, 20],
] as const) {
  test(`decryptBlobTwice() opens what encryptBlobTwice() made with a vector of ${vectorBytes} and metadata of ${metadataBytes} bytes`, async () => {
    const keys = { own, external: externalKey(vectorBytes, randomBytes(metadataBytes)) }

    const blob = parseBlob(await encryptBlobTwice(keyId, keys, plaintext, context, systemRandom))!

    assert.deepEqual([blob.form, blob.keyId, blob.materialId], [2, keyId, own.materialId])
    assert.deepEqual(await decryptBlobTwice(blob, keys, context), plaintext)
  })
}

test('neither key alone opens a blob, and a blob of one form is none of the other', async () => {
  const keys = { own, external: externalKey() }
  const twice = parseBlob(await encryptBlobTwice(keyId, keys, plaintext, context, systemRandom))!
  const once = parseBlob(encryptBlob(keyId, own, plaintext, context, systemRandom))!
  const otherOwn = { ...own, key: createSecretKey(randomBytes(32)) }

  assert.equal(decryptBlob(twice, own, context), undefined)
  assert.equal(decryptBlob({ ...twice, form: 1 }, own, context), undefined)
  assert.equal(await decryptBlobTwice(once, keys, context), undefined)
  assert.equal(await decryptBlobTwice(twice, { ...keys, own: otherOwn }, context), undefined)
  await assert.rejects(decryptBlobTwice(twice, { ...keys, external: externalKey() }, context))
  await assert.rejects(decryptBlobTwice(twice, keys, { a: 'c' }))
})

test('every flipped bit of a blob is refused, and so is every shorter one', async () => {
  const keys = { own, external: externalKey() }
  const bytes = await encryptBlobTwice(keyId, keys, plaintext, context, systemRandom)
  const opens = async (changed: Buffer): Promise<boolean> => {
    const blob = parseBlob(changed)
    // Another key, or another material, would be asked for.
    if (blob === undefined || blob.keyId !== keyId || blob.materialId !== own.materialId) return false
    return (await decryptBlobTwice(blob, keys, context).catch(() => undefined)) !== undefined
  }

  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const changed = Buffer.from(bytes)
    changed[bit >> 3]! ^= 1 << (bit & 7)
    assert.equal(await opens(changed), false, `bit ${bit}`)
  }
  for (let length = 0; length < bytes.length; length++)
    assert.equal(await opens(bytes.subarray(0, length)), false, `${length} bytes`)
  assert.ok(await opens(bytes))
})

test('a blob whose lengths are not those of a vector or of metadata is not even asked about', async () => {
  const bytes = await encryptBlobTwice(keyId, { own, external: externalKey() }, plaintext, context, systemRandom)
  const external: ExternalKey = {
    encrypt: () => assert.fail('not asked'),
    decrypt: () => assert.fail('not asked'),
  }
  const header = blobOverheadBytes - 64
  for (const [at, value] of [
    [header, 11],
    [header, 0],
    [header, 255],
    [header + 1, 21],
    [header + 1, 255],
  ] as const) {
    const changed = Buffer.from(bytes)
    changed[at] = value
    assert.equal(await decryptBlobTwice(parseBlob(changed)!, { own, external }, context), undefined)
  }
})
