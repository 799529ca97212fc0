import { ServiceError } from '../base/index.ts'
import type { Clock } from '../base/index.ts'
import type { RequestScope } from '../services/operation.ts'
import { unknownOperation } from '../wire/index.ts'
import type { OpenedRequest, ServiceCodec } from '../wire/index.ts'
import type { BoundService } from './bound-service.ts'
import type { Call, DecodedInput } from './call.ts'
import type { Standing } from './forward-access.ts'
import type { HttpRequest } from './http-request.ts'
import { openRequest } from './open-request.ts'

/**
 * The operation that an identified request asks for, and its input. What is wrong with the input is part of the call: there will
 * be a record of it.
 *
 * @throws {ServiceError} where it names no operation that there is.
 */
export function findCall(
  request: HttpRequest,
  standing: Standing,
  service: BoundService,
  codec: ServiceCodec,
  clock: Clock,
): Call {
  const opened = openRequest(request, codec)
  const operation = service.find(opened.operation)
  if (operation === undefined) throw unknownOperation(service.name, opened.operation)
  const { refusal } = standing
  return {
    request,
    service,
    operation,
    input: decode(opened),
    scope: scopeOf(request, standing, clock),
    ...(refusal === undefined ? {} : { refusal }),
  }
}

function scopeOf({ requestId, headers }: HttpRequest, { caller, region, path }: Standing, clock: Clock): RequestScope {
  const scope = { requestId, caller, region, path, now: clock.now() }
  // What a service's own client says of itself is not the caller's.
  if (path.kind === 'service') return { ...scope, userAgent: path.serviceName }
  const userAgent = headers.get('user-agent')
  const referer = headers.get('referer')
  return {
    ...scope,
    ...(userAgent === undefined ? {} : { userAgent }),
    ...(referer === undefined ? {} : { referer }),
  }
}

function decode(opened: OpenedRequest): DecodedInput {
  try {
    return { kind: 'decoded', value: opened.decode() }
  } catch (error) {
    if (error instanceof ServiceError) return { kind: 'refused', error }
    throw error
  }
}
