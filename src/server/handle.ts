import { AuthenticationFailure, ServiceError } from '../base/index.ts'
import type { Clock } from '../base/index.ts'
import type { KeyUses } from '../keys/index.ts'
import type { Trail } from '../trail/index.ts'
import { serviceCodec, throttled } from '../wire/index.ts'
import type { ServiceCodec, ServiceName, WireAnswer } from '../wire/index.ts'
import type { BoundService } from './bound-service.ts'
import type { Call } from './call.ts'
import { chooseService } from './choose-service.ts'
import type { DecisionRing } from './decision-ring.ts'
import { findCall } from './find-call.ts'
import { HttpRefusal } from './http-request.ts'
import type { HttpRequest } from './http-request.ts'
import { publicFailure } from './internal-error.ts'
import { forwardAccess } from './forward-access.ts'
import type { ForwardAccessSources } from './forward-access.ts'
import type { Shield } from './shield.ts'
import { identify } from './identify.ts'
import type { IdentitySources } from './identify.ts'
import { noteKeyUses } from './note-key-uses.ts'
import { perform } from './perform.ts'
import type { PerformSources, Recorded } from './perform.ts'

/** What a request passes through: all that `handle` needs beside the request. */
export interface Pipeline extends IdentitySources, ForwardAccessSources, PerformSources {
  readonly clock: Clock
  readonly services: ReadonlyMap<ServiceName, BoundService>
  readonly publicKms: boolean
  readonly trail: Trail
  readonly keyUses: KeyUses
  readonly decisions: DecisionRing
  readonly observer: Observer
  readonly shield: Shield
}

/** Who is told of what went through the pipeline: metrics and the server's log. */
export interface Observer {
  answered(call: Call, recorded: Recorded): void
  unidentified(request: HttpRequest, service: ServiceName, failure: AuthenticationFailure): void
  /** Refused before it was a call: while the trail fails, or because nothing could be read from it. There is no record of it. */
  turnedAway(request: HttpRequest, service: ServiceName, error: ServiceError): void
  failed(request: HttpRequest, service: ServiceName, error: unknown): void
}

/** One request, one direction: connection → door → wire → identity → caller → operation + resource → authorization → run → trail → answer. */
export async function handle(request: HttpRequest, pipeline: Pipeline): Promise<WireAnswer> {
  const name = serviceAtDoor(request, pipeline)
  const codec = serviceCodec(name)
  try {
    requireTrail(pipeline.trail)
    const identity = await identify(request, name, pipeline.clock.now(), pipeline)
    const standing = await forwardAccess(request, identity, name, pipeline)
    const call = findCall(request, standing, pipeline.services.get(name)!, codec, pipeline.clock)
    const recorded = await perform(call, pipeline)
    await writeRecord(recorded, pipeline.trail)
    noteKeyUses(call, recorded, pipeline.keyUses)
    return answer(call, recorded, codec, pipeline)
  } catch (error) {
    return codec.encodeError(publicError(request, name, error, codec, pipeline), request.requestId)
  }
}

/** @throws {HttpRefusal} where the door does not serve what is asked for. */
function serviceAtDoor(request: HttpRequest, pipeline: Pipeline): ServiceName {
  const { path, headers, body, url } = request
  const service = chooseService({ target: headers.get('x-amz-target'), body, url })
  const served = path.kind === 'endpoint' ? service === path.service : service !== 'kms' || pipeline.publicKms
  if (service === undefined || !served || !pipeline.services.has(service)) {
    // Clients of the query APIs know this code, and those of the JSON APIs the other.
    if (headers.get('x-amz-target') === undefined)
      throw new HttpRefusal(400, 'InvalidAction', 'This door serves no such API')
    throw new HttpRefusal(404, 'UnknownOperationException', 'This door serves no such API')
  }
  return service
}

// No answer without a record: while none can be written, nothing runs.
function requireTrail(trail: Trail): void {
  // Why not has been reported once; each request that it costs is only counted.
  if (trail.health().kind !== 'healthy')
    throw new ServiceError(
      'ServiceUnavailable',
      'The audit trail cannot be written: no request is served until it can be',
    )
}

async function writeRecord(recorded: Recorded, trail: Trail): Promise<void> {
  if (recorded.stored) await trail.drainOutbox()
  else await trail.append(recorded.events)
}

function answer(call: Call, recorded: Recorded, codec: ServiceCodec, pipeline: Pipeline): WireAnswer {
  const { scope, service, operation } = call
  const { verdict, result } = recorded.performed
  if (verdict !== undefined) {
    const { requestId, caller, path, region, now: at } = scope
    pipeline.decisions.add({
      requestId,
      at,
      service: service.name,
      operation: operation.name,
      region,
      caller,
      path,
      verdict,
    })
  }
  pipeline.observer.answered(call, recorded)
  if (result.kind === 'failed') {
    if (result.error.cause !== undefined) pipeline.observer.failed(call.request, service.name, result.error)
    return codec.encodeError(result.error, scope.requestId)
  }
  return codec.encodeOutput(operation.name, result.output, scope.requestId)
}

function publicError(
  request: HttpRequest,
  service: ServiceName,
  error: unknown,
  codec: ServiceCodec,
  { observer, shield }: Pipeline,
): ServiceError {
  if (error instanceof AuthenticationFailure) {
    observer.unidentified(request, service, error)
    return shield.admits(request.path) ? codec.authenticationError(error) : throttled(service)
  }
  const failure = publicFailure(service, error)
  if (failure.cause !== undefined) observer.failed(request, service, error)
  observer.turnedAway(request, service, failure)
  return failure
}
