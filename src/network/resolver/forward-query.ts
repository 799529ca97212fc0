import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'

const patienceMillis = 3_000

/** Asks another resolver and gives its answer, or `undefined` where none comes in time. Only that resolver's answer counts. */
export function forwardQuery(
  bytes: Buffer,
  upstream: { readonly host: string; readonly port: number },
): Promise<Buffer | undefined> {
  return new Promise(resolve => {
    const socket = createSocket(isIPv6(upstream.host) ? 'udp6' : 'udp4')
    const end = (answer: Buffer | undefined): void => {
      clearTimeout(timer)
      socket.close()
      resolve(answer)
    }
    const timer = setTimeout(() => end(undefined), patienceMillis)
    socket.on('error', () => end(undefined))
    socket.on('message', answer => {
      // The id is what tells an answer from a guess; the connected socket takes nothing from elsewhere.
      if (answer.length >= 12 && answer.readUInt16BE(0) === bytes.readUInt16BE(0)) end(answer)
    })
    socket.connect(upstream.port, upstream.host, () => socket.send(bytes))
  })
}
