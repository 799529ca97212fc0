import { constants } from 'node:crypto'
import { createServer } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Server, ServerOptions } from 'node:https'
import type { Socket } from 'node:net'
import type { SecureContext, SecureContextOptions } from 'node:tls'
import { newUuid } from '../base/index.ts'
import type { NetworkPath, Random } from '../base/index.ts'
import type { ConnectionCounter } from './connection-limits.ts'
import { HttpRefusal, checkRequestForm, readBody, readHeaders, tlsOf } from './http-request.ts'
import type { HttpRequest } from './http-request.ts'
import type { HostNames } from './host-names.ts'
import { escapeXml } from '../wire/index.ts'
import type { WireAnswer } from '../wire/index.ts'

/** Who handles what comes in at a door, and who hears of what does not get that far. */
export interface DoorSources {
  readonly handle: (request: HttpRequest) => Promise<WireAnswer>
  readonly hosts: HostNames
  /** The way that a connection came in; `undefined` where it is no longer admitted. */
  readonly pathOf: (message: IncomingMessage) => NetworkPath | undefined
  readonly refused: (code: string) => void
  readonly connections: ConnectionCounter
  /** The address that a connection counts for; the socket's own if not given. */
  readonly sourceOf?: (socket: Socket) => string | undefined
  /** The TLS of a name that a client asks for; `undefined` where the door's own certificate is for it. */
  readonly contextOf: (serverName: string) => SecureContext | undefined
  /** For request ids. */
  readonly random: Random
  readonly failed: (error: unknown) => void
}

/** TLS 1.2 and 1.3 with modern suites; no renegotiation (Node would allow it three times). The same for all certificates. */
export const secureContextOptions: SecureContextOptions = {
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  ciphers:
    'TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256',
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
}

/** The TLS of a door. Client certificates are not asked for. */
export const tlsOptions: ServerOptions = {
  ...secureContextOptions,
  handshakeTimeout: 5_000,
  ALPNProtocols: ['http/1.1'],
}

/** An HTTPS server that reads whole requests, hands them on and writes the answers. It does not listen yet. */
export function createHttpsDoor(
  certificate: { readonly key: string; readonly cert: string },
  sources: DoorSources,
): Server {
  const server = createServer(
    {
      ...tlsOptions,
      ...certificate,
      SNICallback: (serverName, answer) => answer(null, sources.contextOf(serverName)),
      insecureHTTPParser: false,
      maxHeaderSize: 16_384,
      headersTimeout: 5_000,
      requestTimeout: 10_000,
      keepAliveTimeout: 65_000,
      connectionsCheckingInterval: 1_000,
      noDelay: true,
    },
    (message, response) => {
      serve(message, response, sources, () => server.listening).catch(error => {
        sources.failed(error)
        response.destroy()
      })
    },
  )
  // Node would drop header fields past its own limit without a word; ours is lower and is an error.
  server.maxHeadersCount = 0
  // Also for answers that nobody reads: they would be kept for as long as the connection.
  server.timeout = 30_000
  server.on('tlsClientError', () => undefined)
  sources.connections.guard(server, sources.sourceOf)
  return server
}

/** Gives a door another certificate for the connections to come. */
export function renewDoor(server: Server, certificate: { readonly key: string; readonly cert: string }): void {
  const { key, cert } = certificate
  server.setSecureContext({ ...secureContextOptions, key, cert })
}

async function serve(
  message: IncomingMessage,
  response: ServerResponse,
  sources: DoorSources,
  isOpen: () => boolean,
): Promise<void> {
  const requestId = newUuid(sources.random)
  let answer: WireAnswer
  try {
    answer = await sources.handle(await readRequest(message, requestId, sources))
  } catch (error) {
    if (!(error instanceof HttpRefusal)) throw error
    sources.refused(error.code)
    answer = refusalAnswer(error, requestId, message.headers['content-type'])
    // What is left of the request is not read: the connection can't go on.
    response.setHeader('connection', 'close')
  }
  // The door closes: whoever keeps the connection open would hold it up.
  if (!isOpen()) response.setHeader('connection', 'close')
  response.writeHead(answer.status, { ...answer.headers, 'content-length': Buffer.byteLength(answer.body) })
  response.end(answer.body)
}

async function readRequest(message: IncomingMessage, requestId: string, sources: DoorSources): Promise<HttpRequest> {
  const startedAt = performance.now()
  const path = sources.pathOf(message)
  if (path === undefined) throw new HttpRefusal(403, 'Forbidden', 'This connection is no longer admitted')
  const headers = readHeaders(message.rawHeaders)
  const host = headers.get('host') ?? ''
  if (!sources.hosts.accepts(host, path, message.socket.localAddress ?? '')) {
    throw new HttpRefusal(421, 'MisdirectedRequest', 'The Host header names no door of this server')
  }
  checkRequestForm(message, headers)
  const body = await readBody(message, headers)
  const { method = '', url = '' } = message
  return { requestId, startedAt, path, method, url, headers, body, tls: tlsOf(message, host) }
}

// In the form that the client reads: of the query APIs, or of the JSON ones.
function refusalAnswer({ status, code, message }: HttpRefusal, requestId: string, contentType = ''): WireAnswer {
  if (contentType.startsWith('application/x-www-form-urlencoded')) {
    const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${escapeXml(message)}</Message></Error>`
    return {
      status,
      headers: { 'content-type': 'text/xml;charset=UTF-8', 'x-amzn-requestid': requestId },
      body: `<ErrorResponse>${error}<RequestId>${requestId}</RequestId></ErrorResponse>`,
    }
  }
  return {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': requestId },
    body: JSON.stringify({ __type: code, message }),
  }
}
