import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openRequestQuotas } from './request-quotas.ts'

const first = '111122223333'
const second = '444455556666'
const region = 'us-west-2'

/** How many of so many requests at once are let through. */
function admitted(quotas: ReturnType<typeof openRequestQuotas>, account: string, now: number, wanted = 100): number {
  return Array.from({ length: wanted }, () => quotas.take(account, region, 0, now)).filter(Boolean).length
}

test('a class admits what it may in a second at once, and as much in every second after', () => {
  const quotas = openRequestQuotas([5])

  assert.equal(admitted(quotas, first, 0), 5)
  assert.equal(admitted(quotas, first, 200), 1)
  assert.equal(admitted(quotas, first, 1_200), 5)
  assert.equal(admitted(quotas, first, 3_600_000), 5)
})

test('a rate below one a second admits one, and the next when its time has come', () => {
  const quotas = openRequestQuotas([0.25])

  assert.deepEqual(
    [0, 3_999, 4_000, 4_001].map(now => quotas.take(first, region, 0, now)),
    [true, false, true, false],
  )
})

test('[I74] what one account sends takes nothing from another account, Region or class', () => {
  const quotas = openRequestQuotas([5, 5])

  assert.equal(admitted(quotas, first, 0, 100_000), 5)

  assert.equal(admitted(quotas, second, 0), 5)
  assert.equal(quotas.take(first, 'us-east-1', 0, 0), true)
  assert.equal(quotas.take(first, region, 1, 0), true)
  assert.equal(quotas.take(first, region, 0, 0), false)
})

test('a clock that goes back neither fills an allowance nor empties it for good', () => {
  const quotas = openRequestQuotas([5])
  admitted(quotas, first, 3_600_000)

  assert.equal(admitted(quotas, first, 0), 0)
  assert.equal(admitted(quotas, first, 1_000), 5)
})

test('without a limit all is admitted, and nothing is kept of it', () => {
  const quotas = openRequestQuotas([Number.POSITIVE_INFINITY])

  assert.equal(admitted(quotas, first, 0, 10_000), 10_000)
})

test('accounts that are asked for beyond any number make room for each other, and lose no more than they had left', () => {
  const quotas = openRequestQuotas([1])
  quotas.take(first, region, 0, 0)

  for (let account = 0; account < 20_000; account++)
    assert.equal(quotas.take(String(account), region, 0, 0), true, String(account))
})
