import type { Decision, LayerName } from '../policy/index.ts'
import type { AccessCheck, AccessFacts } from './access.ts'

/** Why a request is refused, in AWS's words. */
export interface Refusal {
  readonly message: string
  readonly action: string
  readonly layer: LayerName
  readonly explicit: boolean
}

const policyTypes: Readonly<Record<LayerName, string>> = {
  'service-control': 'service control policy',
  'resource-control': 'resource control policy',
  endpoint: 'VPC endpoint policy',
  resource: 'resource-based policy',
  identity: 'identity-based policy',
  boundary: 'permissions boundary',
  session: 'session policy',
  grant: 'grant',
}

// The policies of a resource and of an endpoint have no ARN of their own.
const layersThatNamePolicies: ReadonlySet<LayerName> = new Set([
  'service-control',
  'resource-control',
  'identity',
  'boundary',
  'session',
])

/**
 * Words the refusal of one check. An explicit deny names its policy, but not to a caller from elsewhere.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 */
export function wordRefusal(
  facts: AccessFacts,
  check: AccessCheck,
  decision: Decision,
  options: { readonly sameOrganization: boolean },
): Refusal {
  const { layer, outcome, by } = decision.refusedBy!
  const explicit = outcome === 'explicit-deny'
  const { action } = check
  if (check.refusal !== undefined) return { message: check.refusal, action, layer, explicit }
  const isForeign = check.resource.account !== facts.caller.account
  const head = `User: ${facts.caller.arn} is not authorized to perform: ${action}${where(facts, check)}`
  // Whether a key or a role of another account exists, and what its policy says, is not the caller's to know.
  if ((layer === 'resource' || layer === 'grant') && check.resource.kind === 'key' && isForeign)
    return { message: foreignRefusalMessage(facts.caller.arn, action, where(facts, check)), action, layer, explicit }
  if (layer === 'resource' && check.resource.kind === 'role' && (isForeign || !explicit))
    return { message: head, action, layer, explicit }
  const arn =
    explicit && layersThatNamePolicies.has(layer) && (!isForeign || options.sameOrganization)
      ? by?.policy.source.arn
      : undefined
  const named = arn === undefined ? '' : `: ${arn}`
  return { message: `${head} ${why(action, layer, explicit)}${named}`, action, layer, explicit }
}

/** AWS's one text for a key of another account that is not there, or that its policy does not give to the caller. */
export function foreignRefusalMessage(callerArn: string, action: string, place: string): string {
  return `User: ${callerArn} is not authorized to perform: ${action}${place} because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access`
}

function where(facts: AccessFacts, { resource, wording = 'resource' }: AccessCheck): string {
  if (wording === 'nowhere') return ''
  if (wording === 'ciphertext') return ' on the resource associated with this ciphertext'
  if (typeof wording === 'object') return ` on resource: ${wording.shown}`
  if (resource.kind === 'none') return ' on resource: *'
  return resource.kind === 'role' || resource.account === facts.caller.account
    ? ` on resource: ${resource.arn}`
    : ' on this resource'
}

function why(action: string, layer: LayerName, explicit: boolean): string {
  const policyType = policyTypes[layer]
  if (!explicit) return `because no ${policyType} allows the ${action} action`
  return `with an explicit deny in ${/^[aeiou]/.test(policyType) ? 'an' : 'a'} ${policyType}`
}
