import type { AccessCheck } from '../../authorization/index.ts'
import { ServiceError } from '../../base/index.ts'
import { arnIn, isPrimary, relatedKeys, requirePrimary, requireState, updatePrimaryRegion } from '../../keys/index.ts'
import type { KeyEntry, Keys, KeyValue } from '../../keys/index.ts'
import type { kms } from '../../wire/index.ts'
import { operation } from '../operation.ts'
import { auditKey, changedKey } from './audit.ts'
import { findNamedKey, keyResource } from './key-resource.ts'
import type { KmsNeeds } from './needs.ts'

const name = 'UpdatePrimaryRegion'
const action = 'kms:UpdatePrimaryRegion'

/** The primary key of now, and the replica that is to be it; absent where there is none that could be. */
interface Change {
  readonly primary: KeyEntry
  readonly replica: KeyEntry | undefined
}

/**
 * UpdatePrimaryRegion: a replica becomes the primary key, and the primary one a replica. The caller needs the permission on both.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdatePrimaryRegion.html
 */
export const updatePrimaryRegionOperation = operation<
  Pick<KmsNeeds, 'keys'>,
  kms.UpdatePrimaryRegionRequest,
  undefined,
  Change
>({
  name,
  readOnly: false,
  requestParameters: ({ KeyId: keyId, PrimaryRegion: primaryRegion }) => ({ keyId, primaryRegion }),
  async resolve({ KeyId: keyId, PrimaryRegion: region }, scope, { keys }) {
    const { entry: primary } = await findNamedKey(keyId, scope, keys, { aliases: false })
    const context = { 'kms:PrimaryRegion': region }
    const checkOn = async (entry: KeyEntry): Promise<AccessCheck> => ({
      action,
      resource: await keyResource(entry, action, keys),
      region: entry.key.region,
      context,
    })
    const resources = [auditKey(primary.key)]
    const check = await checkOn(primary)
    const replica = await findReplica(primary.key, region, keys)
    // Where a key has copies is told only to those who may use this operation on it.
    const checks = replica === undefined ? ([check] as const) : ([check, await checkOn(replica)] as const)
    return { checks, subject: { primary, replica }, resources }
  },
  async run(input, { primary, replica }, _scope, { keys }) {
    requireState(primary.key, name)
    requirePrimary(primary.key)
    const { KeyId: keyId, PrimaryRegion: region } = input
    if (replica === undefined) throw noReplica(primary.key, region)
    requireState(replica.key, name)
    const related = await relatedKeys(primary.key, keys)
    return {
      output: undefined,
      commit: { writes: updatePrimaryRegion(primary, replica, related) },
      responseElements: changedKey(primary.key),
      elsewhere: [
        {
          region,
          eventName: name,
          requestParameters: { keyId, primaryRegion: region },
          responseElements: changedKey(replica.key),
          resources: [],
        },
      ],
    }
  },
})

async function findReplica(key: KeyValue, region: string, keys: Keys): Promise<KeyEntry | undefined> {
  const isElsewhere = isPrimary(key) && key.regions!.replicas.includes(region)
  return isElsewhere ? keys.findKey(region, key.keyId) : undefined
}

function noReplica(key: KeyValue, region: string): ServiceError {
  if (region === key.region)
    return new ServiceError('UnsupportedOperationException', `${key.arn} is already the multi-region primary key.`)
  return new ServiceError('NotFoundException', `Key '${arnIn(key, region)}' does not exist`)
}
