import type { CompiledPolicy, CompiledStatement } from './compiled-policy.ts'
import { considerGrant } from './consider-grant.ts'
import type { GrantOpinion, GrantsAsked } from './grant.ts'
import { ask, matchStatement } from './match-statement.ts'
import type { Asked, StatementMatch } from './match-statement.ts'
import { statementsAbout } from './statements-about.ts'
import type { PrincipalFacts } from './principal.ts'
import type { Question, ResourceFacts } from './question.ts'

/** The layers of a decision, in the order in which AWS's texts name one of several that refuse. */
export const layerNames = [
  'service-control',
  'resource-control',
  'endpoint',
  'resource',
  'identity',
  'boundary',
  'session',
  'grant',
] as const

/** One of the layers of a decision. */
export type LayerName = (typeof layerNames)[number]

/** The statement that settled a layer. */
export interface StatementReference {
  readonly policy: CompiledPolicy
  readonly statement: CompiledStatement
}

/** What one layer says, whatever the others say. */
export interface LayerResult {
  readonly layer: LayerName
  /** The level of the organization, for service control policies: each has a result of its own. */
  readonly level?: string
  readonly outcome: 'allow' | 'explicit-deny' | 'implicit-deny'
  /** The statement that allowed or denied; absent for an implicit deny, and for root, whom no identity policy is asked for. */
  readonly by?: StatementReference
  /** How an allow of the key policy names the principal. */
  readonly match?: StatementMatch
  /** What came of each grant that was looked at. */
  readonly grants?: readonly GrantOpinion[]
}

/** The answer to a question, with what every layer said. */
export interface Decision {
  readonly allowed: boolean
  /** All layers that apply; every one was asked, also after one had refused. */
  readonly results: readonly LayerResult[]
  /** The layer that AWS's text names; absent when allowed. */
  readonly refusedBy?: LayerResult
  /** Everything but the endpoint's policy would have allowed it. */
  readonly refusedByEndpointOnly: boolean
}

/**
 * Decides a question. Pure and total: an explicit deny of any layer ends it; else what guards (control policies, the endpoint)
 * must allow, and the permission must come from the key policy, the identity policies it delegates to, or a grant.
 */
export function decide(question: Question): Decision {
  const results = askLayers(question)
  const denial = results.find(result => result.outcome === 'explicit-deny')
  const guard = results.find(isRefusingGuard)
  const missing = missingPermission(question, results)
  const refusedBy = hidingRefusal(question, results) ?? denial ?? guard ?? missing
  if (refusedBy === undefined) return { allowed: true, results, refusedByEndpointOnly: false }
  const others = results.filter(result => result.layer !== 'endpoint')
  const otherRefuses =
    others.some(result => result.outcome === 'explicit-deny' || isRefusingGuard(result)) || missing !== undefined
  return { allowed: false, results, refusedBy, refusedByEndpointOnly: !otherRefuses }
}

function askLayers(question: Question): LayerResult[] {
  const { layers, principal, resource } = question
  const { plain, withTags } = ask(question)
  const results: LayerResult[] = []
  for (const { name, policies } of layers.serviceControl ?? [])
    results.push({ ...askLayer('service-control', policies, withTags), level: name })
  if (layers.resourceControl !== undefined) results.push(askLayer('resource-control', layers.resourceControl, withTags))
  if (layers.endpoint === 'gone') results.push({ layer: 'endpoint', outcome: 'implicit-deny' })
  else if (layers.endpoint !== undefined) results.push(askLayer('endpoint', [layers.endpoint], plain))
  if (hasPolicy(resource))
    results.push(askLayer('resource', layers.resource === undefined ? [] : [layers.resource], plain))
  // Root has all rights of its account; it has no identity policies.
  if (principal.kind === 'root') results.push({ layer: 'identity', outcome: 'allow' })
  else if (hasPolicies(principal)) results.push(askLayer('identity', layers.identity, withTags))
  if (layers.boundary !== undefined) results.push(askLayer('boundary', [layers.boundary], withTags))
  if (layers.session !== undefined) results.push(askLayer('session', layers.session, withTags))
  if (layers.grants !== undefined) results.push(askGrants(question, layers.grants))
  return results
}

function askGrants(question: Question, asked: GrantsAsked): LayerResult {
  const grants = asked.candidates.map(grant => considerGrant(grant, question, asked))
  return { layer: 'grant', outcome: grants.some(({ applies }) => applies) ? 'allow' : 'implicit-deny', grants }
}

/** Whether a resource has a policy of its own, without whose allow nobody is permitted anything. */
const hasPolicy = ({ kind }: ResourceFacts): boolean => kind === 'key' || kind === 'role'

/** Services and holders of tokens have no IAM policies: only a resource's policy, or a grant, permits them anything. */
const hasPolicies = ({ kind }: PrincipalFacts): boolean => kind !== 'service' && kind !== 'web-identity'

