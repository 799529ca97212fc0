import { meets } from './conditions/condition.ts'
import type { CompiledCondition, ContextValue } from './conditions/condition.ts'
import type { CompiledPolicy, CompiledStatement } from './compiled-policy.ts'
import type { Decision, LayerName, LayerResult, StatementReference } from './decide.ts'
import { ask, matchPrincipal, matchStatement, matchesAction, matchesResource } from './match-statement.ts'
import type { Asked } from './match-statement.ts'
import type { GrantOpinion } from './grant.ts'
import { statementsAbout } from './statements-about.ts'
import { expandedText } from './pattern.ts'
import type { Question } from './question.ts'

/** What each layer, statement and condition said. JSON. */
export interface LayerEvidence {
  readonly layer: LayerName
  /** The level of the organization, for service control policies. */
  readonly level?: string
  readonly outcome: string
  /** The statement that settled it; absent for an implicit deny. */
  readonly by?: StatementName
  /** What the statements alone do not show. */
  readonly note?: string
  readonly statements: readonly StatementEvidence[]
  /** The grants that were looked at; only in the layer of grants. */
  readonly grants?: readonly GrantEvidence[]
}

/** What one grant says to a question, or why it says nothing. */
export interface GrantEvidence {
  readonly grantId: string
  readonly grantee: string
  readonly operations: readonly string[]
  readonly applies: boolean
  readonly reason?: string
}

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
  readonly conditions: readonly ConditionEvidence[]
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

/**
 * The evidence of a decision: its question is matched once more, statement by statement. The question is immutable, so this is
 * what was enforced; the hot path does not pay for it.
 */
export function evidenceOf(question: Question, decision: Decision): readonly LayerEvidence[] {
  return decision.results.map(result => {
    const asked = askedBy(result, question)
    const note = noteOn(result, question)
    return {
      layer: result.layer,
      ...(result.level === undefined ? {} : { level: result.level }),
      outcome: result.outcome,
      ...(result.by === undefined ? {} : { by: nameOf(result.by.policy, result.by.statement) }),
      ...(note === undefined ? {} : { note }),
      statements: documentsOf(result, question).flatMap(policy =>
        policy.statements.map(statement => statementEvidence(policy, statement, asked)),
      ),
      ...(result.grants === undefined ? {} : { grants: result.grants.map(grantEvidence) }),
    }
  })
}

/** All statements of a layer that apply, whether or not they settled it. */
export function applyingStatements(question: Question, result: LayerResult): readonly StatementReference[] {
  const asked = askedBy(result, question)
  return documentsOf(result, question).flatMap(policy =>
    statementsAbout(policy, asked)
      .filter(statement => matchStatement(statement, asked) !== undefined)
      .map(statement => ({ policy, statement })),
  )
}

function askedBy({ layer }: LayerResult, question: Question): Asked {
  const { plain, withTags } = ask(question)
  return layer === 'endpoint' || layer === 'resource' ? plain : withTags
}

function noteOn({ layer }: LayerResult, { layers, resource, principal, action }: Question): string | undefined {
  if (layer === 'endpoint' && layers.endpoint === 'gone') return 'the endpoint is no longer there'
  if (layer === 'identity' && principal.kind === 'root') return 'root has all rights of its account'
  const isForeign = resource.kind === 'key' && principal.account !== resource.account
  if (layer === 'resource' && isForeign && !resource.crossAccount)
    return `${action} can't be permitted to principals of other accounts`
  if (layer === 'grant' && resource.kind === 'grant' && principal.account === resource.account)
    return "the key's account may retire it too, by its identity policies"
  return undefined
}

function documentsOf({ layer, level }: LayerResult, { layers, principal }: Question): readonly CompiledPolicy[] {
  switch (layer) {
    case 'service-control':
      return layers.serviceControl?.find(({ name }) => name === level)?.policies ?? []
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
    case 'grant':
      return []
  }
}

function nameOf(policy: CompiledPolicy, { number: statement, sid }: CompiledStatement): StatementName {
  return { policy: policy.source.name, statement, ...(sid === undefined ? {} : { sid }) }
}

function grantEvidence(opinion: GrantOpinion): GrantEvidence {
  const { grantId, grantee, operations } = opinion.grant
  const reason = opinion.applies ? {} : { reason: opinion.reason }
  return { grantId, grantee: grantee.arn, operations, applies: opinion.applies, ...reason }
}

function statementEvidence(policy: CompiledPolicy, statement: CompiledStatement, asked: Asked): StatementEvidence {
  const { effect } = statement
  const conditions = statement.conditions.map(condition =>
    conditionEvidence(condition, asked.valueOf(condition.name), asked, effect),
  )
  const unmatched: string[] = []
  if (matchPrincipal(statement, asked) === undefined) unmatched.push('Principal')
  if (!matchesAction(statement, asked)) unmatched.push('Action')
  if (!matchesResource(statement, asked)) unmatched.push('Resource')
  if (conditions.some(condition => !condition.matched)) unmatched.push('Condition')
  return { ...nameOf(policy, statement), effect, applies: unmatched.length === 0, unmatched, conditions }
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
