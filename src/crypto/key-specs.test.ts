import assert from 'node:assert/strict'
import { test } from 'node:test'
import { algorithmsOf, keySpecs } from './key-specs.ts'

test('keySpecs names each row as its key, and offers an algorithm for each usage', () => {
  for (const [name, row] of Object.entries(keySpecs)) {
    assert.equal(row.name, name)
    for (const algorithms of Object.values(row.algorithms)) assert.ok(algorithms.length > 0)
  }
})

test('algorithmsOf() gives none for a usage that the spec does not allow', () => {
  assert.deepEqual(algorithmsOf('HMAC_256', 'GENERATE_VERIFY_MAC'), ['HMAC_SHA_256'])
  assert.deepEqual(algorithmsOf('HMAC_256', 'ENCRYPT_DECRYPT'), [])
})
