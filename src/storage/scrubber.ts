import { fstatSync } from 'node:fs'
import { emptyLog, holdsAny, secretBlocks, writeAnew } from './scrub.ts'
import { runScrubOrder } from './scrub-thread.ts'
import type { SqliteConnection } from './sqlite-connection.ts'

const queries = {
  begin: `INSERT INTO meta (name, value) VALUES ('scrub', 1) ON CONFLICT DO NOTHING`,
  end: `DELETE FROM meta WHERE name = 'scrub'`,
  open: `SELECT value FROM meta WHERE name = 'scrub'`,
} as const

// A thread's start costs more than the walk through a small file.
const standardThreadBytes = 8 * 1_024 * 1_024

/**
 * Makes sure that removed secrets are in neither the database file nor its write-ahead log. All that wait are scrubbed in one
 * pass. A mark that is committed with the removal stays until its secrets are scrubbed, over failures and restarts.
 */
export class Scrubber {
  readonly #connection: SqliteConnection
  readonly #threadBytes: number
  #blocks = new Set<string>()
  /** Which secrets an earlier process left is not known: all is written anew. */
  #isAllDue: boolean
  #isOpen: boolean
  #additions = 0
  #pass: Promise<void> | undefined
  #failure: string | undefined
  #writingAnew: Promise<unknown> | undefined

  constructor(connection: SqliteConnection, threadBytes = standardThreadBytes) {
    this.#connection = connection
    this.#threadBytes = threadBytes
    this.#isOpen = connection.file !== undefined && connection.get(queries.open) !== undefined
    this.#isAllDue = this.#isOpen
  }

  /** Why secrets that were removed may still be in the files; `undefined` where none are. */
  get remains(): string | undefined {
    return this.#isOpen ? (this.#failure ?? 'They are being scrubbed') : undefined
  }

  /** Set while the file is written anew in a thread: who wants to write waits for it. */
  get writingAnew(): Promise<unknown> | undefined {
    return this.#writingAnew
  }

  /** Sets the mark, in the transaction that removes. */
  mark(): void {
    this.#connection.run(queries.begin)
  }

  /** Takes in what a transaction has removed, before anything else happens. */
  add(removed: readonly string[], written: readonly string[]): void {
    if (this.#connection.file === undefined) return
    this.#additions += 1
    this.#isOpen = true
    for (const block of secretBlocks(removed, written)) this.#blocks.add(block)
  }

  /** Scrubs all that was added before the call. Does not throw: what can't be done now stays marked, and `remains`. */
  async finish(): Promise<void> {
    // A pass that is under way may have searched already.
    if (this.#pass !== undefined) await this.#pass
    if (!this.#isOpen) return
    this.#pass ??= this.#run()
    await this.#pass
  }

  /** Resolves when no pass is under way. */
  async settled(): Promise<void> {
    while (this.#pass !== undefined) await this.#pass
  }

  async #run(): Promise<void> {
    const [blocks, isAllDue, additions] = [this.#blocks, this.#isAllDue, this.#additions]
    this.#blocks = new Set()
    try {
      await this.#scrub([...blocks], isAllDue)
      this.#isAllDue = false
      this.#failure = undefined
      if (additions === this.#additions) {
        this.#connection.run(queries.end)
        this.#isOpen = false
      }
    } catch (error) {
      for (const block of blocks) this.#blocks.add(block)
      this.#failure = error instanceof Error ? error.message : String(error)
    } finally {
      this.#pass = undefined
    }
  }

  async #scrub(blocks: readonly string[], isAllDue: boolean): Promise<void> {
    const file = this.#connection.file!
    emptyLog(this.#connection)
    const inThread = fstatSync(file).size > this.#threadBytes
    if (isAllDue || (await this.#holdsAny(file, blocks, inThread))) await this.#writeAnew(inThread)
    // Also for what other commits have written meanwhile: their pages may have held remains.
    emptyLog(this.#connection)
  }

  async #holdsAny(file: number, blocks: readonly string[], inThread: boolean): Promise<boolean> {
    return inThread ? runScrubOrder({ kind: 'search', file, blocks }) : holdsAny(file, blocks)
  }

  async #writeAnew(inThread: boolean): Promise<void> {
    if (!inThread) {
      writeAnew(this.#connection)
      return
    }
    this.#writingAnew = runScrubOrder({ kind: 'write-anew', path: this.#connection.path })
    try {
      await this.#writingAnew
    } finally {
      this.#writingAnew = undefined
    }
  }
}
