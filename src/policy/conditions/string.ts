import { compilePattern } from '../pattern.ts'
import type { OperatorRow } from './operator.ts'

/** String operators: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */
export const stringOperators: readonly OperatorRow[] = [
  row('stringequals', false, { wildcards: false }),
  row('stringnotequals', true, { wildcards: false }),
  row('stringequalsignorecase', false, { wildcards: false, ignoreCase: true }),
  row('stringnotequalsignorecase', true, { wildcards: false, ignoreCase: true }),
  row('stringlike', false, { wildcards: true }),
  row('stringnotlike', true, { wildcards: true }),
]

function row(name: string, negated: boolean, form: { wildcards: boolean; ignoreCase?: boolean }): OperatorRow {
  return { name, negated, compile: (wanted, { variables }) => compilePattern(wanted, { ...form, variables }) }
}
