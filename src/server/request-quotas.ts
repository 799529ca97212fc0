import type { Instant } from '../base/index.ts'

/** Says whether an account may send one more request of a class in a Region. One account's requests never count against another's. */
export interface RequestQuotas {
  /** Takes one from the allowance; `false` where nothing is left of it. */
  take(account: string, region: string, position: number, now: Instant): boolean
}

const maxAccounts = 10_000

/**
 * Allowances by account, Region and class. Each holds what may be sent in a second, and fills up again as fast.
 *
 * @param rates requests a second, of each class by its position; infinite where there is no limit.
 */
export function openRequestQuotas(rates: readonly number[]): RequestQuotas {
  const accounts = new Map<string, Map<string, Float64Array>>()
  const bursts = rates.map(rate => Math.max(1, rate))

  // Numbers side by side: what is left, and when that was. Nothing is made for a request but an account's first in a Region.
  function allowancesOf(account: string, region: string, now: Instant): Float64Array {
    const known = accounts.get(account)?.get(region)
    if (known !== undefined) return known
    const regions = accounts.get(account) ?? new Map<string, Float64Array>()
    const allowances = new Float64Array(2 * rates.length)
    for (const [position, burst] of bursts.entries()) allowances.set([burst, now], 2 * position)
    accounts.set(account, regions.set(region, allowances))
    if (accounts.size > maxAccounts) {
      const [oldest] = accounts.keys()
      accounts.delete(oldest!)
    }
    return allowances
  }

  return {
    take(account, region, position, now) {
      const rate = rates[position]!
      if (rate === Number.POSITIVE_INFINITY) return true
      const allowances = allowancesOf(account, region, now)
      const at = 2 * position
      // A clock that went back gives nothing, and takes nothing away.
      const passed = Math.max(0, now - allowances[at + 1]!) / 1_000
      const left = Math.min(bursts[position]!, allowances[at]! + passed * rate)
      allowances[at + 1] = now
      allowances[at] = left < 1 ? left : left - 1
      return left >= 1
    },
  }
}
