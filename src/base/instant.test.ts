import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dayMillis, formatInstant } from './instant.ts'

const noon = Date.UTC(2026, 10, 24, 12, 0, 0)

test('formatInstant() writes whole seconds and cuts the rest', () => {
  assert.equal(formatInstant(noon), '2026-11-24T12:00:00Z')
  assert.equal(formatInstant(noon + 999), '2026-11-24T12:00:00Z')
  assert.equal(formatInstant(noon - 1), '2026-11-24T11:59:59Z')
})

test('[J79] formatInstant() follows a clock that jumps back and forth', () => {
  const instants = [noon, noon + 365 * dayMillis, noon - 3_600_000, noon, 0, -1]

  assert.deepEqual(instants.map(formatInstant), [
    '2026-11-24T12:00:00Z',
    '2027-11-24T12:00:00Z',
    '2026-11-24T11:00:00Z',
    '2026-11-24T12:00:00Z',
    '1970-01-01T00:00:00Z',
    '1969-12-31T23:59:59Z',
  ])
})

test('formatInstant() refuses what is no time, also after one that was', () => {
  formatInstant(noon)

  assert.throws(() => formatInstant(Number.NaN), RangeError)
})
