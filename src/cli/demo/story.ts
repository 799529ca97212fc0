import type { AwsClient, CallResult, DemoService, Variables } from './aws-client.ts'
import type { DemoServer } from './demo-server.ts'

/** A step that did not go as told. */
export class DemoFailure extends Error {
  override readonly name = 'DemoFailure'
}

/** Tells a story: prints each step, its command and its real result, and fails where the result is not as told. */
export class Story {
  readonly #client: AwsClient
  readonly #print: (text: string) => void
  #chapters = 0

  constructor(client: AwsClient, print: (text: string) => void) {
    this.#client = client
    this.#print = print
  }

  chapter(title: string): void {
    this.#print(`\n${++this.#chapters}. ${title}\n`)
  }

  say(text: string): void {
    this.#print(`   ${text}\n`)
  }

  /** A call that must succeed. */
  async does(
    service: DemoService,
    operation: string,
    input: Readonly<Record<string, unknown>>,
    variables: Variables,
  ): Promise<Readonly<Record<string, unknown>>> {
    const result = await this.#call(service, operation, input, variables)
    if (result.kind === 'error')
      throw new DemoFailure(`${operation} was to succeed, and failed: ${result.code}: ${result.message}`)
    this.#print(`     ${brief(result.output)}\n`)
    return result.output
  }

  /** A call that must fail with this code, and a message that holds this text. */
  async refuses(
    service: DemoService,
    operation: string,
    input: Readonly<Record<string, unknown>>,
    variables: Variables,
    expected: { readonly code: string; readonly text?: string },
  ): Promise<void> {
    const result = await this.#call(service, operation, input, variables)
    if (result.kind === 'answer') throw new DemoFailure(`${operation} was to be refused, and succeeded`)
    this.#print(`     ${result.code}: ${result.message}\n`)
    if (result.code === expected.code && result.message.includes(expected.text ?? '')) return
    throw new DemoFailure(`${operation} was to be refused with ${expected.code} "${expected.text ?? ''}"`)
  }

  /** A command of `postern`, and what it must print. */
  async runs(server: DemoServer, words: readonly string[], expected: string): Promise<string> {
    this.#print(`   $ postern ${words.join(' ')}\n`)
    const { status, out, error } = await server.postern(...words)
    if (status !== 0) throw new DemoFailure(`postern ${words.join(' ')} was to succeed: ${error}`)
    this.#print(out.replaceAll(/^/gm, '     ').trimEnd().concat('\n'))
    if (!out.includes(expected)) throw new DemoFailure(`It was to print "${expected}"`)
    return out
  }

  requires(isAsTold: boolean, told: string): void {
    if (!isAsTold) throw new DemoFailure(`It was told that ${told}`)
    this.say(`✓ ${told}`)
  }

  #call(
    service: DemoService,
    operation: string,
    input: Readonly<Record<string, unknown>>,
    variables: Variables,
  ): Promise<CallResult> {
    this.#print(`   $ ${this.#client.describe(service, operation, input)}\n`)
    return this.#client.call(service, operation, input, variables)
  }
}

const longest = 300

function brief(output: object): string {
  const text = JSON.stringify(output)
  return text.length <= longest ? text : `${text.slice(0, longest)}…`
}