// The strongest way of naming comes first: it is limited by the least.
const strength: readonly StatementMatch[] = [
  'session',
  'anyone',
  'without-policies',
  'user',
  'issuer',
  'account',
  'owner',
]

function askLayer(layer: LayerName, policies: readonly CompiledPolicy[], asked: Asked): LayerResult {
  let allow: LayerResult | undefined
  for (const policy of policies) {
    for (const statement of statementsAbout(policy, asked)) {
      const match = matchStatement(statement, asked)
      if (match === undefined) continue
      const by = { policy, statement }
      if (statement.effect === 'Deny') return { layer, outcome: 'explicit-deny', by, match }
      if (allow === undefined || strength.indexOf(match) < strength.indexOf(allow.match!))
        allow = { layer, outcome: 'allow', by, match }
    }
  }
  return allow ?? { layer, outcome: 'implicit-deny' }
}

/**
 * The key policy or trust policy of another account that does not allow is named before all else: what the other layers say would
 * tell the caller that there is such a key or role, what tags it has, or that there is such a grant. Who has a grant knows.
 */
function hidingRefusal({ principal, resource }: Question, results: readonly LayerResult[]): LayerResult | undefined {
  const grants = results.find(({ layer }) => layer === 'grant')
  if (principal.account === resource.account || grants?.outcome === 'allow') return undefined
  if (resource.kind === 'grant') return { layer: 'grant', outcome: 'implicit-deny' }
  return results.find(result => result.layer === 'resource' && result.outcome !== 'allow')
}

/** Guards give no permission but must allow it. */
function isRefusingGuard({ layer, outcome }: LayerResult): boolean {
  return (layer === 'service-control' || layer === 'resource-control' || layer === 'endpoint') && outcome !== 'allow'
}

/** The first layer whose allow is needed and missing, or `undefined` where the permission is there. */
function missingPermission(question: Question, results: readonly LayerResult[]): LayerResult | undefined {
  const missing = missingInPolicies(question, results)
  const grants = results.find(({ layer }) => layer === 'grant')?.grants
  if (missing === undefined || grants === undefined) return missing
  const { principal, resource } = question
  if (principal.account !== resource.account && !resource.crossAccount) return missing
  const refusals = grants
    .filter(grant => grant.applies)
    .map(grant => firstRefusal(results, limitsOfGrant(grant, question)))
  // One grant that nothing limits is enough; else what limits the first tells more than what the policies lack.
  return refusals.includes(undefined) ? undefined : (refusals[0] ?? missing)
}

const firstRefusal = (results: readonly LayerResult[], names: readonly LayerName[]): LayerResult | undefined =>
  names
    .map(name => results.find(result => result.layer === name))
    .find(result => result !== undefined && result.outcome !== 'allow')

/** The same where nothing but policies permits. */
function missingInPolicies(question: Question, results: readonly LayerResult[]): LayerResult | undefined {
  const { principal, resource } = question
  const sameAccount = principal.account === resource.account
  const refusing = (...names: readonly LayerName[]): LayerResult | undefined => firstRefusal(results, names)
  if (!hasPolicies(principal)) {
    if (!sameAccount && !resource.crossAccount) return { layer: 'resource', outcome: 'implicit-deny' }
    return refusing('resource') ?? (hasPolicy(resource) ? undefined : { layer: 'identity', outcome: 'implicit-deny' })
  }
  if (!hasPolicy(resource)) {
    if (!sameAccount) return { layer: 'identity', outcome: 'implicit-deny' }
    return refusing('identity', 'boundary', 'session')
  }
  if (!sameAccount) {
    if (!resource.crossAccount) return { layer: 'resource', outcome: 'implicit-deny' }
    return refusing('resource', 'identity', 'boundary', 'session')
  }
  const key = results.find(({ layer }) => layer === 'resource')!
  return key.outcome === 'allow' ? refusing(...limitsOf(key.match!)) : key
}

/**
 * What can still limit a grant. In another account than the key's its policies must allow too, unless that account issued the
 * grant itself. Retiring takes away: who may is not asked for more.
 */
function limitsOfGrant(
  { grant, match }: GrantOpinion & { readonly applies: true },
  { principal, resource }: Question,
): readonly LayerName[] {
  const isTrusted = principal.account === resource.account || principal.account === grant.issuingAccount
  if (isTrusted || resource.kind === 'grant' || !hasPolicies(principal)) return limitsOf(match)
  return ['identity', 'boundary', 'session']
}

/** What can still limit an allow of the resource's policy, or a grant, for a principal of the resource's own account, by how it names the principal. */
function limitsOf(match: StatementMatch): readonly LayerName[] {
  switch (match) {
    case 'account':
    case 'owner':
      return ['identity', 'boundary', 'session']
    case 'issuer':
      return ['boundary', 'session']
    case 'user':
    case 'session':
    case 'anyone':
    case 'without-policies':
      return []
  }
}
