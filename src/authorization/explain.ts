import { evidenceOf } from '../policy/index.ts'
import type { ConditionEvidence, Decision, GrantEvidence, LayerEvidence, StatementEvidence } from '../policy/index.ts'
import type { Verdict } from './authorize.ts'

/** A verdict with all its evidence, as JSON. */
export interface Explanation {
  readonly allowed: boolean
  readonly message?: string
  readonly checks: readonly CheckExplanation[]
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
  }
}

function refusedByOf({ refusedBy }: Decision): Pick<CheckExplanation, 'refusedBy' | 'refusedByLevel'> {
  if (refusedBy === undefined) return {}
  const { layer, level } = refusedBy
  return { refusedBy: layer, ...(level === undefined ? {} : { refusedByLevel: level }) }
}

const layerTitles: Readonly<Record<string, string>> = {
  'service-control': 'Service control policies',
  'resource-control': 'Resource control policies',
  endpoint: 'VPC endpoint policy',
  resource: 'Key policy',
  identity: 'Identity policies',
  boundary: 'Permissions boundary',
  session: 'Session policies',
  grant: 'Grants',
}

/** The explanation for people: what refused comes first, then every layer. */
export function formatExplanation(explanation: Explanation): string {
  const head = explanation.allowed ? 'ALLOWED' : `REFUSED: ${explanation.message ?? ''}`
  return `${[head, ...explanation.checks.map(formatCheck)].join('\n\n')}\n`
}

function formatCheck(check: CheckExplanation): string {
  const { action, resource, allowed, refusedBy = '', refusedByLevel, layers } = check
  const verdict = allowed ? 'allowed' : `refused by: ${titleOf(refusedBy, refusedByLevel, action)}`
  return [`${action} on ${resource}: ${verdict}`, ...layers.map(layer => formatLayer(layer, action))].join('\n')
}

function formatLayer(layer: LayerEvidence, action: string): string {
  const note = layer.note === undefined ? '' : `, ${layer.note}`
  const title = `  ${titleOf(layer.layer, layer.level, action)}: ${layer.outcome.replace('-', ' ')}${note}`
  return [title, ...layer.statements.map(formatStatement), ...(layer.grants ?? []).map(formatGrant)].join('\n')
}

function formatGrant({ grantId, grantee, operations, applies, reason }: GrantEvidence): string {
  const outcome = applies ? 'applies' : `does not apply: ${reason}`
  return `    Grant ${grantId} of ${operations.join(', ')} to ${grantee} ${outcome}`
}

function titleOf(layer: string, level: string | undefined, action: string): string {
  // Of the resources that STS knows, roles have a policy.
  if (layer === 'resource' && action.startsWith('sts:')) return 'Trust policy'
  return `${layerTitles[layer] ?? layer}${level === undefined ? '' : ` of ${level}`}`
}

function formatStatement(statement: StatementEvidence): string {
  const name = `${statement.policy}, statement ${statement.statement}${statement.sid === undefined ? '' : ` "${statement.sid}"`}`
  const outcome = statement.applies ? 'applies' : `does not apply: ${statement.unmatched.join(' and ')} did not match`
  const conditions = statement.conditions.map(formatCondition)
  return [`    ${statement.effect} in ${name} ${outcome}`, ...conditions].join('\n')
}

function formatCondition({ operator, key, wanted, actual, matched }: ConditionEvidence): string {
  const value = actual === null ? 'absent' : JSON.stringify(actual)
  const list = wanted.length === 1 ? JSON.stringify(wanted[0]) : JSON.stringify(wanted)
  return `      condition ${matched ? 'holds' : 'fails'}: ${operator}, ${key} is ${value}, compared with ${list}`
}
