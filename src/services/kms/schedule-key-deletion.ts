import { deletionState, scheduleKeyDeletion } from '../../keys/index.ts'
import { formatAuditDate } from '../../trail/index.ts'
import type { kms } from '../../wire/index.ts'
import { keyStateName } from './key-metadata.ts'
import { keyOperation } from './key-operation.ts'
import { trailingDays } from './trailing-days.ts'

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
  keyContext: trailingDays,
  requestParameters: ({ KeyId: keyId, PendingWindowInDays: pendingWindowInDays = standardWindowDays }) => ({
    pendingWindowInDays,
    keyId,
  }),
  async run({ PendingWindowInDays: windowDays = standardWindowDays }, entry, { clock }) {
    const now = clock.now()
    const state = deletionState(entry, { now, windowDays })
    const keyId = entry.key.arn
    const keyState = keyStateName(state.kind)
    // A primary key with replicas has no date before the last of them is gone.
    const deletionDate = state.kind === 'pending-deletion' ? state.deleteAt : undefined
    return {
      output: { KeyId: keyId, DeletionDate: deletionDate, KeyState: keyState, PendingWindowInDays: windowDays },
      commit: { writes: scheduleKeyDeletion(entry, { now, windowDays }) },
      responseElements: {
        keyId,
        keyState,
        deletionDate: deletionDate === undefined ? undefined : formatAuditDate(deletionDate),
        pendingWindowInDays: windowDays,
      },
    }
  },
})
