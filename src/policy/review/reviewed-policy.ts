import type { CompiledPolicy } from '../compiled-policy.ts'
import type { CompiledCondition } from '../conditions/condition.ts'
import { compilePattern } from '../pattern.ts'
import { writtenStatements } from '../written-statement.ts'
import type { WrittenElement, WrittenStatement } from '../written-statement.ts'
import { kmsActions } from './kms-names.ts'
import type { PolicyKind } from './policy-kind.ts'

/** A statement as somebody reads it who asks whether it is meant so. */
export interface ReviewedStatement extends WrittenStatement {
  readonly number: number
  readonly sid: string | undefined
  readonly effect: 'Allow' | 'Deny'
  readonly conditions: readonly CompiledCondition[]
  /** Actions of KMS that it is about, in lower case; also those that a pattern means. */
  readonly kmsActions: ReadonlySet<string>
}

/** A document that compiles, ready to be reviewed. */
export interface ReviewedPolicy {
  readonly kind: PolicyKind
  readonly statements: readonly ReviewedStatement[]
  /** Principals that it names and that do not exist; absent where nobody looked. */
  readonly unknownPrincipals?: ReadonlySet<string>
}

/** Makes a compiled document ready for review. */
export function reviewedPolicy(policy: CompiledPolicy, kind: PolicyKind): ReviewedPolicy {
  const written = writtenStatements(policy)
  return {
    kind,
    statements: policy.statements.map(({ number, sid, effect, conditions }, index) => {
      const statement = written[index]!
      return { ...statement, number, sid, effect, conditions, kmsActions: actionsOf(statement.action) }
    }),
  }
}

const names = kmsActions.map(name => `kms:${name}`.toLowerCase())

function actionsOf({ negated, values }: WrittenElement): ReadonlySet<string> {
  // An absent element is about nothing, negated or not.
  if (values.length === 0) return new Set()
  const patterns = values.map(value => compilePattern(value.toLowerCase(), { wildcards: true, variables: false }))
  return new Set(names.filter(name => patterns.some(matches => matches(name, () => undefined) === true) !== negated))
}

/** The actions of KMS that are allowed by statements of a kind, in lower case. */
export function actionsAllowedBy(
  { statements }: ReviewedPolicy,
  isOfKind: (statement: ReviewedStatement) => boolean,
): ReadonlySet<string> {
  const allowing = statements.filter(statement => statement.effect === 'Allow' && isOfKind(statement))
  return new Set(allowing.flatMap(({ kmsActions: actions }) => [...actions]))
}

/** Whether all that a statement is about is among these actions. */
export function isAllowed({ kmsActions: actions }: ReviewedStatement, allowed: ReadonlySet<string>): boolean {
  return [...actions].every(action => allowed.has(action))
}
