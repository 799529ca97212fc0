import type { KeyObject } from 'node:crypto'
import { join } from 'node:path'
import type { Clock } from '../base/index.ts'
import type { KeyRing } from '../seal/index.ts'
import type { Store } from '../storage/index.ts'
import type { TrailEvent } from './build-events.ts'
import type { ChainPosition } from './chain.ts'
import { openEventIndex } from './event-index.ts'
import type { EventIndex, LookupAnswer, LookupQuery } from './event-index.ts'
import { writeHead } from './head.ts'
import type { Entry, LogWriter } from './log-writer.ts'
import type { SyncThread } from './sync-thread.ts'
import type { TrailFiles } from './trail-files.ts'

/** How far a record must have gone before its answer leaves. */
export type TrailDurability =
  /** Handed to the kernel: survives any crash of the process. Synced every second. */
  | 'written'
  /** On the disk: survives power loss. */
  | 'synced'

/** Whether records can be written, and if not, why. */
export type TrailHealth = { readonly kind: 'healthy' } | { readonly kind: 'failing'; readonly reason: string }

/** What a trail is opened with. */
export interface TrailOptions {
  /** Folder of the segments. */
  readonly directory: string
  readonly store: Store
  readonly keyRing: KeyRing
  readonly durability: TrailDurability
  readonly clock: Clock
  /** Told of a torn line that was cut off, and of failures and recoveries. */
  readonly report?: (message: string) => void
  /** Bytes after which a new segment is begun; default 64 MiB. */
  readonly segmentBytes?: number
  readonly files?: TrailFiles
  /** Flushes the files; disposed of with the trail. */
  readonly syncThread?: SyncThread
}

const healthy: TrailHealth = { kind: 'healthy' }
const slowDisk: TrailHealth = { kind: 'failing', reason: 'the disk does not keep up' }

interface Pending extends Entry {
  readonly synced: boolean
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** What opening a trail has found and made. */
export interface TrailParts {
  readonly key: KeyObject
  readonly log: LogWriter
  readonly syncThread: SyncThread
  /** As the store has it. */
  readonly head: ChainPosition
}

/** The trail of an installation: `openTrail` gives one. */
export class Trail implements AsyncDisposable {
  readonly #options: TrailOptions
  readonly #key: KeyObject
  readonly #log: LogWriter
  readonly #syncThread: SyncThread
  readonly #index: EventIndex
  readonly #tick: NodeJS.Timeout
  #head: ChainPosition
  /** Up to which entry the outbox was emptied. */
  #emptied = 0
  #pending: Pending[] = []
  #isScheduled = false
  #ticking: Promise<void> | undefined
  #draining: Promise<void> | undefined
  #drainAgain = false
  #failure: string | undefined

