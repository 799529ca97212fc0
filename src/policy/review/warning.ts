import type { PolicyKind } from './policy-kind.ts'
import type { ReviewedPolicy, ReviewedStatement } from './reviewed-policy.ts'

/** What one kind of warning found. */
export interface Finding {
  /** Absent where it is about the whole document. */
  readonly statement?: ReviewedStatement
  readonly message: string
}

/** One thing that a careful engineer would ask about a policy that is correct as such. */
export interface WarningRow {
  /** By which it is accepted: `postern policy check --accept NAME`. */
  readonly name: string
  readonly kinds: readonly PolicyKind[]
  /** What it is about, in a sentence, for the docs. */
  readonly about: string
  readonly find: (policy: ReviewedPolicy) => readonly Finding[]
}

/** A row that looks at each statement by itself. */
export function ofEachStatement(
  find: (statement: ReviewedStatement, policy: ReviewedPolicy) => string | undefined,
): WarningRow['find'] {
  return policy =>
    policy.statements.flatMap(statement => {
      const message = find(statement, policy)
      return message === undefined ? [] : [{ statement, message }]
    })
}
