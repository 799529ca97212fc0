import type { OrganizationMembers } from '../accounts/index.ts'
import type { Caller } from '../base/index.ts'
import type { Layers } from '../policy/index.ts'
import type { AccessCheck } from './access.ts'

/**
 * The policies of the organization that take part in a check: service control policies of the caller's account, and resource control
 * policies of the account that has the resource, whoever calls. Neither limits the management account.
 * https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_authorization_policies.html
 */
export function controlLayers(
  members: OrganizationMembers,
  caller: Caller,
  check: AccessCheck,
): Pick<Layers, 'serviceControl' | 'resourceControl'> {
  const serviceControl = isPrincipalOfAccount(caller) ? members.get(caller.account)?.serviceControl : undefined
  const resourceControl = isControlledByResource(check)
    ? members.get(check.resource.account)?.resourceControl
    : undefined
  return {
    ...(serviceControl === undefined ? {} : { serviceControl }),
    ...(resourceControl === undefined ? {} : { resourceControl }),
  }
}

/** Whether a caller belongs to an account: services and the holders of a token do not. */
export function isPrincipalOfAccount({ kind }: Caller): boolean {
  return kind !== 'service' && kind !== 'web-identity'
}

/** Of what Postern serves, only KMS and STS know resource control policies, and they only where something is acted on. */
function isControlledByResource({ action, resource }: AccessCheck): boolean {
  // Who may retire a grant is settled by the grant.
  if (resource.kind === 'none' || action === 'kms:RetireGrant') return false
  return action.startsWith('kms:') || action.startsWith('sts:')
}
