import type { AccessCheck } from '../../authorization/index.ts'
import { viaServiceName } from '../../base/index.ts'
import { createManagedKey } from '../../keys/index.ts'
import { compileKeyPolicy } from '../../policy/index.ts'
import type { Write } from '../../storage/index.ts'
import type { AuditResource, AuditValues } from '../../trail/index.ts'
import type { RequestScope } from '../operation.ts'
import { auditAlias, auditKey } from './audit.ts'
import { auditMetadata } from './key-metadata.ts'
import { keyResource } from './key-resource.ts'
import type { KmsNeeds } from './needs.ts'

/** What the trail tells of one step in the making of a managed key. */
export interface ManagedKeyStep {
  readonly eventName: 'CreateKey' | 'CreateAlias'
  readonly requestParameters: AuditValues
  readonly responseElements: AuditValues
  readonly resources: readonly AuditResource[]
}

/** A managed key that can be made: it is made only for whom the check permits. */
export interface PlannedManagedKey {
  readonly check: AccessCheck
  readonly writes: readonly Write[]
  readonly steps: readonly ManagedKeyStep[]
}

/** Plans the managed key that a service has in the account and Region of the caller for whom it asks. */
export async function planManagedKey(
  { serviceName, operation }: { readonly serviceName: string; readonly operation: string },
  { caller: { account }, region, now }: RequestScope,
  { keys, random, work }: Pick<KmsNeeds, 'keys' | 'random' | 'work'>,
): Promise<PlannedManagedKey> {
  const place = { account, region, serviceName, viaService: viaServiceName(serviceName, region) }
  const { key, alias, writes } = await createManagedKey(place, { random, work, keyRing: keys.keyRing, now })
  const { aliasName } = alias
  const policy = compileKeyPolicy(key.policy, { name: `key policy of ${key.arn}` })
  const planned = { record: { id: '', version: 0, value: key }, key, policy }
  // Of the two that ReEncrypt asks for, only this one is on a key that cannot have encrypted anything yet.
  const action = operation === 'ReEncrypt' ? 'kms:ReEncryptTo' : `kms:${operation}`
  return {
    check: {
      action,
      resource: { ...(await keyResource(planned, action, keys)), aliases: [aliasName] },
      context: { 'kms:RequestAlias': aliasName },
    },
    writes,
    steps: [
      {
        eventName: 'CreateKey',
        requestParameters: {
          description: key.description,
          origin: key.origin,
          bypassPolicyLockoutSafetyCheck: false,
          customerMasterKeySpec: key.keySpec,
          keySpec: key.keySpec,
          keyUsage: key.keyUsage,
          policy: key.policy,
        },
        responseElements: { keyMetadata: auditMetadata(key) },
        resources: [auditKey(key)],
      },
      {
        eventName: 'CreateAlias',
        requestParameters: { aliasName, targetKeyId: key.keyId },
        responseElements: { keyId: key.arn },
        resources: [auditKey(key), auditAlias(account, region, aliasName)],
      },
    ],
  }
}
