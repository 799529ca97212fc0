import { asciiLower } from '../../base/index.ts'
import type { Variables } from '../pattern.ts'
import { arnOperators } from './arn.ts'
import { binaryOperators } from './binary.ts'
import { boolOperators } from './bool.ts'
import { dateOperators } from './date.ts'
import { ipAddressOperators } from './ip-address.ts'
import { numericOperators } from './numeric.ts'
import type { OperatorRow, ValueTest } from './operator.ts'
import { stringOperators } from './string.ts'

/** The value of a condition key in a request: one text, or several for multi-valued keys; `undefined` where the key is absent. */
export type ContextValue = PlainValue | AmbiguousValue

type PlainValue = string | readonly string[] | undefined

/**
 * Several values of a key that has one: names that differ only in case (`team` and `TEAM` among tags or in an encryption
 * context) are one condition key. Nobody may gain by it: a deny counts for any of them, an allow only for all.
 */
export interface AmbiguousValue {
  readonly oneOf: readonly string[]
}

/** One operator, one key and the wanted values. */
export interface CompiledCondition {
  /** As written, e.g. `ForAnyValue:StringLike`. */
  readonly operator: string
  /** As written, e.g. `aws:sourceVpce`. */
  readonly key: string
  /** In lower case: key names are compared without regard to case. */
  readonly name: string
  readonly wanted: readonly string[]
  /** Whether `${…}` in the wanted values stands for something. */
  readonly hasVariables: boolean
  readonly matches: (actual: PlainValue, variables: Variables) => boolean
}

/** Whether a condition of a statement with that effect is met. */
export function meets(
  condition: CompiledCondition,
  actual: ContextValue,
  variables: Variables,
  effect: 'Allow' | 'Deny',
): boolean {
  if (actual === undefined || typeof actual === 'string' || !('oneOf' in actual))
    return condition.matches(actual, variables)
  const matches = (value: string): boolean => condition.matches(value, variables)
  return effect === 'Deny' ? actual.oneOf.some(matches) : actual.oneOf.every(matches)
}

const operators: ReadonlyMap<string, OperatorRow> = new Map(
  [
    ...stringOperators,
    ...arnOperators,
    ...boolOperators,
    ...numericOperators,
    ...dateOperators,
    ...ipAddressOperators,
    ...binaryOperators,
  ].map(row => [row.name, row]),
)

const operatorForm = /^(?:(forallvalues|foranyvalue):)?([a-z]+?)(ifexists)?$/

/** Whether there is a condition operator of that name. */
export function isConditionOperator(operator: string): boolean {
  const form = operatorForm.exec(operator.toLowerCase())
  if (form === null) return false
  const [, quantifier, base = '', ifExists] = form
  return base === 'null' ? (ifExists ?? quantifier) === undefined : operators.has(base)
}

/** Whether an operator can have such values. */
export function areConditionValues(operator: string, values: readonly string[]): boolean {
  return compileCondition(operator, '', values, { variables: true }) !== undefined
}

/** Compiles a condition, or gives `undefined` where there is no such operator or a value is not for it. */
export function compileCondition(
  operator: string,
  key: string,
  wanted: readonly string[],
  options: { readonly variables: boolean },
): CompiledCondition | undefined {
  const form = operatorForm.exec(operator.toLowerCase())
  if (form === null) return undefined
  const [, quantifier, base = '', ifExists] = form
  const matches =
    base === 'null'
      ? (ifExists ?? quantifier) === undefined
        ? compileNull(wanted)
        : undefined
      : compileTest(base, wanted, options)
  if (matches === undefined) return undefined
  const quantified = typeof matches === 'function' ? matches : quantify(matches, quantifier, ifExists !== undefined)
  return { operator, key, name: asciiLower(key), wanted, hasVariables: options.variables, matches: quantified }
}

/** `Null`: whether the key is absent. An empty set or text counts as absent. */
function compileNull(wanted: readonly string[]): CompiledCondition['matches'] | undefined {
  const words = wanted.map(value => value.toLowerCase())
  if (!words.every(word => word === 'true' || word === 'false')) return undefined
  return actual => words.includes(actual === undefined || actual.length === 0 ? 'true' : 'false')
}

interface BaseTest {
  readonly negated: boolean
  readonly tests: readonly ValueTest[]
}

function compileTest(
  base: string,
  wanted: readonly string[],
  options: { readonly variables: boolean },
): BaseTest | undefined {
  const row = operators.get(base)
  if (row === undefined) return undefined
  const tests = wanted.map(value => row.compile(value, options))
  return tests.every(test => test !== undefined) ? { negated: row.negated, tests } : undefined
}

function quantify(
  { negated, tests }: BaseTest,
  quantifier: string | undefined,
  ifExists: boolean,
): CompiledCondition['matches'] {
  // Values are or-ed; a negated operator wants that none matches. A variable without a value matches nothing.
  const one = (actual: string, variables: Variables): boolean => {
    for (const test of tests) if (test(actual, variables) === true) return !negated
    return negated
  }
  switch (quantifier) {
    case 'forallvalues':
      return (actual, variables) => valuesOf(actual).every(value => one(value, variables))
    case 'foranyvalue':
      return (actual, variables) =>
        actual === undefined ? ifExists : valuesOf(actual).some(value => one(value, variables))
    default:
      return (actual, variables) => {
        if (actual === undefined) return ifExists || negated
        // A set without a set operator: AWS matches nothing, not even the negated operators.
        return typeof actual === 'string' && one(actual, variables)
      }
  }
}

function valuesOf(actual: PlainValue): readonly string[] {
  // AWS calls an empty text a null data set too.
  if (actual === undefined || actual === '') return []
  return typeof actual === 'string' ? [actual] : actual
}
