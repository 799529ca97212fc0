import { parseArgs } from 'node:util'
import { ConfigError, nearestWord } from '../base/index.ts'

/** One command of `postern`: its words, its options and what it does. */
export interface Command {
  /** One or two words, e.g. `serve`, `account create`. */
  readonly name: string
  readonly summary: string
  /** What stands behind the name in the usage line. */
  readonly usage: string
  readonly options: readonly Option[]
  /** Names of positional arguments, for messages. */
  readonly positionals?: readonly string[]
  /** Gives the exit code. */
  readonly run: (given: Given, terminal: Terminal) => Promise<number>
}

/** An option of a command: its name without dashes, the form of its value for the help, and what it does. */
export interface Option {
  readonly name: string
  /** Absent for a flag that stands alone. */
  readonly form?: string
  readonly many?: boolean
  readonly text: string
}

/** What was given on the command line, checked against the command's options. */
export interface Given {
  readonly flags: ReadonlyMap<string, readonly string[]>
  readonly positionals: readonly string[]
}

/** Where a command reads and writes; the environment that it was started in. */
export interface Terminal {
  readonly out: (text: string) => void
  readonly error: (text: string) => void
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly isInteractive: boolean
}

/** The value of an option that may be given once. */
export function optionOf(given: Given, name: string): string | undefined {
  return given.flags.get(name)?.at(-1)
}

/** The value of an option that must be given. @throws {ConfigError} */
export function requiredOption(given: Given, name: string, command: string): string {
  const value = optionOf(given, name)
  if (value === undefined) throw new ConfigError(`Give --${name}: see "postern ${command} --help"`)
  return value
}

/** Whether a flag that stands alone was given. */
export function hasFlag(given: Given, name: string): boolean {
  return given.flags.has(name)
}

/** Reads a command's arguments. @throws {ConfigError} for an unknown option, a missing value or a word too many. */
export function parseCommandLine(command: Command, words: readonly string[]): Given {
  const options = Object.fromEntries(
    command.options.map(option => [
      option.name,
      { type: option.form === undefined ? ('boolean' as const) : ('string' as const), multiple: true },
    ]),
  )
  let parsed
  try {
    parsed = parseArgs({ args: [...words], options, allowPositionals: true, strict: true })
  } catch (cause) {
    throw new ConfigError(explainWords(cause, command), { cause })
  }
  const allowed = command.positionals ?? []
  const extra = parsed.positionals[allowed.length]
  if (extra !== undefined) throw new ConfigError(`Unexpected "${extra}": see "postern ${command.name} --help"`)
  const flags = Object.entries(parsed.values).map(
    ([name, values]) => [name, (values as unknown[]).map(String)] as const,
  )
  return { flags: new Map(flags), positionals: parsed.positionals }
}

/** What Node's parser found wrong, in one line. */
function explainWords(cause: unknown, command: Command): string {
  const { code, message = '' } = cause as { readonly code?: string; readonly message?: string }
  const word = /'(?<word>-[^' ]*)/.exec(message)?.groups?.['word'] ?? ''
  const help = `see "postern ${command.name} --help"`
  const option = command.options.find(({ name }) => `--${name}` === word)
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    const near = nearestWord(
      word.replace(/^-+/, ''),
      command.options.map(({ name }) => name),
    )
    return `Unknown option "${word}": ${near === undefined ? help : `did you mean "--${near}"?`}`
  }
  if (option === undefined) return `${message.split('\n')[0]!.replace(/\.$/, '')}: ${help}`
  return option.form === undefined
    ? `Option "${word}" takes no value: ${help}`
    : `Give "${word}" a value, ${option.form}: ${help}`
}

/** The help of one command. */
export function commandHelp(command: Command): string {
  const heads = command.options.map(option => `--${option.name}${option.form === undefined ? '' : ` ${option.form}`}`)
  const width = Math.max(0, ...heads.map(head => head.length)) + 2
  const lines = command.options.map((option, index) => `  ${heads[index]!.padEnd(width)}${option.text}`)
  return [`Usage: postern ${command.name} ${command.usage}`.trimEnd(), '', command.summary, '', ...lines, ''].join('\n')
}
