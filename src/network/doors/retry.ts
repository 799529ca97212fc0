const firstMillis = 500
const longestMillis = 30_000

/** Tries again what failed: soon at first, then after twice as long each time, at most every thirty seconds. */
export class Retry implements Disposable {
  readonly #attempt: () => void
  #waitMillis = firstMillis
  #timer: NodeJS.Timeout | undefined
  #isDisposed = false

  constructor(attempt: () => void) {
    this.#attempt = attempt
  }

  /** Something is still missing: there will be another attempt. */
  later(): void {
    if (this.#isDisposed || this.#timer !== undefined) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#attempt()
    }, this.#waitMillis)
    this.#waitMillis = Math.min(longestMillis, this.#waitMillis * 2)
  }

  /** Nothing is missing. */
  reset(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#waitMillis = firstMillis
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true
    this.reset()
  }
}
