import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keySpecs } from './key-specs.ts'

test('keySpecs has a symmetric key of 256 bits that encrypts up to 4,096 bytes', () => {
  assert.deepEqual(keySpecs.SYMMETRIC_DEFAULT, {
    name: 'SYMMETRIC_DEFAULT',
    algorithms: { ENCRYPT_DECRYPT: ['SYMMETRIC_DEFAULT'] },
    materialBytes: 32,
    plaintextMaxBytes: 4_096,
  })
})

test('keySpecs names each row as its key, and offers an algorithm for each usage', () => {
  for (const [name, row] of Object.entries(keySpecs)) {
    assert.equal(row.name, name)
    for (const algorithms of Object.values(row.algorithms)) assert.ok(algorithms.length > 0)
  }
})
