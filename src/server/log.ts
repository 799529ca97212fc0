import { pino } from 'pino'
import type { Logger } from 'pino'

export type Log = Logger

/** The server's own log: one JSON object a line on standard error. No request body, header or key is ever given to it. */
export function openLog(level: string): Log {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  )
}
