import { Agent, request } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { ProxyFailure } from '../../keys/index.ts'
import type { ProxyAnswer, ProxyCall, ProxyTransport } from '../../keys/index.ts'
import { trustedAuthorities } from '../trusted-authorities.ts'

/** An external key store proxy that the operator lets stores use. */
export interface PermittedProxy {
  /** As stores name it: `https://` and a name, in lower case. */
  readonly endpoint: string
  /** Where it is really reached: the name itself, at 443, if the operator says nothing else. */
  readonly address: { readonly host: string; readonly port: number }
}

/** What the operator says of external key store proxies. */
export interface ProxySettings {
  readonly proxies: readonly PermittedProxy[]
  /** Certificates, PEM, that those of the proxies may be issued by, beside those that this machine trusts. */
  readonly authorities: string | undefined
  /** What a call may take, from the name's look-up to the last byte. */
  readonly timeoutMillis: number
}

// The longest answer of the API is a ciphertext of 4,300 bytes in base64 with its small neighbours.
const mostBytes = 32_768

/**
 * Calls proxies over HTTPS: only those of the operator's list, at the addresses of the list. Certificates are verified against the name
 * that the store has, no redirect is followed, no proxy of the environment is used, and answers are bounded in size and time.
 */
export class ProxyCaller implements ProxyTransport, Disposable {
  readonly #settings: ProxySettings
  readonly #agent: Agent

  constructor(settings: ProxySettings) {
    this.#settings = settings
    this.#agent = new Agent({
      keepAlive: true,
      maxSockets: 256,
      maxFreeSockets: 16,
      ca: [...trustedAuthorities(settings.authorities)],
      // Said here, NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment changes nothing.
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
    })
  }

  permits(endpoint: string): boolean {
    return this.#find(endpoint) !== undefined
  }

  async send(call: ProxyCall): Promise<ProxyAnswer> {
    const proxy = this.#find(call.endpoint)
    if (proxy === undefined)
      throw new ProxyFailure('unreachable', `Proxy ${call.endpoint} is not in the list of the setting "xks-proxy"`)
    const signal = AbortSignal.timeout(this.#settings.timeoutMillis)
    for (;;) {
      const attempt = new Attempt(call, proxy, this.#agent, signal)
      try {
        return await attempt.run()
      } catch (cause) {
        // The proxy had closed a connection that was kept: it has not seen the call, so it is made anew. All calls may be repeated.
        if (attempt.wasCutOff(cause)) continue
        throw attempt.failure(cause)
      }
    }
  }

  #find(endpoint: string): PermittedProxy | undefined {
    return this.#settings.proxies.find(proxy => proxy.endpoint === endpoint.toLowerCase())
  }

  [Symbol.dispose](): void {
    this.#agent.destroy()
  }
}

/** One way to the proxy and back; it knows how far it has come. */
class Attempt {
  readonly #call: ProxyCall
  readonly #proxy: PermittedProxy
  readonly #agent: Agent
  readonly #signal: AbortSignal
  #isConnected = false
  #isSecure = false
  #isReused = false
  #hasAnswer = false

  constructor(call: ProxyCall, proxy: PermittedProxy, agent: Agent, signal: AbortSignal) {
    this.#call = call
    this.#proxy = proxy
    this.#agent = agent
    this.#signal = signal
  }

  async run(): Promise<ProxyAnswer> {
    const answer = await this.#ask()
    this.#hasAnswer = true
    try {
      const chunks: Buffer[] = []
      let length = 0
      for await (const chunk of answer as AsyncIterable<Buffer>) {
        length += chunk.length
        if (length > mostBytes)
          throw new ProxyFailure('malformed', `The proxy's answer is longer than ${mostBytes} bytes`)
        chunks.push(chunk)
      }
      return { status: answer.statusCode ?? 0, body: Buffer.concat(chunks) }
    } catch (cause) {
      answer.destroy()
      throw cause
    }
  }

  #ask(): Promise<IncomingMessage> {
    const { path, headers, body } = this.#call
    const { endpoint, address } = this.#proxy
    return new Promise((resolve, reject) => {
      const asked = request({
        agent: this.#agent,
        host: address.host,
        port: address.port,
        servername: endpoint.slice('https://'.length),
        method: 'POST',
        path,
        headers,
        signal: this.#signal,
      })
      asked.on('socket', socket => {
        this.#isReused = asked.reusedSocket
        this.#isConnected = this.#isSecure = asked.reusedSocket
        if (asked.reusedSocket) return
        socket.once('connect', () => (this.#isConnected = true))
        socket.once('secureConnect', () => (this.#isSecure = true))
      })
      asked.on('error', reject)
      asked.on('response', resolve)
      asked.end(body)
    })
  }

  wasCutOff(cause: unknown): boolean {
    const { code } = cause as { readonly code?: string }
    const isCut = code === 'ECONNRESET' || code === 'EPIPE'
    return this.#isReused && !this.#hasAnswer && isCut && !this.#signal.aborted
  }

  failure(cause: unknown): ProxyFailure {
    if (cause instanceof ProxyFailure) return cause
    const { endpoint, address } = this.#proxy
    const where = `Proxy ${endpoint} at ${address.host}:${address.port}`
    const reason = cause instanceof Error ? cause.message : String(cause)
    if (this.#signal.aborted) return new ProxyFailure('timeout', `${where} did not answer in time`, { cause })
    if (!this.#isConnected) return new ProxyFailure('unreachable', `${where} cannot be reached: ${reason}`, { cause })
    if (!this.#isSecure) return new ProxyFailure('tls', `${where} cannot be trusted: ${reason}`, { cause })
    return new ProxyFailure('malformed', `${where} answered with no HTTP: ${reason}`, { cause })
  }
}
