/** How much each source may have. */
export interface TokenBucketOptions {
  readonly perSecond: number
  /** Sources that are remembered; the one that was seen longest ago is forgotten for a new one. */
  readonly maxSources: number
  /** Milliseconds that never go back. */
  readonly now: () => number
}

/** An allowance for each source: what it may have in a second, filling up again as fast. */
export class TokenBuckets {
  readonly #options: TokenBucketOptions
  readonly #buckets = new Map<string, { left: number; at: number }>()

  constructor(options: TokenBucketOptions) {
    this.#options = options
  }

  /** Takes one from the allowance of a source; `false` where nothing is left of it. */
  take(source: string): boolean {
    const { perSecond, maxSources } = this.#options
    const now = this.#options.now()
    const bucket = this.#buckets.get(source) ?? { left: perSecond, at: now }
    bucket.left = Math.min(perSecond, bucket.left + ((now - bucket.at) * perSecond) / 1_000)
    bucket.at = now
    // Behind all others: so the first is the one that was seen longest ago.
    this.#buckets.delete(source)
    this.#buckets.set(source, bucket)
    if (this.#buckets.size > maxSources) this.#buckets.delete(this.#buckets.keys().next().value!)
    if (bucket.left < 1) return false
    bucket.left -= 1
    return true
  }
}
