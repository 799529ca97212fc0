import { ServiceError, newUuid } from '../../base/index.ts'
import { materialEverywhere, rotateOnDemand } from '../../keys/index.ts'
import type { KeyEvent } from '../../keys/index.ts'
import type { kms } from '../../wire/index.ts'
import { keyIdOnly } from './audit.ts'
import { keyEventRecord } from './key-event-record.ts'
import { keyOperation } from './key-operation.ts'
import { requireOrigin } from './key-origin.ts'

/** RotateKeyOnDemand: https://docs.aws.amazon.com/kms/latest/APIReference/API_RotateKeyOnDemand.html */
export const rotateKeyOnDemand = keyOperation<kms.RotateKeyOnDemandRequest, kms.RotateKeyOnDemandResponse>({
  name: 'RotateKeyOnDemand',
  readOnly: false,
  requestParameters: keyIdOnly,
  check: (_input, key) => requireOrigin(key, 'AWS_KMS', 'EXTERNAL'),
  async run({ KeyId: keyId }, entry, { keys, random, work, clock }) {
    const { key } = entry
    if (key.keySpec !== 'SYMMETRIC_DEFAULT') throw new ServiceError('UnsupportedOperationException')
    const now = clock.now()
    const everywhere = await materialEverywhere(entry, keys)
    const needs = { random, work: work.forAccount(key.account), keyRing: keys.keyRing, now }
    const { materialId, writes } = await rotateOnDemand(everywhere, needs)
    const previousMaterialId = key.materialId
    const events: KeyEvent[] = [{ kind: 'rotated', key, type: 'ON_DEMAND', previousMaterialId, materialId }]
    if (everywhere.elsewhere.length > 0) events.push({ kind: 'synchronized', key })
    return {
      output: { KeyId: key.arn },
      commit: { writes, outbox: events.map(event => keyEventRecord(event, now, () => newUuid(random))) },
      responseElements: { keyId },
    }
  },
})
