import type { AccessCheck } from '../../authorization/index.ts'
import { formatArn } from '../../base/index.ts'
import type { kms } from '../../wire/index.ts'
import type { RequestScope } from '../operation.ts'
import { keyContext, noResource } from './key-resource.ts'
import { requestTagKeys } from './tags.ts'

/** What a request says of a key that it makes, beside what the key is. */
export interface CreationInput {
  readonly tags: readonly kms.Tag[]
  /** `BypassPolicyLockoutSafetyCheck`, where it is given. */
  readonly bypass: boolean | undefined
}

/** The permissions that making a key needs in the Region that it is to be in: kms:CreateKey, and kms:TagResource for its tags. */
export function creationChecks(
  key: Parameters<typeof keyContext>[0],
  { tags, bypass }: CreationInput,
  scope: RequestScope,
): readonly [AccessCheck, ...AccessCheck[]] {
  const { region } = key
  const context = {
    ...keyContext(key),
    ...requestTagKeys(tags),
    // The key will have these tags: AWS asks for them as for those of a key that is there.
    ...Object.fromEntries(tags.map(({ TagKey, TagValue }) => [`aws:ResourceTag/${TagKey}`, TagValue])),
    ...(bypass === undefined ? {} : { 'kms:BypassPolicyLockoutSafetyCheck': String(bypass) }),
  }
  const create: AccessCheck = { action: 'kms:CreateKey', resource: noResource(scope), region, context }
  if (tags.length === 0) return [create]
  const { account } = scope.caller
  // The permission must be for every key of the account and Region, because the new one has no ARN yet.
  const resource = { kind: 'named', account, arn: formatArn('kms', region, account, 'key/*') } as const
  const tag: AccessCheck = {
    action: 'kms:TagResource',
    resource,
    region,
    context: requestTagKeys(tags),
    wording: 'nowhere',
  }
  return [create, tag]
}
