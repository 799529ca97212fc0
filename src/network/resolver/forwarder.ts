import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { Random } from '../../base/index.ts'
import { forwardedAnswer, forwardedQuery } from './forwarded-query.ts'
import type { DnsQuery } from './parse-query.ts'
import { askByTcp, askByUdp } from './upstream-query.ts'

/** Where queries are passed on to, and who hears when that fails. */
export interface ForwarderOptions {
  /** Its host is an address, or a name that this machine resolves. */
  readonly upstream: { readonly host: string; readonly port: number }
  readonly random: Random
  readonly report: (message: string, details: object) => void
}

/** Longest that an answer may take. */
const patienceMillis = 3_000
/** Each has a socket of its own: an upstream that is silent must not cost the server its file descriptors. */
const maxUnderWay = 128
/** A part of them for each VPC, so that one whose queries nobody answers does not silence the others. */
const maxUnderWayOfVpc = 64
const addressMillis = 60_000
const reportMillis = 60_000

/** Passes queries on to another resolver, the way they came: over UDP or over TCP. */
export class Forwarder implements Disposable {
  readonly #options: ForwarderOptions
  readonly #closing = new AbortController()
  readonly #underWay = new Map<string, number>()
  #address: { readonly found: Promise<string>; readonly until: number } | undefined
  #silentUntil = 0

  constructor(options: ForwarderOptions) {
    this.#options = options
  }

  /** The other resolver's answer, or `undefined` where there is none in time or too many are waited for already. */
  async forward(query: DnsQuery, transport: 'udp' | 'tcp', vpcId: string): Promise<Buffer | undefined> {
    const ofVpc = this.#underWay.get(vpcId) ?? 0
    const all = [...this.#underWay.values()].reduce((sum, count) => sum + count, 0)
    if (ofVpc >= maxUnderWayOfVpc || all >= maxUnderWay || this.#closing.signal.aborted) return undefined
    this.#underWay.set(vpcId, ofVpc + 1)
    try {
      return await this.#ask(query, transport)
    } catch (error) {
      this.#reportSeldom(error)
      return undefined
    } finally {
      this.#isAnswered(vpcId)
    }
  }

  #isAnswered(vpcId: string): void {
    const left = this.#underWay.get(vpcId)! - 1
    if (left === 0) this.#underWay.delete(vpcId)
    else this.#underWay.set(vpcId, left)
  }

  async #ask(query: DnsQuery, transport: 'udp' | 'tcp'): Promise<Buffer> {
    const { upstream, random } = this.#options
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(patienceMillis)])
    const host = await orAborted(this.#hostAddress(), signal)
    // The client's id may be known to others, ours is not.
    const asked = forwardedQuery(query, transport, random(2))
    const to = { host, port: upstream.port }
    const answer = await (transport === 'udp' ? askByUdp(asked, to, signal) : askByTcp(asked, to, signal))
    return forwardedAnswer(answer, query, transport)
  }

  // Looked up once for all queries of a minute: each look-up takes one of the few threads that also encrypt.
  #hostAddress(): Promise<string> {
    const { host } = this.#options.upstream
    if (isIP(host) !== 0) return Promise.resolve(host)
    const now = performance.now()
    if (this.#address === undefined || now >= this.#address.until) {
      const found = lookup(host).then(result => result.address)
      this.#address = { found, until: now + addressMillis }
      found.catch(() => (this.#address = undefined))
    }
    return this.#address.found
  }

  #reportSeldom(error: unknown): void {
    const now = performance.now()
    if (now < this.#silentUntil || this.#closing.signal.aborted) return
    this.#silentUntil = now + reportMillis
    this.#options.report('Cannot forward a DNS query', { upstream: this.#options.upstream, err: error })
  }

  /** Gives up on what is under way. */
  [Symbol.dispose](): void {
    this.#closing.abort()
  }
}

function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
