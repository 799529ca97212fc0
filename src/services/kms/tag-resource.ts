import { tagKey } from '../../keys/index.ts'
import type { kms } from '../../wire/index.ts'
import { changedKey } from './audit.ts'
import { keyOperation } from './key-operation.ts'
import { auditTags, keyTags, requestTagKeys } from './tags.ts'

/** TagResource: https://docs.aws.amazon.com/kms/latest/APIReference/API_TagResource.html */
export const tagResource = keyOperation<kms.TagResourceRequest, undefined>({
  name: 'TagResource',
  readOnly: false,
  context: ({ Tags: tags }) => requestTagKeys(tags),
  requestParameters: ({ KeyId: keyId, Tags: tags }) => ({ keyId, tags: auditTags(tags) }),
  async run({ Tags: tags }, entry) {
    const writes = tagKey(entry, keyTags(tags))
    return { output: undefined, commit: { writes }, responseElements: changedKey(entry.key) }
  },
})
