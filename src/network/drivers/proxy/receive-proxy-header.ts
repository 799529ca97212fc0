import type { Socket } from 'node:net'
import { readProxyHeader } from './proxy-header.ts'
import type { ProxyHeader, ProxyHeaderFault } from './proxy-header.ts'

/** What came of waiting for a header. */
export type ReceivedProxyHeader =
  | { readonly kind: 'header'; readonly header: ProxyHeader }
  | { readonly kind: 'wrong'; readonly reason: ProxyHeaderFault | 'no header in time' }
  /** The other side closed first, as health checks do. */
  | { readonly kind: 'closed' }

const longestWaitMillis = 5_000

/**
 * Reads the header from a socket that nobody else reads, however it is cut into pieces, and puts back what comes behind it. The socket is
 * paused afterwards, and still open; who gets no header closes it.
 */
export function receiveProxyHeader(socket: Socket, waitMillis = longestWaitMillis): Promise<ReceivedProxyHeader> {
  return new Promise(resolve => {
    let bytes: Buffer = Buffer.alloc(0)
    const finish = (received: ReceivedProxyHeader): void => {
      clearTimeout(deadline)
      socket.off('readable', read).off('close', close)
      resolve(received)
    }
    const read = (): void => {
      const chunk = socket.read() as Buffer | null
      if (chunk === null) return
      bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk])
      const reading = readProxyHeader(bytes)
      if (reading.kind === 'incomplete') return
      if (reading.kind === 'wrong') return finish(reading)
      if (bytes.length > reading.length) socket.unshift(bytes.subarray(reading.length))
      finish({ kind: 'header', header: reading.header })
    }
    const close = (): void => finish({ kind: 'closed' })
    const deadline = setTimeout(() => finish({ kind: 'wrong', reason: 'no header in time' }), waitMillis)
    socket.on('readable', read).once('close', close)
  })
}
