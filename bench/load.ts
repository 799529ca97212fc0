// The client of the benchmarks: it sends prepared bytes over connections that it keeps, and does little else, so that what is
// measured is the server.
import { connect } from 'node:tls'
import type { TLSSocket } from 'node:tls'

export interface Target {
  readonly host: string
  readonly port: number
}

export interface Load {
  /** A whole request, head and body; sent again and again. */
  readonly request: Buffer
  readonly connections: number
  readonly seconds: number
  /** Requests a second, sent on time whether earlier ones are answered or not; as fast as answers come if not given. */
  readonly rate?: number
}

export interface Measured {
  readonly answers: number
  readonly perSecond: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
}

/** Connections to one server, kept open between measurements. */
export class Client implements Disposable {
  readonly #sockets: readonly Connection[]

  private constructor(sockets: readonly Connection[]) {
    this.#sockets = sockets
  }

  static async open(target: Target, connections: number): Promise<Client> {
    return new Client(await Promise.all(Array.from({ length: connections }, () => openConnection(target))))
  }

  async run({ request, connections, seconds, rate }: Load): Promise<Measured> {
    const used = this.#sockets.slice(0, connections)
    const millis: number[] = []
    const started = performance.now()
    const end = started + seconds * 1_000
    if (rate === undefined) await Promise.all(used.map(socket => repeat(socket, request, end, millis)))
    else await onTime(used, request, { started, end, rate, millis })
    const elapsed = (performance.now() - started) / 1_000
    millis.sort((a, b) => a - b)
    return {
      answers: millis.length,
      perSecond: millis.length / elapsed,
      p50: quantile(millis, 0.5),
      p99: quantile(millis, 0.99),
    }
  }

  [Symbol.dispose](): void {
    for (const { socket } of this.#sockets) socket.destroy()
  }
}

const quantile = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN

interface Connection {
  readonly socket: TLSSocket
  /** Sends and resolves with the answer's end; throws for any answer but 200. */
  ask(request: Buffer): Promise<void>
}

function openConnection({ host, port }: Target): Promise<Connection> {
  return new Promise((resolve, reject) => {
    // The certificate costs once, at the handshake, and is no part of what is measured.
    const socket = connect({ host, port, rejectUnauthorized: false, minVersion: 'TLSv1.3' })
    socket.setNoDelay(true)
    let pending: { resolve: () => void; reject: (error: Error) => void } | undefined
    let head = ''
    const fail = (error: Error): void => {
      pending?.reject(error)
      reject(error)
    }
    socket.on('data', (chunk: Buffer) => {
      head += chunk.toString('latin1')
      const bodyStart = head.indexOf('\r\n\r\n') + 4
      if (bodyStart === 3) return
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
      if (head.length < bodyStart + length) return
      const answer = head
      head = ''
      const waiting = pending
      pending = undefined
      if (answer.startsWith('HTTP/1.1 200')) waiting?.resolve()
      else waiting?.reject(new Error(`The server answered ${answer.slice(0, 600)}`))
    })
    socket.once('error', fail)
    socket.once('close', () => fail(new Error('The server closed the connection')))
    socket.once('secureConnect', () =>
      resolve({
        socket,
        ask: request =>
          new Promise((done, refuse) => {
            if (socket.destroyed) refuse(new Error('The server closed the connection'))
            pending = { resolve: done, reject: refuse }
            socket.write(request)
          }),
      }),
    )
  })
}

async function repeat(connection: Connection, request: Buffer, end: number, millis: number[]): Promise<void> {
  for (;;) {
    const sent = performance.now()
    if (sent >= end) return
    await connection.ask(request)
    millis.push(performance.now() - sent)
  }
}

/** Sends at a rate; the time is counted from when a request was due, so waiting for a free connection counts too. */
async function onTime(
  connections: readonly Connection[],
  request: Buffer,
  { started, end, rate, millis }: { started: number; end: number; rate: number; millis: number[] },
): Promise<void> {
  let next = 0
  const dueAt = (index: number): number => started + (index * 1_000) / rate
  await Promise.all(
    connections.map(async connection => {
      for (;;) {
        const due = dueAt(next++)
        if (due >= end) return
        await until(due)
        await connection.ask(request)
        millis.push(performance.now() - due)
      }
    }),
  )
}

function until(due: number): Promise<void> | undefined {
  const left = due - performance.now()
  if (left <= 0) return undefined
  // Timers are a millisecond coarse: the rest is waited for turn by turn.
  return new Promise(resolve => {
    const look = (): void => void (performance.now() >= due ? resolve() : setImmediate(look))
    if (left > 2) setTimeout(look, left - 1.5)
    else setImmediate(look)
  })
}
