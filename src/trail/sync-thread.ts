import { Worker } from 'node:worker_threads'

/** Flushes files to the disk from a thread of its own: libuv's pool would make it wait behind slow work. */
export interface SyncThread extends AsyncDisposable {
  /** Resolves when the file's data is on the disk. */
  sync(descriptor: number): Promise<void>
}

// Small enough to be given as text, so that it is the same from sources and from a package.
const program = `
const { parentPort } = require('node:worker_threads')
const { fdatasyncSync } = require('node:fs')
parentPort.on('message', ({ id, descriptor }) => {
  try {
    fdatasyncSync(descriptor)
    parentPort.postMessage({ id })
  } catch (error) {
    parentPort.postMessage({ id, error: error.message })
  }
})`

/** Starts the thread; it keeps no process alive while nothing waits for it. */
export function openSyncThread(): SyncThread {
  const worker = new Worker(program, { eval: true, execArgv: [] })
  worker.unref()
  const waiting = new Map<number, { readonly resolve: () => void; readonly reject: (error: Error) => void }>()
  let lastId = 0
  worker.on('message', ({ id, error }: { readonly id: number; readonly error?: string }) => {
    const { resolve, reject } = waiting.get(id)!
    waiting.delete(id)
    if (waiting.size === 0) worker.unref()
    if (error === undefined) resolve()
    else reject(new Error(`Cannot sync the trail: ${error}`))
  })
  worker.on('error', cause => {
    for (const { reject } of waiting.values()) reject(new Error('The sync thread failed', { cause }))
    waiting.clear()
  })
  return {
    sync: descriptor =>
      new Promise((resolve, reject) => {
        const id = ++lastId
        waiting.set(id, { resolve, reject })
        worker.ref()
        worker.postMessage({ id, descriptor })
      }),
    async [Symbol.asyncDispose]() {
      await worker.terminate()
    },
  }
}
