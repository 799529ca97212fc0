import { createSecretKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { join } from 'node:path'
import { ConfigError } from '../base/index.ts'
import type { Clock } from '../base/index.ts'
import type { KeyRing } from '../seal/index.ts'
import type { Store } from '../storage/index.ts'
import type { TrailEvent } from './build-events.ts'
import { chainStart, nextFrame, segmentHeader } from './chain.ts'
import type { ChainPosition } from './chain.ts'
import { openEventIndex } from './event-index.ts'
import type { EventIndex, LookupAnswer, LookupQuery } from './event-index.ts'
import { beginHead, isRestored, readHead, writeHead } from './head.ts'
import { readLog } from './read-log.ts'
import { openSyncThread } from './sync-thread.ts'
import type { SyncThread } from './sync-thread.ts'
import { openTrailFiles } from './trail-files.ts'
import type { SegmentFile, TrailFiles } from './trail-files.ts'

/** How far a record must have gone before its answer leaves. */
export type TrailDurability =
  /** Handed to the kernel: survives any crash of the process. Synced every second. */
  | 'written'
  /** On the disk: survives power loss. */
  | 'synced'

export type TrailHealth = { readonly kind: 'healthy' } | { readonly kind: 'failing'; readonly reason: string }

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

const standardSegmentBytes = 64 * 1_024 * 1_024
const healthy: TrailHealth = { kind: 'healthy' }

interface Pending {
  readonly event: string
  readonly outbox: number
  readonly synced: boolean
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** The key that chains a trail. */
export function chainKey(keyRing: KeyRing): KeyObject {
  const secret = keyRing.deriveKey('trail chain')
  const key = createSecretKey(secret.exposeBytes())
  secret.wipe()
  return key
}

/**
 * Opens the trail: checks it from the last head that the store knows, cuts off a line that a crash tore, and brings over what
 * the outbox holds.
 *
 * @throws {ConfigError} where the log is shorter than it was, or not as it was written.
 */
export async function openTrail(options: TrailOptions): Promise<Trail> {
  const files = options.files ?? openTrailFiles(options.directory)
  const key = chainKey(options.keyRing)
  const head = await openHead(options.store, key, files)
  const found = readLog({ files, key, head, fromHead: true })
  if (found.fault !== undefined || !found.passedHead) {
    const { segment, line, detail } = found.fault ?? {
      segment: found.lastSegment ?? 0,
      line: 0,
      detail: 'records are missing at its end',
    }
    throw new ConfigError(
      `The trail in ${options.directory} was altered (segment ${segment}, line ${line}: ${detail}). Run "postern trail verify" and restore it`,
    )
  }
  await requireStoreOf(found.position, options)
  if (found.tornBytes > 0) options.report?.(`Cut off ${found.tornBytes} bytes of a record that a crash left unfinished`)
  let segment = found.lastSegment ?? 0
  // A crash came between making the last segment and writing its first line.
  const isEmpty = segment > 0 && found.lastLength === 0
  if (isEmpty) files.remove(segment--)
  const file = segment > 0 && !isEmpty ? files.reopen(segment, found.lastLength) : undefined
  const trail = new Trail(options, files, key, {
    position: found.position,
    head,
    segment,
    file,
    length: found.lastLength,
  })
  await trail.drainOutbox()
  return trail
}

// A change is in the store before its record is in the log. In an older copy of the store the outbox would count again what it
// has counted before, and the records of its changes would be taken for ones that have arrived.
async function requireStoreOf({ outbox }: ChainPosition, { store, directory }: TrailOptions): Promise<void> {
  if ((await store.lastOutboxSequence()) >= outbox) return
  throw new ConfigError(
    `The store is older than the trail in ${directory}: an earlier copy of it was put in its place. Put the newer one back, or use "postern restore" for a backup`,
  )
}

// The outbox goes on counting in a restored store, so a new trail must know how far it was.
async function openHead(store: Store, key: KeyObject, files: TrailFiles): Promise<ChainPosition> {
  const known = await readHead(store, key)
  if (files.list().length > 0) {
    if (known !== undefined) return known
    throw new ConfigError(
      'The head of the trail is missing from the store: run "postern trail verify" and restore the data directory',
    )
  }
  if (known !== undefined && !(await isRestored(store))) return known
  await beginHead(store, key, chainStart)
  return chainStart
}

interface TrailState {
  readonly position: ChainPosition
  readonly head: ChainPosition
  readonly segment: number
  readonly file: SegmentFile | undefined
  readonly length: number
}

export class Trail implements AsyncDisposable {
  readonly #options: TrailOptions
  readonly #files: TrailFiles
  readonly #key: KeyObject
  readonly #syncThread: SyncThread
  readonly #index: EventIndex
  readonly #tick: NodeJS.Timeout
  #position: ChainPosition
  #head: ChainPosition
  #segment: number
  #file: SegmentFile | undefined
  #length: number
  #pending: Pending[] = []
  #isScheduled = false
  #syncing: Promise<void> | undefined
  #draining: Promise<void> | undefined
  #drainAgain = false
  #failure: string | undefined

  constructor(options: TrailOptions, files: TrailFiles, key: KeyObject, state: TrailState) {
    this.#options = options
    this.#syncThread = options.syncThread ?? openSyncThread()
    this.#files = files
    this.#key = key
    this.#position = state.position
    this.#head = state.head
    this.#segment = state.segment
    this.#file = state.file
    this.#length = state.length
    this.#index = openEventIndex({ directory: options.directory, file: join(options.directory, 'index.db') })
    this.#tick = setInterval(() => void this.#everySecond(), 1_000)
    this.#tick.unref()
  }

  /** Whether records can be written. While they can't, no request may run. */
  health(): TrailHealth {
    return this.#failure === undefined ? healthy : { kind: 'failing', reason: this.#failure }
  }

  /** Writes records; resolves when they have gone as far as the durability asks. */
  append(events: readonly TrailEvent[], options: { readonly synced?: boolean } = {}): Promise<void> {
    const synced = options.synced ?? this.#options.durability === 'synced'
    if (events.length === 1) return this.#enqueue(events[0]!.line, 0, synced)
    return Promise.all(events.map(({ line }) => this.#enqueue(line, 0, synced))).then(() => undefined)
  }

  #enqueue(event: string, outbox: number, synced: boolean): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(new Error(`The trail cannot be written: ${this.#failure}`))
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
      this.#write(batch)
    } catch (error) {
      this.#fail(error)
      for (const { reject } of batch) reject(new Error('The trail cannot be written', { cause: error }))
      return
    }
    let needsSync = false
    for (const { synced, resolve } of batch) {
      if (synced) needsSync = true
      else resolve()
    }
    if (needsSync) this.#syncBatch(batch.filter(({ synced }) => synced))
  }

  // A file that failed once is not written again: the batch goes to a new segment, or fails.
  #write(batch: readonly Pending[]): void {
    try {
      this.#writeTo(this.#file ?? this.#nextSegment(), batch)
    } catch (error) {
      this.#options.report?.(`A write to segment ${this.#segment} failed (${String(error)}): going on in a new one`)
      this.#abandonSegment()
      this.#writeTo(this.#nextSegment(), batch)
    }
    if (this.#length >= (this.#options.segmentBytes ?? standardSegmentBytes)) this.#closeSegment()
  }

  #writeTo(file: SegmentFile, batch: readonly Pending[]): void {
    let position = this.#position
    let text = ''
    for (const { event, outbox } of batch) {
      const frame = nextFrame(this.#key, position, event, outbox)
      text += frame.line
      position = frame.position
    }
    const bytes = Buffer.from(text, 'utf8')
    file.write(bytes)
    this.#position = position
    this.#length += bytes.length
  }

  #nextSegment(): SegmentFile {
    const segment = this.#segment + 1
    const file = this.#files.create(segment)
    const header = Buffer.from(segmentHeader(this.#key, segment, this.#position), 'utf8')
    try {
      file.write(header)
    } catch (error) {
      file.close()
      this.#files.remove(segment)
      throw error
    }
    this.#segment = segment
    this.#file = file
    this.#length = header.length
    return file
  }

  #closeSegment(): void {
    const file = this.#file
    this.#file = undefined
    if (file === undefined) return
    this.#sync(file.descriptor)
      .catch((error: unknown) => this.#fail(error))
      .finally(() => file.close())
  }

  #abandonSegment(): void {
    this.#file?.close()
    this.#file = undefined
  }

  #syncBatch(batch: readonly Pending[]): void {
    const file = this.#file
    const done = file === undefined ? (this.#syncing ?? Promise.resolve()) : this.#sync(file.descriptor)
    done.then(
      () => {
        for (const { resolve } of batch) resolve()
      },
      (error: unknown) => {
        this.#abandonSegment()
        this.#fail(error)
        for (const { reject } of batch) reject(new Error('The trail cannot be synced', { cause: error }))
      },
    )
  }

  #sync(descriptor: number): Promise<void> {
    const syncing = this.#syncThread.sync(descriptor)
    this.#syncing = syncing
    return syncing
  }

  #fail(error: unknown): void {
    if (this.#failure === undefined) this.#options.report?.(`The trail cannot be written: ${String(error)}`)
    this.#failure = error instanceof Error ? error.message : String(error)
    this.#abandonSegment()
  }

  async #everySecond(): Promise<void> {
    try {
      if (this.#failure === undefined) await this.#saveHead()
      else await this.#recover()
    } catch (error) {
      this.#fail(error)
    }
  }

  async #saveHead(): Promise<void> {
    const position = this.#position
    const file = this.#file
    if (position.sequence === this.#head.sequence) return
    // Without an open segment, the last one has just been closed and is being synced.
    await (file === undefined ? this.#syncing : this.#sync(file.descriptor))
    await writeHead(this.#options.store, this.#key, position)
    this.#head = position
    this.#index.follow(position.sequence)
  }

  // A new segment that takes its first line to the disk shows that there is room again.
  async #recover(): Promise<void> {
    const file = this.#nextSegment()
    await this.#sync(file.descriptor)
    this.#failure = undefined
    this.#options.report?.('The trail can be written again')
    await this.drainOutbox()
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
    const limit = 1_000
    const entries = await this.#options.store.readOutbox(limit)
    if (entries.length === 0) return
    const waiting = entries.filter(({ sequence }) => sequence > this.#position.outbox)
    await Promise.all(waiting.map(({ record, sequence }) => this.#enqueue(record, sequence, true)))
    await this.#options.store.removeOutbox(entries.at(-1)!.sequence)
    if (entries.length === limit) this.#drainAgain = true
  }

  /** Looks up records; sees everything that was appended before the call. */
  lookup(query: LookupQuery): Promise<LookupAnswer> {
    return this.#index.lookup(query, this.#position.sequence)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#tick)
    if (this.#failure === undefined) {
      await this.drainOutbox()
      await this.#saveHead()
    }
    await this.#index[Symbol.asyncDispose]()
    await this.#syncThread[Symbol.asyncDispose]()
    this.#abandonSegment()
  }
}
