import type { kms } from '../../wire/index.ts'
import { keyOperation } from './key-operation.ts'
import { afterMarker, markersOf } from './paging.ts'

/** ListKeyPolicies: a key has one policy, `default`. https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeyPolicies.html */
export const listKeyPolicies = keyOperation<kms.ListKeyPoliciesRequest, kms.ListKeyPoliciesResponse>({
  name: 'ListKeyPolicies',
  readOnly: true,
  requestParameters: ({ KeyId: keyId, Limit: limit, Marker: marker }) => ({ keyId, limit, marker }),
  async run({ Marker: marker }, { key }, _needs, scope) {
    // One name is one page: there is no marker that a next one could begin at.
    afterMarker(marker, markersOf('ListKeyPolicies', scope, key.keyId))
    return { output: { PolicyNames: ['default'], Truncated: false } }
  },
})
