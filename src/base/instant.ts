/** A point in time: whole milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number

/** Tells the time. Everything that needs "now" is given one, so that tests can fix it. */
export interface Clock {
  now(): Instant
}

/** The machine's clock. */
export const systemClock: Clock = { now: () => Date.now() }

/** Milliseconds since some moment, which no setting of the clock changes; it may stand still while the machine sleeps. */
export type Stopwatch = () => number

/** The machine's stopwatch. */
export const systemStopwatch: Stopwatch = () => performance.now()

/** A second, in the unit of instants and stopwatches. */
export const secondMillis = 1_000
/** A minute, in the unit of instants and stopwatches. */
export const minuteMillis = 60 * secondMillis
/** An hour, in the unit of instants and stopwatches. */
export const hourMillis = 60 * minuteMillis
/** Twenty-four hours, in the unit of instants and stopwatches. */
export const dayMillis = 24 * hourMillis

/** ISO 8601 with whole seconds, as CloudTrail and IAM write it: `2026-11-23T20:15:00Z`. */
export function formatInstant(instant: Instant): string {
  // A request names its instant several times, and most requests come in the second of the one before.
  const second = Math.floor(instant / secondMillis)
  if (second !== formatted.second) {
    formatted = { second, text: `${new Date(instant).toISOString().slice(0, 19)}Z` }
  }
  return formatted.text
}

let formatted = { second: Number.NaN, text: '' }
