// `postern network …` in this process: a test runs many of them.
import assert from 'node:assert/strict'
import { runCommandLine } from '../src/cli/main.ts'
import type { Finished, Postern } from './start-postern.ts'

export interface NetworkCommands {
  /** Runs one that must succeed, and gives what it printed. */
  readonly done: (...words: readonly string[]) => Promise<string>
  /** Runs one that must not, and gives what it said. */
  readonly notDone: (...words: readonly string[]) => Promise<string>
  /** Runs one to its end. */
  readonly run: (...words: readonly string[]) => Promise<Finished>
}

/** Runs commands on a server. They leave this process in the data directory. */
export function networkCommands(postern: Postern): NetworkCommands {
  const run = async (...words: readonly string[]): Promise<Finished> => {
    let [out, error] = ['', '']
    const status = await runCommandLine(['network', ...words, '--data-dir', postern.dataDirectory], {
      out: text => void (out += text),
      error: text => void (error += text),
      environment: {},
      isInteractive: false,
    })
    return { status, out, error }
  }
  return {
    run,
    async done(...words) {
      const { status, out, error } = await run(...words)
      assert.equal(status, 0, error)
      return out
    },
    async notDone(...words) {
      const { status, error } = await run(...words)
      assert.equal(status, 2, error)
      return error
    },
  }
}
