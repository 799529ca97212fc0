import type { KeyObject } from 'node:crypto'
import { nextFrame, segmentHeader } from './chain.ts'
import type { ChainPosition } from './chain.ts'
import { Segment } from './segment.ts'
import type { SyncThread } from './sync-thread.ts'
import type { SegmentFile, TrailFiles } from './trail-files.ts'

/** A record to be written. */
export interface Entry {
  readonly event: string
  /** Its sequence in the store's outbox, or 0 for one that comes straight. */
  readonly outbox: number
}

/** Where a log is written to, and where it goes on. */
export interface LogWriterOptions {
  readonly files: TrailFiles
  readonly key: KeyObject
  readonly syncThread: SyncThread
  /** Bytes after which a segment is full. */
  readonly segmentBytes: number
  /** Behind the last record of the log; all before it is on the disk. */
  readonly position: ChainPosition
  /** Number of the last segment; 0 before the first. */
  readonly lastSegment: number
  /** The last segment, where it is gone on in. */
  readonly opened?: { readonly file: SegmentFile; readonly length: number }
  readonly report: (message: string) => void
}

interface Batch {
  readonly bytes: Buffer
  /** Behind its last record. */
  readonly position: ChainPosition
}

/** Of records that are not on the disk yet: then the device does not keep up, and no more are taken. */
const unsyncedLimit = 64 * 1_024 * 1_024

/**
 * Writes the log, segment by segment. What is not on the disk yet is kept in memory: a segment of which a write or a sync failed
 * is abandoned, and all since the last good sync is written again in a new one, which goes on from there.
 */
export class LogWriter {
  readonly #options: LogWriterOptions
  /** Those that are not wholly on the disk, in order; the last one is written to until it is full. */
  #segments: Segment[] = []
  #lastSegment: number
  #position: ChainPosition
  #synced: ChainPosition
  #unsynced: Batch[] = []
  #unsyncedBytes = 0
  /** Whether the log has to go on from the last good sync, in a new segment. */
  #isAbandoned = false
  #abandonments = 0
  #isSyncing = false
  #queuedSync: PromiseWithResolvers<void> | undefined

  constructor(options: LogWriterOptions) {
    this.#options = options
    this.#position = options.position
    this.#synced = options.position
    this.#lastSegment = options.lastSegment
    if (options.opened !== undefined) this.#open(options.opened.file, options.opened.length, false)
  }

  /** Behind the last record that was written. */
  get position(): ChainPosition {
    return this.#position
  }

  /** Behind the last record that is on the disk. */
  get synced(): ChainPosition {
    return this.#synced
  }

  /** Whether so much waits for the disk that nothing more may be written. */
  get isBehind(): boolean {
    return this.#unsyncedBytes > unsyncedLimit
  }

  /** Whether a segment is full and not on the disk: it should be synced. */
  get hasFull(): boolean {
    return this.#segments.some(({ end }) => end !== undefined)
  }

  /** Writes records to the current segment, or where that fails, to a new one. Throws where nothing of them counts. */
  write(entries: readonly Entry[]): void {
    const batch = this.#frame(entries)
    try {
      this.begin()
      this.#segments.at(-1)!.write(batch.bytes)
    } catch (error) {
      this.#options.report(`A write to segment ${this.#lastSegment} failed (${String(error)}): going on in a new one`)
      this.abandon()
      this.#writeAnew(batch)
    }
    this.#position = batch.position
    this.#unsynced.push(batch)
    this.#unsyncedBytes += batch.bytes.length
    const current = this.#segments.at(-1)!
    if (current.length >= this.#options.segmentBytes) current.end = batch.position
  }

  #writeAnew(batch: Batch): void {
    this.begin()
    try {
      this.#segments.at(-1)!.write(batch.bytes)
    } catch (error) {
      this.abandon()
      throw error
    }
  }

  #frame(entries: readonly Entry[]): Batch {
    let position = this.#position
    let text = ''
    for (const { event, outbox } of entries) {
      const frame = nextFrame(this.#options.key, position, event, outbox)
      text += frame.line
      position = frame.position
    }
    return { bytes: Buffer.from(text, 'utf8'), position }
  }

