import { compileArnPattern } from '../arn-pattern.ts'
import type { OperatorRow } from './operator.ts'

/** ARN operators; `ArnEquals` and `ArnLike` do the same. */
export const arnOperators: readonly OperatorRow[] = [
  row('arnequals', false),
  row('arnlike', false),
  row('arnnotequals', true),
  row('arnnotlike', true),
]

function row(name: string, negated: boolean): OperatorRow {
  return {
    name,
    negated,
    compile: (wanted, { variables }) => compileArnPattern(wanted, { variables: variables ? 'everywhere' : 'nowhere' }),
  }
}
