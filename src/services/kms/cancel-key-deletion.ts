import { cancelKeyDeletion } from '../../keys/index.ts'
import type { kms } from '../../wire/index.ts'
import { changedKey, keyIdOnly } from './audit.ts'
import { keyOperation } from './key-operation.ts'

/** CancelKeyDeletion: the key is Disabled afterwards. https://docs.aws.amazon.com/kms/latest/APIReference/API_CancelKeyDeletion.html */
export const cancelKeyDeletionOperation = keyOperation<kms.CancelKeyDeletionRequest, kms.CancelKeyDeletionResponse>({
  name: 'CancelKeyDeletion',
  readOnly: false,
  requestParameters: keyIdOnly,
  async run(_input, entry) {
    const output = { KeyId: entry.key.arn }
    return { output, commit: { writes: cancelKeyDeletion(entry) }, responseElements: changedKey(entry.key) }
  },
})
