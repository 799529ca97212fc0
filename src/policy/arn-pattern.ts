import { compilePattern } from './pattern.ts'
import type { Matcher } from './pattern.ts'

const arnParts = 6

/** How an ARN pattern is read; wildcards count in every part. */
export interface ArnPatternOptions {
  /** Where `${…}` is expanded: in a Resource only behind the fifth colon, in a condition's value in every part. */
  readonly variables: 'nowhere' | 'in-resource-part' | 'everywhere'
}

/**
 * Compiles an ARN pattern: six parts that are matched one by one, so that a wildcard does not reach over a colon; only the
 * last may hold colons. Missing parts are wildcards, as IAM completes them.
 */
export function compileArnPattern(pattern: string, options: ArnPatternOptions): Matcher {
  if (pattern === '*') return () => true
  const parts = splitArnPattern(pattern)
  while (parts.length < arnParts) parts.push('*')
  const matchers = parts.map((part, index) => {
    const variables =
      options.variables === 'everywhere' || (options.variables === 'in-resource-part' && index === arnParts - 1)
    return compilePattern(part, { variables, wildcards: true })
  })
  return (text, variables) => {
    const actual = splitArn(text)
    if (actual === undefined) return false
    for (let index = 0; index < arnParts; index++) {
      const matched = matchers[index]!(actual[index]!, variables)
      if (matched !== true) return matched
    }
    return true
  }
}

/** Splits an ARN pattern at the first five colons that are not inside `${…}`. */
export function splitArnPattern(pattern: string): string[] {
  const parts: string[] = []
  let depth = 0
  let start = 0
  for (let at = 0; at < pattern.length && parts.length < arnParts - 1; at++) {
    const char = pattern[at]
    if (char === '{' && pattern[at - 1] === '$') depth++
    else if (char === '}' && depth > 0) depth--
    else if (char === ':' && depth === 0) {
      parts.push(pattern.slice(start, at))
      start = at + 1
    }
  }
  return [...parts, pattern.slice(start)]
}

function splitArn(text: string): readonly string[] | undefined {
  const parts = text.split(':')
  if (parts.length < arnParts) return undefined
  return [...parts.slice(0, arnParts - 1), parts.slice(arnParts - 1).join(':')]
}
