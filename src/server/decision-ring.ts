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

/** Keeps the last decisions by request id: the very values that were enforced. */
export class DecisionRing {
  readonly #capacity: number
  readonly #byRequest = new Map<string, EnforcedDecision>()

  constructor(capacity = 1_000) {
    this.#capacity = capacity
  }

  add(decision: EnforcedDecision): void {
    this.#byRequest.set(decision.requestId, decision)
    if (this.#byRequest.size > this.#capacity) {
      const [oldest] = this.#byRequest.keys()
      this.#byRequest.delete(oldest!)
    }
  }

  find(requestId: string): EnforcedDecision | undefined {
    return this.#byRequest.get(requestId)
  }

  /** The last decision; with `refused`, the last refusal. */
  last(options: { readonly refused: boolean }): EnforcedDecision | undefined {
    return [...this.#byRequest.values()].findLast(decision => !options.refused || !decision.verdict.allowed)
  }
}
