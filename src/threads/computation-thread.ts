// A thread that does computations which would hold the event loop, one after the other.
import { constants, platform, setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { computations } from '../crypto/index.ts'
import type { ThreadAnswer, ThreadOrder, ThreadSettings } from './thread-protocol.ts'

const { niceness } = workerData as ThreadSettings
// On Linux 0 means the calling thread; elsewhere it would be the whole process.
if (platform() === 'linux' && niceness > 0) setPriority(0, Math.min(niceness, constants.priority.PRIORITY_LOW))

parentPort?.on('message', (order: ThreadOrder) => void answer(order))

async function answer(order: ThreadOrder): Promise<void> {
  const given = await answerTo(order)
  const buffers = 'output' in given && given.output instanceof Uint8Array ? [given.output.buffer as ArrayBuffer] : []
  // What is handed over leaves no copy in this thread.
  parentPort?.postMessage(given, buffers)
}

async function answerTo({ name, input }: ThreadOrder): Promise<ThreadAnswer> {
  try {
    const compute = computations[name] as (input: unknown) => unknown
    return { output: unpooled(await compute(input)) }
  } catch (error) {
    return { failure: error instanceof Error ? error.message : 'No error was thrown, but something else' }
  }
}

/** Only a buffer that is alone in its memory can be handed over. */
function unpooled(output: unknown): unknown {
  if (!(output instanceof Uint8Array) || output.byteLength === output.buffer.byteLength) return output
  const alone = new Uint8Array(output)
  output.fill(0)
  return alone
}
