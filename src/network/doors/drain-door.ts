import { once } from 'node:events'
import type { Server } from 'node:https'
import type { Socket } from 'node:net'

/** Longest that a request under way may still take when its door closes. */
const graceMillis = 10_000

/**
 * Closes a door in good order: no new connections, requests under way are finished, idle connections end at once. Whoever
 * has not finished after ten seconds is cut off. A server waits for those that it accepted itself; others that it was handed are given
 * as `connections`. The door's answers must say `connection: close` once it no longer listens.
 */
export async function drainDoor(server: Server, connections: ReadonlySet<Socket> = new Set()): Promise<void> {
  // Once a server is closed, Node no longer ends requests that never come to their end.
  const deadline = setTimeout(() => {
    server.closeAllConnections()
    for (const socket of connections) socket.destroy()
  }, graceMillis)
  const closed = new Promise(resolve => server.close(resolve))
  server.closeIdleConnections()
  await closed
  await Promise.all([...connections].map(socket => once(socket, 'close')))
  clearTimeout(deadline)
}
