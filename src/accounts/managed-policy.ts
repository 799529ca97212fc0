import { parseArn } from '../base/index.ts'
import { principalRecordId } from './account-records.ts'
import type { ManagedPolicyValue, PolicyVersion } from './account-records.ts'

/** The version that counts. */
export function defaultVersionOf({ versions, defaultVersionId }: ManagedPolicyValue): PolicyVersion {
  return versions.find(({ versionId }) => versionId === defaultVersionId)!
}

/** The record's id of an account's managed policy with this ARN, or `undefined` where the ARN is none of that account. */
export function managedPolicyRecordId(account: string, arn: string): string | undefined {
  const parsed = parseArn(arn)
  if (parsed?.service !== 'iam' || parsed.account !== account || !parsed.resource.startsWith('policy/'))
    return undefined
  return principalRecordId(account, parsed.resource.slice(parsed.resource.lastIndexOf('/') + 1))
}
