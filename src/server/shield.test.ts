import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shieldUnidentified } from './shield.ts'

const address = '192.0.2.1'

function spent(): {
  readonly shield: ReturnType<typeof shieldUnidentified>
  readonly clock: { now(): number; at: number }
} {
  const clock = { at: 0, now: () => clock.at }
  const shield = shieldUnidentified(clock)
  for (let count = 0; count < 500; count++) assert.ok(shield.admits(address))
  return { shield, clock }
}

test('admits() refuses an address after 500 requests at once, and no other address', () => {
  const { shield } = spent()

  assert.equal(shield.admits(address), false)
  assert.equal(shield.admits('192.0.2.2'), true)
})

test('admits() gives back fifty a second, and never more than the burst', () => {
  const { shield, clock } = spent()

  clock.at += 1_000
  const afterSecond = Array.from({ length: 60 }, () => shield.admits(address)).filter(Boolean).length
  clock.at += 3_600_000
  const afterHour = Array.from({ length: 600 }, () => shield.admits(address)).filter(Boolean).length

  assert.equal(afterSecond, 50)
  assert.equal(afterHour, 500)
})

test('admits() gives nothing for a clock that is set back', () => {
  const { shield, clock } = spent()

  clock.at -= 3_600_000

  assert.equal(shield.admits(address), false)
})
