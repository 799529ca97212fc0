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

/** Opens the index; it lives in a thread of its own and never delays an answer. */
export function openEventIndex(options: { readonly directory: string; readonly file: string }): EventIndex {
  const isSource = import.meta.url.endsWith('.ts')
  const worker = new Worker(new URL(isSource ? './index-worker.ts' : './index-worker.js', import.meta.url), {
    workerData: options,
  })
  worker.unref()
  const waiting = new Map<
    number,
    { readonly resolve: (answer: LookupAnswer) => void; readonly reject: (error: Error) => void }
  >()
  let lastId = 0
  let failure: Error | undefined
  worker.on(
    'message',
    ({ id, answer, error }: { readonly id: number; readonly answer?: LookupAnswer; readonly error?: string }) => {
      const call = waiting.get(id)
      waiting.delete(id)
      if (waiting.size === 0) worker.unref()
      if (answer === undefined) call?.reject(new Error(`The index of the trail failed: ${error}`))
      else call?.resolve(answer)
    },
  )
  worker.on('error', cause => {
    failure = new Error('The index of the trail failed', { cause })
    for (const { reject } of waiting.values()) reject(failure)
    waiting.clear()
  })
  return {
    follow: sequence => worker.postMessage({ kind: 'follow', sequence }),
    lookup: (query, upTo) =>
      new Promise((resolve, reject) => {
        if (failure !== undefined) return reject(failure)
        const id = ++lastId
        waiting.set(id, { resolve, reject })
        worker.ref()
        worker.postMessage({ kind: 'lookup', id, query, upTo })
      }),
    async [Symbol.asyncDispose]() {
      await worker.terminate()
    },
  }
}
