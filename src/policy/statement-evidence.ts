import type { CompiledPolicy, CompiledStatement } from './compiled-policy.ts'
import { meets } from './conditions/condition.ts'
import type { CompiledCondition, ContextValue } from './conditions/condition.ts'
import { matchPrincipal, matchesAction, matchesResource } from './match-statement.ts'
import type { Asked } from './match-statement.ts'
import { expandedText } from './pattern.ts'
import type { PrincipalMatch } from './principal.ts'
import { writtenStatements } from './written-statement.ts'
import type { WrittenElement, WrittenStatement } from './written-statement.ts'

/** Where a statement is found: its document, and its place in it. */
export interface StatementName {
  /** Name of the document. */
  readonly policy: string
  /** From 1. */
  readonly statement: number
  readonly sid?: string
}

/** What one statement says to a question, and what of it did not match. */
export interface StatementEvidence extends StatementName {
  readonly effect: 'Allow' | 'Deny'
  /** Whether all of it matched, so that the effect counts. */
  readonly applies: boolean
  /** The elements that did not match. */
  readonly unmatched: readonly string[]
  /** Principal, Action and Resource, as far as the kind of document has them. */
  readonly elements: readonly ElementEvidence[]
  readonly conditions: readonly ConditionEvidence[]
}

/** What one element compared. */
export interface ElementEvidence {
  /** As the statement has it: `Action`, or `NotAction`. */
  readonly element: string
  readonly matched: boolean
  /** What the request has: who asks, the action, or the resource. */
  readonly actual: string
  /** What the statement names, with policy variables replaced by their values. Empty where the element is absent. */
  readonly wanted: readonly string[]
  /** How a principal is named. */
  readonly as?: PrincipalMatch
}

/** What one condition compared. Operator and key are as the document has them. */
export interface ConditionEvidence {
  readonly operator: string
  readonly key: string
  /** With policy variables replaced by their values; one without a value stays as it was written. */
  readonly wanted: readonly string[]
  /** `null` where the request has no such key. */
  readonly actual: string | readonly string[] | null
  readonly matched: boolean
}

/** What each statement of a document says to a question, element by element. */
export function statementsEvidence(policy: CompiledPolicy, asked: Asked): readonly StatementEvidence[] {
  const written = writtenStatements(policy)
  return policy.statements.map((statement, index) => {
    const { effect } = statement
    const elements = elementsEvidence(statement, written[index]!, asked)
    const conditions = statement.conditions.map(condition =>
      conditionEvidence(condition, asked.valueOf(condition.name), asked, effect),
    )
    const unmatched = elements.filter(({ matched }) => !matched).map(({ element }) => element)
    if (conditions.some(condition => !condition.matched)) unmatched.push('Condition')
    return { ...nameOf(policy, statement), effect, applies: unmatched.length === 0, unmatched, elements, conditions }
  })
}

function elementsEvidence(
  statement: CompiledStatement,
  { principal, action, resource }: WrittenStatement,
  asked: Asked,
): readonly ElementEvidence[] {
  const { question, variables } = asked
  const match = matchPrincipal(statement, asked)
  const elements: ElementEvidence[] = []
  if (statement.principal !== undefined && principal !== undefined) {
    const as = match === undefined || match === 'owner' || principal.negated ? {} : { as: match }
    elements.push({
      ...elementNamed('Principal', principal, match !== undefined, question.principal.arn),
      ...as,
    })
  }
  elements.push(elementNamed('Action', action, matchesAction(statement, asked), question.action))
  // A trust policy has none: it is of the role.
  if (statement.resource.isImplied === true) return elements
  const expanded = { ...resource, values: resource.values.map(value => expandedText(value, variables)) }
  elements.push(elementNamed('Resource', expanded, matchesResource(statement, asked), question.resource.arn))
  return elements
}

function elementNamed(
  name: string,
  { negated, values }: WrittenElement,
  matched: boolean,
  actual: string,
): ElementEvidence {
  return { element: negated ? `Not${name}` : name, matched, actual, wanted: values }
}

/** The name of a statement. */
export function nameOf(policy: CompiledPolicy, { number: statement, sid }: CompiledStatement): StatementName {
  return { policy: policy.source.name, statement, ...(sid === undefined ? {} : { sid }) }
}

function conditionEvidence(
  condition: CompiledCondition,
  actual: ContextValue,
  asked: Asked,
  effect: 'Allow' | 'Deny',
): ConditionEvidence {
  const { operator, key } = condition
  const wanted = condition.hasVariables
    ? condition.wanted.map(value => expandedText(value, asked.variables))
    : condition.wanted
  return { operator, key, wanted, actual: shown(actual), matched: meets(condition, actual, asked.variables, effect) }
}

function shown(actual: ContextValue): ConditionEvidence['actual'] {
  if (actual === undefined) return null
  return typeof actual === 'string' || !('oneOf' in actual) ? actual : actual.oneOf
}
