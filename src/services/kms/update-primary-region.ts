import type { AccessCheck } from '../../authorization/index.ts'
import { ServiceError } from '../../base/index.ts'
import { arnIn, isPrimary, relatedKeys, requirePrimary, requireState, updatePrimaryRegion } from '../../keys/index.ts'
import type { KeyEntry } from '../../keys/index.ts'
import type { kms } from '../../wire/index.ts'
import { operation } from '../operation.ts'
import { auditKey, changedKey } from './audit.ts'
import { findNamedKey, keyResource } from './key-resource.ts'
import type { KmsNeeds } from './needs.ts'

const name = 'UpdatePrimaryRegion'
const action = 'kms:UpdatePrimaryRegion'

/** The primary key of now, and the replica that is to be it; absent where the key is not the primary one, or is it in that Region already. */
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
    const isOwn = primary.key.account === scope.caller.account
    if (!isOwn || !isPrimary(primary.key) || region === primary.key.region)
      return { checks: [check], subject: { primary, replica: undefined }, resources }
    const replica = primary.key.regions!.replicas.includes(region)
      ? await keys.findKey(region, primary.key.keyId)
      : undefined
    if (replica === undefined)
      throw new ServiceError('NotFoundException', `Key '${arnIn(primary.key, region)}' does not exist`)
    return { checks: [check, await checkOn(replica)], subject: { primary, replica }, resources }
  },
  async run(input, { primary, replica }, _scope, { keys }) {
    requireState(primary.key, name)
    requirePrimary(primary.key)
    if (replica === undefined) throw alreadyPrimary(primary)
    requireState(replica.key, name)
    const related = await relatedKeys(primary.key, keys)
    const { KeyId: keyId, PrimaryRegion: region } = input
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

function alreadyPrimary({ key }: KeyEntry): ServiceError {
  return new ServiceError('UnsupportedOperationException', `${key.arn} is already the multi-region primary key.`)
}
