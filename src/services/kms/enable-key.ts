import { enableKey } from '../../keys/index.ts'
import type { kms } from '../../wire/index.ts'
import { changedKey, keyIdOnly } from './audit.ts'
import { keyOperation } from './key-operation.ts'

/** EnableKey: https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKey.html */
export const enableKeyOperation = keyOperation<kms.EnableKeyRequest, undefined>({
  name: 'EnableKey',
  readOnly: false,
  requestParameters: keyIdOnly,
  async run(_input, entry) {
    return { output: undefined, commit: { writes: enableKey(entry) }, responseElements: changedKey(entry.key) }
  },
})
