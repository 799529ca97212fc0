import type { kms } from '../../wire/index.ts'
import { keyIdOnly } from './audit.ts'
import { keyOperation } from './key-operation.ts'
import { requireOrigin } from './key-origin.ts'

/** GetKeyRotationStatus: https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyRotationStatus.html */
export const getKeyRotationStatus = keyOperation<kms.GetKeyRotationStatusRequest, kms.GetKeyRotationStatusResponse>({
  name: 'GetKeyRotationStatus',
  readOnly: true,
  requestParameters: keyIdOnly,
  check: (_input, key) => requireOrigin(key, 'AWS_KMS'),
  async run(_input, { key }) {
    const { enabled, periodDays, nextAt } = key.rotation
    // Pending deletion reads as off; the setting is still there and returns when the deletion is cancelled.
    const isOn = enabled && key.state.kind !== 'pending-deletion' && key.state.kind !== 'pending-replica-deletion'
    const schedule = isOn
      ? { RotationPeriodInDays: periodDays, ...(nextAt === undefined ? {} : { NextRotationDate: nextAt }) }
      : {}
    return { output: { KeyId: key.arn, KeyRotationEnabled: isOn, ...schedule } }
  },
})
