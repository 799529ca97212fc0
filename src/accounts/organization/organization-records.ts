import { formatArn } from '../../base/index.ts'
import type { Collection } from '../../storage/index.ts'

/** The two types of policies that can be attached in an organization. */
export type ControlPolicyType = 'service' | 'resource'

/** Names of the policies that are attached to a root, a unit or an account. */
export interface AttachedPolicies {
  /** Each level must allow: `FullAWSAccess` where nothing else is said. */
  readonly servicePolicies: readonly string[]
  /** Beside `RCPFullAWSAccess`, which is always attached. */
  readonly resourcePolicies: readonly string[]
}

/** A member of the organization, where it stands in the tree. */
export interface MemberAccountValue extends AttachedPolicies {
  readonly id: string
}

/** The root, or an organizational unit. */
export interface UnitValue extends AttachedPolicies {
  /** `r-…` or `ou-…`. */
  readonly id: string
  /** Unique among its neighbours. */
  readonly name: string
  readonly accounts: readonly MemberAccountValue[]
  readonly units: readonly UnitValue[]
}

/** A service or resource control policy. */
export interface ControlPolicyValue {
  /** `p-…`. */
  readonly id: string
  readonly type: ControlPolicyType
  /** Unique among those of its type. */
  readonly name: string
  /** The document, byte for byte. */
  readonly document: string
}

/** The organization of an installation, with all that belongs to it: it is replaced as a whole. */
export interface OrganizationValue {
  /** `o-…`. */
  readonly id: string
  /** A member that no policy of the organization limits. */
  readonly managementAccount: string
  readonly root: UnitValue
  readonly policies: readonly ControlPolicyValue[]
}

/** AWS's policy that allows everything. It is no record. */
export const fullAccessName = 'FullAWSAccess'

/** ARN of a policy of an organization. */
export function controlPolicyArn(
  { id, managementAccount }: Pick<OrganizationValue, 'id' | 'managementAccount'>,
  policy: Pick<ControlPolicyValue, 'id' | 'type'>,
): string {
  return formatArn('organizations', '', managementAccount, `policy/${id}/${policy.type}_control_policy/${policy.id}`)
}

/** Id of the one record. */
export const organizationRecordId = 'organization'

/** The organization: one record, or none. */
export const organizationCollection: Collection<OrganizationValue> = { name: 'accounts.organization', indexes: {} }
