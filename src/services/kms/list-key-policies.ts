import type { kms } from '../../wire/index.ts'
import { keyOperation } from './key-operation.ts'
import { afterMarker } from './paging.ts'

/** ListKeyPolicies: a key has one policy, `default`. https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeyPolicies.html */
export const listKeyPolicies = keyOperation<kms.ListKeyPoliciesRequest, kms.ListKeyPoliciesResponse>({
  name: 'ListKeyPolicies',
  readOnly: true,
  requestParameters: ({ KeyId: keyId, Limit: limit, Marker: marker }) => ({ keyId, limit, marker }),
  async run({ Marker: marker }) {
    const PolicyNames = afterMarker(marker) === undefined ? ['default'] : []
    return { output: { PolicyNames, Truncated: false } }
  },
})
