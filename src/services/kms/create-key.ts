import { requireNoLockout } from '../../authorization/index.ts'
import type { AccessCheck } from '../../authorization/index.ts'
import { ServiceError, formatArn } from '../../base/index.ts'
import { keySpecs } from '../../crypto/index.ts'
import type { KeySpec, KeyUsage } from '../../crypto/index.ts'
import { createKey, defaultKeyPolicy, newKeyName } from '../../keys/index.ts'
import type { Keys } from '../../keys/index.ts'
import type { kms } from '../../wire/index.ts'
import { operation } from '../operation.ts'
import type { RequestScope } from '../operation.ts'
import { auditKey } from './audit.ts'
import { checkStoreMembers, createStoreKey, isStoreOrigin } from './custom-stores/create-store-key.ts'
import type { StoreKey } from './custom-stores/create-store-key.ts'
import { auditMetadata, keyMetadata } from './key-metadata.ts'
import { readRequestedPolicy } from './key-policy-document.ts'
import { keyContext, noResource, tagRecord } from './key-resource.ts'
import type { KmsNeeds } from './needs.ts'
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
    customerMasterKeySpec: specOf(input),
    keySpec: specOf(input),
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
  async run(input, _subject, scope, { keys, authorizer, random, work, principals }) {
    const { keySpec, keyUsage } = requireServed(input)
    const {
      caller: { account },
      region,
      now,
    } = scope
    await requireRoom(account, region, keys)
    const name = newKeyName(account, region, random)
    const policy = input.Policy ?? defaultKeyPolicy(account)
    const { compiled, boundPrincipals } = await readRequestedPolicy(policy, name.arn, principals)
    const tags = keyTags(input.Tags)
    const wanted = {
      account,
      region,
      description: input.Description ?? '',
      keySpec,
      keyUsage,
      policy,
      boundPrincipals,
      tags,
    }
    const { key, commit, makeMaterial } = isStoreOrigin(input.Origin)
      ? await createStoreKey(input, { wanted, name }, scope, { keys, random, work })
      : await createOwnKey(wanted, name, { random, work, keyRing: keys.keyRing, now })
    if (input.Policy !== undefined && input.BypassPolicyLockoutSafetyCheck !== true) {
      const context = keyContext(key)
      await requireNoLockout(authorizer, scope, {
        kind: 'key',
        arn: key.arn,
        account,
        policy: compiled,
        context,
        tags: tagRecord(tags),
        aliases: [],
        crossAccount: false,
      })
    }
    await makeMaterial()
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

/** Makes a key whose material is here. */
async function createOwnKey(...of: Parameters<typeof createKey>): Promise<StoreKey> {
  const { key, writes } = await createKey(...of)
  return { key, commit: { writes }, makeMaterial: () => Promise.resolve() }
}

function specOf({ KeySpec: spec, CustomerMasterKeySpec: older }: kms.CreateKeyRequest): string {
  return spec ?? older ?? 'SYMMETRIC_DEFAULT'
}

function checksOf(input: kms.CreateKeyRequest, scope: RequestScope): readonly [AccessCheck, ...AccessCheck[]] {
  const { BypassPolicyLockoutSafetyCheck: bypass, MultiRegion: multiRegion = false, Tags: tags = [] } = input
  const context = {
    ...keyContext({
      keySpec: specOf(input) as KeySpec,
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

/** What can be made: symmetric encryption keys of one Region, with material of our own. @throws {ServiceError} */
function requireServed(input: kms.CreateKeyRequest): { readonly keySpec: KeySpec; readonly keyUsage: KeyUsage } {
  if (
    input.KeySpec !== undefined &&
    input.CustomerMasterKeySpec !== undefined &&
    input.KeySpec !== input.CustomerMasterKeySpec
  ) {
    throw new ServiceError(
      'ValidationException',
      'You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated.',
    )
  }
  const spec = specOf(input)
  const usage = input.KeyUsage ?? (spec === 'SYMMETRIC_DEFAULT' ? 'ENCRYPT_DECRYPT' : undefined)
  if (usage === undefined) {
    throw new ServiceError(
      'ValidationException',
      'You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.',
    )
  }
  const row = Object.hasOwn(keySpecs, spec) ? keySpecs[spec as KeySpec] : undefined
  if (row === undefined)
    throw new ServiceError('UnsupportedOperationException', `KeySpec ${spec} is not supported in this Region`)
  if (!Object.hasOwn(row.algorithms, usage)) {
    throw new ServiceError('ValidationException', `KeyUsage ${usage} is not compatible with KeySpec ${spec}`)
  }
  checkStoreMembers(input)
  if (input.MultiRegion === true)
    throw new ServiceError('UnsupportedOperationException', 'Multi-Region keys are not supported in this Region')
  if ((input.Origin ?? 'AWS_KMS') !== 'AWS_KMS' && !isStoreOrigin(input.Origin)) {
    throw new ServiceError('UnsupportedOperationException', `Origin ${input.Origin} is not supported in this Region`)
  }
  return { keySpec: row.name, keyUsage: usage as KeyUsage }
}
