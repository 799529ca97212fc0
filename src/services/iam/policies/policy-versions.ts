import type { ManagedPolicyValue, PolicyVersion } from '../../../accounts/index.ts'
import { ServiceError } from '../../../base/index.ts'
import type { PolicyInput } from './policy-operation.ts'

/** A request that names a version of a managed policy. */
export interface VersionInput extends PolicyInput {
  readonly VersionId: string
}

/** A version of a policy. @throws {ServiceError} NoSuchEntity */
export function requireVersion(input: VersionInput, { versions }: ManagedPolicyValue): PolicyVersion {
  const version = versions.find(({ versionId }) => versionId === input.VersionId)
  if (version === undefined) throw new ServiceError('NoSuchEntity', noSuchVersion(input))
  return version
}

/** What IAM says where there is no such version, and where there is no such policy either. */
export function noSuchVersion({ PolicyArn: arn, VersionId: versionId }: VersionInput): string {
  return `Policy ${arn} version ${versionId} does not exist or is not attachable.`
}
