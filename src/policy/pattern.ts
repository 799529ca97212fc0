import { asciiLower } from '../base/index.ts'
import { findGapped, gappedMatchesAt } from './find-gapped.ts'
import type { GappedPiece } from './find-gapped.ts'
import { readVariable, specialsOf } from './pattern-specials.ts'
import type { Special } from './pattern-specials.ts'

/** Looks up the value of a policy variable; `undefined` where it has none. */
export type Variables = (name: string) => string | undefined

/** A piece of a pattern. */
type Token =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'any-run' }
  | { readonly kind: 'any-one' }
  | { readonly kind: 'variable'; readonly name: string; readonly fallback: string | undefined }

/** What in a pattern stands for something else than itself. */
export interface PatternOptions {
  /** `*` and `?` stand for runs and single characters; else they are text. */
  readonly wildcards: boolean
  /** `${…}` is expanded (Version 2012-10-17); else it is text. */
  readonly variables: boolean
  readonly ignoreCase?: boolean
}

/** Whether a text matches; `undefined` where a variable of the pattern has no value. */
export type Matcher = (text: string, variables: Variables) => boolean | undefined

/**
 * Compiles a pattern. Each piece between two `*` is looked for once, behind the one before: matching never goes back, whatever
 * pattern and text are.
 */
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

/** A pattern's text with its variables replaced, for people to read; those without a value stay as they are. */
export function expandedText(pattern: string, variables: Variables): string {
  let text = ''
  let at = 0
  for (const special of specialsOf(pattern)) {
    text += pattern.slice(at, special.index) + expandedSpecial(special, variables)
    at = special.index + special.text.length
  }
  return text + pattern.slice(at)
}

function expandedSpecial({ text, inner }: Special, variables: Variables): string {
  if (inner === undefined) return text
  const token = variableToken(inner)
  return token.kind === 'variable' ? (variables(token.name) ?? token.fallback ?? text) : token.text
}

const foldToken = (token: Token, fold: (text: string) => string): Token =>
  token.kind === 'text' ? { kind: 'text', text: fold(token.text) } : token

function tokenize(pattern: string, options: PatternOptions): readonly Token[] {
  const tokens: Token[] = []
  let at = 0
  for (const special of specialsOf(pattern)) {
    const token = tokenOf(special, options)
    if (token === undefined) continue
    if (special.index > at) tokens.push({ kind: 'text', text: pattern.slice(at, special.index) })
    tokens.push(token)
    at = special.index + special.text.length
  }
  if (at < pattern.length) tokens.push({ kind: 'text', text: pattern.slice(at) })
  return tokens
}

function tokenOf({ text, inner }: Special, options: PatternOptions): Token | undefined {
  if (text === '*') return options.wildcards ? { kind: 'any-run' } : undefined
  if (text === '?') return options.wildcards ? { kind: 'any-one' } : undefined
  if (!options.variables || inner === undefined) return undefined
  return variableToken(inner)
}

// ${*}, ${?} and ${$} are the characters themselves; ${name} and ${name, 'default'} are variables.
function variableToken(inner: string): Token & { readonly kind: 'text' | 'variable' } {
  const variable = readVariable(inner)
  if (variable === undefined) return { kind: 'text', text: inner }
  return { kind: 'variable', name: asciiLower(variable.name), fallback: variable.fallback }
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

/** A piece between two `*`: a text, or texts with so many single characters before each. */
type Piece = string | GappedPiece

function compileTokens(tokens: readonly Token[]): (text: string) => boolean {
  const [first = '', ...rest] = piecesOf(tokens)
  const last = rest.pop()
  if (last === undefined) return text => text.length === first.length && matchesAt(text, first, 0)
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

/** Splits at each `*`. A pattern of a thousand `?` becomes a number. */
function piecesOf(tokens: readonly Token[]): readonly Piece[] {
  const pieces: Piece[] = []
  let parts: { gap: number; text: string }[] = []
  let gap = 0
  const endPiece = (): void => {
    if (gap > 0) parts.push({ gap, text: '' })
    pieces.push(pieceOf(parts))
    parts = []
    gap = 0
  }
  for (const token of tokens) {
    if (token.kind === 'any-run') endPiece()
    else if (token.kind === 'any-one') gap++
    else if (token.kind === 'text') {
      const before = gap === 0 ? parts.at(-1) : undefined
      if (before === undefined) parts.push({ gap, text: token.text })
      else before.text += token.text
      gap = 0
    }
  }
  endPiece()
  return pieces
}

function pieceOf(parts: readonly { readonly gap: number; readonly text: string }[]): Piece {
  const [first] = parts
  if (first === undefined) return ''
  if (parts.length === 1 && first.gap === 0) return first.text
  return { parts, length: parts.reduce((length, { gap, text }) => length + gap + text.length, 0) }
}

function matchesAt(text: string, piece: Piece, at: number): boolean {
  return typeof piece === 'string' ? text.startsWith(piece, at) : gappedMatchesAt(text, piece, at)
}

function findPiece(text: string, piece: Piece, from: number): number {
  return typeof piece === 'string' ? text.indexOf(piece, from) : findGapped(text, piece, from)
}
