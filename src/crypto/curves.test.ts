import assert from 'node:assert/strict'
import { test } from 'node:test'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { curves } from './curves.ts'

test('curves has the orders and lengths that the library has', () => {
  const libraries = { ECC_NIST_P256: p256, ECC_NIST_P384: p384, ECC_NIST_P521: p521, ECC_SECG_P256K1: secp256k1 }

  for (const [keySpec, { Point }] of Object.entries(libraries)) {
    const { order, fieldBytes } = curves[keySpec as keyof typeof libraries]
    assert.equal(order, Point.CURVE().n, keySpec)
    assert.equal(fieldBytes, Point.Fp.BYTES, keySpec)
  }
})
