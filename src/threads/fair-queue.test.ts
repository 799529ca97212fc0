import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FairQueue } from './fair-queue.ts'

test('FairQueue lets accounts take turns, and keeps the order of each', () => {
  const queue = new FairQueue<string>()
  for (const item of ['a1', 'a2', 'a3']) queue.push('a', item)
  for (const item of ['b1', 'b2']) queue.push('b', item)

  const first = queue.shift()
  queue.push('c', 'c1')
  const rest = Array.from({ length: 6 }, () => queue.shift())

  assert.deepEqual([first, ...rest], ['a1', 'b1', 'a2', 'c1', 'b2', 'a3', undefined])
})

test('FairQueue counts what waits, in all and per account', () => {
  const queue = new FairQueue<number>()
  queue.push('a', 1)
  queue.push('a', 2)
  queue.push('b', 3)

  assert.deepEqual([queue.size, queue.sizeOf('a'), queue.sizeOf('b'), queue.sizeOf('c')], [3, 2, 1, 0])

  queue.shift()
  assert.deepEqual([queue.size, queue.sizeOf('a')], [2, 1])
})