  /** Makes sure that there is a segment to write to: after a failure a new one, with all that is not on the disk for certain. */
  begin(): void {
    const current = this.#segments.at(-1)
    if (current !== undefined && current.end === undefined) return
    const { files, key } = this.#options
    const number = this.#lastSegment + 1
    const after = this.#isAbandoned ? this.#synced : this.#position
    const again = this.#isAbandoned ? this.#unsynced.map(({ bytes }) => bytes) : []
    const beginning = Buffer.concat([Buffer.from(segmentHeader(key, number, after), 'utf8'), ...again])
    const file = files.create(number, beginning)
    this.#lastSegment = number
    this.#open(file, beginning.length, this.#isAbandoned)
    this.#isAbandoned = false
  }

  #open(file: SegmentFile, length: number, isCopy: boolean): void {
    const { syncThread } = this.#options
    this.#segments.push(new Segment({ number: this.#lastSegment, file, length, isCopy, syncThread }))
  }

  /** Leaves the segments that are not wholly on the disk; none of them is written or synced again. */
  abandon(): void {
    for (const segment of this.#segments) {
      segment.close()
      // Or a device that fails for a day would leave a segment for every attempt.
      if (segment.isCopy && segment.number === this.#lastSegment) this.#options.files.remove(this.#lastSegment--)
    }
    this.#segments = []
    this.#isAbandoned = true
    this.#abandonments++
  }

  /** Throws, and abandons the segments, where one of them was taken away from its place. */
  requirePlace(): void {
    for (const segment of this.#segments) {
      try {
        segment.requirePlace()
      } catch (error) {
        this.#options.report(
          `Segment ${segment.number} of the trail was touched (${String(error)}): its records up to ${this.#synced.sequence} may be lost`,
        )
        this.abandon()
        throw error
      }
    }
  }

  /**
   * Takes all that was written before the call to the disk. One sync is under way at a time, and one more waits for all who asked
   * meanwhile; where one fails, the waiting one fails too.
   */
  sync(): Promise<void> {
    if (!this.#isSyncing) return this.#sync()
    this.#queuedSync ??= Promise.withResolvers()
    return this.#queuedSync.promise
  }

  async #sync(): Promise<void> {
    this.#isSyncing = true
    try {
      await this.#syncSegments()
    } catch (error) {
      this.#isSyncing = false
      this.#takeQueued()?.reject(error)
      throw error
    }
    this.#isSyncing = false
    const queued = this.#takeQueued()
    if (queued !== undefined) this.#sync().then(queued.resolve, queued.reject)
  }

  #takeQueued(): PromiseWithResolvers<void> | undefined {
    const queued = this.#queuedSync
    this.#queuedSync = undefined
    return queued
  }

  async #syncSegments(): Promise<void> {
    for (;;) {
      const [position, abandonments] = [this.#position, this.#abandonments]
      if (this.#isAbandoned) throw new Error('The last segment was abandoned')
      try {
        for (const segment of this.#segments) await segment.sync()
      } catch (error) {
        if (abandonments === this.#abandonments) {
          this.abandon()
          throw error
        }
      }
      // What was abandoned meanwhile counts in the segment that it was written to again.
      if (abandonments === this.#abandonments) return this.#settle(position)
    }
  }

  #settle(position: ChainPosition): void {
    this.#synced = position
    this.#unsynced = this.#unsynced.filter(batch => batch.position.sequence > position.sequence)
    this.#unsyncedBytes = this.#unsynced.reduce((sum, { bytes }) => sum + bytes.length, 0)
    const isDone = ({ end }: Segment): boolean => end !== undefined && end.sequence <= position.sequence
    for (const segment of this.#segments.filter(isDone)) segment.close()
    this.#segments = this.#segments.filter(segment => !isDone(segment))
  }

  close(): void {
    for (const segment of this.#segments) segment.close()
    this.#segments = []
  }
}
