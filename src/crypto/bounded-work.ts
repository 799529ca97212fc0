import type { SlowWork } from './slow-work.ts'

/** Runs jobs in the order in which they came, at most `limit` at a time. */
export function boundedWork(limit: number): SlowWork {
  const waiting: (() => void)[] = []
  let running = 0

  return {
    async run(job) {
      if (running >= limit) await new Promise<void>(resolve => waiting.push(resolve))
      else running++
      try {
        return await job()
      } finally {
        const next = waiting.shift()
        // Who waits takes this one's place.
        if (next === undefined) running--
        else next()
      }
    },
  }
}
