import { formatInstant } from '../base/index.ts'
import type { AuditFacts, AuditValues } from './audit-event.ts'
import { foreignIdentity, userIdentity } from './user-identity.ts'

/** One record of the trail: a CloudTrail event as one line of JSON. */
export interface TrailEvent {
  readonly line: string
}

/** The record of a request. */
export interface RequestEvent extends TrailEvent {
  readonly id: string
  /** The account in whose trail it is. */
  readonly account: string
}

const kibibyte = 1_024
const textLimit = kibibyte
const parametersLimit = 100 * kibibyte
const additionalLimit = 28 * kibibyte
/** The version of the record's form. */
export const eventVersion = '1.11'

/**
 * Builds the records of a request, in CloudTrail's order of members: one for the caller's account, and where it was permitted on
 * another account's resource, one for that account too, whatever came of it. None where only an endpoint policy refused: AWS's management events
 * have none then.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 */
export function buildEvents(facts: AuditFacts, newEventId: () => string): readonly RequestEvent[] {
  if (facts.refusedByEndpointOnly) return []
  const owners = facts.isRefused ? [] : foreignOwners(facts)
  const sharedEventId = owners.length === 0 ? undefined : newEventId()
  const eventIn = (account: string, identity: object): RequestEvent => {
    const id = newEventId()
    return { id, account, line: eventLine(facts, account, identity, id, sharedEventId) }
  }
  const own = eventIn(facts.caller.account, userIdentity(facts.caller, facts.path))
  return [own, ...owners.map(owner => eventIn(owner, foreignIdentity(facts.caller, facts.path)))]
}

function foreignOwners({ caller, resources }: AuditFacts): readonly string[] {
  const owners = resources.map(resource => resource.accountId).filter(account => account !== caller.account)
  return owners.length < 2 ? owners : [...new Set(owners)]
}

function eventLine(
  facts: AuditFacts,
  recipientAccountId: string,
  identity: object,
  eventID: string,
  sharedEventID: string | undefined,
): string {
  const line = JSON.stringify(eventValue(facts, recipientAccountId, identity, eventID, sharedEventID, whole))
  // Most lines are far below the limit of their smallest part: only the others have their parts measured.
  if (line.length <= additionalLimit) return line
  return JSON.stringify(eventValue(facts, recipientAccountId, identity, eventID, sharedEventID, capped))
}

type Cap = (values: AuditValues | null, limit: number) => AuditValues | null

const whole: Cap = values => values

function eventValue(
  facts: AuditFacts,
  recipientAccountId: string,
  identity: object,
  eventID: string,
  sharedEventID: string | undefined,
  cap: Cap,
): object {
  const { path, tls, error } = facts
  return {
    eventVersion,
    userIdentity: identity,
    eventTime: formatInstant(facts.requestedAt),
    eventSource: facts.eventSource,
    eventName: facts.eventName,
    // IAM is one for all Regions; CloudTrail has its events in this one.
    awsRegion: facts.eventSource === 'iam.amazonaws.com' ? 'us-east-1' : facts.region,
    sourceIPAddress: path.clientAddress,
    userAgent: path.kind === 'service' ? path.serviceName : cut(facts.userAgent, textLimit),
    errorCode: error === undefined ? undefined : cut(error.code, textLimit),
    errorMessage: error === undefined || error.message === '' ? undefined : cut(error.message, textLimit),
    requestParameters: cap(nullIfEmpty(facts.requestParameters), parametersLimit),
    responseElements: cap(facts.responseElements, parametersLimit),
    additionalEventData: additionalEventData(facts, cap),
    requestID: facts.requestId,
    eventID,
    readOnly: facts.readOnly,
    resources: facts.resources.map(({ accountId, type, arn: ARN }) => ({ accountId, type, ARN })),
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId,
    sharedEventID,
    vpcEndpointId: path.kind === 'endpoint' ? path.endpointId : undefined,
    vpcEndpointAccountId: path.kind === 'endpoint' ? path.endpointAccount : undefined,
    eventCategory: 'Management',
    tlsDetails:
      tls === undefined
        ? undefined
        : { tlsVersion: tls.version, cipherSuite: tls.cipher, clientProvidedHostHeader: cut(tls.host, textLimit) },
  }
}

// Who a service is when it comes over a connection: its own key and address, since the record's stand for the caller and the service.
function additionalEventData({ additionalEventData: own, path }: AuditFacts, cap: Cap): AuditValues | null | undefined {
  if (path.kind !== 'service' || path.signer === undefined)
    return own === undefined ? undefined : cap(own, additionalLimit)
  const { accessKeyId, clientAddress: sourceIPAddress } = path.signer
  const { sourceArn } = path
  return { ...cap(own ?? {}, additionalLimit), integratedService: { accessKeyId, sourceIPAddress, sourceArn } }
}

// CloudTrail has no parameters of a request that gave none.
function nullIfEmpty(values: AuditValues | null): AuditValues | null {
  return values === null || Object.values(values).every(value => value === undefined) ? null : values
}

/** Cuts a caller's text at a limit of characters; what is left is well-formed. JSON escapes control characters. */
function cut(text: string, limit: number): string {
  const short = text.length > limit ? text.slice(0, limit) : text
  return short.toWellFormed()
}

// A value past its limit is left out as a whole, and says so: a part of it could be read as all of it.
function capped(values: AuditValues | null, limit: number): AuditValues | null {
  if (values === null) return null
  const length = JSON.stringify(values).length
  return length > limit ? { omitted: `longer than ${limit} characters` } : values
}
