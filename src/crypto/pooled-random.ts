import type { Random } from '../base/index.ts'

const poolBytes = 16_384

/**
 * Draws small amounts from a pool that is filled at once: a tenth of the cost of asking each time. Bytes are copied out and
 * wiped in the pool. One per process, never shared: a forked process must make its own. For ids of requests and events only: two
 * copies of a running machine would draw the same bytes.
 */
export function pooledRandom(source: Random): Random {
  let pool: Buffer = Buffer.alloc(0)
  let at = 0
  return length => {
    if (length > poolBytes / 16) return source(length)
    if (at + length > pool.length) {
      pool = source(poolBytes)
      at = 0
    }
    const bytes = Buffer.from(pool.subarray(at, at + length))
    pool.fill(0, at, at + length)
    at += length
    return bytes
  }
}
