import { ServiceError } from '../../base/index.ts'
import type { GrantValue, KeyEntry, Keys } from '../../keys/index.ts'
import type { kms } from '../../wire/index.ts'
import type { RequestScope } from '../operation.ts'
import { requireGrantId } from './grant-id.ts'
import { isForAwsResource } from './grant-input.ts'
import { grantEntry, grantsPerPage } from './grant-list.ts'
import { partyIdOf } from './grant-parties.ts'
import { keyOperation } from './key-operation.ts'
import { afterMarker, markersOf, pageOf } from './paging.ts'
import type { ListPage } from './paging.ts'

/** ListGrants: https://docs.aws.amazon.com/kms/latest/APIReference/API_ListGrants.html */
export const listGrants = keyOperation<kms.ListGrantsRequest, kms.ListGrantsResponse>({
  name: 'ListGrants',
  readOnly: true,
  context: (_input, scope) => isForAwsResource(scope),
  requestParameters: input => ({
    keyId: input.KeyId,
    grantId: input.GrantId,
    granteePrincipal: input.GranteePrincipal,
    granteeServicePrincipal: input.GranteeServicePrincipal,
    marker: input.Marker,
    limit: input.Limit,
  }),
  async run(input, entry, { keys, principals }, scope) {
    const { GranteePrincipal: principal, GranteeServicePrincipal: service } = input
    if (principal !== undefined && service !== undefined) {
      const message = 'You can specify either GranteePrincipal or GranteeServicePrincipal, but not both.'
      throw new ServiceError('ValidationException', message)
    }
    requireServiceFilter('GranteeServicePrincipal', service, scope)
    const filter = {
      ...(principal === undefined ? {} : { principal }),
      ...(service === undefined ? {} : { service }),
    }
    const page = await pageOfGrants(input, await partyIdOf(filter, principals), entry, { keys, scope })
    const entries = await Promise.all(page.items.map(grant => grantEntry(grant, principals)))
    return { output: { Grants: entries, ...page.answer } }
  },
})

async function pageOfGrants(
  input: kms.ListGrantsRequest,
  granteeId: string | undefined,
  { key }: KeyEntry,
  { keys, scope }: { readonly keys: Keys; readonly scope: RequestScope },
): Promise<ListPage<GrantValue>> {
  const { GrantId: grantId, Marker: marker } = input
  const markers = [...markersOf('ListGrants', scope, key.keyId), granteeId, grantId]
  const after = afterMarker(marker, markers)
  if (grantId !== undefined) {
    const grant = await keys.grants.find({ ...key, grantId: requireGrantId(grantId) })
    const isWanted = grant !== undefined && (granteeId ?? grant.grantee.id) === grant.grantee.id
    return { items: isWanted ? [grant] : [], answer: { Truncated: false } }
  }
  const limit = grantsPerPage(input)
  const found = await keys.grants.list(key, {
    limit: limit + 1,
    ...(after === undefined ? {} : { after }),
    ...(granteeId === undefined ? {} : { granteeId }),
  })
  const { items, answer } = pageOf(found, limit, markers, record => record.id)
  return { items: items.map(({ value }) => value), answer }
}

/** Only the service itself may ask by a service's name. @throws {ServiceError} ValidationException */
export function requireServiceFilter(member: string, service: string | undefined, { caller }: RequestScope): void {
  if (service === undefined || (caller.kind === 'service' && caller.serviceName === service)) return
  throw new ServiceError('ValidationException', `${member} can only be used by that service principal itself.`)
}
