import { Worker } from 'node:worker_threads'

/** Attributes that LookupEvents can filter by. */
export type LookupAttribute =
  | 'EventId'
  | 'EventName'
  | 'ReadOnly'
  | 'Username'
  | 'ResourceType'
  | 'ResourceName'
  | 'EventSource'
  | 'AccessKeyId'

/** What is looked for: the records of one account in one Region. */
export interface LookupQuery {
  readonly account: string
  readonly region: string
  readonly attribute?: { readonly name: LookupAttribute; readonly value: string }
  /** Milliseconds since 1970, both inclusive. */
  readonly start?: number
  readonly end?: number
  readonly limit: number
  /** Only records before this one in the log. */
  readonly before?: number
}

/** A record that was found. */
export interface FoundEvent {
  readonly sequence: number
  readonly eventId: string
  /** CloudTrail's user name of the caller; absent where it has none. */
  readonly username?: string
  /** The CloudTrail event as JSON. */
  readonly event: string
}

/** The records that were found, newest first. */
export interface LookupAnswer {
  /** Newest first. */
  readonly events: readonly FoundEvent[]
}

/** Follows the log and finds records in it. Everything in it can be made again from the log. */
export interface EventIndex extends AsyncDisposable {
  /** The log has grown to this sequence number: index it when there is time. */
  follow(sequence: number): void
  /** Waits until the index has reached that sequence number, then looks up. */
  lookup(query: LookupQuery, upTo: number): Promise<LookupAnswer>
}

interface Waiting {
  readonly resolve: (answer: LookupAnswer) => void
  readonly reject: (error: Error) => void
}

type Said = { readonly id: number; readonly answer?: LookupAnswer; readonly error?: string }

/** Where the log and the file of its index are. */
export interface EventIndexOptions {
  /** Folder of the segments. */
  readonly directory: string
  /** Database of the index. */
  readonly file: string
  /** Told where the thread has ended. */
  readonly report?: (message: string) => void
}

/** Opens the index; it lives in a thread of its own and never delays an answer. */
export function openEventIndex(options: EventIndexOptions): EventIndex {
  return new IndexThread(options)
}

/** A thread that has ended is started again by the next who needs it; those who wait for it are told. */
class IndexThread implements EventIndex {
  readonly #options: EventIndexOptions
  readonly #waiting = new Map<number, Waiting>()
  #worker: Worker | undefined
  #lastId = 0
  #isClosed = false

  constructor(options: EventIndexOptions) {
    this.#options = options
    this.#worker = this.#start()
  }

  #start(): Worker {
    const { directory, file } = this.#options
    const isSource = import.meta.url.endsWith('.ts')
    const worker = new Worker(new URL(isSource ? './index-worker.ts' : './index-worker.js', import.meta.url), {
      workerData: { directory, file },
    })
    worker.unref()
    worker.on('message', (said: Said) => this.#take(worker, said))
    worker.on('error', cause => this.#end(worker, cause))
    worker.on('exit', code => this.#end(worker, new Error(`Its thread ended with ${code}`)))
    return worker
  }

  #take(worker: Worker, { id, answer, error }: Said): void {
    const call = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (this.#waiting.size === 0) worker.unref()
    if (answer === undefined) call?.reject(new Error(`The index of the trail failed: ${error}`))
    else call?.resolve(answer)
  }

  #end(worker: Worker, cause: unknown): void {
    if (worker !== this.#worker) return
    this.#worker = undefined
    if (!this.#isClosed) this.#options.report?.(`The index of the trail failed, and is started again: ${String(cause)}`)
    const failure = new Error('The index of the trail failed', { cause })
    for (const { reject } of this.#waiting.values()) reject(failure)
    this.#waiting.clear()
  }

  follow(sequence: number): void {
    this.#worker ??= this.#start()
    this.#worker.postMessage({ kind: 'follow', sequence })
  }

  lookup(query: LookupQuery, upTo: number): Promise<LookupAnswer> {
    if (this.#isClosed) return Promise.reject(new Error('The index of the trail is closed'))
    const worker = (this.#worker ??= this.#start())
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId
      this.#waiting.set(id, { resolve, reject })
      worker.ref()
      worker.postMessage({ kind: 'lookup', id, query, upTo })
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await this.#worker?.terminate()
  }
}
