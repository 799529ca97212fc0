import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom, systemRandom } from './random.ts'

test('systemRandom() gives bytes that nobody else holds a view of', () => {
  const bytes = systemRandom(32)

  assert.equal(bytes.length, 32)
  // A slice of Node's shared pool would lie in the same memory as other buffers.
  assert.equal(bytes.buffer.byteLength, 32)
})

test('systemRandom() does not repeat', () => {
  const drawn = Array.from({ length: 2_000 }, () => systemRandom(16).toString('hex'))

  assert.equal(new Set(drawn).size, drawn.length)
})

test('seededRandom() gives the same bytes for the same seed, and others for another', () => {
  const [first, again, other] = [seededRandom(7), seededRandom(7), seededRandom(8)]

  const bytes = first(64)

  assert.deepEqual(again(64), bytes)
  assert.notDeepEqual(other(64), bytes)
  assert.notDeepEqual(first(64), bytes)
})
