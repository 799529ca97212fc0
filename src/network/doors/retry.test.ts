import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Retry } from './retry.ts'

test('later() attempts after half a second, then after twice as long each time, at most every thirty seconds', t => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let attempts = 0
  const retry = new Retry(() => {
    attempts++
    retry.later()
  })
  retry.later()
  retry.later()

  const counts = [499, 1, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000].map(millis => {
    t.mock.timers.tick(millis)
    return attempts
  })

  assert.deepEqual(counts, [0, 1, 2, 3, 4, 5, 6, 7, 8])
  retry[Symbol.dispose]()
})

test('reset() begins anew, and after disposal there is no attempt', t => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let attempts = 0
  const retry = new Retry(() => attempts++)
  retry.later()
  t.mock.timers.tick(500)
  retry.later()

  retry.reset()
  t.mock.timers.tick(60_000)
  retry.later()
  t.mock.timers.tick(500)
  const before = attempts
  retry.later()
  retry[Symbol.dispose]()
  retry.later()
  t.mock.timers.tick(60_000)

  assert.deepEqual([before, attempts], [2, 2])
})
