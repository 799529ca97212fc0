import { pino } from 'pino'
import type { Logger } from 'pino'

export type Log = Logger

/**
 * The server's own log: one JSON object a line on standard error. No request body, header or key is ever given to it. A line that
 * can't be written, as to a full disk, is lost and nothing else: `onLost` counts it.
 */
export function openLog(level: string, onLost: () => void, descriptor = 2): Log {
  const destination = pino.destination({ dest: descriptor, sync: true })
  destination.on('error', onLost)
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination)
}
