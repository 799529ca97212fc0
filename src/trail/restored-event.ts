import { formatInstant } from '../base/index.ts'
import type { Instant } from '../base/index.ts'
import { eventVersion } from './build-events.ts'
import type { ChainPosition } from './chain.ts'

const eventName = 'BeginTrailAfterRestore'
const eventSource = 'postern.admin'

/**
 * The record with which a trail begins in a restored store: nobody can take it out again, so that nobody can pass off a trail
 * that was thrown away as one that has always been. It is of no account: it is in the log and in what verifying it reports.
 */
export function buildRestoredEvent(facts: {
  readonly at: Instant
  readonly eventId: string
  /** The head of the trail that the backup was part of. */
  readonly head: ChainPosition
}): string {
  const { sequence, chain } = facts.head
  return JSON.stringify({
    eventVersion,
    userIdentity: { invokedBy: 'AWS Internal' },
    eventTime: formatInstant(facts.at),
    eventSource,
    eventName,
    awsRegion: '',
    requestParameters: null,
    responseElements: null,
    eventID: facts.eventId,
    readOnly: false,
    resources: [],
    eventType: 'AwsServiceEvent',
    managementEvent: true,
    recipientAccountId: '',
    serviceEventDetails: { earlierTrail: { sequence, chain } },
    eventCategory: 'Management',
  })
}

/** Whether a record is one of those above. */
export function isRestoredEvent(event: string): boolean {
  if (!event.includes(`"eventName":"${eventName}"`)) return false
  const parsed = JSON.parse(event) as { readonly eventName?: unknown; readonly eventSource?: unknown }
  return parsed.eventName === eventName && parsed.eventSource === eventSource
}