  constructor(options: TrailOptions, { key, log, syncThread, head }: TrailParts) {
    this.#options = options
    this.#key = key
    this.#log = log
    this.#syncThread = syncThread
    this.#head = head
    const { directory, report } = options
    this.#index = openEventIndex({
      directory,
      file: join(directory, 'index.db'),
      ...(report === undefined ? {} : { report }),
    })
    this.#tick = setInterval(() => {
      // One after the other: a device that hangs holds up the next one.
      this.#ticking ??= this.#everySecond().finally(() => (this.#ticking = undefined))
    }, 1_000)
    this.#tick.unref()
  }

  /** Whether records can be written. While they can't, no request may run. */
  health(): TrailHealth {
    if (this.#failure !== undefined) return { kind: 'failing', reason: this.#failure }
    return this.#log.isBehind ? slowDisk : healthy
  }

  /** Writes records; resolves when they have gone as far as the durability asks. */
  append(events: readonly TrailEvent[], options: { readonly synced?: boolean } = {}): Promise<void> {
    const synced = options.synced ?? this.#options.durability === 'synced'
    if (events.length === 1) return this.#enqueue(events[0]!.line, 0, synced)
    return Promise.all(events.map(({ line }) => this.#enqueue(line, 0, synced))).then(() => undefined)
  }

  #enqueue(event: string, outbox: number, synced: boolean): Promise<void> {
    const health = this.health()
    if (health.kind === 'failing') return Promise.reject(new Error(`The trail cannot be written: ${health.reason}`))
    return new Promise((resolve, reject) => {
      this.#pending.push({ event, outbox, synced, resolve, reject })
      if (this.#isScheduled) return
      this.#isScheduled = true
      // All records of this turn of the event loop go out in one write.
      setImmediate(() => this.#flush())
    })
  }

  #flush(): void {
    this.#isScheduled = false
    const batch = this.#pending
    this.#pending = []
    try {
      // It has failed since: the log goes on only when it is well again.
      if (this.#failure !== undefined) throw new Error(this.#failure)
      this.#log.write(batch)
    } catch (error) {
      this.#fail(error)
      for (const { reject } of batch) reject(new Error('The trail cannot be written', { cause: error }))
      return
    }
    let needsSync = this.#log.hasFull
    for (const { synced, resolve } of batch) {
      if (synced) needsSync = true
      else resolve()
    }
    if (needsSync) this.#syncBatch(batch.filter(({ synced }) => synced))
  }

  #syncBatch(batch: readonly Pending[]): void {
    this.#log.sync().then(
      () => {
        for (const { resolve } of batch) resolve()
      },
      (error: unknown) => {
        this.#fail(error)
        for (const { reject } of batch) reject(new Error('The trail cannot be synced', { cause: error }))
      },
    )
  }

  #fail(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    if (this.#failure === undefined) this.#options.report?.(`The trail cannot be written: ${reason}`)
    this.#failure = reason
  }

  async #everySecond(): Promise<void> {
    try {
      if (this.#failure === undefined) {
        this.#log.requirePlace()
        if (this.#log.position.sequence > this.#log.synced.sequence) await this.#log.sync()
        await this.#saveHead()
      } else await this.#recover()
    } catch (error) {
      this.#fail(error)
    }
  }

  // Synced from the last good sync on, and with its head in the store, the trail is well again.
  async #recover(): Promise<void> {
    this.#log.begin()
    await this.#log.sync()
    await this.#writeHead(this.#log.synced)
    this.#failure = undefined
    this.#options.report?.('The trail can be written again')
    await this.drainOutbox()
  }

  /** Saves how far the log is on the disk; then the outbox need not keep what is in it any more. */
  async #saveHead(): Promise<void> {
    const { synced } = this.#log
    if (synced.sequence > this.#head.sequence) await this.#writeHead(synced)
    const { outbox, sequence } = this.#head
    if (outbox > this.#emptied) {
      await inStore(this.#options.store.removeOutbox(outbox))
      this.#emptied = outbox
    }
    this.#index.follow(sequence)
  }

  async #writeHead(position: ChainPosition): Promise<void> {
    await inStore(writeHead(this.#options.store, this.#key, position))
    this.#head = position
  }

  /**
   * Brings the records of committed changes from the store's outbox into the log, synced, and resolves when all that were
   * committed before the call have arrived. An entry that arrived before a crash is not written twice.
   */
  drainOutbox(): Promise<void> {
    if (this.#draining !== undefined) {
      this.#drainAgain = true
      return this.#draining
    }
    this.#draining = this.#drain()
    return this.#draining
  }

  async #drain(): Promise<void> {
    try {
      do {
        this.#drainAgain = false
        await this.#drainBatch()
      } while (this.#drainAgain)
    } finally {
      // In the same step as the last look at the flag: whoever comes later starts a drain of its own.
      this.#draining = undefined
    }
  }

  async #drainBatch(): Promise<void> {
    const [limit, many] = [1_000, 100]
    const entries = await this.#options.store.readOutbox(limit)
    const waiting = entries.filter(({ sequence }) => sequence > this.#log.position.outbox)
    await Promise.all(waiting.map(({ record, sequence }) => this.#enqueue(record, sequence, true)))
    if (entries.length > 0 && entries.at(-1)!.sequence > this.#log.synced.outbox) await this.#log.sync()
    // A few are left for the next head: then it is one commit for all of them.
    if (entries.length >= many) await this.#saveHead()
    if (entries.length === limit) this.#drainAgain = true
  }

  /** Looks up records; sees everything that was appended before the call. */
  lookup(query: LookupQuery): Promise<LookupAnswer> {
    return this.#index.lookup(query, this.#log.position.sequence)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#tick)
    await this.#ticking
    try {
      if (this.#failure === undefined) {
        await this.drainOutbox()
        await this.#log.sync()
        await this.#saveHead()
      }
    } finally {
      await this.#index[Symbol.asyncDispose]()
      await this.#syncThread[Symbol.asyncDispose]()
      this.#log.close()
    }
  }
}

/** Names the store as what failed. */
async function inStore(work: Promise<void>): Promise<void> {
  try {
    await work
  } catch (cause) {
    throw new Error(`the store cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}
