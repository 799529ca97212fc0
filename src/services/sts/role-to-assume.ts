import { parseRoleArn } from '../../accounts/index.ts'
import type { Accounts, RoleValue } from '../../accounts/index.ts'
import type { RoleResource } from '../../authorization/index.ts'
import { ServiceError } from '../../base/index.ts'
import { compileTrustPolicy } from '../../policy/index.ts'
import type { CompiledPolicy } from '../../policy/index.ts'
import type { StoredRecord } from '../../storage/index.ts'

/** A role that a request names, whether there is one or not. */
export interface RoleToAssume {
  readonly role: StoredRecord<RoleValue> | undefined
  readonly resource: RoleResource
}

/**
 * Finds the role that a request names. One that is not there trusts nobody, so nobody learns that it is not there.
 *
 * @throws {ServiceError} ValidationError for what is no role's ARN.
 */
export async function findRoleToAssume(roleArn: string, accounts: Accounts): Promise<RoleToAssume> {
  const named = parseRoleArn(roleArn)
  if (named === undefined) throw new ServiceError('ValidationError', `${roleArn} is invalid`)
  const { account, roleName } = named
  const found = await accounts.identities.findRole(account, roleName)
  const role = found?.value.arn === roleArn ? found : undefined
  const policy = role === undefined ? trustsNobody : trustPolicyOf(role)
  const tags = Object.fromEntries((role?.value.tags ?? []).map(({ key, value }) => [key, value]))
  return { role, resource: { kind: 'role', arn: roleArn, account, policy, tags } }
}

const trustsNobody: CompiledPolicy = { text: '', source: { name: 'no trust policy' }, statements: [] }

// Compiled once per version of the role's record.
const compiled = new WeakMap<StoredRecord<RoleValue>, CompiledPolicy>()

function trustPolicyOf(role: StoredRecord<RoleValue>): CompiledPolicy {
  let policy = compiled.get(role)
  if (policy === undefined) {
    const { arn, trustPolicy, trustedIds } = role.value
    policy = compileTrustPolicy(trustPolicy, { name: `trust policy of ${arn}` }, trustedIds)
    compiled.set(role, policy)
  }
  return policy
}
