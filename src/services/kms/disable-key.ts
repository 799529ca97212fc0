import { disableKey } from '../../keys/index.ts'
import type { kms } from '../../wire/index.ts'
import { changedKey, keyIdOnly } from './audit.ts'
import { keyOperation } from './key-operation.ts'
import { trailingDays } from './trailing-days.ts'

/** DisableKey: https://docs.aws.amazon.com/kms/latest/APIReference/API_DisableKey.html */
export const disableKeyOperation = keyOperation<kms.DisableKeyRequest, undefined>({
  name: 'DisableKey',
  readOnly: false,
  keyContext: trailingDays,
  requestParameters: keyIdOnly,
  async run(_input, entry) {
    return { output: undefined, commit: { writes: disableKey(entry) }, responseElements: changedKey(entry.key) }
  },
})
