import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom, systemRandom } from '../base/index.ts'
import type { Random } from '../base/index.ts'
import { pooledRandom } from './pooled-random.ts'

/** A source that remembers what it was asked for and what it gave. */
function watchedSource(source: Random): { readonly random: Random; readonly given: Buffer[] } {
  const given: Buffer[] = []
  const random: Random = length => {
    const bytes = source(length)
    given.push(bytes)
    return bytes
  }
  return { random, given }
}

test('pooledRandom() hands out the bytes of its source in order, none twice', () => {
  const { random, given } = watchedSource(seededRandom(1))
  const expected = seededRandom(1)(3 * 16_384)
  const draw = pooledRandom(random)

  const drawn = Buffer.concat(Array.from({ length: 3 * 1_024 }, () => draw(16)))

  assert.equal(given.length, 3)
  assert.deepEqual(drawn, expected)
})

test('pooledRandom() leaves nothing in the pool of what it handed out', () => {
  const { random, given } = watchedSource(seededRandom(1))
  const draw = pooledRandom(random)

  const drawn = draw(32)

  assert.deepEqual(given[0]!.subarray(0, 32), Buffer.alloc(32))
  assert.notDeepEqual(drawn, Buffer.alloc(32))
})

test('pooledRandom() drops a rest that is too short, and never mixes it in again', () => {
  const draw = pooledRandom(seededRandom(1))
  const pool = seededRandom(1)(2 * 16_384)
  for (let count = 0; count < 16; count++) draw(1_000)

  const drawn = draw(1_000)

  assert.deepEqual(drawn, pool.subarray(16_384, 17_384))
})

test('pooledRandom() asks its source directly for large amounts', () => {
  const { random, given } = watchedSource(seededRandom(1))
  const draw = pooledRandom(random)

  const drawn = draw(1_025)

  assert.equal(given[0], drawn)
})

test('[F52] two pools, as two processes have, give nothing in common', () => {
  const [one, other] = [pooledRandom(systemRandom), pooledRandom(systemRandom)]

  const drawn = Array.from({ length: 4_000 }, (_, index) => (index % 2 === 0 ? one : other)(16).toString('hex'))

  assert.equal(new Set(drawn).size, drawn.length)
})
