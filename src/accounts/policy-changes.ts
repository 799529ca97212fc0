import { ServiceError, formatArn, newUniqueId } from '../base/index.ts'
import type { Instant } from '../base/index.ts'
import { put, remove } from '../storage/index.ts'
import type { StoredRecord, Write } from '../storage/index.ts'
import type { ChangeNeeds } from './account-changes.ts'
import { managedPolicyCollection, principalRecordId } from './account-records.ts'
import type { ManagedPolicyValue, PolicyVersion, PrincipalTag } from './account-records.ts'
import type { PolicyUses } from './count-records.ts'

/** What the caller of CreatePolicy decides. Name, path and document must have been checked. */
export interface NewManagedPolicy {
  readonly account: string
  readonly policyName: string
  readonly path: string
  readonly description?: string
  readonly document: string
  readonly tags: readonly PrincipalTag[]
}

/** Makes a managed policy with its first version. Its commit meets a conflict where there is one of that name, whatever its path. */
export function createManagedPolicy(
  { document, ...wanted }: NewManagedPolicy,
  { random, now }: ChangeNeeds,
): { readonly policy: ManagedPolicyValue; readonly writes: readonly Write[] } {
  const { account, path, policyName } = wanted
  const policy: ManagedPolicyValue = {
    ...wanted,
    policyId: newUniqueId('ANPA', random),
    arn: formatArn('iam', '', account, `policy${path}${policyName}`),
    createdAt: now,
    updatedAt: now,
    versions: [{ versionId: 'v1', document, createdAt: now }],
    defaultVersionId: 'v1',
    lastVersion: 1,
  }
  return { policy, writes: [put(managedPolicyCollection, principalRecordId(account, policyName), policy, 'absent')] }
}

const mostVersions = 5

/** Adds a version, whose document must have been checked. @throws {ServiceError} LimitExceeded where there are five. */
export function addPolicyVersion(
  policy: StoredRecord<ManagedPolicyValue>,
  added: { readonly document: string; readonly isDefault: boolean; readonly now: Instant },
): { readonly version: PolicyVersion; readonly writes: readonly Write[] } {
  const { versions, lastVersion, defaultVersionId } = policy.value
  if (versions.length >= mostVersions) {
    const text = `A managed policy can have up to ${mostVersions} versions. Before you create a new version, you must delete an existing version.`
    throw new ServiceError('LimitExceeded', text)
  }
  const { document, isDefault, now } = added
  const version = { versionId: `v${lastVersion + 1}`, document, createdAt: now }
  const writes = rewrite(policy, {
    versions: [...versions, version],
    lastVersion: lastVersion + 1,
    defaultVersionId: isDefault ? version.versionId : defaultVersionId,
    updatedAt: now,
  })
  return { version, writes }
}

/** Makes a version that there is the one that counts. */
export function setDefaultVersion(policy: StoredRecord<ManagedPolicyValue>, versionId: string): readonly Write[] {
  return rewrite(policy, { defaultVersionId: versionId })
}

/** Takes a version away. @throws {ServiceError} DeleteConflict for the one that counts. */
export function removePolicyVersion(policy: StoredRecord<ManagedPolicyValue>, versionId: string): readonly Write[] {
  const { versions, defaultVersionId } = policy.value
  if (versionId === defaultVersionId)
    throw new ServiceError('DeleteConflict', 'Cannot delete the default version of a policy.')
  return rewrite(policy, { versions: versions.filter(version => version.versionId !== versionId) })
}

/**
 * Removes a policy that nobody uses. Whoever has begun to use it since its uses were counted has written its record: the commit meets
 * a conflict.
 *
 * @throws {ServiceError} DeleteConflict while it is used, or has other versions than the one that counts.
 */
export function deleteManagedPolicy(
  policy: StoredRecord<ManagedPolicyValue>,
  { attachments, boundaries }: PolicyUses,
): readonly Write[] {
  if (attachments + boundaries > 0)
    throw new ServiceError('DeleteConflict', 'Cannot delete a policy attached to entities.')
  if (policy.value.versions.length > 1) {
    const text =
      "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy."
    throw new ServiceError('DeleteConflict', text)
  }
  return [remove(managedPolicyCollection, policy.id, policy.version)]
}

function rewrite(policy: StoredRecord<ManagedPolicyValue>, changed: Partial<ManagedPolicyValue>): readonly Write[] {
  return [put(managedPolicyCollection, policy.id, { ...policy.value, ...changed }, policy.version)]
}
