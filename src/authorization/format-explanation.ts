import { formatWarning } from '../policy/index.ts'
import type {
  ConditionEvidence,
  ElementEvidence,
  GrantEvidence,
  LayerEvidence,
  PrincipalMatch,
  StatementEvidence,
  StatementName,
} from '../policy/index.ts'
import type { CheckExplanation, ExplainedWarning, Explanation } from './explain.ts'

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

/** The explanation for people: what refused comes first, then every layer with the statement that settled it, element by element. */
export function formatExplanation(explanation: Explanation): string {
  const head = explanation.allowed ? 'ALLOWED' : `REFUSED: ${explanation.message ?? ''}`
  const warnings = explanation.warnings.length === 0 ? [] : [formatWarnings(explanation.warnings)]
  return `${[head, ...explanation.checks.map(formatCheck), ...warnings].join('\n\n')}\n`
}

function formatCheck(check: CheckExplanation): string {
  const { action, resource, allowed, refusedBy = '', refusedByLevel, layers } = check
  const verdict = allowed ? 'allowed' : `refused by: ${titleOf(refusedBy, refusedByLevel, action)}`
  return [`${action} on ${resource}: ${verdict}`, ...layers.map(layer => formatLayer(layer, action))].join('\n')
}

function formatLayer(layer: LayerEvidence, action: string): string {
  const title = `  ${titleOf(layer.layer, layer.level, action)}: ${layer.outcome.replace('-', ' ')}`
  const notes = [layer.note, settledBy(layer)].filter(each => each !== undefined).map(each => `, ${each}`)
  return [
    `${title}${notes.join('')}`,
    ...layer.statements.map(formatStatement),
    ...(layer.grants ?? []).map(formatGrant),
  ].join('\n')
}

/** Which statement settled a layer; where none did, why. */
function settledBy({ by, as, outcome, statements, layer }: LayerEvidence): string | undefined {
  if (by !== undefined) {
    const delegates = as === 'account' ? ", which leaves it to the account's IAM policies" : ''
    return `by ${statementName(by)} of ${by.policy}${delegates}`
  }
  if (outcome !== 'implicit-deny' || layer === 'grant') return undefined
  return statements.length === 0 ? 'there is no statement' : 'no statement allows'
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

const statementName = ({ statement, sid }: StatementName): string =>
  `statement ${statement}${sid === undefined ? '' : ` "${sid}"`}`

function formatStatement(statement: StatementEvidence): string {
  const { effect, policy, applies, unmatched, elements, conditions } = statement
  const outcome = applies ? 'applies' : `does not apply: ${unmatched.join(' and ')} did not match`
  return [
    `    ${effect} in ${policy}, ${statementName(statement)} ${outcome}`,
    ...elements.map(formatElement),
    ...conditions.map(formatCondition),
  ].join('\n')
}

const naming: Readonly<Record<PrincipalMatch, string>> = {
  account: ', by its account,',
  issuer: ', as a session of it,',
  user: '',
  session: '',
  anyone: '',
  'without-policies': '',
}

// A name alone does not tell whom it meant.
const formerName = ', which is whoever had that name when the policy was saved'

function formatElement({ element, matched, actual, wanted, as }: ElementEvidence): string {
  const holds = `      ${element} ${matched ? 'holds' : 'fails'}:`
  if (wanted.length === 0) return `${holds} the statement has none`
  // What a `Not…` element lists must not match for it to hold.
  const isAmong = element.startsWith('Not') ? !matched : matched
  const isFormerName = element === 'Principal' && !matched && wanted.includes(`AWS:${actual}`)
  return `${holds} ${actual}${as === undefined ? '' : naming[as]} is ${isAmong ? '' : 'not '}among ${shortList(wanted)}${isFormerName ? formerName : ''}`
}

function formatCondition({ operator, key, wanted, actual, matched }: ConditionEvidence): string {
  const value = actual === null ? 'absent' : JSON.stringify(actual)
  const list = wanted.length === 1 ? JSON.stringify(wanted[0]) : JSON.stringify(wanted)
  return `      condition ${matched ? 'holds' : 'fails'}: ${operator}, ${key} is ${value}, compared with ${list}`
}

const mostShown = 6

/** Some policies list hundreds of actions; JSON has them all. */
function shortList(values: readonly string[]): string {
  const shown = values.slice(0, mostShown).map(value => JSON.stringify(value.replace(/^AWS:/, '')))
  const more = values.length - mostShown
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ')
}

function formatWarnings(warnings: readonly ExplainedWarning[]): string {
  const lines = warnings.map(warning => `  ${warning.policy}: ${formatWarning(warning)}`)
  return ['Worth a look in these policies:', ...lines].join('\n')
}
