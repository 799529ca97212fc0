import { describeKeyAs } from '../../keys/index.ts'
import type { kms } from '../../wire/index.ts'
import { changedKey } from './audit.ts'
import { keyOperation } from './key-operation.ts'

/** UpdateKeyDescription: https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdateKeyDescription.html */
export const updateKeyDescription = keyOperation<kms.UpdateKeyDescriptionRequest, undefined>({
  name: 'UpdateKeyDescription',
  readOnly: false,
  requestParameters: ({ KeyId: keyId, Description: description }) => ({ keyId, description }),
  async run({ Description: description }, entry) {
    const writes = describeKeyAs(entry, description)
    return { output: undefined, commit: { writes }, responseElements: changedKey(entry.key) }
  },
})
