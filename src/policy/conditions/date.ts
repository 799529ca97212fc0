import type { OperatorRow } from './operator.ts'

type Comparison = (actual: number, wanted: number) => boolean

/** Date operators: ISO 8601 (W3C profile) or seconds since 1970, no wildcards or variables. */
export const dateOperators: readonly OperatorRow[] = [
  row('dateequals', false, (actual, wanted) => actual === wanted),
  row('datenotequals', true, (actual, wanted) => actual === wanted),
  row('datelessthan', false, (actual, wanted) => actual < wanted),
  row('datelessthanequals', false, (actual, wanted) => actual <= wanted),
  row('dategreaterthan', false, (actual, wanted) => actual > wanted),
  row('dategreaterthanequals', false, (actual, wanted) => actual >= wanted),
]

function row(name: string, negated: boolean, compare: Comparison): OperatorRow {
  return {
    name,
    negated,
    compile(wanted) {
      const instant = parseDate(wanted)
      if (instant === undefined) return undefined
      return actual => {
        const value = parseDate(actual)
        return value !== undefined && compare(value, instant)
      }
    },
  }
}

const isoPattern = /^\d{4}(?:-\d{2}(?:-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2}))?)?)?$/

/** Milliseconds since 1970. */
function parseDate(text: string): number | undefined {
  // Four digits alone are a year.
  if (/^-?\d+(?:\.\d+)?$/.test(text) && text.length > 4) return Number(text) * 1_000
  if (!isoPattern.test(text)) return undefined
  const instant = Date.parse(text)
  return Number.isNaN(instant) ? undefined : instant
}
