import { expectedText, isAsTold, resultText } from './act.ts'
import type { Act } from './act.ts'
import type { AwsClient, Call, CallResult, Output } from './aws-client.ts'
import type { FileValue } from './demo-folder.ts'
import { commandText, commandWords } from './command-text.ts'
import { DemoFailure } from './demo-failure.ts'
import type { DemoFolder } from './demo-folder.ts'
import type { DemoServer } from './demo-server.ts'
import { policyText } from './policy-text.ts'
import { wrapped } from './short-text.ts'

const indent = '   '

/** A call that was made, and what came of it. */
export interface Made {
  readonly call: Call
  readonly result: CallResult
}

/** Tells a story: prints each step, its command and its real result, and fails where the result is not as told. */
export class Story {
  readonly client: AwsClient
  readonly folder: DemoFolder
  readonly #print: (text: string) => void
  readonly #made: Made[] = []
  readonly #titles: string[] = []
  readonly #policies = new Map<string, string>()
  #checks = 0
  #door = ''

  constructor(client: AwsClient, folder: DemoFolder, print: (text: string) => void) {
    this.client = client
    this.folder = folder
    this.#print = print
  }

  /** The steps that were begun, with their numbers. */
  get titles(): readonly string[] {
    return this.#titles
  }

  /** The calls that were made, in order. */
  get made(): readonly Made[] {
    return this.#made
  }

  /** How many results were compared with what is told. */
  get checks(): number {
    return this.#checks
  }

  step(number: number, title: string): void {
    this.#titles.push(`${number}. ${title}`)
    this.#door = ''
    this.#print(`\n${number}. ${title}\n`)
  }

  say(text: string): void {
    this.#door = ''
    this.#print(wrapped(text, `\n${indent}`.slice(1), indent))
  }

  /** A policy is printed once, indented; commands name its file. */
  policy(name: string, document: object): FileValue {
    const text = policyText(document)
    this.#policies.set(text, name)
    this.#door = ''
    this.#print(`${indent}${name}:\n${text.replaceAll(/^/gm, `${indent}  | `)}\n`)
    return this.folder.file(name, text)
  }

  /** Something that is looked at without an AWS client: how a person would type it, and what came. */
  shows(command: string, result: string): void {
    this.#door = ''
    this.#print(`${indent}$ ${command.replaceAll('\n', `\n${indent}`)}\n${wrapped(result.trimEnd(), `${indent}  `)}`)
  }

  /** One act, and its answer. */
  async does(act: Act): Promise<Output> {
    const [output] = await this.together([act])
    return output!
  }

  /** Acts that do not depend on each other are asked at the same time, and told in their order. */
  async together(acts: readonly Act[]): Promise<readonly Output[]> {
    const asked = acts.map(({ call }) => this.#ask(call))
    for (const each of asked) each.catch(() => undefined)
    const outputs: Output[] = []
    for (const [index, act] of acts.entries()) {
      this.#tellCall(act.call)
      const result = await asked[index]!
      this.#tellResult(act, result)
      outputs.push(this.#check(act, result))
    }
    return outputs
  }

  /** Calls of known kind without their results: a line with a dot for each. */
  async quietly(title: string, run: (does: (act: Act) => Promise<Output>) => Promise<void>): Promise<void> {
    this.#door = ''
    this.#print(`${indent}${title} `)
    await run(async act => {
      const result = await this.#ask(act.call)
      this.#print('.')
      return this.#check(act, result)
    })
    this.#print('\n')
  }

  /** A command of `postern`, and texts that it must print. */
  async postern(
    server: DemoServer,
    words: readonly string[],
    ...expected: readonly (string | RegExp)[]
  ): Promise<string> {
    const command = commandText('postern', words)
    const { status, out, error } = await server.postern(...words)
    this.shows(command, out + error)
    if (status !== 0) throw new DemoFailure({ at: command, expected: 'exit code 0', came: `exit code ${status}` })
    for (const text of expected) {
      if (typeof text === 'string' ? !out.includes(text) : !text.test(out))
        throw new DemoFailure({ at: command, expected: `a text with "${text}"`, came: out })
      this.#checks++
    }
    return out
  }

  /** A sentence that must be true of what came. */
  requires(holds: boolean, sentence: string, came: unknown): void {
    if (!holds) throw new DemoFailure({ at: 'what came', expected: sentence, came: JSON.stringify(came) })
    this.#checks++
    this.say(`✓ ${sentence}`)
  }

  async #ask(call: Call): Promise<CallResult> {
    const result = await this.client.call(call, this.folder).catch((cause: unknown) => {
      const came = cause instanceof Error ? cause.message : String(cause)
      throw new DemoFailure({ at: textOf(call), expected: 'an answer or an error of the API', came })
    })
    this.#made.push({ call, result })
    return result
  }

  #tellCall(call: Call): void {
    const door = doorOf(call)
    if (door !== this.#door) this.#print(`${indent}[${door}]\n`)
    this.#door = door
    this.#print(`${indent}$ ${commandText('aws', commandWords(call)).replaceAll('\n', `\n${indent}`)}\n`)
  }

  #tellResult(act: Act, result: CallResult): void {
    const text = resultText(result, act.kind === 'answer' ? act.show : [])
    const policy = this.#policies.get(text)
    this.#print(wrapped(policy === undefined ? text : `(the text of ${policy}, as printed above)`, `${indent}  `))
  }

  #check(act: Act, result: CallResult): Output {
    if (!isAsTold(act, result))
      throw new DemoFailure({ at: textOf(act.call), expected: expectedText(act), came: resultText(result) })
    this.#checks++
    return result.kind === 'answer' ? result.output : {}
  }
}

// Every service but KMS is asked at the public door: only KMS has endpoints.
const doorOf = ({ asker, service }: Call): string => `${asker.name}, ${service === 'kms' ? asker.door : 'public door'}`

const textOf = (call: Call): string => `aws ${commandWords(call).join(' ')}   [${doorOf(call)}]`
