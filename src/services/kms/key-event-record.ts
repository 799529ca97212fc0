import type { Instant } from '../../base/index.ts'
import { arnIn } from '../../keys/index.ts'
import type { KeyEvent, KeyValue } from '../../keys/index.ts'
import { buildServiceEvent } from '../../trail/index.ts'
import type { ServiceEventFacts } from '../../trail/index.ts'

/** The trail's record of what happened to a key by itself, or as the end of what was asked for. */
export function keyEventRecord(event: KeyEvent, at: Instant, newId: () => string): string {
  const { key } = event
  const eventId = newId()
  const facts = {
    at,
    account: key.account,
    region: key.region,
    eventSource: 'kms.amazonaws.com',
    eventId,
    resources: [{ arn: key.arn, accountId: key.account, type: 'AWS::KMS::Key' }],
  }
  if (event.kind === 'synchronized') return synchronizationRecord(key, { ...facts, requestId: newId() })
  if (event.kind === 'deleted')
    return buildServiceEvent({ ...facts, eventName: 'DeleteKey', responseElements: { keyId: key.arn } })
  if (event.kind === 'expired')
    return buildServiceEvent({
      ...facts,
      eventName: 'DeleteExpiredKeyMaterial',
      serviceEventDetails: { keyId: key.keyId },
    })
  const serviceEventDetails = {
    rotationType: event.type,
    keyOrigin: key.origin,
    previousKeyMaterialId: event.previousMaterialId,
    currentKeyMaterialId: event.materialId,
    keyId: key.keyId,
  }
  return buildServiceEvent({ ...facts, eventName: 'RotateKey', serviceEventDetails })
}

// It is of the primary key, wherever its copies are.
function synchronizationRecord(key: KeyValue, facts: Omit<ServiceEventFacts, 'eventName'>): string {
  const region = key.regions?.primary ?? key.region
  const arn = arnIn(key, region)
  return buildServiceEvent({
    ...facts,
    region,
    eventName: 'SynchronizeMultiRegionKey',
    responseElements: { keyId: arn },
    resources: [{ arn, accountId: key.account, type: 'AWS::KMS::Key' }],
  })
}
