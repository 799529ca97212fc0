import { randomFillSync } from 'node:crypto'

/** Gives `length` unpredictable bytes. Taken as an argument, so that tests can seed it. */
export type Random = (length: number) => Buffer

/** The operating system's generator, through OpenSSL. */
export const systemRandom: Random = length => randomFillSync(Buffer.allocUnsafeSlow(length))

/** A seeded generator for tests: the same bytes on every run, and no secret at all. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return length => {
    const bytes = Buffer.alloc(length)
    for (let index = 0; index < length; index++) {
      // mulberry32
      state = (state + 0x6d2b79f5) >>> 0
      let mixed = Math.imul(state ^ (state >>> 15), state | 1)
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
      bytes[index] = (mixed ^ (mixed >>> 14)) & 0xff
    }
    return bytes
  }
}
