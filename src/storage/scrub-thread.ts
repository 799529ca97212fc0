import { DatabaseSync } from 'node:sqlite'
import { isMainThread, parentPort, workerData, Worker } from 'node:worker_threads'
import { holdsAny, writeAnew } from './scrub.ts'
import { connectionPragmas } from './sqlite-connection.ts'
import { StorageError, wordSqliteError } from './storage-error.ts'

/** What a thread is to do with a large store. */
export type ScrubOrder =
  /** Is one of the blocks in the file? By the descriptor of the connection: see `SqliteConnection.file`. */
  | { readonly kind: 'search'; readonly file: number; readonly blocks: readonly string[] }
  /** Write the file anew, by a connection of the thread's own: nobody else may write meanwhile. */
  | { readonly kind: 'write-anew'; readonly path: string }

interface ScrubAnswer {
  readonly found?: boolean
  readonly failure?: string
}

/** Runs an order in a thread of its own: a large store would hold up every request for seconds. @throws {StorageError} */
export function runScrubOrder(order: ScrubOrder): Promise<boolean> {
  const worker = new Worker(new URL(import.meta.url), { workerData: { scrubOrder: order } })
  return new Promise((resolve, reject) => {
    worker.once('message', ({ found, failure }: ScrubAnswer) => {
      if (failure === undefined) resolve(found === true)
      else reject(new StorageError(failure))
    })
    worker.once('error', cause => reject(new StorageError('Cannot scrub the store: its thread failed', { cause })))
    worker.once('exit', () => reject(new StorageError('Cannot scrub the store: its thread ended')))
  })
}

function answerTo(order: ScrubOrder): ScrubAnswer {
  try {
    if (order.kind === 'search') return { found: holdsAny(order.file, order.blocks) }
    writeAnewAlone(order.path)
    return {}
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) }
  }
}

function writeAnewAlone(path: string): void {
  const database = new DatabaseSync(path, { defensive: true })
  const worded = <R>(work: () => R): R => {
    try {
      return work()
    } catch (error) {
      throw wordSqliteError('write', path, error)
    }
  }
  try {
    for (const pragma of connectionPragmas) database.exec(pragma)
    writeAnew({
      path,
      exec: sql => worded(() => database.exec(sql)),
      get: sql => worded(() => database.prepare(sql).get()),
    })
  } finally {
    database.close()
  }
}

// This file is the thread's program too: so it is found from sources and from a package alike.
const { scrubOrder } = (workerData ?? {}) as { readonly scrubOrder?: ScrubOrder }
if (!isMainThread && scrubOrder !== undefined) parentPort?.postMessage(answerTo(scrubOrder))
