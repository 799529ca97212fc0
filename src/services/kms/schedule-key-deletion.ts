import { scheduleKeyDeletion } from '../../keys/index.ts'
import { dayMillis } from '../../base/index.ts'
import { formatAuditDate } from '../../trail/index.ts'
import type { kms } from '../../wire/index.ts'
import { keyOperation } from './key-operation.ts'

const standardWindowDays = 30

/** ScheduleKeyDeletion: https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html */
export const scheduleKeyDeletionOperation = keyOperation<
  kms.ScheduleKeyDeletionRequest,
  kms.ScheduleKeyDeletionResponse
>({
  name: 'ScheduleKeyDeletion',
  readOnly: false,
  context: ({ PendingWindowInDays: days = standardWindowDays }) => ({
    'kms:ScheduleKeyDeletionPendingWindowInDays': String(days),
  }),
  requestParameters: ({ KeyId: keyId, PendingWindowInDays: pendingWindowInDays = standardWindowDays }) => ({
    pendingWindowInDays,
    keyId,
  }),
  async run({ PendingWindowInDays: windowDays = standardWindowDays }, entry, { clock }) {
    const now = clock.now()
    const writes = scheduleKeyDeletion(entry, { now, windowDays })
    const deletionDate = now + windowDays * dayMillis
    const keyId = entry.key.arn
    return {
      output: {
        KeyId: keyId,
        DeletionDate: deletionDate,
        KeyState: 'PendingDeletion',
        PendingWindowInDays: windowDays,
      },
      commit: { writes },
      responseElements: {
        keyId,
        keyState: 'PendingDeletion',
        deletionDate: formatAuditDate(deletionDate),
        pendingWindowInDays: windowDays,
      },
    }
  },
})
