// Whatever is wrong with a ciphertext, refusing it takes as long: a difference would tell which part was right.
import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import { newUuid, systemRandom } from '../../src/base/index.ts'
import {
  blobOverheadBytes,
  commitmentBytes,
  decryptBlob,
  encryptBlob,
  nonceBytes,
  parseBlob,
} from '../../src/crypto/index.ts'

const keyId = newUuid(systemRandom)
const material = { materialId: '0'.repeat(64), key: createSecretKey(systemRandom(32)) }
const context = { purpose: 'timing' }
const otherKey = createSecretKey(systemRandom(32))
const good = encryptBlob(keyId, material, Buffer.alloc(64, 1), context, systemRandom)
const sealedAt = blobOverheadBytes - nonceBytes - commitmentBytes - 16

function altered(at: number): () => unknown {
  const bytes = Buffer.from(good)
  bytes[at]! ^= 1
  return () => decryptBlob(parseBlob(bytes)!, material, context)
}

const failures: readonly (readonly [what: string, open: () => unknown])[] = [
  ['another context', () => decryptBlob(parseBlob(good)!, material, { purpose: 'timinh' })],
  ['an altered nonce', altered(sealedAt)],
  ['an altered commitment', altered(sealedAt + nonceBytes)],
  ['the last byte of the commitment', altered(sealedAt + nonceBytes + commitmentBytes - 1)],
  ['an altered ciphertext', altered(sealedAt + nonceBytes + commitmentBytes)],
  ['an altered tag', altered(good.length - 1)],
  ['another key', () => decryptBlob(parseBlob(good)!, { ...material, key: otherKey }, context)],
]

const rounds = 12
const turns = 2_000
// Skipping the decryption after a wrong commitment would save a third of the time.
const noise = 0.1

const median = (times: readonly number[]): number => times.toSorted((a, b) => a - b)[times.length >> 1]!

/** How far apart the quickest and the slowest kind are, asked in turns so that what the machine does falls on all. */
function spread(): number {
  const times = failures.map((): number[] => [])
  for (let turn = 0; turn < turns; turn++) {
    for (const [index, [, open]] of failures.entries()) {
      const from = performance.now()
      open()
      times[index]!.push(performance.now() - from)
    }
  }
  const medians = times.map(median)
  return Math.max(...medians) / Math.min(...medians) - 1
}

test('[F50] decryptBlob() refuses in the same time whatever is wrong', () => {
  for (const [what, open] of failures) assert.equal(open(), undefined, what)

  const spreads: number[] = []
  while (spreads.length < rounds) {
    const each = spread()
    if (each <= noise) return
    spreads.push(each)
  }

  assert.fail(`differs in every round, by ${spreads.map(each => each.toFixed(2)).join(', ')}`)
})
