const width = 116

/** Text in lines of a readable length; each with the indent, the continued ones with two blanks more. */
export function wrapped(text: string, indent: string, continued = `${indent}  `): string {
  const lines = text.split('\n').flatMap(line => wrapLine(line, indent, continued))
  return `${lines.join('\n')}\n`
}

function wrapLine(text: string, indent: string, continued: string): readonly string[] {
  const own = /^ */.exec(text)![0]
  const lines: string[] = []
  let line = indent + own
  let isEmpty = true
  for (const word of text.trim().split(' ')) {
    if (!isEmpty && line.length + word.length + 1 > width) {
      lines.push(line)
      line = continued + own
      isEmpty = true
    }
    line += isEmpty ? word : ` ${word}`
    isEmpty = false
  }
  return [...lines, line.trimEnd()]
}

/** What stands at a path of members; through an array, of each of its items. */
export function valueAt(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((inner, name) => {
    if (Array.isArray(inner) && !/^(?:\d+|length)$/.test(name)) return inner.map(item => member(item, name))
    return member(inner, name)
  }, value)
}

const member = (value: unknown, name: string): unknown => (value as Record<string, unknown> | null | undefined)?.[name]

/** The same as text. */
export const textAt = (value: unknown, path: string): string => String(valueAt(value, path))

/** Chosen members of an answer, each with its name. */
export function shownFields(output: unknown, paths: readonly string[]): string {
  const fields = paths.map(path => `${labelOf(path)}: ${shown(valueAt(output, path))}`)
  const line = fields.join('   ')
  return line.length <= width - 6 ? line : fields.join('\n')
}

/** The last name of a path; before a count, what is counted. */
const labelOf = (path: string): string =>
  path
    .replace(/\.length$/, '')
    .split('.')
    .at(-1)!

const longestBlob = 72

function shown(value: unknown): string {
  if (value === undefined || value === null) return 'absent'
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.flat().map(shown).join(', ')
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  if (text.length <= longestBlob || !/^[\w+/]+=*$/.test(text)) return text
  return `${text.slice(0, 48)}… (${text.length} characters)`
}
