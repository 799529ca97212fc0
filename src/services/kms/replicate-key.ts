import { requireNoLockout } from '../../authorization/index.ts'
import type { AccessCheck } from '../../authorization/index.ts'
import { ServiceError } from '../../base/index.ts'
import {
  arnIn,
  defaultKeyPolicy,
  regionNames,
  relatedKeys,
  replicateKey,
  requirePrimary,
  requireState,
} from '../../keys/index.ts'
import type { KeyEntry, KeyValue } from '../../keys/index.ts'
import type { CompiledPolicy } from '../../policy/index.ts'
import type { kms } from '../../wire/index.ts'
import { operation } from '../operation.ts'
import type { ElsewhereRecord, RequestScope } from '../operation.ts'
import { auditKey } from './audit.ts'
import { creationChecks } from './creation-checks.ts'
import { requireKeyRoom } from './key-limit.ts'
import { auditMetadata, keyMetadata } from './key-metadata.ts'
import { readRequestedPolicy } from './key-policy-document.ts'
import { findNamedKey, keyContext, keyResource, tagRecord } from './key-resource.ts'
import type { KmsNeeds } from './needs.ts'
import { auditTags, keyTags } from './tags.ts'

type Needs = Pick<KmsNeeds, 'keys' | 'authorizer' | 'principals'>

const action = 'kms:ReplicateKey'

/**
 * ReplicateKey: a copy of a multi-Region primary key in another Region, with a policy, tags and a description of its own. Whoever asks needs the
 * permission to replicate the key, and in the other Region the one to make keys.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_ReplicateKey.html
 */
export const replicateKeyOperation = operation<Needs, kms.ReplicateKeyRequest, kms.ReplicateKeyResponse, KeyEntry>({
  name: 'ReplicateKey',
  readOnly: false,
  requestParameters: input => ({
    keyId: input.KeyId,
    replicaRegion: input.ReplicaRegion,
    policy: input.Policy,
    bypassPolicyLockoutSafetyCheck: input.BypassPolicyLockoutSafetyCheck ?? false,
    description: input.Description ?? '',
    tags: input.Tags === undefined ? undefined : auditTags(input.Tags),
  }),
  async resolve(input, scope, { keys }) {
    const { entry } = await findNamedKey(input.KeyId, scope, keys, { aliases: false })
    const resource = await keyResource(entry, action, keys)
    const replicate: AccessCheck = { action, resource, context: { 'kms:ReplicaRegion': input.ReplicaRegion } }
    return {
      checks: [replicate, ...checksInRegion(entry.key, input, scope)],
      subject: entry,
      resources: [auditKey(entry.key)],
    }
  },
  async run(input, primary, scope, { keys, authorizer, principals }) {
    const { ReplicaRegion: region, Tags, Description: description = '' } = input
    requireServed(region, keys.regions)
    requireState(primary.key, 'ReplicateKey')
    requirePrimary(primary.key)
    await requireNew(primary.key, region, keys)
    const { account } = primary.key
    await requireKeyRoom(account, region, keys)
    const policy = input.Policy ?? defaultKeyPolicy(account)
    const { compiled, boundPrincipals } = await readRequestedPolicy(policy, arnIn(primary.key, region), principals)
    const { key, writes } = replicateKey(
      primary,
      { region, description, policy, boundPrincipals, tags: keyTags(Tags) },
      {
        related: await relatedKeys(primary.key, keys),
        materials: await keys.materialsOf(primary.key),
        keyRing: keys.keyRing,
        now: scope.now,
      },
    )
    if (input.Policy !== undefined && input.BypassPolicyLockoutSafetyCheck !== true)
      await requireNoLockout(authorizer, { ...scope, region }, replicaResource(key, compiled))
    return {
      output: {
        ReplicaKeyMetadata: keyMetadata(key),
        ReplicaPolicy: policy,
        ...(Tags === undefined || Tags.length === 0 ? {} : { ReplicaTags: Tags }),
      },
      commit: { writes },
      responseElements: {
        replicaKeyMetadata: auditMetadata(key),
        replicaPolicy: policy,
        replicaTags: Tags === undefined || Tags.length === 0 ? undefined : auditTags(Tags),
      },
      elsewhere: [creationRecord(key, input)],
    }
  },
})

/** What the caller must be permitted in the Region of the replica. */
function checksInRegion(
  key: KeyValue,
  { ReplicaRegion: region, Tags: tags = [], BypassPolicyLockoutSafetyCheck: bypass }: kms.ReplicateKeyRequest,
  scope: RequestScope,
): readonly AccessCheck[] {
  const { primary, replicas } = key.regions ?? { primary: key.region, replicas: [] }
  const regions = { primary, replicas: [...replicas, region] }
  return creationChecks({ ...key, multiRegion: true, region, regions }, { tags, bypass }, scope)
}

// AWS names the Regions that an account has enabled; here they are those of the installation.
function requireServed(region: string, served: ReadonlySet<string>): void {
  if (served.has(region)) return
  throw new ServiceError('UnsupportedOperationException', `Region ${region} is not supported by this installation.`)
}

/** No Region has a key twice, also not one whose replica waits for its deletion, or has left grants that are still to be removed. */
async function requireNew(key: KeyValue, region: string, { grants }: KmsNeeds['keys']): Promise<void> {
  if (!regionNames(key.regions!).includes(region) && !(await grants.hasRemains({ ...key, region }))) return
  throw new ServiceError('AlreadyExistsException', `${arnIn(key, region)} already exists.`)
}

function replicaResource(key: KeyValue, policy: CompiledPolicy): Parameters<typeof requireNoLockout>[2] {
  const { arn, account, tags } = key
  return {
    kind: 'key',
    arn,
    account,
    policy,
    context: keyContext(key),
    tags: tagRecord(tags),
    aliases: [],
    crossAccount: false,
  }
}

/** AWS records the replica as a key that was made, in its Region. */
function creationRecord(key: KeyValue, input: kms.ReplicateKeyRequest): ElsewhereRecord {
  const { keySpec, keyUsage, origin, region, description } = key
  return {
    region,
    eventName: 'CreateKey',
    requestParameters: {
      description,
      origin,
      bypassPolicyLockoutSafetyCheck: input.BypassPolicyLockoutSafetyCheck ?? false,
      customerMasterKeySpec: keySpec,
      keySpec,
      keyUsage,
      multiRegion: true,
      policy: input.Policy,
      tags: input.Tags === undefined ? undefined : auditTags(input.Tags),
    },
    responseElements: { keyMetadata: auditMetadata(key) },
    resources: [auditKey(key)],
  }
}
