import type { Accounts, RoleValue } from '../../../accounts/index.ts'
import { parseArn } from '../../../base/index.ts'
import { renamePrincipals } from '../../../policy/index.ts'

/**
 * A role's trust policy as IAM shows it: as it was set, but for users that were renamed since, who have their new ARNs, and for users
 * and roles that are no more, who have their ids.
 */
export async function shownTrustPolicy(
  { trustPolicy, trustedIds = {} }: RoleValue,
  accounts: Pick<Accounts, 'arnOfIdentity'>,
): Promise<string> {
  const renamed = new Map<string, string>()
  for (const [arn, id] of Object.entries(trustedIds)) {
    const { account, service } = parseArn(arn)!
    // Sessions come and go: they are shown as they were named.
    if (service === 'sts') continue
    const now = (await accounts.arnOfIdentity({ id, arn, account })) ?? id
    if (now !== arn) renamed.set(arn, now)
  }
  return renamed.size === 0 ? trustPolicy : renamePrincipals(trustPolicy, renamed)
}
