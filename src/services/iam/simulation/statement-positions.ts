/** A place in a text: line and column count from 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** Where a statement stands in its document. */
export interface StatementPosition {
  readonly start: Position
  readonly end: Position
}

/**
 * Where the statements of a policy document stand, in their order. As AWS tells it: a statement begins where what comes before it ends
 * (the bracket, or the statement before) and ends behind its brace. The document must have been compiled: it is JSON.
 */
export function statementPositions(text: string): readonly StatementPosition[] {
  const at = positionsOf(text)
  return statementSpans(text).map(({ start, end }) => ({ start: at(start), end: at(end) }))
}

/** Offsets; the end is behind the last character. */
interface Span {
  readonly start: number
  readonly end: number
}

// What gives JSON its form: whole texts, and punctuation. Numbers and words are passed over.
const tokens = /"(?:[^"\\]+|\\.)*"|[[\]{},:]/g

function statementSpans(text: string): readonly Span[] {
  const spans: Span[] = []
  let depth = 0
  let key: string | undefined
  // How deep a statement is inside the element: itself, or in a list. 0 outside the element.
  let statementDepth = 0
  let start = 0
  for (const { 0: token, index } of text.matchAll(tokens)) {
    const end = index + token.length
    if (depth === 1 && token.startsWith('"')) key ??= JSON.parse(token) as string
    else if (depth === 1 && token === ',') key = undefined
    if (token === '[' || token === '{') {
      if (depth === 1 && key === 'Statement') {
        statementDepth = token === '[' ? 3 : 2
        start = token === '[' ? end : index
      }
      depth++
    } else if (token === ']' || token === '}') {
      if (depth === statementDepth && token === '}') {
        spans.push({ start, end })
        start = end
      }
      depth--
      if (depth === 1) statementDepth = 0
    }
  }
  return spans
}

/** Makes offsets into positions, in ascending order. */
function positionsOf(text: string): (offset: number) => Position {
  let line = 1
  let lineStart = 0
  return offset => {
    for (let next = text.indexOf('\n', lineStart); next >= 0 && next < offset; next = text.indexOf('\n', lineStart)) {
      line++
      lineStart = next + 1
    }
    return { line, column: offset - lineStart + 1 }
  }
}
