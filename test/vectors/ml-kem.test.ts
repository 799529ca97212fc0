// Wycheproof's tests of ML-KEM: what is decapsulated, also of ciphertexts that nobody encapsulated (implicit rejection).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decapsulate } from '../../src/crypto/index.ts'
import { openPair } from '../crypto/key-pairs.ts'
import { readVectors } from './read-vectors.ts'

/** Numbers in hexadecimal digits. */
interface Vector {
  readonly id: number
  readonly comment: string
  readonly seed: string
  readonly ciphertext: string
  readonly sharedSecret: string
}

/** PKCS#8 of an ML-KEM-512 key that is stored as its seed (RFC 9935). */
const seedPrefix = '3054020100300b060960864801650304040104428040'

for (const { id, comment, seed, ciphertext, sharedSecret } of readVectors('ml-kem-512') as readonly Vector[]) {
  test(`decapsulate() gives the shared secret of test ${id} of Wycheproof's ML-KEM: ${comment}`, () => {
    const material = openPair('ML_KEM_512', Buffer.from(seedPrefix + seed, 'hex'))

    const secret = decapsulate(material, 'ML_KEM_512', Buffer.from(ciphertext, 'hex'))

    assert.equal(secret?.exposeBytes().toString('hex'), sharedSecret)
  })
}
