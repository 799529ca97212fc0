import type { kms } from '../../wire/index.ts'
import { keyOperation } from './key-operation.ts'
import { afterMarker, markersOf, pageOf } from './paging.ts'

/** ListResourceTags: https://docs.aws.amazon.com/kms/latest/APIReference/API_ListResourceTags.html */
export const listResourceTags = keyOperation<kms.ListResourceTagsRequest, kms.ListResourceTagsResponse>({
  name: 'ListResourceTags',
  readOnly: true,
  requestParameters: ({ KeyId: keyId, Limit: limit, Marker: marker }) => ({ keyId, limit, marker }),
  async run({ Limit: limit = 50, Marker: marker }, { key }, _needs, scope) {
    const markers = markersOf('ListResourceTags', scope, key.keyId)
    const after = afterMarker(marker, markers)
    const left = key.tags.filter(tag => after === undefined || tag.key > after).sort((a, b) => (a.key < b.key ? -1 : 1))
    const page = pageOf(left, limit, markers, tag => tag.key)
    const tags = page.items.map(({ key: TagKey, value: TagValue }) => ({ TagKey, TagValue }))
    return { output: { Tags: tags, ...page.answer } }
  },
})
