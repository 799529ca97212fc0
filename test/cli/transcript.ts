// Transcripts: what somebody types and what the terminal shows, as text files that are played and compared.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { runCommandLine } from '../../src/cli/main.ts'

/** Where a transcript is played. */
export interface Stage {
  /** Where relative paths begin; the transcript's commands see nothing else of this machine's settings. */
  readonly folder: string
  /** What differs from one play to the next, with the word that stands for it in the transcript. */
  readonly placeholders: readonly (readonly [pattern: string | RegExp, word: string])[]
}

interface Step {
  readonly command: string
  /** What followed the command: its output, or the text of a file. */
  readonly text: string
}

/**
 * Plays the commands of a transcript and gives the transcript of that: it is as expected when both are the same text.
 *
 * A command is a line `$ [NAME=value …] postern WORDS`; what it wrote to either stream follows, then `(exit N)` if N is not 0. The
 * lines after `$ cat > FILE` become that file. Other text, before the first command, is for the reader.
 */
export async function playTranscript(transcript: string, stage: Stage): Promise<string> {
  const [preface = '', ...parts] = transcript.split(/^\$ /m)
  let played = preface
  for (const part of parts) {
    const [command = '', ...lines] = part.split('\n')
    const step = { command, text: lines.join('\n') }
    played += `$ ${command}\n${command.startsWith('cat > ') ? writeFile(step, stage) : await runCommand(step, stage)}`
  }
  return played
}

function writeFile({ command, text }: Step, { folder }: Stage): string {
  const path = join(folder, command.slice('cat > '.length))
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  return text
}

async function runCommand({ command, text }: Step, stage: Stage): Promise<string> {
  const { variables, words } = parseCommand(command, stage)
  let shown = ''
  const show = (more: string): void => void (shown += more)
  process.chdir(stage.folder)
  const status = await runCommandLine(words, { out: show, error: show, environment: variables, isInteractive: false })
  if (status !== 0) shown += `(exit ${status})\n`
  for (const [pattern, word] of stage.placeholders) shown = shown.replaceAll(pattern, word)
  // An empty line parts a command from the next one.
  return text === '\n' || text.endsWith('\n\n') ? `${shown}\n` : shown
}

function parseCommand(
  command: string,
  { folder, placeholders }: Stage,
): { readonly variables: Readonly<Record<string, string>>; readonly words: readonly string[] } {
  const words = [...command.matchAll(/(?:'[^']*'|[^\s'])+/g)].map(([word]) =>
    placeholders.reduce(
      (text, [value, name]) => (typeof value === 'string' ? text.replaceAll(name, value) : text),
      word.replaceAll("'", ''),
    ),
  )
  const program = words.indexOf('postern')
  const given = words.slice(0, program).map(word => word.split(/=(.*)/s, 2) as [string, string])
  const home = { XDG_DATA_HOME: join(folder, 'share'), XDG_CONFIG_HOME: join(folder, 'config') }
  return { variables: { ...home, ...Object.fromEntries(given) }, words: words.slice(program + 1) }
}
