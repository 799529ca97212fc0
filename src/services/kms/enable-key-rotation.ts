import { ServiceError } from '../../base/index.ts'
import { enableKeyRotation, refuseReplica, relatedKeys } from '../../keys/index.ts'
import type { kms } from '../../wire/index.ts'
import { changedKey } from './audit.ts'
import { keyOperation } from './key-operation.ts'
import { requireOrigin } from './key-origin.ts'

/** EnableKeyRotation: https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html */
export const enableKeyRotationOperation = keyOperation<kms.EnableKeyRotationRequest, undefined>({
  name: 'EnableKeyRotation',
  readOnly: false,
  context: ({ RotationPeriodInDays: days }) => (days === undefined ? {} : { 'kms:RotationPeriodInDays': String(days) }),
  requestParameters: ({ KeyId: keyId, RotationPeriodInDays: rotationPeriodInDays }) => ({
    keyId,
    rotationPeriodInDays,
  }),
  check: (_input, key) => requireOrigin(key, 'AWS_KMS'),
  async run({ RotationPeriodInDays: periodDays }, entry, { clock, keys }) {
    // AWS says no more, and not before it has looked at the state.
    if (entry.key.keySpec !== 'SYMMETRIC_DEFAULT') throw new ServiceError('UnsupportedOperationException')
    refuseReplica(entry.key)
    const related = await relatedKeys(entry.key, keys)
    const period = periodDays === undefined ? {} : { periodDays }
    const writes = enableKeyRotation(entry, { now: clock.now(), related, ...period })
    return { output: undefined, commit: { writes }, responseElements: changedKey(entry.key) }
  },
})
