import { documentsAsked, evidenceOf, reviewPolicy } from '../policy/index.ts'
import type { Decision, LayerEvidence, PolicyWarning } from '../policy/index.ts'
import type { Verdict } from './authorize.ts'

/** A verdict with all its evidence, as JSON. */
export interface Explanation {
  readonly allowed: boolean
  readonly message?: string
  readonly checks: readonly CheckExplanation[]
  /** What a careful engineer would ask about the policies that took part. */
  readonly warnings: readonly ExplainedWarning[]
}

/** A warning, with the name of the policy that it is about. */
export interface ExplainedWarning extends PolicyWarning {
  readonly policy: string
}

/** What was decided for one check, and what every layer said. */
export interface CheckExplanation {
  readonly action: string
  readonly resource: string
  readonly allowed: boolean
  /** The layer that refused. */
  readonly refusedBy?: string
  /** The level of the organization that did, for service control policies. */
  readonly refusedByLevel?: string
  readonly layers: readonly LayerEvidence[]
}

/** The evidence of a verdict that was enforced, from the values that it was made of. */
export function explainVerdict(verdict: Verdict): Explanation {
  return {
    allowed: verdict.allowed,
    ...(verdict.refusal === undefined ? {} : { message: verdict.refusal.message }),
    checks: verdict.decisions.map(({ question, decision }) => ({
      action: question.action,
      resource: question.resource.kind === 'none' ? '*' : question.resource.arn,
      allowed: decision.allowed,
      ...refusedByOf(decision),
      layers: evidenceOf(question, decision),
    })),
    warnings: warningsOf(verdict),
  }
}

function refusedByOf({ refusedBy }: Decision): Pick<CheckExplanation, 'refusedBy' | 'refusedByLevel'> {
  if (refusedBy === undefined) return {}
  const { layer, level } = refusedBy
  return { refusedBy: layer, ...(level === undefined ? {} : { refusedByLevel: level }) }
}

/** A policy that takes part in several checks, or in several layers, is reviewed once. */
function warningsOf({ decisions }: Verdict): readonly ExplainedWarning[] {
  const documents = new Map(
    decisions
      .flatMap(({ question, decision }) => documentsAsked(question, decision))
      .map(document => [`${document.policy.source.name} ${document.policy.text}`, document]),
  )
  return [...documents.values()].flatMap(({ policy, kind }) =>
    reviewPolicy(policy, kind).map(warning => ({ policy: policy.source.name, ...warning })),
  )
}
