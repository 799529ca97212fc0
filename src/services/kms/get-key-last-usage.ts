import type { kms } from '../../wire/index.ts'
import { keyIdOnly } from './audit.ts'
import { keyOperation } from './key-operation.ts'

/** GetKeyLastUsage: https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyLastUsage.html */
export const getKeyLastUsage = keyOperation<kms.GetKeyLastUsageRequest, kms.GetKeyLastUsageResponse>({
  name: 'GetKeyLastUsage',
  readOnly: true,
  requestParameters: keyIdOnly,
  async run(_input, entry, { keys }) {
    const { key } = entry
    const use = await keys.uses.find(entry)
    return {
      output: {
        KeyId: key.keyId,
        KeyLastUsage:
          use === undefined
            ? {}
            : {
                Operation: use.operation,
                Timestamp: use.at,
                CloudTrailEventId: use.eventId,
                KmsRequestId: use.requestId,
              },
        TrackingStartDate: await keys.uses.trackedSince(key),
        KeyCreationDate: key.createdAt,
      },
    }
  },
})
