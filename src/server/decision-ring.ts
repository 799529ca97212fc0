import type { Verdict } from '../authorization/index.ts'
import type { Caller, Instant, NetworkPath } from '../base/index.ts'

/** A decision that was enforced, with the request that it was about. */
export interface EnforcedDecision {
  readonly requestId: string
  readonly at: Instant
  readonly service: string
  readonly operation: string
  readonly region: string
  readonly caller: Caller
  readonly path: NetworkPath
  readonly verdict: Verdict
}

/**
 * Keeps the last decisions by request id: the very values that were enforced. Refusals have a place of their own, so that what
 * somebody wants to have explained is not pushed out by the calls that went well.
 */
export class DecisionRing {
  readonly #capacity: number
  readonly #allowed = new Map<string, EnforcedDecision>()
  readonly #refused = new Map<string, EnforcedDecision>()

  /** @param capacity of allowed decisions, and as many refusals. */
  constructor(capacity = 1_000) {
    this.#capacity = capacity
  }

  add(decision: EnforcedDecision): void {
    const ring = decision.verdict.allowed ? this.#allowed : this.#refused
    ring.set(decision.requestId, decision)
    if (ring.size > this.#capacity) {
      const [oldest] = ring.keys()
      ring.delete(oldest!)
    }
  }

  find(requestId: string): EnforcedDecision | undefined {
    return this.#refused.get(requestId) ?? this.#allowed.get(requestId)
  }

  /** The last refusal; the last decision where nothing was refused. */
  last(): EnforcedDecision | undefined {
    return lastOf(this.#refused) ?? lastOf(this.#allowed)
  }
}

const lastOf = (ring: ReadonlyMap<string, EnforcedDecision>): EnforcedDecision | undefined => [...ring.values()].at(-1)
