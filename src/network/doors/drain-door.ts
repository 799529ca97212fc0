import type { Server } from 'node:https'

/** Longest that a request under way may still take when its door closes. */
const graceMillis = 10_000

/**
 * Closes a door in good order: no new connections, requests under way are finished, idle connections end at once. Whoever
 * has not finished after ten seconds is cut off. The door's answers must say `connection: close` once it no longer listens.
 */
export function drainDoor(server: Server): Promise<void> {
  return new Promise(resolve => {
    // Once a server is closed, Node no longer ends requests that never come to their end.
    const deadline = setTimeout(() => server.closeAllConnections(), graceMillis)
    server.close(() => {
      clearTimeout(deadline)
      resolve()
    })
    server.closeIdleConnections()
  })
}
