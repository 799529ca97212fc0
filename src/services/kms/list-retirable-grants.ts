import type { AccessCheck } from '../../authorization/index.ts'
import { ServiceError, parseArn } from '../../base/index.ts'
import type { kms } from '../../wire/index.ts'
import { operation } from '../operation.ts'
import { grantEntry, grantsPerPage } from './grant-list.ts'
import { partyIdOf } from './grant-parties.ts'
import type { NamedParty } from './grant-parties.ts'
import { requireServiceFilter } from './list-grants.ts'
import type { KmsNeeds } from './needs.ts'
import { afterMarker, markersOf, pageOf } from './paging.ts'

const action = 'kms:ListRetirableGrants'

/**
 * ListRetirableGrants: all grants of the Region that name a principal of the caller's account to retire them, on whosever keys. The
 * permission is asked for on that principal. https://docs.aws.amazon.com/kms/latest/APIReference/API_ListRetirableGrants.html
 */
export const listRetirableGrants = operation<
  Pick<KmsNeeds, 'keys' | 'principals'>,
  kms.ListRetirableGrantsRequest,
  kms.ListGrantsResponse,
  NamedParty
>({
  name: 'ListRetirableGrants',
  readOnly: true,
  requestParameters: input => ({
    retiringPrincipal: input.RetiringPrincipal,
    retiringServicePrincipal: input.RetiringServicePrincipal,
    limit: input.Limit,
    marker: input.Marker,
  }),
  async resolve({ RetiringPrincipal: principal, RetiringServicePrincipal: service }, scope) {
    if (principal !== undefined && service === undefined)
      return { checks: [checkOf(principal)], subject: { principal } }
    if (service === undefined || principal !== undefined) {
      const message = 'You must specify either RetiringPrincipal or RetiringServicePrincipal, but not both.'
      throw new ServiceError('ValidationException', message)
    }
    requireServiceFilter('RetiringServicePrincipal', service, scope)
    // No policy says what a service may see of its own.
    return { checks: 'no permission needed', subject: { service } }
  },
  async run(input, named, scope, { keys, principals }) {
    const partyId = (await partyIdOf(named, principals))!
    const markers = markersOf('ListRetirableGrants', scope, partyId)
    const after = afterMarker(input.Marker, markers)
    const limit = grantsPerPage(input)
    const page = { limit: limit + 1, ...(after === undefined ? {} : { after }) }
    const found = await keys.grants.listRetirable(scope.region, partyId, page)
    const { items, answer } = pageOf(found, limit, markers, record => record.id)
    const entries = await Promise.all(items.map(({ value }) => grantEntry(value, principals)))
    return { output: { Grants: entries, ...answer } }
  },
})

function checkOf(principal: string): AccessCheck {
  // What is no ARN is nobody of any account, and so is refused to everybody.
  const account = parseArn(principal)?.account ?? ''
  return { action, resource: { kind: 'named', arn: principal, account } }
}
