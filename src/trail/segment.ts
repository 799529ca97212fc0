import type { ChainPosition } from './chain.ts'
import type { SyncThread } from './sync-thread.ts'
import type { SegmentFile } from './trail-files.ts'

/** A segment that is open: its file, and the syncs of it that are under way. */
export class Segment {
  readonly number: number
  readonly #file: SegmentFile
  readonly #syncThread: SyncThread
  #length: number
  #syncs = 0
  #isClosing = false
  /** Whether all that it holds is in earlier segments too, which a failure made the log go on from. */
  isCopy: boolean
  /** The last record, once the segment is full. */
  end: ChainPosition | undefined

  constructor(options: {
    readonly number: number
    readonly file: SegmentFile
    readonly length: number
    readonly isCopy: boolean
    readonly syncThread: SyncThread
  }) {
    this.number = options.number
    this.#file = options.file
    this.#length = options.length
    this.isCopy = options.isCopy
    this.#syncThread = options.syncThread
  }

  get length(): number {
    return this.#length
  }

  write(bytes: Buffer): void {
    this.#file.write(bytes)
    this.#length += bytes.length
    this.isCopy = false
  }

  /** Throws where the file is no longer what the log is read from. */
  requirePlace(): void {
    this.#file.requirePlace()
  }

  async sync(): Promise<void> {
    this.#syncs++
    try {
      await this.#syncThread.sync(this.#file.descriptor)
      this.isCopy = false
    } finally {
      this.#syncs--
      if (this.#isClosing) this.close()
    }
  }

  /** Closes the file when no sync of it is under way: another file would get its descriptor, and be synced in its place. */
  close(): void {
    this.#isClosing = true
    if (this.#syncs === 0) this.#file.close()
  }
}
