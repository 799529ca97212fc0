import { spawn } from 'node:child_process'
import type { ChildProcess, SpawnOptions } from 'node:child_process'

/** Environment variables of a program. */
export type Variables = Readonly<Record<string, string | undefined>>

/** What a program left behind. */
export interface Finished {
  readonly status: number
  readonly out: string
  readonly error: string
}

/** The programs that the demo starts: whoever interrupts the demo ends them too. */
export class Programs {
  readonly #running = new Set<ChildProcess>()
  #ended = false

  /** Starts a program that runs beside the story. */
  start(program: string, words: readonly string[], options: SpawnOptions): ChildProcess {
    const child = spawn(program, [...words], options)
    this.#running.add(child)
    child.once('close', () => this.#running.delete(child))
    return child
  }

  /** Runs a program to its end. After an interruption nobody waits for it any more: the promise stays open. */
  run(
    program: string,
    words: readonly string[],
    options: { readonly variables: Variables; readonly folder?: string; readonly input?: string },
  ): Promise<Finished> {
    return new Promise((resolve, reject) => {
      const { variables, folder, input } = options
      const child = this.start(program, words, { env: variables, cwd: folder, stdio: ['pipe', 'pipe', 'pipe'] })
      const texts = { out: '', error: '' }
      child.stdout!.setEncoding('utf8').on('data', (text: string) => (texts.out += text))
      child.stderr!.setEncoding('utf8').on('data', (text: string) => (texts.error += text))
      // A program that does not read what it is given has ended before: its status tells.
      child.stdin!.on('error', () => undefined)
      child.stdin!.end(input ?? '')
      child.once('error', reject)
      child.once('close', status => {
        if (!this.#ended) resolve({ status: status ?? 1, ...texts })
      })
    })
  }

  /** Ends what still runs, and waits for it. */
  async end(): Promise<void> {
    this.#ended = true
    await Promise.all([...this.#running].map(endProgram))
  }
}

/** Asks a program to end, and waits until it has. */
export async function endProgram(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const ended = new Promise(resolve => child.once('exit', resolve))
  child.kill('SIGTERM')
  await ended
}
