import { spawn } from 'node:child_process'
import type { ChildProcess, SendHandle } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { OpenerAnswer, OpenerWord } from './opener-protocol.ts'
import type { SocketWish } from './protocol.ts'
import { programEnvironment } from './run-program.ts'

interface Waiting {
  resolve(handle: SendHandle): void
  reject(error: Error): void
  handle?: SendHandle
}

const deadlineMillis = 4_000
const idleMillis = 2_000

/** The path of a process's entry file beside this one: a source in a checkout, emitted JavaScript in the package. */
export function entryFile(name: string): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return fileURLToPath(new URL(`./${name}.${extension}`, import.meta.url))
}

/**
 * Opens sockets inside one namespace, by a process that is started there when a socket is wanted and ended when none was for two
 * seconds: doors come several at a time.
 */
export class Opener implements Disposable {
  readonly #namespace: string
  readonly #waiting = new Map<number, Waiting>()
  #child: ChildProcess | undefined
  #idle: NodeJS.Timeout | undefined
  #lastId = 0

  constructor(namespace: string) {
    this.#namespace = namespace
  }

  /** A socket as it is wished for; nobody else has it. */
  open(wish: SocketWish): Promise<SendHandle> {
    const id = ++this.#lastId
    clearTimeout(this.#idle)
    const opened = new Promise<SendHandle>((resolve, reject) => this.#waiting.set(id, { resolve, reject }))
    const child = (this.#child ??= this.#start())
    const deadline = setTimeout(() => this.#drop(child, `no socket within ${deadlineMillis} ms`), deadlineMillis)
    say(child, { id, wish })
    return opened.finally(() => {
      clearTimeout(deadline)
      if (this.#waiting.size === 0 && this.#child !== undefined) this.#idle = setTimeout(() => this.#end(), idleMillis)
    })
  }

  #start(): ChildProcess {
    const words = ['netns', 'exec', this.#namespace, process.execPath, entryFile('opener-entry')]
    const child = spawn('ip', words, {
      env: programEnvironment(),
      cwd: '/',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    let wrong = ''
    child.stderr?.on('data', (chunk: Buffer) => (wrong = `${wrong}${chunk.toString('utf8')}`.slice(-2_000)))
    child.on('message', (answer: OpenerAnswer, handle) => this.#hear(child, answer, handle))
    child.once('error', error => this.#drop(child, error.message))
    child.once('close', () => this.#drop(child, wrong.trim().split('\n')[0] || 'its opener has ended'))
    return child
  }

  #hear(child: ChildProcess, answer: OpenerAnswer, handle: SendHandle | undefined): void {
    const waiting = this.#waiting.get(answer.id)
    if (waiting === undefined) return closeHandle(handle)
    switch (answer.kind) {
      case 'socket':
        if (handle === undefined) return this.#settle(answer.id, new Error('A socket was lost on its way'))
        // Whoever comes before the server has it finds nobody.
        if ('maxConnections' in handle) handle.on('connection', socket => socket.destroy())
        waiting.handle = handle
        return say(child, { taken: answer.id })
      case 'closed':
        return this.#settle(answer.id, waiting.handle ?? new Error('A socket was lost on its way'))
      case 'failed':
        return this.#settle(answer.id, new Error(answer.reason))
    }
  }

  #settle(id: number, outcome: SendHandle | Error): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (!(outcome instanceof Error)) return waiting?.resolve(outcome)
    closeHandle(waiting?.handle)
    waiting?.reject(outcome)
  }

  #end(): void {
    if (this.#child?.connected === true) this.#child.disconnect()
    this.#child = undefined
  }

  /** Its process is gone, or is no longer waited for. */
  #drop(child: ChildProcess, reason: string): void {
    if (this.#child !== child) return
    this.#child = undefined
    clearTimeout(this.#idle)
    child.kill('SIGKILL')
    for (const id of this.#waiting.keys())
      this.#settle(id, new Error(`Cannot open a socket in the namespace ${this.#namespace}: ${reason}`))
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#idle)
    this.#end()
  }
}

function say(child: ChildProcess, word: OpenerWord): void {
  // A process that has ended says so itself.
  if (child.connected) child.send(word, () => undefined)
}

/** Closes this process's copy of a socket. */
export function closeHandle(handle: SendHandle | undefined): void {
  if (handle === undefined) return
  if ('close' in handle && typeof handle.close === 'function') handle.close()
  else if ('destroy' in handle) handle.destroy()
}
