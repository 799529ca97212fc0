import { asciiLower } from '../base/index.ts'
import type { CompiledStatement } from './compiled-policy.ts'
import { meets } from './conditions/condition.ts'
import type { ContextValue } from './conditions/condition.ts'
import type { Variables } from './pattern.ts'
import type { PrincipalMatch } from './principal.ts'
import type { Question } from './question.ts'

/** A question as the statements of a layer see it; made once per question. */
export interface Asked {
  readonly question: Question
  /** In lower case. */
  readonly action: string
  /** The value of a condition key. */
  readonly valueOf: (name: string) => ContextValue
  /** Policy variables: the keys that have one value. */
  readonly variables: Variables
}

/** A question as key policies and endpoint policies see it, and as all others do: with the resource's tags and aliases. */
export function ask(question: Question): { readonly plain: Asked; readonly withTags: Asked } {
  const action = asciiLower(question.action)
  const { context, identityContext } = question
  const view = (valueOf: Asked['valueOf']): Asked => ({ question, action, valueOf, variables: variablesOf(valueOf) })
  return {
    plain: view(name => context.get(name)),
    withTags: view(name => context.get(name) ?? identityContext.get(name)),
  }
}

function variablesOf(valueOf: Asked['valueOf']): Variables {
  return name => {
    const value = valueOf(name)
    return typeof value === 'string' ? value : undefined
  }
}

/** How a statement that applies names the principal; identity policies name nobody and apply to their owner. */
export type StatementMatch = PrincipalMatch | 'owner'

/** Whether all other elements of a statement match that is about the action. */
export function matchStatement(statement: CompiledStatement, asked: Asked): StatementMatch | undefined {
  const match = matchPrincipal(statement, asked)
  if (match === undefined || !matchesResource(statement, asked)) return undefined
  for (const condition of statement.conditions) {
    if (!meets(condition, asked.valueOf(condition.name), asked.variables, statement.effect)) return undefined
  }
  return match
}

/** Whether a statement is about the action, without regard to case; one without such an element is about none. */
export function matchesAction({ action }: CompiledStatement, asked: Asked): boolean {
  const listed =
    action.literals.has(asked.action) ||
    action.patterns.some(pattern => pattern(asked.action, asked.variables) === true)
  return listed !== action.negated
}

/** How a statement names the principal, or `undefined`. A denying `NotPrincipal` spares only whom it names in full. */
export function matchPrincipal({ principal, effect }: CompiledStatement, asked: Asked): StatementMatch | undefined {
  if (principal === undefined) return 'owner'
  const { matcher, negated } = principal
  const who = asked.question.principal
  if (!negated) return matcher.match(who, effect)
  const isSpared = effect === 'Deny' ? matcher.spares(who) : matcher.match(who, effect) !== undefined
  return isSpared ? undefined : 'anyone'
}

/** A variable without a value makes the whole element match nothing, `NotResource` too. */
export function matchesResource({ resource }: CompiledStatement, asked: Asked): boolean {
  const { arn } = asked.question.resource
  let isListed = false
  for (const pattern of resource.patterns) {
    const matched = pattern(arn, asked.variables)
    if (matched === undefined && resource.negated) return false
    if (matched === true) isListed = true
  }
  return isListed !== resource.negated
}
