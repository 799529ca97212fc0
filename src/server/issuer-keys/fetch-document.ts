import { request } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { trustedAuthorities } from '../trusted-authorities.ts'

/** A document could not be fetched, or is not what it should be. The message is for the operator, not for callers. */
export class FetchFailure extends Error {
  override readonly name = 'FetchFailure'
}

/** What `fetchDocument` needs beside the URL. */
export interface FetchOptions {
  /** Certificates, PEM, that the server's may be issued by, beside those that this machine trusts. */
  readonly authorities?: string | undefined
  /** Ends the fetch, wherever it is. */
  readonly signal: AbortSignal
}

const mostBytes = 262_144
const jsonType = /^application\/(?:[\w.+-]+\+)?json[ \t]*(?:;|$)/i

/**
 * Fetches a JSON document over HTTPS: no redirects, no proxies, no connection kept, and never more than 256 KiB. Whatever is
 * not a plain answer of status 200 is a failure.
 *
 * @throws {FetchFailure}
 */
export async function fetchDocument(url: string, { authorities, signal }: FetchOptions): Promise<string> {
  try {
    return await readAnswer(await ask(url, trustedAuthorities(authorities), signal))
  } catch (cause) {
    throw new FetchFailure(`Cannot fetch ${url}: ${reasonOf(cause, signal)}`, { cause })
  }
}

function ask(url: string, ca: readonly string[], signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const asked = request(url, {
      // An agent would share connections, and the global one may be told by the environment to use a proxy.
      agent: false,
      ca: [...ca],
      // Said here, NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment changes nothing.
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      signal,
      headers: { accept: 'application/json, application/jwk-set+json', 'accept-encoding': 'identity' },
    })
    asked.on('error', reject)
    asked.on('response', resolve)
    asked.end()
  })
}

async function readAnswer(answer: IncomingMessage): Promise<string> {
  try {
    requirePlain(answer)
    const chunks: Buffer[] = []
    let length = 0
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      length += chunk.length
      if (length > mostBytes) throw new FetchFailure(`the answer is longer than ${mostBytes} bytes`)
      chunks.push(chunk)
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } finally {
    answer.destroy()
  }
}

function requirePlain({ statusCode, headers }: IncomingMessage): void {
  const type = headers['content-type'] ?? ''
  if (statusCode !== 200) throw new FetchFailure(`the answer has status ${statusCode}, and only 200 is taken`)
  if (!jsonType.test(type))
    throw new FetchFailure(`the answer has content type "${type.slice(0, 64)}", which is not JSON`)
  if ((headers['content-encoding'] ?? 'identity') !== 'identity')
    throw new FetchFailure('the answer is compressed, which was not asked for')
}

function reasonOf(cause: unknown, signal: AbortSignal): string {
  if (signal.aborted) return 'there was no answer in time'
  return cause instanceof Error ? cause.message : String(cause)
}
