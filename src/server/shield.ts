import type { Clock, NetworkPath } from '../base/index.ts'

/** Slows down those who send requests that establish no identity. Signed requests cost nothing and are never held up. */
export interface Shield {
  /** Takes one from the allowance of a connection's origin; `false` where nothing is left of it. */
  admits(path: NetworkPath): boolean
}

const perSecond = 50
const burst = 500
const maxOrigins = 10_000

interface Allowance {
  readonly left: number
  readonly at: number
}

// Two VPCs may have the same addresses: who floods in one must not use up the allowance of a client in the other.
const originOf = (path: NetworkPath): string =>
  path.kind === 'endpoint' ? `${path.vpcId} ${path.clientAddress}` : path.clientAddress

/** An allowance for each address of each VPC, and of the public side: so many at once, so many a second in the long run. */
export function shieldUnidentified(clock: Clock): Shield {
  const allowances = new Map<string, Allowance>()
  return {
    admits(path) {
      const origin = originOf(path)
      const at = clock.now()
      const known = allowances.get(origin) ?? { left: burst, at }
      const left = Math.min(burst, known.left + (Math.max(0, at - known.at) / 1_000) * perSecond)
      // Those who were here last stand last, so that the first is who has rested the longest.
      allowances.delete(origin)
      allowances.set(origin, { left: left < 1 ? left : left - 1, at })
      if (allowances.size > maxOrigins) {
        const [oldest] = allowances.keys()
        allowances.delete(oldest!)
      }
      return left >= 1
    },
  }
}
