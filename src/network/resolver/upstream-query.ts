import { createSocket } from 'node:dgram'
import { connect, isIPv6 } from 'node:net'
import { takeMessages, withLength } from './tcp-messages.ts'

/** A resolver by its address. */
export interface UpstreamAddress {
  readonly host: string
  readonly port: number
}

const headerBytes = 12

/** Asks over UDP, from a socket of its own: its port is chosen by the system, and is as hard to guess as the id (RFC 5452). */
export function askByUdp(query: Buffer, { host, port }: UpstreamAddress, signal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4', signal })
    let isOpen = true
    const end = (settle: () => void): void => {
      if (isOpen) socket.close()
      isOpen = false
      settle()
    }
    const fail = (error: Error | null | undefined): void => {
      if (error) end(() => reject(error))
    }
    socket.once('close', () => {
      isOpen = false
      reject(new Error('The socket was closed before an answer came'))
    })
    socket.on('error', fail)
    socket.on('message', answer => {
      if (answers(answer, query)) end(() => resolve(answer))
    })
    // An address that cannot be reached is told to this callback, and to nobody else.
    socket.connect(port, host, (error?: Error) => {
      if (error) fail(error)
      else socket.send(query, fail)
    })
  })
}

/** Asks over TCP, on a connection of its own. */
export function askByTcp(query: Buffer, { host, port }: UpstreamAddress, signal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, signal }, () => socket.write(withLength(query)))
    let received: Buffer = Buffer.alloc(0)
    socket.on('error', reject)
    socket.once('close', () => reject(new Error('The connection was closed before an answer came')))
    socket.on('data', (chunk: Buffer) => {
      const { messages, rest } = takeMessages(Buffer.concat([received, chunk]))
      received = rest
      const answer = messages.find(message => answers(message, query))
      if (answer === undefined) return
      resolve(answer)
      socket.destroy()
    })
  })
}

/** Whether a message answers a query: its id and its question tell it from a guess. */
function answers(message: Buffer, query: Buffer): boolean {
  if (message.length < headerBytes || message.readUInt16BE(0) !== query.readUInt16BE(0)) return false
  const isAnswer = (message[2]! & 0x80) !== 0
  const questions = message.readUInt16BE(4)
  // Who cannot read a query at all answers with the header alone.
  const isBareRefusal = questions === 0 && (message[3]! & 0x0f) !== 0
  return isAnswer && (isBareRefusal || (questions === 1 && questionOf(message) === questionOf(query)))
}

/** The question as it stands behind the header, in lower case. */
function questionOf(message: Buffer): string {
  let at = headerBytes
  while (at < message.length && message[at] !== 0) at += message[at]! + 1
  return message.toString('latin1', headerBytes, at + 5).toLowerCase()
}
