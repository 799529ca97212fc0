import { formatArn } from '../../base/index.ts'
import type { KeyEntry } from '../../keys/index.ts'
import type { kms } from '../../wire/index.ts'
import { operation } from '../operation.ts'
import { findNamedKey, foreignRefusal, noResource } from './key-resource.ts'
import type { KmsNeeds } from './needs.ts'
import { afterMarker, markersOf, pageOf } from './paging.ts'

// The model takes a Limit of up to 1,000.
const mostShown = 100

/** ListAliases: all of the account and Region, or those of one key. https://docs.aws.amazon.com/kms/latest/APIReference/API_ListAliases.html */
export const listAliases = operation<
  Pick<KmsNeeds, 'keys'>,
  kms.ListAliasesRequest,
  kms.ListAliasesResponse,
  KeyEntry | undefined
>({
  name: 'ListAliases',
  readOnly: true,
  requestParameters: ({ KeyId: keyId, Limit: limit, Marker: marker }) =>
    keyId === undefined && limit === undefined && marker === undefined ? null : { keyId, limit, marker },
  async resolve(_input, scope) {
    return { checks: [{ action: 'kms:ListAliases', resource: noResource(scope) }], subject: undefined }
  },
  async run({ KeyId: keyId, Limit: wanted = 50, Marker: marker }, _subject, scope, { keys }) {
    // The filter grants nothing, so it is looked up only for those who may list.
    const filter = keyId === undefined ? undefined : await findNamedKey(keyId, scope, keys, { aliases: false })
    if (filter !== undefined && filter.entry.key.account !== scope.caller.account)
      throw foreignRefusal(scope.caller.arn, 'kms:ListAliases')
    const markers = markersOf('ListAliases', scope, filter?.entry.key.keyId)
    const after = afterMarker(marker, markers)
    const limit = Math.min(wanted, mostShown)
    const found = await keys.listAliases(scope.caller.account, scope.region, {
      limit: limit + 1,
      ...(after === undefined ? {} : { after }),
      ...(filter === undefined ? {} : { keyId: filter.entry.key.keyId }),
    })
    const page = pageOf(found, limit, markers, record => record.id)
    const entries = page.items.map(({ value }) => ({
      AliasName: value.aliasName,
      AliasArn: formatArn('kms', value.region, value.account, value.aliasName),
      TargetKeyId: value.keyId,
      CreationDate: value.createdAt,
      LastUpdatedDate: value.updatedAt,
    }))
    return { output: { Aliases: entries, ...page.answer } }
  },
})
