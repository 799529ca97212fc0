import { formatInstant } from '../base/index.ts'
import type { Instant } from '../base/index.ts'
import type { AuditResource, AuditValues } from './audit-event.ts'
import { eventVersion } from './build-events.ts'

/** Something that the service did by itself, such as deleting a key whose time had come. */
export interface ServiceEventFacts {
  readonly at: Instant
  readonly account: string
  readonly region: string
  readonly eventSource: string
  readonly eventName: string
  readonly eventId: string
  /** For what CloudTrail records as a call, though nobody made one. */
  readonly requestId?: string
  readonly resources: readonly AuditResource[]
  readonly responseElements?: AuditValues
  readonly serviceEventDetails?: AuditValues
}

const internal = 'AWS Internal'

/** Builds the record of a service event as one line of JSON. */
export function buildServiceEvent(facts: ServiceEventFacts): string {
  return JSON.stringify({
    eventVersion,
    userIdentity: { accountId: facts.account, invokedBy: internal },
    eventTime: formatInstant(facts.at),
    eventSource: facts.eventSource,
    eventName: facts.eventName,
    awsRegion: facts.region,
    sourceIPAddress: internal,
    userAgent: internal,
    requestParameters: null,
    responseElements: facts.responseElements ?? null,
    requestID: facts.requestId,
    eventID: facts.eventId,
    readOnly: false,
    resources: facts.resources.map(({ accountId, type, arn: ARN }) => ({ accountId, type, ARN })),
    eventType: facts.requestId === undefined ? 'AwsServiceEvent' : 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: facts.account,
    serviceEventDetails: facts.serviceEventDetails,
    eventCategory: 'Management',
  })
}

/** An act over the administration socket. */
export interface AdministrationEventFacts {
  readonly at: Instant
  /** The account that the act is about. */
  readonly account: string
  readonly region: string
  readonly eventName: string
  readonly eventId: string
  readonly readOnly: boolean
  /** Name of the operating system's user that owns the socket: nobody else can use it. */
  readonly operator: string
  readonly requestParameters: AuditValues
}

/** Builds the record of an act of administration: CloudTrail's form, with an identity type of our own, `OperatingSystemUser`. */
export function buildAdministrationEvent(facts: AdministrationEventFacts): string {
  return JSON.stringify({
    eventVersion,
    userIdentity: { type: 'OperatingSystemUser', accountId: facts.account, userName: facts.operator },
    eventTime: formatInstant(facts.at),
    eventSource: 'postern.admin',
    eventName: facts.eventName,
    awsRegion: facts.region,
    sourceIPAddress: 'admin.sock',
    userAgent: 'postern',
    requestParameters: facts.requestParameters,
    responseElements: null,
    eventID: facts.eventId,
    readOnly: facts.readOnly,
    resources: [],
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: facts.account,
    eventCategory: 'Management',
  })
}
