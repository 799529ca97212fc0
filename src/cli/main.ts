import { ConfigError, nearestWord } from '../base/index.ts'
import { commandHelp, parseCommandLine } from './command.ts'
import type { Command, Terminal } from './command.ts'
import { commandNames, loadCommand, loadCommands } from './commands/index.ts'

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
  const name = findName(words)
  if (name === undefined) return await overview(words, terminal)
  return await runCommand(await loadCommand(name), words.slice(name.split(' ').length), terminal)
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
function findName(words: readonly string[]): string | undefined {
  const fitting = commandNames.filter(name => name.split(' ').every((word, index) => words[index] === word))
  return fitting.sort((one, other) => other.length - one.length)[0]
}

/** Lists the commands, or those of a group (`postern account`). */
async function overview(words: readonly string[], terminal: Terminal): Promise<number> {
  const [first, second] = words.filter(word => !isHelpFlag(word))
  const group = commandNames.filter(name => name.startsWith(`${first} `))
  if (first === undefined || first === 'help') terminal.out(listOf(await loadCommands(), exitCodes))
  else if (group.length > 0 && second === undefined) terminal.out(listOf(await loadCommands(group)))
  else {
    const unknown = group.length > 0 ? `${first} ${second}` : first
    const near = nearestWord(`${first} ${second}`, commandNames) ?? nearestWord(first, commandNames)
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
