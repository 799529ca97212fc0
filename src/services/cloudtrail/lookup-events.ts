import { ServiceError, dayMillis } from '../../base/index.ts'
import type { Instant } from '../../base/index.ts'
import { formatAuditDate } from '../../trail/index.ts'
import type { AuditValues, FoundEvent, LookupAttribute, LookupQuery, Trail } from '../../trail/index.ts'
import type { cloudtrail } from '../../wire/index.ts'
import { operation } from '../operation.ts'
import type { RequestScope } from '../operation.ts'
import { encodeNextToken, invalidNextToken, parseNextToken } from './next-token.ts'
import type { TokenScope } from './next-token.ts'

/** What the operations of CloudTrail work on. */
export interface CloudTrailNeeds {
  readonly trail: Pick<Trail, 'lookup'>
}

const retention = 90 * dayMillis
const maxResults = 50

/** LookupEvents: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html */
export const lookupEvents = operation<
  CloudTrailNeeds,
  cloudtrail.LookupEventsRequest,
  cloudtrail.LookupEventsResponse,
  undefined
>({
  name: 'LookupEvents',
  readOnly: true,
  requestParameters: auditQuery,
  async resolve(_input, { caller }) {
    const resource = { kind: 'none', account: caller.account } as const
    return { checks: [{ action: 'cloudtrail:LookupEvents', resource }], subject: undefined }
  },
  async run(input, _subject, scope, { trail }) {
    const query = queryOf(input, scope)
    // There are management events only; asked for the others, AWS answers with those that there are.
    if (input.EventCategory !== undefined) return { output: { Events: [] } }
    const tokenScope = { account: query.account, region: query.region, input }
    const position = await positionOf(tokenScope, trail)
    const { MaxResults: limit = maxResults } = input
    const { events } = await trail.lookup({ ...query, ...position, limit: limit + 1 })
    const shown = events.slice(0, limit)
    const rest = events.length > limit ? { NextToken: encodeNextToken(shown.at(-1)!.eventId, tokenScope) } : {}
    return { output: { Events: shown.map(eventShape), ...rest } }
  },
})

function auditQuery(input: cloudtrail.LookupEventsRequest): AuditValues {
  const { LookupAttributes: attributes, StartTime: start, EndTime: end } = input
  return {
    lookupAttributes: attributes?.map(({ AttributeKey: attributeKey, AttributeValue: attributeValue }) => ({
      attributeKey,
      attributeValue,
    })),
    startTime: auditTime(start),
    endTime: auditTime(end),
    eventCategory: input.EventCategory,
    maxResults: input.MaxResults,
    nextToken: input.NextToken,
  }
}

// The last day that JavaScript's dates know; the first is as far before 1970.
const lastInstant = 100_000_000 * dayMillis

const isPossible = (instant: Instant | undefined): boolean => instant === undefined || Math.abs(instant) <= lastInstant

function auditTime(instant: Instant | undefined): string | undefined {
  if (instant === undefined) return undefined
  return isPossible(instant) ? formatAuditDate(instant) : String(instant)
}

function queryOf(
  { LookupAttributes: attributes = [], StartTime: start, EndTime: end }: cloudtrail.LookupEventsRequest,
  { caller: { account }, region, now }: RequestScope,
): Omit<LookupQuery, 'limit'> {
  if (!isPossible(start) || !isPossible(end) || (start !== undefined && end !== undefined && start > end)) {
    throw new ServiceError('InvalidTimeRangeException', 'The start time must not be after the end time.')
  }
  const [attribute, ...more] = attributes
  if (more.length > 0) throw new ServiceError('InvalidLookupAttributesException', 'You may specify only one attribute.')
  return {
    account,
    region,
    start: Math.max(start ?? 0, now - retention),
    ...(end === undefined ? {} : { end }),
    ...(attribute === undefined
      ? {}
      : { attribute: { name: attribute.AttributeKey as LookupAttribute, value: attribute.AttributeValue } }),
  }
}

/** Where a page begins: behind the event of its token, which must be one that is shown to the account here. */
async function positionOf(scope: TokenScope, trail: Pick<Trail, 'lookup'>): Promise<Pick<LookupQuery, 'before'>> {
  const { account, region, input } = scope
  if (input.NextToken === undefined) return {}
  const value = parseNextToken(input.NextToken, scope)
  const { events } = await trail.lookup({ account, region, attribute: { name: 'EventId', value }, limit: 1 })
  const [last] = events
  if (last === undefined) throw invalidNextToken()
  return { before: last.sequence }
}

interface RecordedEvent {
  readonly eventName: string
  readonly eventTime: string
  readonly eventSource: string
  readonly readOnly: boolean
  readonly userIdentity: { readonly accessKeyId?: string }
  readonly resources?: readonly { readonly type: string; readonly ARN: string }[]
}

function eventShape({ eventId, username, event }: FoundEvent): cloudtrail.Event {
  const recorded = JSON.parse(event) as RecordedEvent
  const { userIdentity, resources = [] } = recorded
  return {
    EventId: eventId,
    EventName: recorded.eventName,
    ReadOnly: String(recorded.readOnly),
    EventTime: Date.parse(recorded.eventTime),
    EventSource: recorded.eventSource,
    Resources: resources.map(({ type, ARN }) => ({
      ResourceType: type,
      ResourceName: nameOf(ARN, recorded.eventSource),
    })),
    CloudTrailEvent: event,
    ...(userIdentity.accessKeyId === undefined ? {} : { AccessKeyId: userIdentity.accessKeyId }),
    ...(username === undefined ? {} : { Username: username }),
  }
}

/** Things of EC2 go by their ids there, all others by their ARNs. */
function nameOf(arn: string, eventSource: string): string {
  return eventSource === 'ec2.amazonaws.com' ? arn.slice(arn.lastIndexOf('/') + 1) : arn
}
