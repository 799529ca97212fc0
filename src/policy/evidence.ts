import type { CompiledCondition, ContextValue } from './conditions/condition.ts'
import type { CompiledPolicy, CompiledStatement } from './compiled-policy.ts'
import { layerNames } from './decide.ts'
import type { Decision, LayerName } from './decide.ts'
import { ask, contextValue, matchPrincipal, matchesAction, matchesResource } from './match-statement.ts'
import type { Asked } from './match-statement.ts'
import type { Question } from './question.ts'

/** What each layer, statement and condition said. JSON. */
export interface LayerEvidence {
  readonly layer: LayerName
  readonly outcome: string
  readonly statements: readonly StatementEvidence[]
}

export interface StatementEvidence {
  /** Name of the document. */
  readonly policy: string
  /** From 1. */
  readonly statement: number
  readonly sid?: string
  readonly effect: 'Allow' | 'Deny'
  /** Whether all of it matched, so that the effect counts. */
  readonly applies: boolean
  /** The elements that did not match. */
  readonly unmatched: readonly string[]
  readonly conditions: readonly ConditionEvidence[]
}

export interface ConditionEvidence {
  readonly operator: string
  readonly key: string
  readonly wanted: readonly string[]
  /** `null` where the request has no such key. */
  readonly actual: string | readonly string[] | null
  readonly matched: boolean
}

/**
 * The evidence of a decision: its question is matched once more, statement by statement. The question is immutable, so this is
 * what was enforced; the hot path does not pay for it.
 */
export function evidenceOf(question: Question, decision: Decision): readonly LayerEvidence[] {
  const asked = ask(question)
  return decision.results.map(({ layer, outcome }) => ({
    layer,
    outcome,
    statements: documentsOf(layer, question).flatMap(policy =>
      policy.statements.map(statement => statementEvidence(policy, statement, asked, seesResource(layer))),
    ),
  }))
}

const seesResource = (layer: LayerName): boolean => layerNames.indexOf(layer) >= layerNames.indexOf('identity')

function documentsOf(layer: LayerName, { layers, principal }: Question): readonly CompiledPolicy[] {
  switch (layer) {
    case 'service-control':
      return (layers.serviceControl ?? []).flat()
    case 'resource-control':
      return layers.resourceControl ?? []
    case 'endpoint':
      return layers.endpoint === undefined || layers.endpoint === 'gone' ? [] : [layers.endpoint]
    case 'resource':
      return layers.resource === undefined ? [] : [layers.resource]
    case 'identity':
      return principal.kind === 'root' ? [] : layers.identity
    case 'boundary':
      return layers.boundary === undefined ? [] : [layers.boundary]
    case 'session':
      return layers.session ?? []
  }
}

function statementEvidence(
  policy: CompiledPolicy,
  statement: CompiledStatement,
  asked: Asked,
  seesAll: boolean,
): StatementEvidence {
  const conditions = statement.conditions.map(condition =>
    conditionEvidence(condition, contextValue(condition.name, asked, seesAll), asked),
  )
  const unmatched: string[] = []
  if (matchPrincipal(statement, asked) === undefined) unmatched.push('Principal')
  if (!matchesAction(statement, asked)) unmatched.push('Action')
  if (!matchesResource(statement, asked)) unmatched.push('Resource')
  if (conditions.some(condition => !condition.matched)) unmatched.push('Condition')
  return {
    policy: policy.source.name,
    statement: statement.number,
    ...(statement.sid === undefined ? {} : { sid: statement.sid }),
    effect: statement.effect,
    applies: unmatched.length === 0,
    unmatched,
    conditions,
  }
}

function conditionEvidence(condition: CompiledCondition, actual: ContextValue, asked: Asked): ConditionEvidence {
  const { operator, key, wanted } = condition
  return { operator, key, wanted, actual: actual ?? null, matched: condition.matches(actual, asked.variables) }
}
