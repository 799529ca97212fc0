import { ServiceError, dayMillis, encodePagingToken, parsePagingToken } from '../../base/index.ts'
import type { FoundEvent, LookupAttribute, LookupQuery, Trail } from '../../trail/index.ts'
import type { cloudtrail } from '../../wire/index.ts'
import { operation } from '../operation.ts'
import type { RequestScope } from '../operation.ts'

/** What the operations of CloudTrail work on. */
export interface CloudTrailNeeds {
  readonly trail: Trail
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
  requestParameters: ({ MaxResults: limit, NextToken: nextToken }) => ({ maxResults: limit, nextToken }),
  async resolve(_input, { caller }) {
    const resource = { kind: 'none', account: caller.account } as const
    return { checks: [{ action: 'cloudtrail:LookupEvents', resource }], subject: undefined }
  },
  async run(input, _subject, scope, { trail }) {
    const { limit, ...query } = queryOf(input, scope)
    const { events } = await trail.lookup({ ...query, limit: limit + 1 })
    const shown = events.slice(0, limit)
    const rest = events.length > limit ? { NextToken: encodePagingToken(String(shown.at(-1)!.sequence)) } : {}
    return { output: { Events: shown.map(eventShape), ...rest } }
  },
})

function queryOf(input: cloudtrail.LookupEventsRequest, { caller, region, now }: RequestScope): LookupQuery {
  const { LookupAttributes: attributes = [], StartTime: start, EndTime: end, MaxResults: limit = maxResults } = input
  if (input.EventCategory !== undefined)
    throw new ServiceError('InvalidEventCategoryException', 'Only management events are looked up')
  if (start !== undefined && end !== undefined && start > end) {
    throw new ServiceError('InvalidTimeRangeException', 'The start time must not be after the end time.')
  }
  const [attribute, ...more] = attributes
  if (more.length > 0) throw new ServiceError('InvalidLookupAttributesException', 'You may specify only one attribute.')
  const before = positionOf(input.NextToken)
  return {
    account: caller.account,
    region,
    limit,
    start: Math.max(start ?? 0, now - retention),
    ...(end === undefined ? {} : { end }),
    ...(before === undefined ? {} : { before }),
    ...(attribute === undefined
      ? {}
      : { attribute: { name: attribute.AttributeKey as LookupAttribute, value: attribute.AttributeValue } }),
  }
}

function positionOf(token: string | undefined): number | undefined {
  if (token === undefined) return undefined
  const position = parsePagingToken(token)
  if (position !== undefined && /^\d{1,15}$/.test(position)) return Number(position)
  throw new ServiceError('InvalidNextTokenException', 'Invalid token.')
}

interface RecordedEvent {
  readonly eventID: string
  readonly eventName: string
  readonly eventTime: string
  readonly eventSource: string
  readonly readOnly: boolean
  readonly userIdentity: {
    readonly type?: string
    readonly userName?: string
    readonly principalId?: string
    readonly accessKeyId?: string
  }
  readonly resources?: readonly { readonly type: string; readonly ARN: string }[]
}

function eventShape({ event }: FoundEvent): cloudtrail.Event {
  const recorded = JSON.parse(event) as RecordedEvent
  const { userIdentity, resources = [] } = recorded
  const sessionName = userIdentity.type === 'AssumedRole' ? userIdentity.principalId?.split(':')[1] : undefined
  const username = sessionName ?? userIdentity.userName
  return {
    EventId: recorded.eventID,
    EventName: recorded.eventName,
    ReadOnly: String(recorded.readOnly),
    EventTime: Date.parse(recorded.eventTime),
    EventSource: recorded.eventSource,
    Resources: resources.map(({ type: ResourceType, ARN: ResourceName }) => ({ ResourceType, ResourceName })),
    CloudTrailEvent: event,
    ...(userIdentity.accessKeyId === undefined ? {} : { AccessKeyId: userIdentity.accessKeyId }),
    ...(username === undefined ? {} : { Username: username }),
  }
}
