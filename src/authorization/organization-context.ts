import type { OrganizationMembers } from '../accounts/index.ts'
import type { ContextValue } from '../policy/index.ts'
import type { AccessCheck, AccessFacts } from './access.ts'
import { isPrincipalOfAccount } from './control-layers.ts'

/**
 * Adds the condition keys that tell of the organization, each only where the account that it is about is a member: the caller's, the
 * resource's, the one that owns the endpoint, and the one that a service acts for. Paths are a set of one.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
export function addOrganization(
  context: Map<string, ContextValue>,
  members: OrganizationMembers,
  { caller, path }: AccessFacts,
  { action, resource }: AccessCheck,
): void {
  const add = (about: string, account: string): void => {
    const member = members.get(account)
    if (member === undefined) return
    context.set(`aws:${about}orgid`, member.organizationId)
    context.set(`aws:${about}orgpaths`, [member.path])
    if (about === 'principal') context.set('aws:principalorgmasteraccountid', member.managementAccount)
  }
  if (isPrincipalOfAccount(caller)) add('principal', caller.account)
  if (!withoutResourceOrganization.has(action)) add('resource', resource.account)
  if (path.kind === 'endpoint') add('vpce', path.endpointAccount)
  const source = context.get('aws:sourceaccount')
  if (caller.kind === 'service' && typeof source === 'string') add('source', source)
}

// AWS's documentation names these among the actions that do not have the keys of the resource's organization.
const withoutResourceOrganization: ReadonlySet<string> = new Set([
  'ec2:AcceptVpcEndpointConnections',
  'ec2:AcceptVpcPeeringConnection',
  'ec2:CreateVpcEndpoint',
  'ec2:CreateVpcPeeringConnection',
])
