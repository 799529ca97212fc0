import type { OperatorRow } from './operator.ts'

type Comparison = (actual: number, wanted: number) => boolean

/** Numeric operators: decimal numbers, no wildcards or variables. */
export const numericOperators: readonly OperatorRow[] = [
  row('numericequals', false, (actual, wanted) => actual === wanted),
  row('numericnotequals', true, (actual, wanted) => actual === wanted),
  row('numericlessthan', false, (actual, wanted) => actual < wanted),
  row('numericlessthanequals', false, (actual, wanted) => actual <= wanted),
  row('numericgreaterthan', false, (actual, wanted) => actual > wanted),
  row('numericgreaterthanequals', false, (actual, wanted) => actual >= wanted),
]

function row(name: string, negated: boolean, compare: Comparison): OperatorRow {
  return {
    name,
    negated,
    compile(wanted) {
      const number = parseDecimal(wanted)
      if (number === undefined) return undefined
      return actual => {
        const value = parseDecimal(actual)
        return value !== undefined && compare(value, number)
      }
    },
  }
}

function parseDecimal(text: string): number | undefined {
  return /^[+-]?\d+(?:\.\d+)?$/.test(text) ? Number(text) : undefined
}
