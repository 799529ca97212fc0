import { ConfigError } from '../base/index.ts'
import type { Instant } from '../base/index.ts'
import { check, put } from '../storage/index.ts'
import type { Check, StoredRecord, Write } from '../storage/index.ts'
import { newAdministratorRole } from './account-changes.ts'
import type { ChangeNeeds } from './account-changes.ts'
import { accountCollection, principalRecordId, roleCollection } from './account-records.ts'
import type { AccountValue, RoleValue } from './account-records.ts'

/**
 * Closes an account: none of its credentials counts, and its resources answer nobody. Everything stays where it is.
 *
 * @param others All other accounts: one of them must be open, and still be so when the commit is applied.
 * @throws {ConfigError}
 */
export function closeAccount(
  account: StoredRecord<AccountValue>,
  others: readonly StoredRecord<AccountValue>[],
  now: Instant,
): { readonly writes: readonly Write[]; readonly checks: readonly Check[] } {
  const { id, closedAt } = account.value
  if (closedAt !== undefined) throw new ConfigError(`Cannot close account ${id}: it is closed already`)
  const open = others.find(other => other.id !== account.id && other.value.closedAt === undefined)
  if (open === undefined)
    throw new ConfigError(
      `Cannot close account ${id}: it is the last one that is open; make another with "postern account create"`,
    )
  return {
    writes: [put(accountCollection, account.id, { ...account.value, closedAt: now }, account.version)],
    checks: [check(accountCollection, open.id, open.version)],
  }
}

/** Opens a closed account again, with all that it had. @throws {ConfigError} */
export function reopenAccount(account: StoredRecord<AccountValue>): readonly Write[] {
  const { closedAt, ...value } = account.value
  if (closedAt === undefined) throw new ConfigError(`Cannot reopen account ${value.id}: it is open`)
  return [put(accountCollection, account.id, value, account.version)]
}

/** Something of the administrator role that a recovery replaced or took off, with what it was. */
export interface ReplacedPart {
  /** For people: `inline policy "x"`, `trust policy`. */
  readonly part: string
  readonly was: string
}

/**
 * Gives an account its administrator role back as it was first made. A role that is still there keeps its id and ARN, since key
 * policies and sessions name those; all that could hold it back goes, and is told.
 */
export function recoverAdministrator(
  account: string,
  present: StoredRecord<RoleValue> | undefined,
  needs: ChangeNeeds,
): { readonly role: RoleValue; readonly replaced: readonly ReplacedPart[]; readonly writes: readonly Write[] } {
  const fresh = newAdministratorRole(account, needs)
  if (present === undefined)
    return {
      role: fresh,
      replaced: [],
      writes: [put(roleCollection, principalRecordId(account, fresh.roleName), fresh, 'absent')],
    }
  const { attachedPolicyArns: _attached, boundaryArn: _boundary, trustedIds: _trusted, ...kept } = present.value
  const { trustPolicy, maxSessionSeconds, policies } = fresh
  const role: RoleValue = { ...kept, trustPolicy, maxSessionSeconds, policies }
  return {
    role,
    replaced: replacedParts(present.value, role),
    writes: [put(roleCollection, present.id, role, present.version)],
  }
}

function replacedParts(present: RoleValue, role: RoleValue): readonly ReplacedPart[] {
  const { attachedPolicyArns = [], boundaryArn } = present
  const parts = present.policies
    .filter(({ name, document }) => !role.policies.some(kept => kept.name === name && kept.document === document))
    .map(({ name, document }) => ({ part: `inline policy "${name}"`, was: document }))
  for (const arn of attachedPolicyArns) parts.push({ part: 'attached policy', was: arn })
  if (boundaryArn !== undefined) parts.push({ part: 'permissions boundary', was: boundaryArn })
  if (present.trustPolicy !== role.trustPolicy) parts.push({ part: 'trust policy', was: present.trustPolicy })
  if (present.maxSessionSeconds !== role.maxSessionSeconds)
    parts.push({ part: 'longest session', was: `${present.maxSessionSeconds} seconds` })
  return parts
}
