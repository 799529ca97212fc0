import { untagKey } from '../../keys/index.ts'
import type { kms } from '../../wire/index.ts'
import { changedKey } from './audit.ts'
import { keyOperation } from './key-operation.ts'

/** UntagResource: https://docs.aws.amazon.com/kms/latest/APIReference/API_UntagResource.html */
export const untagResource = keyOperation<kms.UntagResourceRequest, undefined>({
  name: 'UntagResource',
  readOnly: false,
  context: ({ TagKeys: names }) => ({ 'aws:TagKeys': names }),
  requestParameters: ({ KeyId: keyId, TagKeys: tagKeys }) => ({ keyId, tagKeys }),
  async run({ TagKeys: names }, entry) {
    const writes = untagKey(entry, names)
    return { output: undefined, commit: { writes }, responseElements: changedKey(entry.key) }
  },
})
