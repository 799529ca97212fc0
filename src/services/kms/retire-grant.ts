import type { AccessCheck } from '../../authorization/index.ts'
import { ServiceError } from '../../base/index.ts'
import { removeGrant, requireState } from '../../keys/index.ts'
import type { GrantValue, KeyEntry, Keys } from '../../keys/index.ts'
import type { kms } from '../../wire/index.ts'
import { operation } from '../operation.ts'
import type { RequestScope } from '../operation.ts'
import { auditKey, changedKey } from './audit.ts'
import { noSuchGrant, requireGrantId } from './grant-id.ts'
import { constraintContext } from './grant-input.ts'
import { readGrantToken } from './grants-asked.ts'
import { findNamedKey, keyResource } from './key-resource.ts'
import type { KmsNeeds } from './needs.ts'
import { endDryRun } from './symmetric.ts'

const action = 'kms:RetireGrant'

/** A grant as a request names it. */
interface Retiring {
  readonly entry: KeyEntry
  readonly grantId: string
  /** Absent where there is none: who may not retire it does not learn that. */
  readonly grant: GrantValue | undefined
}

/** RetireGrant: who may is said by the grant. https://docs.aws.amazon.com/kms/latest/APIReference/API_RetireGrant.html */
export const retireGrantOperation = operation<Pick<KmsNeeds, 'keys'>, kms.RetireGrantRequest, undefined, Retiring>({
  name: 'RetireGrant',
  readOnly: false,
  requestParameters: () => null,
  async resolve(input, scope, { keys }) {
    const subject = await findRetiring(input, scope, keys)
    return { checks: [await checkOf(subject, keys)], subject, resources: [auditKey(subject.entry.key)] }
  },
  async run({ DryRun: dryRun }, { entry: { key }, grant, grantId }) {
    if (grant === undefined) throw noSuchGrant(grantId)
    requireState(key, 'RetireGrant')
    endDryRun(dryRun)
    return {
      output: undefined,
      commit: { writes: removeGrant(grant) },
      responseElements: changedKey(key),
      additionalEventData: { grantId },
    }
  },
})

async function findRetiring(input: kms.RetireGrantRequest, scope: RequestScope, keys: Keys): Promise<Retiring> {
  const { GrantToken: token, KeyId: keyId, GrantId: grantId } = input
  if (token !== undefined && keyId === undefined && grantId === undefined) return findByToken(token, scope, keys)
  if (token !== undefined || keyId === undefined || grantId === undefined) {
    const message = 'You must specify either a grant token, or both a key ID and a grant ID.'
    throw new ServiceError('ValidationException', message)
  }
  requireGrantId(grantId)
  const { entry } = await findNamedKey(keyId, scope, keys, { aliases: false })
  const grant = await keys.grants.find({ ...entry.key, grantId })
  // A key of the same id may be named in another account than the one that it is of.
  return { entry, grantId, grant: grant?.keyArn === entry.key.arn ? grant : undefined }
}

async function findByToken(token: string, { region }: RequestScope, keys: Keys): Promise<Retiring> {
  const named = readGrantToken(token, keys)
  const entry = named.region === region ? await keys.findKey(region, named.keyId) : undefined
  const grant = entry === undefined ? undefined : await keys.grants.find(named)
  // Whoever has a token knows that there was such a grant.
  if (entry === undefined || grant === undefined) throw noSuchGrant(named.grantId)
  return { entry, grantId: named.grantId, grant }
}

async function checkOf({ entry, grant }: Retiring, keys: Keys): Promise<AccessCheck> {
  const resource = { ...(await keyResource(entry, action, keys)), isGrant: true } as const
  const use = { kind: 'no-encryption-context' } as const
  return {
    action,
    resource,
    context: grant === undefined ? {} : constraintContext(grant.constraints),
    grants: { candidates: grant === undefined ? [] : [grant], use },
  }
}
