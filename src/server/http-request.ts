import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import type { NetworkPath } from '../base/index.ts'
import type { AuditTls } from '../trail/index.ts'

/** A whole request as it came in through a door: immutable from here on. */
export interface HttpRequest {
  /** `performance.now()` when the first byte of it was read. */
  readonly startedAt: number
  readonly requestId: string
  readonly path: NetworkPath
  readonly method: string
  /** As sent, byte for byte. */
  readonly url: string
  /** By lower-case name; none of them came twice. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
  readonly tls: AuditTls | undefined
}

/** A request that is refused by its HTTP form, before anything is read into it. */
export class HttpRefusal extends Error {
  override readonly name = 'HttpRefusal'
  readonly status: number
  /** The code in the answer's body. */
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** Most headers a request may have. */
export const maxHeaders = 64

const kibibyte = 1024
// KMS requests are small; only these two carry policy documents, whose quotes and line ends are escaped.
const documentOperations = /\.(CreateKey|PutKeyPolicy)$/

/** Most bytes of a body, by what the headers say that it is: 64 KiB for AWS JSON, 192 KiB where it holds a document. */
export function bodyLimit(headers: ReadonlyMap<string, string>): number {
  const target = headers.get('x-amz-target')
  return target !== undefined && !documentOperations.test(target) ? 64 * kibibyte : 192 * kibibyte
}

/**
 * Reads the header fields into a map.
 *
 * @throws {HttpRefusal} where there are too many, or one comes twice: parsers differ in which of the two they take, and
 * the signature must be about the one that is used.
 */
export function readHeaders(rawHeaders: readonly string[]): ReadonlyMap<string, string> {
  if (rawHeaders.length / 2 > maxHeaders) {
    throw new HttpRefusal(431, 'RequestHeaderSectionTooLarge', `Request has more than ${maxHeaders} header fields`)
  }
  const headers = new Map<string, string>()
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!.toLowerCase()
    if (headers.has(name)) throw new HttpRefusal(400, 'BadRequest', `Header "${name}" is given more than once`)
    headers.set(name, rawHeaders[index + 1]!)
  }
  return headers
}

/**
 * Checks what can be said of a request before its body is there: method, target, media, length, origin.
 *
 * @throws {HttpRefusal}
 */
export function checkRequestForm(message: IncomingMessage, headers: ReadonlyMap<string, string>): void {
  const { method = '', url = '' } = message
  // A browser is never a client of ours: no CORS, and no request that a page could have made.
  if (headers.has('origin')) throw new HttpRefusal(403, 'Forbidden', 'Requests from web pages are not served')
  if (method !== 'POST' && !(method === 'GET' && url.startsWith('/?'))) {
    throw new HttpRefusal(
      405,
      'MethodNotAllowed',
      `Method ${JSON.stringify(method.slice(0, 20))} is not allowed: use POST`,
    )
  }
  if (method === 'POST' && url !== '/') {
    throw new HttpRefusal(400, 'BadRequest', 'The request target must be exactly "/"')
  }
  if (headers.has('content-encoding')) {
    throw new HttpRefusal(415, 'UnsupportedMediaType', 'Encoded bodies are not read: send the body as it is')
  }
  const transfer = headers.get('transfer-encoding')
  if (transfer !== undefined && transfer.toLowerCase() !== 'chunked') {
    throw new HttpRefusal(501, 'NotImplemented', 'Of transfer encodings only "chunked" is read')
  }
  const length = headers.get('content-length')
  if (length !== undefined && Number(length) > bodyLimit(headers)) throw tooLarge(headers)
}

function tooLarge(headers: ReadonlyMap<string, string>): HttpRefusal {
  return new HttpRefusal(413, 'RequestEntityTooLarge', `Request body is larger than ${bodyLimit(headers)} bytes`)
}

/**
 * Reads the body up to its limit. Trailers are not read.
 *
 * @throws {HttpRefusal} as soon as the limit is passed.
 */
export function readBody(message: IncomingMessage, headers: ReadonlyMap<string, string>): Promise<Buffer> {
  const limit = bodyLimit(headers)
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    message.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length > limit) {
        message.removeAllListeners('data')
        message.pause()
        reject(tooLarge(headers))
      } else chunks.push(chunk)
    })
    message.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)))
    message.on('error', () => reject(cutOff()))
    // Comes after every end too, where an error that nobody reads would cost more than the rest of this function.
    message.on('close', () => {
      if (!message.complete) reject(cutOff())
    })
  })
}

const cutOff = (): HttpRefusal => new HttpRefusal(400, 'BadRequest', 'The connection ended within the request')

/** The connection's TLS as the trail tells it; remembered for the connection. */
export function tlsOf(message: IncomingMessage, host: string): AuditTls | undefined {
  const socket = message.socket as TLSSocket
  if (typeof socket.getCipher !== 'function') return undefined
  let known = knownTls.get(socket)
  if (known?.host !== host) {
    known = { version: socket.getProtocol() ?? 'unknown', cipher: socket.getCipher().name, host }
    knownTls.set(socket, known)
  }
  return known
}

const knownTls = new WeakMap<TLSSocket, AuditTls>()
