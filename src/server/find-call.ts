import { ServiceError } from '../base/index.ts'
import type { Clock } from '../base/index.ts'
import type { RequestScope } from '../services/operation.ts'
import { unknownOperation } from '../wire/index.ts'
import type { OpenedRequest, ServiceCodec } from '../wire/index.ts'
import type { BoundService } from './bound-service.ts'
import type { Call, DecodedInput } from './call.ts'
import type { HttpRequest } from './http-request.ts'
import type { Identity } from './identity.ts'
import { openRequest } from './open-request.ts'

/**
 * The operation that an identified request asks for, and its input. What is wrong with the input is part of the call: there will
 * be a record of it.
 *
 * @throws {ServiceError} where it names no operation that there is.
 */
export function findCall(
  request: HttpRequest,
  identity: Identity,
  service: BoundService,
  codec: ServiceCodec,
  clock: Clock,
): Call {
  const opened = openRequest(request, codec)
  const operation = service.find(opened.operation)
  if (operation === undefined) throw unknownOperation(service.name, opened.operation)
  return { request, service, operation, input: decode(opened), scope: scopeOf(request, identity, clock) }
}

function scopeOf({ requestId, path, headers }: HttpRequest, identity: Identity, clock: Clock): RequestScope {
  const userAgent = headers.get('user-agent')
  const referer = headers.get('referer')
  return {
    requestId,
    path,
    now: clock.now(),
    ...identity,
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
