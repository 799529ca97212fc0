/** What the privileged process says to the server that it has started, where it is asked to stop. */
export const stopWord = { stop: true } as const

/** Whether a message is that word. */
export function isStopWord(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'stop' in message
}
