import { requireNoLockout } from '../../authorization/index.ts'
import type { AccessCheck } from '../../authorization/index.ts'
import { ServiceError, formatArn } from '../../base/index.ts'
import type { KeySpec, KeyUsage } from '../../crypto/index.ts'
import { defaultKeyPolicy } from '../../keys/index.ts'
import type { Keys } from '../../keys/index.ts'
import type { kms } from '../../wire/index.ts'
import { operation } from '../operation.ts'
import type { RequestScope } from '../operation.ts'
import { auditKey } from './audit.ts'
import { auditMetadata, keyMetadata } from './key-metadata.ts'
import { readRequestedPolicy } from './key-policy-document.ts'
import { keyContext, noResource, tagRecord } from './key-resource.ts'
import type { KmsNeeds } from './needs.ts'
import { requireKind, askedSpec } from './new-keys/key-kind.ts'
import { requireMaker } from './new-keys/key-makers.ts'
import { newKeyPlace } from './new-keys/key-place.ts'
import { auditTags, keyTags, requestTagKeys } from './tags.ts'

/** CreateKey: https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html */
export const createKeyOperation = operation<
  Pick<KmsNeeds, 'keys' | 'authorizer' | 'random' | 'work' | 'principals'>,
  kms.CreateKeyRequest,
  kms.CreateKeyResponse,
  undefined
>({
  name: 'CreateKey',
  readOnly: false,
  requestParameters: input => ({
    description: input.Description ?? '',
    origin: input.Origin ?? 'AWS_KMS',
    bypassPolicyLockoutSafetyCheck: input.BypassPolicyLockoutSafetyCheck ?? false,
    customerMasterKeySpec: askedSpec(input),
    keySpec: askedSpec(input),
    keyUsage: input.KeyUsage ?? 'ENCRYPT_DECRYPT',
    multiRegion: input.MultiRegion,
    policy: input.Policy,
    tags: input.Tags === undefined ? undefined : auditTags(input.Tags),
    customKeyStoreId: input.CustomKeyStoreId,
    xksKeyId: input.XksKeyId,
  }),
  async resolve(input, scope) {
    return { checks: checksOf(input, scope), subject: undefined }
  },
  async run(input, _subject, scope, needs) {
    const kind = requireKind(input)
    const maker = requireMaker(input.Origin ?? 'AWS_KMS')
    maker.check(input)
    const place = newKeyPlace(input, scope, needs.random)
    const {
      caller: { account },
      region,
    } = scope
    await requireRoom(account, region, needs.keys)
    const policy = input.Policy ?? defaultKeyPolicy(account)
    const { compiled, boundPrincipals } = await readRequestedPolicy(policy, place.arn, needs.principals)
    const tags = keyTags(input.Tags)
    const description = input.Description ?? ''
    const wanted = { account, region, description, ...kind, policy, boundPrincipals, tags }
    const planned = await maker.plan(input, { wanted, place }, scope, needs)
    if (input.Policy !== undefined && input.BypassPolicyLockoutSafetyCheck !== true) {
      await requireNoLockout(needs.authorizer, scope, {
        kind: 'key',
        arn: place.arn,
        account,
        policy: compiled,
        context: keyContext(planned.key),
        tags: tagRecord(tags),
        aliases: [],
        crossAccount: false,
      })
    }
    const { key, commit } = await planned.make()
    return {
      output: { KeyMetadata: keyMetadata(key) },
      commit,
      responseElements: { keyMetadata: auditMetadata(key) },
      resources: [auditKey(key)],
    }
  },
})

/** Keys that an account may make in a Region; https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html */
const maxKeys = 100_000

async function requireRoom(account: string, region: string, keys: Keys): Promise<void> {
  if ((await keys.countCustomerKeys(account, region, maxKeys)) >= maxKeys)
    throw new ServiceError('LimitExceededException', `Cannot have more than ${maxKeys} keys in an account and Region`)
}

function checksOf(input: kms.CreateKeyRequest, scope: RequestScope): readonly [AccessCheck, ...AccessCheck[]] {
  const { BypassPolicyLockoutSafetyCheck: bypass, MultiRegion: multiRegion = false, Tags: tags = [] } = input
  const context = {
    ...keyContext({
      keySpec: askedSpec(input) as KeySpec,
      keyUsage: (input.KeyUsage ?? 'ENCRYPT_DECRYPT') as KeyUsage,
      origin: (input.Origin ?? 'AWS_KMS') as 'AWS_KMS',
      multiRegion,
    }),
    ...requestTagKeys(tags),
    // The key will have these tags: AWS asks for them as for those of a key that is there.
    ...Object.fromEntries(tags.map(({ TagKey, TagValue }) => [`aws:ResourceTag/${TagKey}`, TagValue])),
    ...(multiRegion ? { 'kms:MultiRegionKeyType': 'PRIMARY' } : {}),
    ...(bypass === undefined ? {} : { 'kms:BypassPolicyLockoutSafetyCheck': String(bypass) }),
  }
  const create: AccessCheck = { action: 'kms:CreateKey', resource: noResource(scope), context }
  if (tags.length === 0) return [create]
  const { caller, region } = scope
  // The permission must be for every key of the account and Region, because the new one has no ARN yet.
  const everyKey = formatArn('kms', region, caller.account, 'key/*')
  const resource = { kind: 'named', account: caller.account, arn: everyKey } as const
  return [create, { action: 'kms:TagResource', resource, context: requestTagKeys(tags), wording: 'nowhere' }]
}
