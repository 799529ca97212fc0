import assert from 'node:assert/strict'
import { createDecipheriv, createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import { seededRandom } from '../../src/base/index.ts'
import { deriveKey, openMessage, sealMessage } from '../../src/crypto/index.ts'
import { crypt, hashKey, invert, multiply, tagOf, toBlock, toElement } from './gcm-by-hand.ts'

const hex = (text: string): Buffer => Buffer.from(text, 'hex')
const random = seededRandom(20_261_124)
const label = 'test 1'
const associatedData = Buffer.from('header and context')
const noIv = Buffer.alloc(12)

// "The Galois/Counter Mode of Operation", appendix B, test cases 14 and 16.
const published = [
  {
    number: 14,
    key: hex('00'.repeat(32)),
    iv: noIv,
    plaintext: hex('00'.repeat(16)),
    associated: Buffer.alloc(0),
    ciphertext: 'cea7403d4d606b6e074ec5d3baf39d18',
    tag: 'd0d1c8a799996bf0265b98b5d48ab919',
  },
  {
    number: 16,
    key: hex('feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308'),
    iv: hex('cafebabefacedbaddecaf888'),
    plaintext: hex(
      'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
    ),
    associated: hex('feedfacedeadbeeffeedfacedeadbeefabaddad2'),
    ciphertext:
      '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662',
    tag: '76fc6ece0f4e1768cddf8853bb2d551b',
  },
]

for (const { number, key, iv, plaintext, associated, ciphertext, tag } of published) {
  test(`the AES-GCM of these tests gives the answer of the published test case ${number}`, () => {
    const encrypted = crypt(key, iv, plaintext)

    assert.equal(encrypted.toString('hex'), ciphertext)
    assert.equal(tagOf(key, iv, associated, encrypted).toString('hex'), tag)
  })
}

/** What a message is made with: the key that SP 800-108 derives, and the commitment to it. */
function messageKeyOf(key: Buffer, nonce: Buffer): { readonly messageKey: Buffer; readonly commitment: Buffer } {
  const derived = deriveKey(createSecretKey(key), label, nonce, 64)
  return { messageKey: derived.subarray(0, 32), commitment: derived.subarray(32) }
}

test('sealMessage() gives nonce, commitment, AES-256-GCM of the derived key, and the whole tag', () => {
  const [key, plaintext] = [random(32), Buffer.from('what is sealed is longer than one block')]

  const sealed = sealMessage(createSecretKey(key), label, plaintext, associatedData, random)

  const [nonce, ciphertext] = [sealed.subarray(0, 16), sealed.subarray(48, -16)]
  const { messageKey, commitment } = messageKeyOf(key, nonce)
  assert.deepEqual(sealed.subarray(16, 48), commitment)
  assert.deepEqual(ciphertext, crypt(messageKey, noIv, plaintext))
  assert.deepEqual(sealed.subarray(-16), tagOf(messageKey, noIv, associatedData, ciphertext))
})

/** A ciphertext and tag that are right under both keys: GCM's tag is linear in each block, so the last one is solved for. */
function collide(one: Buffer, other: Buffer): { readonly ciphertext: Buffer; readonly tag: Buffer } {
  const start = Buffer.concat([random(16), Buffer.alloc(16)])
  const [tagOfOne, tagOfOther] = [one, other].map(key => toElement(tagOf(key, noIv, associatedData, start)))
  const [squareOfOne, squareOfOther] = [one, other].map(key => multiply(hashKey(key), hashKey(key)))
  const block = multiply(tagOfOne! ^ tagOfOther!, invert(squareOfOne! ^ squareOfOther!))
  const ciphertext = Buffer.concat([start.subarray(0, 16), toBlock(block)])
  return { ciphertext, tag: tagOf(one, noIv, associatedData, ciphertext) }
}

function opensAsPlainGcm(key: Buffer, ciphertext: Buffer, tag: Buffer): boolean {
  const decryption = createDecipheriv('aes-256-gcm', key, noIv, { authTagLength: 16 }).setAAD(associatedData)
  decryption.setAuthTag(tag).update(ciphertext)
  try {
    decryption.final()
    return true
  } catch {
    return false
  }
}

test('[F53] openMessage() opens a message that was built for two keys with the one that it commits to, and no other', () => {
  const [key, otherKey, nonce] = [random(32), random(32), random(16)]
  const [one, other] = [messageKeyOf(key, nonce), messageKeyOf(otherKey, nonce)]
  const { ciphertext, tag } = collide(one.messageKey, other.messageKey)

  const messages = [one, other].map(({ commitment }) => Buffer.concat([nonce, commitment, ciphertext, tag]))
  const opened = messages.flatMap(message =>
    [key, otherKey].map(bytes => openMessage(createSecretKey(bytes), label, message, associatedData) !== undefined),
  )

  // Without the commitment both would open both.
  assert.ok(opensAsPlainGcm(one.messageKey, ciphertext, tag) && opensAsPlainGcm(other.messageKey, ciphertext, tag))
  assert.deepEqual(opened, [true, false, false, true])
})
