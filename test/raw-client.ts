// HTTP by hand: what no well-behaved client would send.
import { createHmac } from 'node:crypto'
import { connect } from 'node:tls'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import { SecretBytes } from '../src/base/index.ts'
import {
  basicFormat,
  canonicalQuery,
  canonicalRequest,
  deriveSigningKey,
  sha256Hex,
  signRequest,
  stringToSign,
} from '../src/sigv4/index.ts'
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

/** What a signature says that no well-behaved client would: each part that is not given is as it should be. */
export interface OddSignature {
  /** The list of SignedHeaders, which is what is signed. */
  readonly signedHeaders?: string
  /** The hash that stands for the body's. */
  readonly payloadHash?: string
  /** Date, Region, service and terminator of the scope. */
  readonly scope?: string
  /** The time in the string to sign. */
  readonly timestamp?: string
}

/** The headers with a signature that is right for what it says: nothing but what it says is wrong. */
export function signedOddly(
  { accessKeyId, secretAccessKey }: Credentials,
  given: Readonly<Record<string, string>>,
  body: Buffer | string,
  odd: OddSignature,
): Record<string, string> {
  const { authorization = '', ...headers } = given
  const scope = odd.scope ?? /Credential=[^/]+\/([^,]+)/.exec(authorization)![1]!
  const signedHeaders = odd.signedHeaders ?? /SignedHeaders=([^,]+)/.exec(authorization)![1]!
  const canonical = canonicalRequest({
    method: 'POST',
    path: '/',
    query: '',
    headers: new Map(Object.entries(headers)),
    signedHeaders: signedHeaders.split(';'),
    payloadHash: odd.payloadHash ?? sha256Hex(body),
  })
  const signature = signatureOf(secretAccessKey, scope, odd.timestamp ?? headers['x-amz-date']!, canonical)
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`,
  }
}

function signatureOf(secretAccessKey: string, scope: string, timestamp: string, canonical: string): string {
  const [date = '', region = '', service = '', terminator = ''] = scope.split('/')
  const secret = new SecretBytes(Buffer.from(secretAccessKey))
  const text = stringToSign(timestamp, scope, canonical)
  if (terminator === 'aws4_request') {
    const key = deriveSigningKey(secret, { date, region, service })
    return createHmac('sha256', key).update(text).digest('hex')
  }
  const start: Buffer = Buffer.from(`AWS4${secretAccessKey}`)
  const key = [date, region, service, terminator].reduce(
    (last, part) => createHmac('sha256', last).update(part).digest(),
    start,
  )
  return createHmac('sha256', key).update(text).digest('hex')
}

export interface PresignedRequest {
  readonly service: string
  readonly parameters: Readonly<Record<string, string>>
  readonly expires?: string
  /** When it is signed, in milliseconds since 1970; now if not given. */
  readonly at?: number
}

/** The target of a GET that is signed in its query string. */
export function presigned(
  postern: Postern,
  { accessKeyId, secretAccessKey, sessionToken }: Credentials,
  { service, parameters, expires = '60', at = Date.now() }: PresignedRequest,
): string {
  const timestamp = basicFormat(at)
  const scope = `${timestamp.slice(0, 8)}/${postern.region}/${service}/aws4_request`
  const query = canonicalQuery([
    ...Object.entries(parameters),
    ['X-Amz-Algorithm', 'AWS4-HMAC-SHA256'],
    ['X-Amz-Credential', `${accessKeyId}/${scope}`],
    ['X-Amz-Date', timestamp],
    ['X-Amz-Expires', expires],
    ['X-Amz-SignedHeaders', 'host'],
    ...(sessionToken === undefined ? [] : ([['X-Amz-Security-Token', sessionToken]] as const)),
  ])
  const canonical = canonicalRequest({
    method: 'GET',
    path: '/',
    query,
    headers: new Map([['host', `127.0.0.1:${postern.apiPort}`]]),
    signedHeaders: ['host'],
    payloadHash: sha256Hex(''),
  })
  return `/?${query}&X-Amz-Signature=${signatureOf(secretAccessKey, scope, timestamp, canonical)}`
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
