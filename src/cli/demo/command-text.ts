import { FileValue } from './demo-folder.ts'
import type { Call } from './aws-client.ts'

/** A call as words of the AWS CLI. */
export function commandWords({ service, operation, input, endpointUrl, query }: Call): readonly string[] {
  return [
    service,
    kebab(operation),
    ...Object.entries(input).flatMap(([name, value]) => option(name, value)),
    ...(endpointUrl === undefined ? [] : ['--endpoint-url', endpointUrl]),
    ...(query === undefined ? [] : ['--query', query.text, '--output', 'text']),
  ]
}

const kebab = (name: string): string => name.replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase()

function option(name: string, value: unknown): readonly string[] {
  const word = `--${kebab(name)}`
  if (typeof value === 'boolean') return [value ? word : `--no-${word.slice(2)}`]
  if (typeof value === 'string') return [word, value]
  if (value instanceof FileValue) return [word, value.url]
  if (Array.isArray(value)) return [word, ...value.map(item => shorthand(item, true))]
  return [word, shorthand(value, true)]
}

/** The CLI's short form of a structure: `Name=value,Other=[{Name=value}]`. */
function shorthand(value: unknown, outermost = false): string {
  if (Array.isArray(value)) return `[${value.map(item => shorthand(item)).join(',')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  const text = Object.entries(value)
    .map(([name, member]) => `${name}=${shorthand(member)}`)
    .join(',')
  return outermost ? text : `{${text}}`
}

const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`

const width = 112

/** A command as a person types it: quoted for the shell, and continued on the next line where it is long. */
export function commandText(program: string, words: readonly string[]): string {
  const lines: string[] = []
  let line = program
  for (const part of optionsWithValues(words.map(quoted))) {
    if (line.length + part.length + 3 > width && line.trim() !== program) {
      lines.push(`${line} \\`)
      line = `    ${part}`
    } else line += ` ${part}`
  }
  return [...lines, line].join('\n')
}

/** An option stays on one line with its values. */
function optionsWithValues(words: readonly string[]): readonly string[] {
  const parts: string[] = []
  for (const word of words) {
    const last = parts.at(-1)
    if (last?.startsWith('-') === true && !word.startsWith('-')) parts[parts.length - 1] = `${last} ${word}`
    else parts.push(word)
  }
  return parts
}
