import { Worker } from 'node:worker_threads'
import type { ComputationInput, ComputationName, ComputationOutput } from '../crypto/index.ts'
import { handedOver } from './handed-over.ts'
import type { ThreadAnswer, ThreadOrder, ThreadSettings } from './thread-protocol.ts'

interface Waiting {
  resolve(output: unknown): void
  reject(error: Error): void
}

/** A thread that did not do what it was asked to. */
export class ThreadError extends Error {
  override readonly name = 'ThreadError'
}

/**
 * Threads for computations. One is started when a job finds none idle, so there are as many as there were jobs at a time: whoever gives
 * the jobs bounds them. A thread that dies takes its own job with it and nothing else.
 */
export class ThreadPool implements AsyncDisposable {
  readonly #settings: ThreadSettings
  readonly #idle: Worker[] = []
  readonly #busy = new Map<Worker, Waiting>()
  #isClosed = false

  constructor(settings: ThreadSettings) {
    this.#settings = settings
  }

  /** Gives a computation to a thread. @throws {ThreadError} */
  compute<Name extends ComputationName>(name: Name, input: ComputationInput<Name>): Promise<ComputationOutput<Name>> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) {
        reject(new ThreadError('The threads are closed'))
        return
      }
      const { input: copied, memory } = handedOver(input)
      const order: ThreadOrder = { name, input: copied }
      const worker = this.#idle.pop() ?? this.#start()
      const waiting = { resolve: (output: unknown) => resolve(output as ComputationOutput<Name>), reject }
      this.#busy.set(worker, waiting)
      // Only a thread that works keeps the process alive.
      worker.ref()
      try {
        worker.postMessage(order, memory)
      } catch (cause) {
        // What cannot be copied never came to the thread, which is as idle as before.
        this.#take(worker, { failure: String(cause) })
      }
    })
  }

  #start(): Worker {
    const isSource = import.meta.url.endsWith('.ts')
    const file = isSource ? './computation-thread.ts' : './computation-thread.js'
    const worker = new Worker(new URL(file, import.meta.url), { workerData: this.#settings, execArgv: [] })
    worker.on('message', (answer: ThreadAnswer) => this.#take(worker, answer))
    // An answer that cannot be read: nobody else's is to be taken for it.
    worker.on('messageerror', cause => {
      this.#drop(worker, new ThreadError('A thread could not be understood', { cause }))
      void worker.terminate()
    })
    worker.on('error', cause => this.#drop(worker, new ThreadError('A thread failed', { cause })))
    worker.on('exit', code => this.#drop(worker, new ThreadError(`A thread ended with ${code}`)))
    return worker
  }

  #take(worker: Worker, answer: ThreadAnswer): void {
    const waiting = this.#busy.get(worker)
    this.#busy.delete(worker)
    worker.unref()
    this.#idle.push(worker)
    if ('failure' in answer) waiting?.reject(new ThreadError(`A computation failed: ${answer.failure}`))
    else waiting?.resolve(answer.output)
  }

  #drop(worker: Worker, error: Error): void {
    const waiting = this.#busy.get(worker)
    this.#busy.delete(worker)
    const index = this.#idle.indexOf(worker)
    if (index >= 0) this.#idle.splice(index, 1)
    waiting?.reject(error)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#idle, ...this.#busy.keys()].map(worker => worker.terminate()))
  }
}
