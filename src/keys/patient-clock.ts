import { hourMillis, minuteMillis } from '../base/index.ts'
import type { Clock, Instant, Stopwatch } from '../base/index.ts'

// More than a clock is ever steered in one step, less than matters to a deletion.
const toleranceMillis = minuteMillis
const holdMillis = hourMillis
const toleratedPauseMillis = hourMillis

/**
 * The clock for what can't be undone: one that jumps ahead (set wrong, or the machine slept) is believed only after it has
 * kept to it for an hour. It never says more than the clock that it asks. At start the same holds against what was believed
 * last: whoever was off for longer than an hour waits for another.
 */
export class PatientClock implements Clock {
  readonly #clock: Clock
  readonly #stopwatch: Stopwatch
  /** What the clock is ahead of the stopwatch by, as far as it is believed. */
  #believed: number
  #jump: { readonly ahead: number; readonly since: number } | undefined

  /** @param lastBelieved what `now()` said when the server was last seen; absent at its first start. */
  constructor(clock: Clock, stopwatch: Stopwatch, lastBelieved?: Instant) {
    this.#clock = clock
    this.#stopwatch = stopwatch
    const now = clock.now()
    const isBelieved = lastBelieved === undefined || now - lastBelieved <= toleratedPauseMillis
    this.#believed = (isBelieved ? now : lastBelieved) - stopwatch()
  }

  /** To be asked often: a jump is noticed, and its hour begins, when this is called. */
  now(): Instant {
    const [now, elapsed] = [this.#clock.now(), this.#stopwatch()]
    const ahead = now - elapsed
    if (ahead <= this.#believed + toleranceMillis) return this.#believe(now, ahead)
    if (this.#jump === undefined || ahead > this.#jump.ahead + toleranceMillis) this.#jump = { ahead, since: elapsed }
    if (elapsed - this.#jump.since >= holdMillis) return this.#believe(now, ahead)
    return Math.floor(elapsed + this.#believed)
  }

  #believe(now: Instant, ahead: number): Instant {
    this.#believed = ahead
    this.#jump = undefined
    return now
  }
}
