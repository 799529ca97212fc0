import { Worker } from 'node:worker_threads'
import { secondMillis } from '../../base/index.ts'
import type { SecretBytes } from '../../base/index.ts'
import { HsmFailure } from '../../keys/index.ts'
import type { HsmTokens } from '../../keys/index.ts'
import { pkcs11Thread } from './pkcs11-thread.ts'
import type { TokenAnswer, TokenTask } from './pkcs11-thread.ts'

/** What the operator says of HSMs. */
export interface Pkcs11Settings {
  /** Absolute path of the PKCS#11 module. */
  readonly module: string
  /** Put before passwords where the PIN of tokens is `USER:PASSWORD`, as that of AWS CloudHSM. */
  readonly user: string | undefined
  /** Labels of the tokens, by cluster id. */
  readonly tokens: ReadonlyMap<string, string>
  /** The accounts that clusters are of, by cluster id; any account's where nothing is said. */
  readonly owners: ReadonlyMap<string, string>
}

type Answered = boolean | Uint8Array | undefined

interface Waiting {
  readonly resolve: (value: Answered) => void
  readonly reject: (error: HsmFailure) => void
}

// A token that is asked for longer is not coming back: whoever waits is told.
const patienceMillis = 10 * secondMillis

/** So many tasks may be with the thread: one that hangs must not gather the requests of a day in memory. */
export const mostTokenTasks = 1_024

/** HSMs behind a PKCS#11 module. Its calls block, so they run in a thread, one after the other; the thread begins with the first. */
export class Pkcs11Tokens implements HsmTokens, AsyncDisposable {
  readonly #settings: Pkcs11Settings
  readonly #report: (message: string, details?: object) => void
  readonly #waiting = new Map<number, Waiting>()
  #worker: Worker | undefined
  #lastId = 0
  /** What the thread has not answered yet, whether or not anybody waits for it still. */
  #unanswered = 0

  constructor(settings: Pkcs11Settings, report: (message: string, details?: object) => void) {
    this.#settings = settings
    this.#report = report
  }

  async state(clusterId: string, account: string): Promise<'active' | 'inactive' | 'unknown'> {
    const { tokens, owners } = this.#settings
    if (!tokens.has(clusterId) || (owners.get(clusterId) ?? account) !== account) return 'unknown'
    try {
      return (await this.#ask(this.#task(clusterId, { kind: 'is-there' }))) === true ? 'active' : 'inactive'
    } catch (error) {
      this.#report('a PKCS#11 module does not answer', { clusterId, err: error })
      return 'inactive'
    }
  }

  async connect(clusterId: string, password: SecretBytes): Promise<void> {
    const user = this.#settings.user === undefined ? '' : `${this.#settings.user}:`
    const pin = Buffer.concat([Buffer.from(user, 'utf8'), password.exposeBytes()])
    try {
      await this.#ask(this.#task(clusterId, { kind: 'connect', pin }))
    } finally {
      pin.fill(0)
    }
  }

  async disconnect(clusterId: string): Promise<void> {
    await this.#ask(this.#task(clusterId, { kind: 'disconnect' }))
  }

  async generateKey(clusterId: string, key: { readonly id: string; readonly label: string }): Promise<void> {
    await this.#ask(this.#task(clusterId, { kind: 'generate', ...key }))
  }

  async destroyKey(clusterId: string, id: string): Promise<void> {
    await this.#ask(this.#task(clusterId, { kind: 'destroy', id }))
  }

  macBlocks(clusterId: string, id: string, blocks: readonly Buffer[]): Promise<Buffer> {
    return this.#askBytes(this.#task(clusterId, { kind: 'mac', id, blocks }), blocks.length * 32)
  }

  random(clusterId: string, length: number): Promise<Buffer> {
    return this.#askBytes(this.#task(clusterId, { kind: 'random', length }), length)
  }

  /** @throws {HsmFailure} where the operator has no token for the cluster. */
  #task(clusterId: string, task: DistributedOmit<TokenTask, 'token'>): TokenTask {
    const token = this.#settings.tokens.get(clusterId)
    if (token === undefined)
      throw new HsmFailure('cluster-not-found', `The setting "cloudhsm-token" names no token for ${clusterId}`)
    return { ...task, token } as TokenTask
  }

  async #askBytes(task: TokenTask, length: number): Promise<Buffer> {
    const value = await this.#ask(task)
    if (!(value instanceof Uint8Array) || value.length !== length)
      throw new HsmFailure('token-failed', `A token did not answer with ${length} bytes`)
    return Buffer.from(value.buffer, value.byteOffset, value.length)
  }

  #ask(task: TokenTask): Promise<Answered> {
    const worker = (this.#worker ??= this.#start())
    if (this.#unanswered >= mostTokenTasks)
      return Promise.reject(new HsmFailure('timeout', 'Tokens have more to do than they can'))
    this.#unanswered++
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id)
        reject(new HsmFailure('timeout', 'A token did not answer in time'))
      }, patienceMillis)
      this.#waiting.set(id, {
        resolve: value => {
          clearTimeout(timer)
          resolve(value)
        },
        reject: error => {
          clearTimeout(timer)
          reject(error)
        },
      })
      worker.postMessage({ id, task })
    })
  }

  #start(): Worker {
    const worker = new Worker(pkcs11Thread, { workerData: { pkcs11Module: this.#settings.module } })
    worker.on('message', (answer: TokenAnswer) => {
      this.#unanswered--
      const waiting = this.#waiting.get(answer.id)
      this.#waiting.delete(answer.id)
      if ('failure' in answer) waiting?.reject(new HsmFailure(answer.failure.kind, answer.failure.message))
      else waiting?.resolve(answer.value)
    })
    worker.on('error', cause => {
      const { message } = cause as Error
      this.#lose(worker, new HsmFailure('token-failed', `The PKCS#11 module failed: ${message}`, { cause }))
    })
    worker.on('exit', () => this.#lose(worker, new HsmFailure('token-failed', 'The PKCS#11 module has ended')))
    return worker
  }

  /** The thread is gone: the next question begins another, and logs in anew. */
  #lose(worker: Worker, failure: HsmFailure): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    this.#unanswered = 0
    const lost = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const { reject } of lost) reject(failure)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const worker = this.#worker
    if (worker === undefined) return
    await this.#ask({ kind: 'end' }).catch((error: unknown) => {
      this.#report('a PKCS#11 module could not be ended', { err: error })
    })
    await worker.terminate()
  }
}

type DistributedOmit<T, K extends string> = T extends unknown ? Omit<T, K> : never
