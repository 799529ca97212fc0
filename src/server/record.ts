import type { ServiceError } from '../base/index.ts'
import type { ElsewhereRecord } from '../services/operation.ts'
import type { AuditError, AuditFacts } from '../trail/index.ts'
import type { ServiceName } from '../wire/index.ts'
import type { Call, Performed } from './call.ts'

/** The facts of a call's record: the one place where the pipeline's values become the trail's. */
export function auditFacts(call: Call, performed: Performed): AuditFacts {
  const { request, scope, operation, service, input } = call
  const { result, verdict } = performed
  const isRefused = verdict !== undefined && !verdict.allowed
  // Of a key of another account that the caller may not use, it learns nothing: not here either.
  const resources = isRefused
    ? performed.resources.filter(({ accountId }) => accountId === scope.caller.account)
    : performed.resources
  const done = result.kind === 'done' ? result : undefined
  return {
    requestId: scope.requestId,
    caller: scope.caller,
    path: scope.path,
    requestedAt: performed.requestedAt,
    region: scope.region,
    eventSource: service.eventSource,
    eventName: operation.name,
    readOnly: operation.readOnly,
    userAgent: request.headers.get('user-agent') ?? '',
    ...(request.tls === undefined ? {} : { tls: request.tls }),
    requestParameters: input.kind === 'decoded' ? operation.requestParameters(input.value, scope) : null,
    responseElements: done?.responseElements ?? null,
    ...(done?.additionalEventData === undefined ? {} : { additionalEventData: done.additionalEventData }),
    resources,
    ...(result.kind === 'failed' ? { error: auditError(service.name, result.error) } : {}),
    isRefused,
    refusedByEndpointOnly: verdict?.refusedByEndpointOnly ?? false,
  }
}

/** The facts of the record in another Region: the service made that call there for the caller. */
export function factsElsewhere(facts: AuditFacts, record: ElsewhereRecord): AuditFacts {
  const { tls: _, additionalEventData: __, ...rest } = facts
  const { eventSource } = facts
  return { ...rest, ...record, path: { kind: 'service', serviceName: eventSource, clientAddress: eventSource } }
}

// CloudTrail's spellings differ from the wire's: KMS's refusal loses its "Exception", EC2's codes say whose fault it was.
function auditError(service: ServiceName, error: ServiceError): AuditError {
  if (error.code === 'AccessDeniedException') return { code: 'AccessDenied', message: error.message }
  return { code: service === 'ec2' ? `Client.${error.code}` : error.code, message: error.message }
}
