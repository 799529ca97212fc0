// One call by the AWS SDK for JavaScript: the question on standard input, the result on standard output.
import { text } from 'node:stream/consumers'
import type { CallResult, Output } from './aws-client.ts'

/** What this program is asked. */
export interface SdkQuestion {
  readonly service: string
  readonly operation: string
  readonly input: unknown
  readonly endpointUrl?: string
}

type Constructor<T> = new (input: object) => T
interface Sender {
  send(command: unknown): Promise<Output>
}
type Pages = (options: { readonly client: Sender }, input: unknown) => AsyncIterable<Output>

async function ask({ service, operation, input, endpointUrl }: SdkQuestion): Promise<CallResult> {
  const sdk = (await import(`@aws-sdk/client-${service}`)) as Readonly<Record<string, unknown>>
  const [, Client] = Object.entries(sdk).find(([name]) => /^[A-Z]\w*Client$/.test(name))!
  const options = { maxAttempts: 1, ...(endpointUrl === undefined ? {} : { endpoint: endpointUrl }) }
  const client = new (Client as Constructor<Sender>)(options)
  try {
    const pages = sdk[`paginate${operation}`] as Pages | undefined
    const Command = sdk[`${operation}Command`] as Constructor<unknown>
    const output =
      pages === undefined ? await client.send(new Command(input as object)) : await allPages(pages({ client }, input))
    return { kind: 'answer', output }
  } catch (error) {
    return failure(error as SdkError)
  }
}

/** All pages as one answer, as the AWS CLI gives it. */
async function allPages(pages: AsyncIterable<Output>): Promise<Output> {
  const whole: Record<string, unknown> = {}
  for await (const page of pages) {
    for (const [name, value] of Object.entries(page)) {
      const before = whole[name]
      whole[name] = Array.isArray(before) && Array.isArray(value) ? [...before, ...value] : value
    }
  }
  return whole
}

interface SdkError extends Error {
  readonly Code?: string
  readonly code?: string
  readonly $metadata?: { readonly httpStatusCode?: number }
}

// The SDK names a connection that was refused `TimeoutError`, among others: what has no HTTP status is no answer of the API.
const refusedConnection = /ECONNRESET|ECONNREFUSED|EPIPE|socket hang up|socket disconnected/

function failure(error: SdkError): CallResult {
  if (error.$metadata?.httpStatusCode !== undefined)
    return { kind: 'error', code: error.Code ?? error.name, message: error.message }
  const message = [error.code, error.message].filter(Boolean).join(': ')
  if (!refusedConnection.test(message)) throw error
  return { kind: 'refused-connection', message }
}

const question = JSON.parse(await text(process.stdin), (_name, value: unknown) => {
  const { $bytes } = (value ?? {}) as { readonly $bytes?: string }
  return $bytes === undefined ? value : Buffer.from($bytes, 'base64')
}) as SdkQuestion
const result = JSON.stringify(await ask(question), function (this: Record<string, unknown>, name, value: unknown) {
  const original = this[name]
  if (original instanceof Uint8Array) return Buffer.from(original).toString('base64')
  return name === '$metadata' ? undefined : value
})
process.stdout.write(result)
