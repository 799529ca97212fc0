import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

// Below 32768, where Linux begins to give ports to outgoing connections (other systems at 49152): a port from there
// may be in use again by the time that a server listens on it.
const lowest = 10_000
const end = 32_768

/** A port of 127.0.0.1 that nobody listens on, and that no outgoing connection will take. @throws {Error} where none is found. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = randomInt(lowest, end)
    if (await isFree(port)) return port
  }
  throw new Error(`No port of 127.0.0.1 between ${lowest} and ${end - 1} is free`)
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false
    throw error
  }
  await once(server.close(), 'close')
  return true
}
