import type { CompiledPolicy } from './compiled-policy.ts'
import type { Decision, LayerName, LayerResult, StatementReference } from './decide.ts'
import type { GrantOpinion } from './grant.ts'
import { ask, matchStatement } from './match-statement.ts'
import type { Asked, StatementMatch } from './match-statement.ts'
import type { Question } from './question.ts'
import type { PolicyKind } from './review/policy-kind.ts'
import { nameOf, statementsEvidence } from './statement-evidence.ts'
import type { StatementEvidence, StatementName } from './statement-evidence.ts'
import { statementsAbout } from './statements-about.ts'

/** What each layer, statement and condition said. JSON. */
export interface LayerEvidence {
  readonly layer: LayerName
  /** The level of the organization, for service control policies. */
  readonly level?: string
  readonly outcome: string
  /** The statement that settled it; absent for an implicit deny. */
  readonly by?: StatementName
  /** How that statement names the principal, where it allows: by its account, say, which delegates to IAM policies. */
  readonly as?: StatementMatch
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
      ...(result.layer === 'resource' && result.outcome === 'allow' ? { as: result.match! } : {}),
      ...(note === undefined ? {} : { note }),
      statements: documentsOf(result, question).flatMap(policy => statementsEvidence(policy, asked)),
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
  const isForeign = principal.account !== resource.account
  if (layer === 'identity' && isForeign && resource.kind === 'named')
    return `${action} can't be permitted on what other accounts have`
  if (layer === 'identity' && principal.kind === 'root') return 'root has all rights of its account'
  if (layer === 'resource' && isForeign && resource.kind === 'key' && !resource.crossAccount)
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

function grantEvidence(opinion: GrantOpinion): GrantEvidence {
  const { grantId, grantee, operations } = opinion.grant
  const reason = opinion.applies ? {} : { reason: opinion.reason }
  return { grantId, grantee: grantee.arn, operations, applies: opinion.applies, ...reason }
}

/** A document that took part in a decision, and what it is the policy of. */
export interface AskedDocument {
  readonly kind: PolicyKind
  readonly policy: CompiledPolicy
}

/** The documents that took part in a decision, each once. */
export function documentsAsked(question: Question, decision: Decision): readonly AskedDocument[] {
  const asked = new Map<CompiledPolicy, PolicyKind>()
  for (const result of decision.results) {
    for (const policy of documentsOf(result, question)) asked.set(policy, kindOf(result.layer, question))
  }
  return [...asked].map(([policy, kind]) => ({ kind, policy }))
}

function kindOf(layer: LayerName, { resource }: Question): PolicyKind {
  switch (layer) {
    case 'service-control':
      return 'scp'
    case 'resource-control':
      return 'rcp'
    case 'endpoint':
      return 'endpoint'
    case 'resource':
      return resource.kind === 'role' ? 'trust' : 'key'
    case 'identity':
    case 'boundary':
    case 'session':
    case 'grant':
      return 'identity'
  }
}
