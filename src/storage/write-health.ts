import { systemStopwatch } from '../base/index.ts'
import type { Stopwatch } from '../base/index.ts'
import { StorageError } from './storage-error.ts'

// Often enough to be well again soon, rarely enough that a disk in trouble is not asked at every scrape.
const probeEveryMillis = 2_000

/**
 * Whether writes succeed: known from the last one, and after a failure from small ones of our own, so that health comes back by
 * itself. Costs nothing while all is well.
 */
export class WriteHealth {
  readonly #probe: () => void
  readonly #stopwatch: Stopwatch
  #isFailing = false
  #probedAt = 0

  constructor(probe: () => void, stopwatch: Stopwatch = systemStopwatch) {
    this.#probe = probe
    this.#stopwatch = stopwatch
  }

  /** Runs a write and remembers how it went. */
  watch<R>(write: () => R): R {
    try {
      const result = write()
      this.#isFailing = false
      return result
    } catch (error) {
      if (error instanceof StorageError) this.#failed()
      throw error
    }
  }

  /** Whether the last write went well; after a failure, whether one would now. */
  isWell(): boolean {
    if (!this.#isFailing) return true
    if (this.#stopwatch() - this.#probedAt < probeEveryMillis) return false
    try {
      this.#probe()
      this.#isFailing = false
    } catch {
      this.#failed()
    }
    return !this.#isFailing
  }

  #failed(): void {
    this.#isFailing = true
    this.#probedAt = this.#stopwatch()
  }
}
