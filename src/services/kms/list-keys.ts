import type { kms } from '../../wire/index.ts'
import { operation } from '../operation.ts'
import { noResource } from './key-resource.ts'
import type { KmsNeeds } from './needs.ts'
import { afterMarker, markersOf, pageOf } from './paging.ts'

/** ListKeys: the keys of the caller's account and Region. https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeys.html */
export const listKeys = operation<Pick<KmsNeeds, 'keys'>, kms.ListKeysRequest, kms.ListKeysResponse, undefined>({
  name: 'ListKeys',
  readOnly: true,
  requestParameters: ({ Limit: limit, Marker: marker }) =>
    limit === undefined && marker === undefined ? null : { limit, marker },
  async resolve(_input, scope) {
    return { checks: [{ action: 'kms:ListKeys', resource: noResource(scope) }], subject: undefined }
  },
  async run({ Limit: limit = 100, Marker: marker }, _subject, scope, { keys }) {
    const markers = markersOf('ListKeys', scope)
    const after = afterMarker(marker, markers)
    const found = await keys.listKeys(scope.caller.account, scope.region, {
      limit: limit + 1,
      ...(after === undefined ? {} : { after }),
    })
    const page = pageOf(found, limit, markers, record => record.id)
    const entries = page.items.map(({ value }) => ({ KeyId: value.keyId, KeyArn: value.arn }))
    return { output: { Keys: entries, ...page.answer } }
  },
})
