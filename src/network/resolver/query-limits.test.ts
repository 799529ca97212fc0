import assert from 'node:assert/strict'
import { test } from 'node:test'
import { QueryLimits } from './query-limits.ts'
import { TokenBuckets } from './token-buckets.ts'

function limitsAt() {
  const clock = { now: 0 }
  return { clock, limits: new QueryLimits(() => clock.now) }
}

const from = (address: string, vpcId = 'vpc-1', transport: 'udp' | 'tcp' = 'udp') => ({ vpcId, address, transport })
const count = (times: number, take: (index: number) => boolean): number =>
  Array.from({ length: times }, (_, index) => take(index)).filter(Boolean).length

test('admits() takes 1024 queries a second of one source, and as many again a second later', () => {
  const { clock, limits } = limitsAt()

  assert.equal(
    count(3_000, () => limits.admits(from('10.0.0.9'))),
    1_024,
  )
  clock.now += 500
  assert.equal(
    count(3_000, () => limits.admits(from('10.0.0.9'))),
    512,
  )
  clock.now += 60_000
  assert.equal(
    count(3_000, () => limits.admits(from('10.0.0.9'))),
    1_024,
  )
})

test('admits() lets a source that asks too much take nothing from others, nor from itself by TCP, nor in another VPC', () => {
  const { limits } = limitsAt()
  count(3_000, () => limits.admits(from('10.0.0.9')))

  for (const source of [from('10.0.0.8'), from('10.0.0.9', 'vpc-1', 'tcp'), from('10.0.0.9', 'vpc-2')]) {
    assert.equal(limits.admits(source), true)
  }
})

test('admits() takes 4096 queries a second of a VPC, from however many sources', () => {
  const { limits } = limitsAt()

  assert.equal(
    count(20_000, index => limits.admits(from(`10.0.${index >> 8}.${index & 255}`))),
    4_096,
  )
  assert.equal(limits.admits(from('10.0.0.9', 'vpc-2')), true)
})

test('judgeRefusal() sends 128 refusals a second to a source, sends every other query above that to TCP, and drops the rest', () => {
  const { limits } = limitsAt()
  const verdicts = Array.from({ length: 228 }, () => limits.judgeRefusal(from('10.0.0.9')))

  const counted = Map.groupBy(verdicts, verdict => verdict)
  assert.deepEqual(
    ['send', 'shorten', 'drop'].map(verdict => counted.get(verdict as 'send')?.length),
    [128, 50, 50],
  )
})

test('judgeRefusal() sends 1024 refusals a second into a VPC, from however many sources', () => {
  const { limits } = limitsAt()

  const sent = count(4_000, index => limits.judgeRefusal(from(`10.0.${index >> 8}.${index & 255}`)) === 'send')

  assert.equal(sent, 1_024)
})

test('take() remembers a bounded number of sources: the one that was seen longest ago is forgotten', () => {
  const buckets = new TokenBuckets({ perSecond: 1, maxSources: 2, now: () => 0 })

  assert.deepEqual(
    ['a', 'b', 'a', 'c', 'a', 'b'].map(source => buckets.take(source)),
    [true, true, false, true, false, true],
  )
})
