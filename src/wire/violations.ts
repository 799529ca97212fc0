import { ServiceError } from '../base/index.ts'
import type { MemberShape } from './service-model.ts'
import type { Wording } from './wording.ts'

/** Collects the broken constraints of one request, in AWS's words. */
export type Violations = string[]

/** Checks a decoded value; nothing is built unless something is wrong. */
export type ConstraintCheck = (value: unknown, path: string, violations: Violations) => void

// More of them tell nobody anything, and each costs time and room.
const mostViolations = 20
const mostShown = 1_024

/** Notes a violation, as long as there are not too many. */
export function addViolation(violations: Violations, text: string): void {
  if (violations.length < mostViolations) violations.push(text)
}

/** Text of several violations as AWS joins them. */
export function violationMessage(violations: Violations): string {
  const plural = violations.length === 1 ? 'error' : 'errors'
  return `${violations.length} validation ${plural} detected: ${violations.join('; ')}`
}

/** The violation of a required member that is absent. Of a sensitive one AWS shows nothing, not even that. */
export function missingMember(path: string, shape: MemberShape, { showsValues }: Wording): string {
  const shown = showsValues && shape.sensitive !== true ? 'null ' : ''
  return violation(shown, path, 'Member must not be null')
}

const violation = (shown: string, path: string, broken: string): string =>
  `Value ${shown}at '${path}' failed to satisfy constraint: ${broken}`

/** Checks a value and tells whether anything was wrong with it. */
export function isBroken(check: ConstraintCheck, value: unknown, path: string, violations: Violations): boolean {
  const found: Violations = []
  check(value, path, found)
  for (const violation of found) addViolation(violations, violation)
  return found.length > 0
}

/**
 * Compiles the constraints of a member, or gives `undefined` where it has none. The check throws where the service answers a broken
 * pattern with a sentence of its own, which is the whole error then.
 */
export function compileConstraints(shape: MemberShape, wording: Wording): ConstraintCheck | undefined {
  const pattern = patternCheck(shape)
  const others = [lengthCheck(shape), rangeCheck(shape)]
  const ordered = wording.patternFirst ? [pattern, ...others] : [...others, pattern]
  const checks = [...ordered, enumCheck(shape)].filter(check => check !== undefined)
  if (checks.length === 0) return undefined
  const show = showValue(shape, wording)
  return (value, path, violations) => {
    if (pattern?.(value) !== undefined) throwOwnSentence(path, wording)
    for (const check of checks) {
      const broken = check(value)
      if (broken !== undefined) addViolation(violations, violation(show(value), path, broken))
    }
  }
}

function throwOwnSentence(path: string, { demandOf }: Wording): void {
  const member = path.slice(path.lastIndexOf('.') + 1)
  const demand = demandOf?.(member)
  if (demand !== undefined)
    throw new ServiceError('ValidationError', `The specified value for ${member} is invalid. ${demand}`)
}

/**
 * Compiles what is asked of each element of a list of plain values, or gives `undefined` where it is nothing. AWS does not tell
 * which element is wrong, or how: it tells once, of the list, all that is asked.
 */
export function compileElementConstraints(shape: MemberShape, wording: Wording): ConstraintCheck | undefined {
  const element = shape.of!
  const checks = [lengthCheck(element), rangeCheck(element), patternCheck(element), enumCheck(element)].filter(
    check => check !== undefined,
  )
  if (checks.length === 0) return undefined
  const show = showValue(shape, wording)
  const asked = `Member must satisfy constraint: [${[...demandsOf(element), 'Member must not be null'].join(', ')}]`
  return (value, path, violations) => {
    const isSound = (value as readonly unknown[]).every(each => checks.every(check => check(each) === undefined))
    if (!isSound) addViolation(violations, violation(show(value), path, asked))
  }
}

type Broken = (value: unknown) => string | undefined

// Secrets and bytes are not repeated in a message; of lists only those of plain values can be.
function showValue(shape: MemberShape, { showsValues }: Wording): (value: unknown) => string {
  const hasText = shape.type !== 'blob' && shape.of?.type !== 'structure'
  if (!showsValues || shape.sensitive === true || shape.of?.sensitive === true || !hasText) return () => ''
  return value => `'${cut(Array.isArray(value) ? `[${value.map(String).join(', ')}]` : String(value))}' `
}

const cut = (text: string): string => (text.length > mostShown ? `${text.slice(0, mostShown).toWellFormed()}…` : text)

const longest = (max: number): string => `Member must have length less than or equal to ${max}`
const shortest = (min: number): string => `Member must have length greater than or equal to ${min}`
const largest = (max: number): string => `Member must have value less than or equal to ${max}`
const smallest = (min: number): string => `Member must have value greater than or equal to ${min}`
const matching = (pattern: string): string => `Member must satisfy regular expression pattern: ${pattern}`
const oneOf = (words: readonly string[]): string => `Member must satisfy enum value set: [${words.join(', ')}]`

function demandsOf({ type, min, max, pattern, enum: words }: MemberShape): readonly string[] {
  const [atMost, atLeast] = type === 'integer' ? [largest, smallest] : [longest, shortest]
  return [
    ...(max === undefined ? [] : [atMost(max)]),
    ...(min === undefined ? [] : [atLeast(min)]),
    ...(pattern === undefined ? [] : [matching(pattern)]),
    ...(words === undefined ? [] : [oneOf(words)]),
  ]
}

function lengthCheck({ type, min, max }: MemberShape): Broken | undefined {
  if (type === 'integer' || (min === undefined && max === undefined)) return undefined
  return value => {
    const length = lengthOf(value as string | { readonly length: number })
    if (max !== undefined && length > max) return longest(max)
    if (min !== undefined && length < min) return shortest(min)
    return undefined
  }
}

/** AWS counts the characters of a text, not the units of UTF-16 that Java and JavaScript keep it in. */
function lengthOf(value: string | { readonly length: number }): number {
  if (typeof value !== 'string' || !/[\ud800-\udbff]/.test(value)) return value.length
  return Array.from(value).length
}

function rangeCheck({ type, min, max }: MemberShape): Broken | undefined {
  if (type !== 'integer' || (min === undefined && max === undefined)) return undefined
  return value => {
    if (max !== undefined && (value as number) > max) return largest(max)
    if (min !== undefined && (value as number) < min) return smallest(min)
    return undefined
  }
}

function patternCheck({ type, pattern }: MemberShape): Broken | undefined {
  if (type !== 'string' || pattern === undefined) return undefined
  const whole = new RegExp(`^(?:${pattern})$`, 'u')
  return value => (whole.test(value as string) ? undefined : matching(pattern))
}

function enumCheck({ type, enum: words, toldEnum: told = words }: MemberShape): Broken | undefined {
  if (type !== 'string' || words === undefined) return undefined
  const allowed = new Set(words)
  return value => (allowed.has(value as string) ? undefined : oneOf(told!))
}
