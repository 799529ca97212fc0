import type { Clock } from '../base/index.ts'

/** Slows down those who send requests that establish no identity. Signed requests cost nothing and are never held up. */
export interface Shield {
  /** Takes one from an address's allowance; `false` where nothing is left of it. */
  admits(address: string): boolean
}

const perSecond = 50
const burst = 500
const maxAddresses = 10_000

interface Allowance {
  readonly left: number
  readonly at: number
}

/** An allowance for each address: so many at once, so many a second in the long run. */
export function shieldUnidentified(clock: Clock): Shield {
  const allowances = new Map<string, Allowance>()
  return {
    admits(address) {
      const at = clock.now()
      const known = allowances.get(address) ?? { left: burst, at }
      const left = Math.min(burst, known.left + (Math.max(0, at - known.at) / 1_000) * perSecond)
      // Those who were here last stand last, so that the first is who has rested the longest.
      allowances.delete(address)
      allowances.set(address, { left: left < 1 ? left : left - 1, at })
      if (allowances.size > maxAddresses) {
        const [oldest] = allowances.keys()
        allowances.delete(oldest!)
      }
      return left >= 1
    },
  }
}
