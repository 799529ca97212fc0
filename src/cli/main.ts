import { ConfigError, nearestWord } from '../base/index.ts'
import { commandHelp, parseCommandLine } from './command.ts'
import type { Command, Terminal } from './command.ts'
import { commands } from './commands/index.ts'

/**
 * Runs the command line and gives the exit code: 0 done, 1 done with a bad result (the server is not well, the trail is not whole,
 * the demo went wrong), 2 not done: the message says what to do. A bug of ours ends with 70.
 */
export async function main(words: readonly string[]): Promise<number> {
  return runCommandLine(words, terminalOfProcess())
}

/** The terminal and the environment that this process was started with. */
export function terminalOfProcess(): Terminal {
  return {
    out: text => void process.stdout.write(text),
    error: text => void process.stderr.write(text),
    environment: process.env,
    isInteractive: process.stdin.isTTY && process.stderr.isTTY,
  }
}

/** The command line with its terminal given: what the tests call. */
export async function runCommandLine(given: readonly string[], terminal: Terminal): Promise<number> {
  const words = expandShortForms(given)
  const command = findCommand(words)
  if (command === undefined) return overview(words, terminal)
  return runCommand(command, words.slice(command.name.split(' ').length), terminal)
}

/** Runs one command with the words behind its name. */
export async function runCommand(command: Command, words: readonly string[], terminal: Terminal): Promise<number> {
  if (words.some(isHelpFlag)) {
    terminal.out(commandHelp(command))
    return 0
  }
  try {
    return await command.run(parseCommandLine(command, words), terminal)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    terminal.error(`postern: ${error.message}\n`)
    return 2
  }
}

const isHelpFlag = (word: string): boolean => word === '--help' || word === '-h'

/** `--version` is the command; `help COMMAND` is its help. */
function expandShortForms([first, ...rest]: readonly string[]): readonly string[] {
  if (first === '--version' || first === '-v') return ['version', ...rest]
  if (first === 'help' && rest.length > 0) return [...rest, '--help']
  return first === undefined ? [] : [first, ...rest]
}

/** The longest name that fits: `ca` is a command, and so is `ca export`. */
function findCommand(words: readonly string[]): Command | undefined {
  const fitting = commands.filter(command => command.name.split(' ').every((word, index) => words[index] === word))
  return fitting.sort((one, other) => other.name.length - one.name.length)[0]
}

/** Lists the commands, or those of a group (`postern account`). */
function overview(words: readonly string[], terminal: Terminal): number {
  const [first, second] = words.filter(word => !isHelpFlag(word))
  const group = commands.filter(command => command.name.startsWith(`${first} `))
  if (first === undefined || first === 'help') terminal.out(listOf(commands, exitCodes))
  else if (group.length > 0 && second === undefined) terminal.out(listOf(group))
  else {
    const unknown = group.length > 0 ? `${first} ${second}` : first
    const names = commands.map(({ name }) => name)
    const near = nearestWord(`${first} ${second}`, names) ?? nearestWord(first, names)
    const advice = near === undefined ? '"postern help" lists the commands' : `did you mean "${near}"?`
    terminal.error(`postern: Unknown command "${unknown}": ${advice}\n`)
    return 2
  }
  return 0
}

const exitCodes = ['Exit codes: 0 done; 1 done, with a bad result; 2 not done, and the message says what to do.']

function listOf(listed: readonly Command[], more: readonly string[] = []): string {
  const width = Math.max(...listed.map(({ name }) => name.length)) + 2
  const lines = listed.map(({ name, summary }) => `  ${name.padEnd(width)}${summary.split(/[:.;]/)[0]}`)
  return ['Usage: postern COMMAND', '', ...lines, '', 'postern COMMAND --help tells more.', ...more, ''].join('\n')
}
