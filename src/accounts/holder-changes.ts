import { put } from '../storage/index.ts'
import type { Collection, StoredRecord, Write } from '../storage/index.ts'
import { managedPolicyCollection } from './account-records.ts'
import type { BoundedHolder, InlinePolicy, ManagedPolicyValue, PolicyHolder, PrincipalTag } from './account-records.ts'

/** A user, group or role that is to be changed. */
export interface HolderRecord<T> {
  readonly collection: Collection<T>
  readonly record: StoredRecord<T>
}

/** Replaces members of a holder. */
export function rewriteHolder<T>({ collection, record }: HolderRecord<T>, changed: Partial<T>): readonly Write[] {
  return [put(collection, record.id, { ...record.value, ...changed }, record.version)]
}

/** Adds an inline policy, or replaces the one of that name. Its document must have been compiled: it is stored as it is. */
export function putInlinePolicy<T extends PolicyHolder>(
  holder: HolderRecord<T>,
  policy: InlinePolicy,
): readonly Write[] {
  const others = holder.record.value.policies.filter(({ name }) => name !== policy.name)
  return rewriteHolder<PolicyHolder>(holder as never, { policies: [...others, policy] })
}

/** Takes an inline policy off; for a name that the holder does not have, nothing changes. */
export function removeInlinePolicy<T extends PolicyHolder>(holder: HolderRecord<T>, name: string): readonly Write[] {
  const policies = holder.record.value.policies.filter(policy => policy.name !== name)
  return rewriteHolder<PolicyHolder>(holder as never, { policies })
}

/** Attaches a managed policy, at the end of the list; `undefined` for one of AWS's own, which have no record. */
export function attachPolicy<T extends PolicyHolder>(
  holder: HolderRecord<T>,
  policyArn: string,
  policy: StoredRecord<ManagedPolicyValue> | undefined,
): readonly Write[] {
  const { attachedPolicyArns: attached = [] } = holder.record.value
  const writes = rewriteHolder<PolicyHolder>(holder as never, { attachedPolicyArns: [...attached, policyArn] })
  return policy === undefined ? writes : [...writes, touchPolicy(policy)]
}

/** Detaches a managed policy. */
export function detachPolicy<T extends PolicyHolder>(holder: HolderRecord<T>, policyArn: string): readonly Write[] {
  const { attachedPolicyArns: attached = [] } = holder.record.value
  return rewriteHolder<PolicyHolder>(holder as never, { attachedPolicyArns: attached.filter(arn => arn !== policyArn) })
}

/** Sets the permissions boundary, or takes it off. */
export function setBoundary<T extends BoundedHolder>(
  holder: HolderRecord<T>,
  boundaryArn: string | undefined,
  policy?: StoredRecord<ManagedPolicyValue>,
): readonly Write[] {
  const writes = rewriteHolder<BoundedHolder>(holder as never, { boundaryArn })
  return policy === undefined ? writes : [...writes, touchPolicy(policy)]
}

/** Replaces all tags; they must have been checked. */
export function setTags<T extends { readonly tags: readonly PrincipalTag[] }>(
  holder: HolderRecord<T>,
  tags: readonly PrincipalTag[],
): readonly Write[] {
  return rewriteHolder<{ readonly tags: readonly PrincipalTag[] }>(holder as never, { tags })
}

/**
 * Writes a policy as it is: whoever deletes it meanwhile meets a conflict, and sees the new attachment when it tries again.
 */
export function touchPolicy(policy: StoredRecord<ManagedPolicyValue>): Write {
  return put(managedPolicyCollection, policy.id, policy.value, policy.version)
}
