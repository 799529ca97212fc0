/** What in a pattern can stand for something else than itself: `*`, `?`, or `${…}`. */
export interface Special {
  readonly index: number
  /** As the pattern has it. */
  readonly text: string
  /** What is between the braces; absent for `*` and `?`. */
  readonly inner?: string
}

/** A policy variable: its name as written, and what it stands for where it has no value. */
export interface PolicyVariable {
  readonly name: string
  readonly fallback: string | undefined
}

const starts = /[*?]|\$\{/g

/**
 * Finds what is special in a pattern, in time that grows with its length alone: a regular expression for all of `${…}` would go to the
 * end of the pattern for each brace that is not closed.
 */
export function specialsOf(pattern: string): readonly Special[] {
  const specials: Special[] = []
  let isClosed = true
  let at = 0
  for (;;) {
    starts.lastIndex = at
    const start = starts.exec(pattern)
    if (start === null) return specials
    const { 0: text, index } = start
    at = index + text.length
    if (text !== '${') specials.push({ index, text })
    else if (isClosed) {
      const end = pattern.indexOf('}', at)
      isClosed = end >= 0
      if (!isClosed) continue
      specials.push({ index, text: pattern.slice(index, end + 1), inner: pattern.slice(at, end) })
      at = end + 1
    }
  }
}

/** Reads `name` or `name, 'fallback'`; `undefined` for `*`, `?` and `$`, which in braces are the characters themselves. */
export function readVariable(inner: string): PolicyVariable | undefined {
  if (inner === '*' || inner === '?' || inner === '$') return undefined
  const comma = inner.indexOf(',')
  if (comma < 0) return { name: inner.trimEnd(), fallback: undefined }
  const fallback = /^\s*'([^']*)'$/.exec(inner.slice(comma + 1))
  // What is not of that form is the name of no key.
  return fallback === null || comma === 0
    ? { name: inner, fallback: undefined }
    : { name: inner.slice(0, comma).trimEnd(), fallback: fallback[1] }
}

/** The names of a text's policy variables, as written. */
export function variableNames(text: string): readonly string[] {
  return specialsOf(text).flatMap(({ inner }) => {
    const variable = inner === undefined ? undefined : readVariable(inner)
    return variable === undefined ? [] : [variable.name]
  })
}
