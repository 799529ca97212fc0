// HTTP by hand: what no well-behaved client would send.
import { connect } from 'node:tls'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import { SecretBytes } from '../src/base/index.ts'
import { signRequest } from '../src/sigv4/index.ts'
import type { Credentials, Postern } from './start-postern.ts'

export interface RawAnswer {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

export interface ServiceRequest {
  readonly service: string
  /** The operation of a JSON service; `Action=…` in the body for the others. */
  readonly target?: string
  readonly body: Buffer | string
  readonly contentType?: string
  /** More headers that are signed. */
  readonly headers?: Readonly<Record<string, string>>
  readonly region?: string
  readonly host?: string
  /** When it is signed, in milliseconds since 1970; now if not given. */
  readonly at?: number
}

/** The headers of a signed request, the signature among them. */
export function signed(
  postern: Postern,
  { accessKeyId, secretAccessKey, sessionToken }: Credentials,
  request: ServiceRequest,
): Record<string, string> {
  const { service, target, body, contentType, headers, region, host, at } = request
  const form = target === undefined ? 'application/x-www-form-urlencoded' : 'application/x-amz-json-1.1'
  return {
    ...signRequest(
      {
        headers: {
          host: host ?? `127.0.0.1:${postern.apiPort}`,
          'content-type': contentType ?? form,
          ...(target === undefined ? {} : { 'x-amz-target': target }),
          ...headers,
        },
        body,
      },
      {
        credential: {
          accessKeyId,
          secret: new SecretBytes(Buffer.from(secretAccessKey)),
          ...(sessionToken === undefined ? {} : { sessionToken }),
        },
        region: region ?? postern.region,
        service,
        now: at ?? Date.now(),
      },
    ),
  }
}

export type Lines = readonly (readonly [name: string, value: string])[]

/** The bytes of a POST with these headers, in this order, and its length. */
export function post(
  headers: Readonly<Record<string, string>> | Lines,
  body: Buffer | string,
  line = 'POST / HTTP/1.1',
): Buffer {
  const lines = Array.isArray(headers) ? (headers as Lines) : Object.entries(headers as Record<string, string>)
  const length = lines.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name))
    ? []
    : [['content-length', String(Buffer.byteLength(body))] as const]
  const head = [line, ...[...lines, ...length].map(([name, value]) => `${name}: ${value}`), '', ''].join('\r\n')
  return Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(body)])
}

/** A TLS connection to a port of 127.0.0.1. */
export function openConnection(postern: Postern, options: ConnectionOptions = {}): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: postern.apiPort, ca: postern.authority, ...options })
    socket.once('secureConnect', () => resolve(socket))
    socket.once('error', reject)
  })
}

/** Sends bytes over a connection of their own and gives the answer, or `undefined` where the connection just ends. */
export async function send(
  postern: Postern,
  bytes: Buffer | string,
  options: ConnectionOptions = {},
): Promise<RawAnswer | undefined> {
  const socket = await openConnection(postern, options)
  socket.write(bytes)
  const answer = await readAnswer(socket)
  socket.destroy()
  return answer
}

/** Reads one answer, or gives `undefined` where the connection ends before there is a whole one. */
export function readAnswer(socket: TLSSocket): Promise<RawAnswer | undefined> {
  return new Promise(resolve => {
    let text = ''
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      const answer = parseAnswer(text)
      if (answer !== undefined) resolve(answer)
    })
    socket.once('close', () => resolve(parseAnswer(text)))
    socket.once('error', () => resolve(parseAnswer(text)))
  })
}

function parseAnswer(text: string): RawAnswer | undefined {
  const end = text.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n')
  const headers = new Map(
    lines.map(line => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
    }),
  )
  const body = text.slice(end + 4)
  if (body.length < Number(headers.get('content-length') ?? 0)) return undefined
  return { status: Number(statusLine.split(' ')[1]), headers, body }
}
