/** Looks up the value of a policy variable; `undefined` where it has none. */
export type Variables = (name: string) => string | undefined

/** A piece of a pattern. */
type Token =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'any-run' }
  | { readonly kind: 'any-one' }
  | { readonly kind: 'variable'; readonly name: string; readonly fallback: string | undefined }

export interface PatternOptions {
  /** `*` and `?` stand for runs and single characters; else they are text. */
  readonly wildcards: boolean
  /** `${…}` is expanded (Version 2012-10-17); else it is text. */
  readonly variables: boolean
  readonly ignoreCase?: boolean
}

/** Whether a text matches; `undefined` where a variable of the pattern has no value. */
export type Matcher = (text: string, variables: Variables) => boolean | undefined

/** Compiles a pattern. Matching takes time linear in the text for each piece between wildcards, and never backtracks further. */
export function compilePattern(pattern: string, options: PatternOptions): Matcher {
  const fold = options.ignoreCase === true ? (text: string) => text.toLowerCase() : (text: string) => text
  const tokens = tokenize(pattern, options)
  if (!tokens.some(token => token.kind === 'variable')) {
    const match = compileTokens(tokens.map(token => foldToken(token, fold)))
    return text => match(fold(text))
  }
  return (text, variables) => {
    const expanded = expand(tokens, variables)
    return expanded && compileTokens(expanded.map(token => foldToken(token, fold)))(fold(text))
  }
}

const foldToken = (token: Token, fold: (text: string) => string): Token =>
  token.kind === 'text' ? { kind: 'text', text: fold(token.text) } : token

// ${*}, ${?} and ${$} are the characters themselves; ${name} and ${name, 'default'} are variables.
const specials = /\*|\?|\$\{([^}]*)\}/g

function tokenize(pattern: string, options: PatternOptions): readonly Token[] {
  const tokens: Token[] = []
  let at = 0
  for (const match of pattern.matchAll(specials)) {
    const token = tokenOf(match, options)
    if (token === undefined) continue
    if (match.index > at) tokens.push({ kind: 'text', text: pattern.slice(at, match.index) })
    tokens.push(token)
    at = match.index + match[0].length
  }
  if (at < pattern.length) tokens.push({ kind: 'text', text: pattern.slice(at) })
  return tokens
}

function tokenOf(match: RegExpExecArray, options: PatternOptions): Token | undefined {
  const [whole, inner] = match
  if (whole === '*') return options.wildcards ? { kind: 'any-run' } : undefined
  if (whole === '?') return options.wildcards ? { kind: 'any-one' } : undefined
  if (!options.variables || inner === undefined) return undefined
  if (inner === '*' || inner === '?' || inner === '$') return { kind: 'text', text: inner }
  const parts = /^([^,]+?)\s*(?:,\s*'([^']*)')?$/.exec(inner)
  return { kind: 'variable', name: (parts?.[1] ?? inner).toLowerCase(), fallback: parts?.[2] }
}

// What a variable stands for is text, also where it looks like a wildcard.
function expand(tokens: readonly Token[], variables: Variables): readonly Token[] | undefined {
  const expanded: Token[] = []
  for (const token of tokens) {
    if (token.kind !== 'variable') expanded.push(token)
    else {
      const text = variables(token.name) ?? token.fallback
      if (text === undefined) return undefined
      expanded.push({ kind: 'text', text })
    }
  }
  return expanded
}

/** A piece between two `*`: characters, `undefined` for a `?`. */
type Piece = readonly (string | undefined)[] | string

function compileTokens(tokens: readonly Token[]): (text: string) => boolean {
  const pieces: Piece[] = ['']
  for (const token of tokens) {
    if (token.kind === 'any-run') pieces.push('')
    else pieces.push(joinPiece(pieces.pop()!, token.kind === 'text' ? token.text : undefined))
  }
  const [first = '', ...rest] = pieces
  const last = rest.pop()
  if (last === undefined)
    return typeof first === 'string'
      ? text => text === first
      : text => text.length === first.length && matchesAt(text, first, 0)
  return text => {
    if (text.length < first.length + last.length || !matchesAt(text, first, 0)) return false
    let at = first.length
    const end = text.length - last.length
    for (const piece of rest) {
      at = findPiece(text, piece, at)
      if (at < 0) return false
      at += piece.length
    }
    return at <= end && matchesAt(text, last, end)
  }
}

function joinPiece(piece: Piece, text: string | undefined): Piece {
  if (typeof piece === 'string' && text !== undefined) return piece + text
  return [
    ...(typeof piece === 'string' ? piece.split('') : piece),
    ...(text === undefined ? [undefined] : text.split('')),
  ]
}

function matchesAt(text: string, piece: Piece, at: number): boolean {
  if (typeof piece === 'string') return text.startsWith(piece, at)
  return piece.every((char, index) => char === undefined || text[at + index] === char)
}

function findPiece(text: string, piece: Piece, from: number): number {
  if (typeof piece === 'string') return text.indexOf(piece, from)
  for (let at = from; at + piece.length <= text.length; at++) if (matchesAt(text, piece, at)) return at
  return -1
}
