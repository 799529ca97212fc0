import type { Clock } from '../base/index.ts'

/** Slows down those who send requests that establish no identity. */
export interface Shield {
  /** Whether an address has used up its allowance. */
  isSpent(address: string): boolean
  /** Takes one from an address's allowance. */
  spend(address: string): void
}

const perSecond = 50
const burst = 500
const maxAddresses = 10_000

interface Allowance {
  left: number
  at: number
}

/** An allowance for each address: so many at once, so many a second in the long run. Signed requests cost nothing. */
export function shieldUnidentified(clock: Clock): Shield {
  const allowances = new Map<string, Allowance>()
  const of = (address: string): Allowance => {
    const now = clock.now()
    const known = allowances.get(address)
    if (known === undefined) return { left: burst, at: now }
    const left = Math.min(burst, known.left + (Math.max(0, now - known.at) / 1_000) * perSecond)
    return { left, at: now }
  }
  return {
    isSpent: address => allowances.has(address) && of(address).left < 1,
    spend(address) {
      const { left, at } = of(address)
      allowances.delete(address)
      allowances.set(address, { left: left - 1, at })
      if (allowances.size > maxAddresses) {
        const [oldest] = allowances.keys()
        allowances.delete(oldest!)
      }
    },
  }
}
