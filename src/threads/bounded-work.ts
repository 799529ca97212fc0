import { longComputations, SlowWorkFullError } from '../crypto/index.ts'
import type { ComputationName, SlowWork } from '../crypto/index.ts'
import { FairQueue } from './fair-queue.ts'
import { ThreadPool } from './thread-pool.ts'

/** How much may wait in a lane. */
export interface LaneLimits {
  /** Jobs of all accounts. */
  readonly waiting: number
  /** Jobs of one account. */
  readonly waitingPerAccount: number
}

/** How much slow work may wait. */
export interface BoundedWorkOptions {
  /** For jobs of milliseconds. */
  readonly short?: LaneLimits
  /** For jobs of seconds. */
  readonly long?: LaneLimits
}

/** Slow work with threads of its own. */
export type OwnedSlowWork = SlowWork & AsyncDisposable

interface Lane {
  readonly limits: LaneLimits
  readonly queue: FairQueue<Job>
  running: number
}

interface Job {
  start(): void
  refuse(error: Error): void
}

const defaultLimits = {
  short: { waiting: 1_024, waitingPerAccount: 512 },
  long: { waiting: 256, waitingPerAccount: 128 },
} as const

/** Long jobs stand back behind everything else that wants a core: nobody waits for a key as he waits for a signature. */
const longNiceness = 5

/**
 * Runs at most `limit` slow jobs at a time, in two lanes: jobs of milliseconds, and jobs of seconds (RSA key generation), which take half of the
 * places at most. Each lane always has one place, so neither waits for the other's end; only so can there be one job more than `limit`,
 * and then it is a long one, in a thread of low priority.
 */
export function boundedWork(limit: number, options: BoundedWorkOptions = {}): OwnedSlowWork {
  return new BoundedWork(limit, options)
}

class BoundedWork implements OwnedSlowWork {
  readonly #limit: number
  readonly #longLimit: number
  readonly #short: Lane
  readonly #long: Lane
  readonly #shortThreads = new ThreadPool({ niceness: 0 })
  readonly #longThreads = new ThreadPool({ niceness: longNiceness })
  #isClosed = false

  constructor(limit: number, { short = defaultLimits.short, long = defaultLimits.long }: BoundedWorkOptions) {
    this.#limit = Math.max(1, limit)
    this.#longLimit = Math.max(1, Math.floor(limit / 2))
    this.#short = { limits: short, queue: new FairQueue(), running: 0 }
    this.#long = { limits: long, queue: new FairQueue(), running: 0 }
  }

  run<T>(job: () => Promise<T>): Promise<T> {
    return this.#enter('', this.#short, job)
  }

  compute: SlowWork['compute'] = (name, input) => this.#compute('', name, input)

  forAccount(account: string): SlowWork {
    return {
      run: job => this.#enter(account, this.#short, job),
      compute: (name, input) => this.#compute(account, name, input),
      forAccount: other => this.forAccount(other),
    }
  }

  #compute<Name extends ComputationName>(
    account: string,
    name: Name,
    input: Parameters<typeof this.compute<Name>>[1],
  ): ReturnType<typeof this.compute<Name>> {
    return longComputations.has(name)
      ? this.#enter(account, this.#long, () => this.#longThreads.compute(name, input))
      : this.#enter(account, this.#short, () => this.#shortThreads.compute(name, input))
  }

  #enter<T>(account: string, lane: Lane, job: () => Promise<T>): Promise<T> {
    const { limits, queue } = lane
    return new Promise<T>((resolve, reject) => {
      if (this.#isClosed) {
        reject(new Error('Slow work is closed'))
        return
      }
      if (
        !this.#hasPlace(lane) &&
        (queue.size >= limits.waiting || queue.sizeOf(account) >= limits.waitingPerAccount)
      ) {
        reject(new SlowWorkFullError())
        return
      }
      queue.push(account, { start: () => void this.#perform(lane, job).then(resolve, reject), refuse: reject })
      this.#startWaiting()
    })
  }

  async #perform<T>(lane: Lane, job: () => Promise<T>): Promise<T> {
    lane.running++
    try {
      return await job()
    } finally {
      lane.running--
      this.#startWaiting()
    }
  }

  #startWaiting(): void {
    // The short lane first: its jobs are gone before a long one would have noticed.
    for (const lane of [this.#short, this.#long]) {
      while (lane.queue.size > 0 && this.#hasPlace(lane)) lane.queue.shift()?.start()
    }
  }

  #hasPlace(lane: Lane): boolean {
    if (lane.running === 0) return true
    if (lane === this.#long && lane.running >= this.#longLimit) return false
    return this.#short.running + this.#long.running < this.#limit
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    for (const { queue } of [this.#short, this.#long]) {
      while (queue.size > 0) queue.shift()?.refuse(new Error('Slow work is closed'))
    }
    await Promise.all([this.#shortThreads[Symbol.asyncDispose](), this.#longThreads[Symbol.asyncDispose]()])
  }
}
