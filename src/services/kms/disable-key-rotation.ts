import { disableKeyRotation, refuseReplica, relatedKeys } from '../../keys/index.ts'
import type { kms } from '../../wire/index.ts'
import { changedKey, keyIdOnly } from './audit.ts'
import { keyOperation } from './key-operation.ts'
import { requireOrigin } from './key-origin.ts'

/** DisableKeyRotation: also of keys that have none. https://docs.aws.amazon.com/kms/latest/APIReference/API_DisableKeyRotation.html */
export const disableKeyRotationOperation = keyOperation<kms.DisableKeyRotationRequest, undefined>({
  name: 'DisableKeyRotation',
  readOnly: false,
  requestParameters: keyIdOnly,
  check: (_input, key) => requireOrigin(key, 'AWS_KMS'),
  async run(_input, entry, { keys }) {
    refuseReplica(entry.key)
    const writes = disableKeyRotation(entry, { related: await relatedKeys(entry.key, keys) })
    return { output: undefined, commit: { writes }, responseElements: changedKey(entry.key) }
  },
})
