import { pino } from 'pino'
import type { Logger, SerializedError } from 'pino'

/** The log of the server, as `openLog` makes it. */
export type Log = Logger

/**
 * The server's own log: one JSON object a line on standard error. No request body, header or key is ever given to it. A line that
 * can't be written, as to a full disk, is lost and nothing else: `onLost` counts it.
 */
export function openLog(level: string, onLost: () => void, descriptor = 2): Log {
  const destination = pino.destination({ dest: descriptor, sync: true })
  destination.on('error', onLost)
  const serializers = { err: serializeError }
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers }, destination)
}

// What the system refused is no bug of ours: where in the code it was asked tells the operator nothing.
function serializeError(error: Error): SerializedError | Pick<SerializedError, 'message'> {
  return 'syscall' in error ? { message: error.message } : pino.stdSerializers.err(error)
}
