const width = 96

/** A policy as people write it: indented, and what fits into a line stands in one. */
export function policyText(value: unknown, depth = 0): string {
  const line = oneLine(value)
  if (typeof value !== 'object' || value === null || (depth > 1 && line.length + 2 * depth <= width)) return line
  const inner = '  '.repeat(depth + 1)
  const items = Array.isArray(value)
    ? value.map(item => inner + policyText(item, depth + 1))
    : Object.entries(value).map(([name, item]) => `${inner}${JSON.stringify(name)}: ${policyText(item, depth + 1)}`)
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  return `${open}\n${items.join(',\n')}\n${'  '.repeat(depth)}${close}`
}

function oneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(oneLine).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${oneLine(item)}`)
  return `{ ${members.join(', ')} }`
}
