import type { CompiledStatement } from './compiled-policy.ts'
import type { ContextValue } from './conditions/condition.ts'
import type { Variables } from './pattern.ts'
import type { PrincipalMatch } from './principal.ts'
import type { Question } from './question.ts'

/** A question in the form that statements are matched against; made once per question. */
export interface Asked {
  readonly question: Question
  /** In lower case. */
  readonly action: string
  readonly variables: Variables
}

export function ask(question: Question): Asked {
  const variables: Variables = name => {
    const value = question.context.get(name)
    return typeof value === 'string' ? value : undefined
  }
  return { question, action: question.action.toLowerCase(), variables }
}

/** How a statement that applies names the principal; identity policies name nobody and apply to their owner. */
export type StatementMatch = PrincipalMatch | 'owner'

/** Whether all elements of a statement match. */
export function matchStatement(
  statement: CompiledStatement,
  asked: Asked,
  seesResource: boolean,
): StatementMatch | undefined {
  if (!matchesAction(statement, asked)) return undefined
  const match = matchPrincipal(statement, asked)
  if (match === undefined || !matchesResource(statement, asked)) return undefined
  for (const condition of statement.conditions) {
    if (!condition.matches(contextValue(condition.name, asked, seesResource), asked.variables)) return undefined
  }
  return match
}

export function matchesAction({ action }: CompiledStatement, asked: Asked): boolean {
  const listed =
    action.literals.has(asked.action) ||
    action.patterns.some(pattern => pattern(asked.action, asked.variables) === true)
  return listed !== action.negated
}

export function matchPrincipal({ principal, effect }: CompiledStatement, asked: Asked): StatementMatch | undefined {
  if (principal === undefined) return 'owner'
  const { matcher, negated } = principal
  const who = asked.question.principal
  if (!negated) return matcher.match(who)
  const isSpared = effect === 'Deny' ? matcher.spares(who) : matcher.match(who) !== undefined
  return isSpared ? undefined : 'anyone'
}

export function matchesResource({ resource }: CompiledStatement, asked: Asked): boolean {
  const { arn } = asked.question.resource
  return resource.patterns.some(pattern => pattern(arn, asked.variables) === true) !== resource.negated
}

/** The value that a condition of a document sees for a key. */
export function contextValue(name: string, asked: Asked, seesResource: boolean): ContextValue {
  const value = asked.question.context.get(name)
  return value === undefined && seesResource ? asked.question.identityContext.get(name) : value
}
