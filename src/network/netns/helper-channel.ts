import type { ChildProcess, SendHandle } from 'node:child_process'

/** The way between the server and its network helper: messages, some with a socket. */
export interface HelperChannel {
  readonly send: (message: object, handle?: SendHandle) => void
  readonly onMessage: (listener: (message: unknown, handle: unknown) => void) => void
  /** The other end is gone, now or already. */
  readonly onEnd: (listener: () => void) => void
  readonly close: () => void
}

/** The channel of this process to the one that started it, or to one that it has started. */
export function channelOf(end: ChildProcess | NodeJS.Process): HelperChannel {
  return {
    send(message, handle) {
      // What can't be sent any more has nobody waiting for it: the end of the channel says so.
      if (end.connected) end.send?.(message, handle, {}, () => undefined)
    },
    onMessage: listener => void end.on('message', listener),
    onEnd(listener) {
      // Who comes too late for the event is told too: a process that starts may have lost the one that has started it.
      if (end.connected) end.once('disconnect', listener)
      else setImmediate(listener)
    },
    close() {
      if (end.connected) end.disconnect?.()
    },
  }
}
