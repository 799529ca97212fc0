import { showPrincipals } from '../../../accounts/index.ts'
import type { Accounts, RoleValue } from '../../../accounts/index.ts'

/**
 * A role's trust policy as IAM shows it: as it was set, but for users that were renamed since, who have their new ARNs, and for users
 * and roles that are no more, who have their ids.
 */
export function shownTrustPolicy(
  { trustPolicy, trustedIds }: RoleValue,
  { identities }: Pick<Accounts, 'identities'>,
): Promise<string> {
  return showPrincipals(trustPolicy, trustedIds, identities)
}
