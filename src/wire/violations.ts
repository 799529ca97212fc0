import type { MemberShape } from './service-model.ts'

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
export function missingMember(path: string, shape: MemberShape): string {
  const shown = shape.sensitive === true ? '' : 'null '
  return `Value ${shown}at '${path}' failed to satisfy constraint: Member must not be null`
}

/** Checks a value and tells whether anything was wrong with it. */
export function isBroken(check: ConstraintCheck, value: unknown, path: string, violations: Violations): boolean {
  const found: Violations = []
  check(value, path, found)
  for (const violation of found) addViolation(violations, violation)
  return found.length > 0
}

/** Compiles the constraints of a member, or gives `undefined` where it has none. */
export function compileConstraints(shape: MemberShape): ConstraintCheck | undefined {
  const checks = [lengthCheck(shape), rangeCheck(shape), patternCheck(shape), enumCheck(shape)].filter(
    check => check !== undefined,
  )
  if (checks.length === 0) return undefined
  const show = showValue(shape)
  return (value, path, violations) => {
    for (const check of checks) {
      const broken = check(value)
      if (broken !== undefined)
        addViolation(violations, `Value ${show(value)}at '${path}' failed to satisfy constraint: ${broken}`)
    }
  }
}

type Broken = (value: unknown) => string | undefined

// Secrets and bytes are not repeated in a message; of lists only those of plain values can be.
function showValue(shape: MemberShape): (value: unknown) => string {
  const hasText = shape.type !== 'blob' && shape.of?.type !== 'structure'
  if (shape.sensitive === true || shape.of?.sensitive === true || !hasText) return () => ''
  return value => `'${cut(Array.isArray(value) ? `[${value.map(String).join(', ')}]` : String(value))}' `
}

const cut = (text: string): string => (text.length > mostShown ? `${text.slice(0, mostShown).toWellFormed()}…` : text)

function lengthCheck({ type, min, max }: MemberShape): Broken | undefined {
  if (type === 'integer' || (min === undefined && max === undefined)) return undefined
  return value => {
    const { length } = value as { readonly length: number }
    if (max !== undefined && length > max) return `Member must have length less than or equal to ${max}`
    if (min !== undefined && length < min) return `Member must have length greater than or equal to ${min}`
    return undefined
  }
}

function rangeCheck({ type, min, max }: MemberShape): Broken | undefined {
  if (type !== 'integer' || (min === undefined && max === undefined)) return undefined
  return value => {
    if (max !== undefined && (value as number) > max) return `Member must have value less than or equal to ${max}`
    if (min !== undefined && (value as number) < min) return `Member must have value greater than or equal to ${min}`
    return undefined
  }
}

function patternCheck({ type, pattern }: MemberShape): Broken | undefined {
  if (type !== 'string' || pattern === undefined) return undefined
  const whole = new RegExp(`^(?:${pattern})$`, 'u')
  return value =>
    whole.test(value as string) ? undefined : `Member must satisfy regular expression pattern: ${pattern}`
}

function enumCheck({ type, enum: words }: MemberShape): Broken | undefined {
  if (type !== 'string' || words === undefined) return undefined
  const allowed = new Set(words)
  return value =>
    allowed.has(value as string) ? undefined : `Member must satisfy enum value set: [${words.join(', ')}]`
}
