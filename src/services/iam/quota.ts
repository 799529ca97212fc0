import type { Accounts } from '../../accounts/index.ts'
import { ServiceError } from '../../base/index.ts'

/** AWS's standard quotas of an account, which people rely on to keep it from being filled up. */
export const accountQuotas = {
  user: { name: 'UsersPerAccount', most: 5_000 },
  group: { name: 'GroupsPerAccount', most: 300 },
  role: { name: 'RolesPerAccount', most: 1_000 },
  policy: { name: 'PoliciesPerAccount', most: 1_500 },
} as const

/**
 * Makes sure that an account may have one more of something. Of two requests at once both may be the last: the quota is no exact
 * number.
 *
 * @throws {ServiceError} LimitExceeded
 */
export async function requireRoomFor(
  kind: keyof typeof accountQuotas,
  accounts: Accounts,
  account: string,
): Promise<void> {
  const { name, most } = accountQuotas[kind]
  if ((await accounts.identities.count(kind, account)) >= most)
    throw new ServiceError('LimitExceeded', `Cannot exceed quota for ${name}: ${most}`)
}
