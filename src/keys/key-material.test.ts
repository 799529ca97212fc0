import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SecretBytes, seededRandom } from '../base/index.ts'
import { createKeyRing, openKeyRing, rootKeyOf } from '../seal/index.ts'
import type { KeyRing } from '../seal/index.ts'
import { rewrapMaterial, unwrapMaterial, wrapMaterial } from './key-material.ts'

const now = Date.UTC(2026, 10, 25)
const owner = { account: '111122223333', region: 'us-west-2', keyId: 'mrk-1', keySpec: 'RSA_2048' } as const
const random = seededRandom(20_261_125)
const root = rootKeyOf(new SecretBytes(random(32)))
const keyRing = openKeyRing(root, createKeyRing(root, random), random)

/** A key ring that keeps what it unwraps, and wraps nothing any more. */
function failingRing(unwrapped: SecretBytes[]): KeyRing {
  return {
    ...keyRing,
    deriveKey: keyRing.deriveKey.bind(keyRing),
    unwrap(...given) {
      const plaintext = keyRing.unwrap(...given)
      unwrapped.push(plaintext)
      return plaintext
    },
    wrap() {
      throw new TypeError('Cannot wrap')
    },
  }
}

const isWiped = (plaintext: SecretBytes): boolean => plaintext.exposeBytes().every(byte => byte === 0)

test('wrapMaterial() wipes the plaintext also where it cannot be wrapped', () => {
  const plaintext = new SecretBytes(Buffer.alloc(32, 7))

  assert.throws(() => wrapMaterial(owner, plaintext, { keyRing: failingRing([]), now }), { message: 'Cannot wrap' })

  assert.ok(isWiped(plaintext))
})

test('unwrapMaterial() and rewrapMaterial() wipe what they have unwrapped also where they fail', () => {
  const value = wrapMaterial(owner, new SecretBytes(Buffer.from('no PKCS#8')), { keyRing, now })
  const unwrapped: SecretBytes[] = []
  const failing = failingRing(unwrapped)

  assert.throws(() => unwrapMaterial(owner, value, failing))
  assert.throws(() => rewrapMaterial(owner, value, 'eu-west-1', failing), { message: 'Cannot wrap' })

  assert.deepEqual(unwrapped.map(isWiped), [true, true])
})
