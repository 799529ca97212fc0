import assert from 'node:assert/strict'
import { runCommandLine } from '../src/cli/main.ts'
import type { Postern } from './start-postern.ts'

/**
 * Runs a command of `postern` that must succeed, and gives what it shows. In this process: where there are many, another process for
 * each takes most of the time, and what they do is what the server does. It leaves this process in the server's data directory.
 */
export async function runHere(postern: Postern, ...words: readonly string[]): Promise<string> {
  let [shown, wrong] = ['', '']
  const status = await runCommandLine([...words, '--data-dir', postern.dataDirectory], {
    out: text => void (shown += text),
    error: text => void (wrong += text),
    environment: {},
    isInteractive: false,
  })
  assert.equal(status, 0, wrong)
  return shown
}
