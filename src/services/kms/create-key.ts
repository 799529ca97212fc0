import { requireNoLockout } from '../../authorization/index.ts'
import type { AccessCheck } from '../../authorization/index.ts'
import type { KeySpec, KeyUsage } from '../../crypto/index.ts'
import { defaultKeyPolicy } from '../../keys/index.ts'
import type { kms } from '../../wire/index.ts'
import { operation } from '../operation.ts'
import type { RequestScope } from '../operation.ts'
import { auditKey } from './audit.ts'
import { creationChecks } from './creation-checks.ts'
import { requireKeyRoom } from './key-limit.ts'
import { auditMetadata, keyMetadata } from './key-metadata.ts'
import { readRequestedPolicy } from './key-policy-document.ts'
import { keyContext, tagRecord } from './key-resource.ts'
import type { KmsNeeds } from './needs.ts'
import { askedSpec, requireKind } from './new-keys/key-kind.ts'
import { requireMaker } from './new-keys/key-makers.ts'
import { newKeyPlace } from './new-keys/key-place.ts'
import { auditTags, keyTags } from './tags.ts'

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
    await requireKeyRoom(account, region, needs.keys)
    const policy = input.Policy ?? defaultKeyPolicy(account)
    const { compiled, boundPrincipals } = await readRequestedPolicy(policy, place.arn, needs.principals)
    const tags = keyTags(input.Tags)
    const { Description: description = '', MultiRegion: multiRegion = false } = input
    const wanted = { account, region, description, ...kind, multiRegion, policy, boundPrincipals, tags }
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

function checksOf(input: kms.CreateKeyRequest, scope: RequestScope): readonly [AccessCheck, ...AccessCheck[]] {
  const { BypassPolicyLockoutSafetyCheck: bypass, MultiRegion: multiRegion = false, Tags: tags = [] } = input
  const { region } = scope
  const key = {
    keySpec: askedSpec(input) as KeySpec,
    keyUsage: (input.KeyUsage ?? 'ENCRYPT_DECRYPT') as KeyUsage,
    origin: (input.Origin ?? 'AWS_KMS') as 'AWS_KMS',
    multiRegion,
    region,
    ...(multiRegion ? { regions: { primary: region, replicas: [] } } : {}),
  }
  return creationChecks(key, { tags, bypass }, scope)
}
