import type { Accounts } from '../accounts/index.ts'
import { minuteMillis, newUuid, systemStopwatch } from '../base/index.ts'
import type { Clock, Instant, Random } from '../base/index.ts'
import type { SlowWork } from '../crypto/index.ts'
import { PatientClock, keyCollection, noteBelievedTime, readBelievedTime, runDueKeyWork } from '../keys/index.ts'
import type { KeyEvent, Keys } from '../keys/index.ts'
import { keyEventRecord } from '../services/index.ts'
import type { Change, SqliteStore } from '../storage/index.ts'
import type { Trail } from '../trail/index.ts'
import type { Log } from './log.ts'

/** What the janitor looks after, and what it does that with. */
export interface JanitorOptions {
  readonly accounts: Accounts
  readonly keys: Keys
  readonly store: SqliteStore
  readonly trail: Trail
  readonly random: Random
  readonly work: SlowWork
  readonly clock: Clock
  readonly log: Log
}

const intervalMillis = 10_000
// What is begun with a multi-Region key is finished a moment later.
const soonMillis = 500
const noteMillis = 10 * minuteMillis
const usesMillis = minuteMillis

/**
 * Does what is due: deletes keys whose waiting period is over, rotates those whose time has come, scrubs what could not be scrubbed
 * when it was removed, and writes down when access keys and roles were used last. Also at start, and a moment after a multi-Region key was changed.
 */
export class Janitor implements AsyncDisposable {
  readonly #options: JanitorOptions
  readonly #patientClock: PatientClock
  readonly #timer: NodeJS.Timeout
  readonly #endListening: () => void
  #soon: NodeJS.Timeout | undefined
  #working: Promise<void>
  #notedAt: Instant | undefined
  #usesFlushedAt: Instant | undefined

  constructor(options: JanitorOptions, lastBelieved: Instant | undefined) {
    this.#options = options
    this.#patientClock = new PatientClock(options.clock, systemStopwatch, lastBelieved)
    this.#working = this.#work()
    this.#timer = setInterval(() => this.#workNext(), intervalMillis)
    this.#timer.unref()
    this.#endListening = options.store.onChange(changes => {
      if (changes.some(isOfMultiRegionKey)) this.#workSoon()
    })
  }

  static async open(options: JanitorOptions): Promise<Janitor> {
    return new Janitor(options, await readBelievedTime(options.store))
  }

  #workNext(): void {
    this.#working = this.#working.then(() => this.#work())
  }

  #workSoon(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined
      this.#workNext()
    }, soonMillis).unref()
  }

  async #work(): Promise<void> {
    const { keys, store, trail, random, work, clock, log } = this.#options
    const now = this.#patientClock.now()
    await this.#scrub()
    if (this.#usesFlushedAt === undefined || now - this.#usesFlushedAt >= usesMillis) await this.#flushUses(now)
    // Nothing happens to a key without a record of it.
    if (trail.health().kind !== 'healthy') return
    try {
      const recordOf = (event: KeyEvent): string => keyEventRecord(event, clock.now(), () => newUuid(random))
      const done = await runDueKeyWork({ keys, store, random, work, now, recordOf })
      if (done > 0) await trail.drainOutbox()
      if (this.#notedAt === undefined || now - this.#notedAt >= noteMillis) await this.#note(now)
    } catch (error) {
      log.error({ err: error }, 'due work on keys failed; it is tried again')
    }
  }

  async #note(now: Instant): Promise<void> {
    await noteBelievedTime(this.#options.store, now)
    this.#notedAt = now
  }

  async #flushUses(now: Instant): Promise<void> {
    this.#usesFlushedAt = now
    await this.#options.accounts.flushLastUses().catch((error: unknown) => {
      this.#options.log.warn(
        { err: error },
        'cannot write when access keys and roles were used last; it is tried again',
      )
    })
    await this.#options.keys.uses.flush().catch((error: unknown) => {
      this.#options.log.warn({ err: error }, 'cannot write when keys were used last; it is tried again')
    })
  }

  async #scrub(): Promise<void> {
    const { store, log } = this.#options
    if (store.scrubRemains === undefined) return
    await store.finishScrub()
    const reason = store.scrubRemains
    if (reason !== undefined)
      log.warn(
        { reason },
        'secrets that were removed may still be in the store’s files; their scrubbing is tried again',
      )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    clearTimeout(this.#soon)
    this.#endListening()
    await this.#working
    await this.#flushUses(this.#patientClock.now())
    await this.#note(this.#patientClock.now()).catch((error: unknown) => {
      this.#options.log.warn({ err: error }, 'cannot note the time: due work begins an hour after the next start')
    })
  }
}

const isOfMultiRegionKey = ({ collection, id }: Change): boolean =>
  collection === keyCollection.name && id.includes('/mrk-')
