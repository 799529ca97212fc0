import { ConfigError } from '../base/index.ts'
import { commandHelp, parseCommandLine } from './command.ts'
import type { Command, Terminal } from './command.ts'
import { commands } from './commands/index.ts'

/** Runs the command line and gives the exit code: 0 done, 1 refused or failed, 2 wrongly asked. */
export async function main(words: readonly string[]): Promise<number> {
  const terminal: Terminal = {
    out: text => void process.stdout.write(text),
    error: text => void process.stderr.write(text),
    environment: process.env,
    isInteractive: process.stdin.isTTY && process.stderr.isTTY,
  }
  return runCommandLine(words, terminal)
}

/** The command line with its terminal given: what the tests call. */
export async function runCommandLine(words: readonly string[], terminal: Terminal): Promise<number> {
  const command = findCommand(words)
  if (command === undefined) return overview(words, terminal)
  const rest = words.slice(command.name.split(' ').length)
  if (rest.includes('--help') || rest.includes('-h')) {
    terminal.out(commandHelp(command))
    return 0
  }
  try {
    return await command.run(parseCommandLine(command, rest), terminal)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    terminal.error(`postern: ${error.message}\n`)
    return 2
  }
}

function findCommand(words: readonly string[]): Command | undefined {
  return commands.find(command => command.name.split(' ').every((word, index) => words[index] === word))
}

function overview(words: readonly string[], terminal: Terminal): number {
  const width = Math.max(...commands.map(command => command.name.length)) + 2
  const lines = commands.map(command => `  ${command.name.padEnd(width)}${command.summary.split(/[:.]/)[0]}`)
  const text = ['Usage: postern COMMAND', '', ...lines, '', 'postern COMMAND --help tells more.', ''].join('\n')
  const asked = words.length === 0 || ['help', '--help', '-h'].includes(words[0]!)
  if (asked) terminal.out(text)
  else terminal.error(`postern: Unknown command "${words[0]}"\n\n${text}`)
  return asked ? 0 : 2
}
