import { JsonSyntaxError, ServiceError, parseStrictJson } from '../../base/index.ts'
import type { OpenedRequest, ServiceCodec, WireAnswer, WireRequest } from '../codec.ts'
import { authenticationError, statusOf, unknownOperation } from '../errors.ts'
import type { ServiceModel } from '../service-model.ts'
import { violationMessage } from '../violations.ts'
import type { Violations } from '../violations.ts'
import { compileStructureDecoder } from './decoder.ts'
import type { JsonDecoder } from './decoder.ts'
import { compileStructureEncoder } from './encoder.ts'

const contentType = 'application/x-amz-json-1.1'
const maxDepth = 16
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The codec of a service that speaks AWS JSON 1.1: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html */
export function createJsonCodec(model: ServiceModel): ServiceCodec {
  const decoders = new Map<string, JsonDecoder>()
  const encoders = new Map<string, (value: unknown) => unknown>()

  return {
    service: model.service,
    open(request) {
      const operation = (request.target ?? '').split('.').at(-1)!
      if (!Object.hasOwn(model.operations, operation)) throw unknownOperation(model.service, operation)
      return { operation, decode: () => decode(operation, request) } satisfies OpenedRequest
    },
    encodeOutput(operation, output, requestId) {
      const { output: name } = model.operations[operation]!
      if (name === undefined) return answer(200, '', requestId)
      return answer(
        200,
        JSON.stringify(known(encoders, operation, () => compileStructureEncoder(model, name))(output ?? {})),
        requestId,
      )
    },
    encodeError(error, requestId) {
      return answer(statusOf('json', error.code), JSON.stringify(errorBody(error)), requestId)
    },
    authenticationError: failure => authenticationError('json', failure),
  }

  function decode(operation: string, request: WireRequest): unknown {
    requireJson(request)
    const decoder = known(decoders, operation, () => compileStructureDecoder(model, model.operations[operation]!.input))
    const violations: Violations = []
    const input = decoder(parseBody(request.body), '', violations)
    if (violations.length > 0) throw new ServiceError('ValidationException', violationMessage(violations))
    return input
  }
}

function known<T>(table: Map<string, T>, name: string, compile: () => T): T {
  let compiled = table.get(name)
  if (compiled === undefined) {
    compiled = compile()
    table.set(name, compiled)
  }
  return compiled
}

function requireJson({ contentType: given }: WireRequest): void {
  const [media = ''] = (given ?? '').split(';')
  if (media.trim().toLowerCase() === contentType) return
  throw new ServiceError('SerializationException', `Content-Type must be ${contentType}`)
}

function parseBody(body: Buffer): unknown {
  if (body.length === 0) return {}
  try {
    return parseStrictJson(utf8.decode(body), { maxDepth })
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw new ServiceError('SerializationException', error.message)
    if (error instanceof TypeError) throw new ServiceError('SerializationException', 'Body is not valid UTF-8')
    throw error
  }
}

// AccessDeniedException has its message under a capital M, and an empty message is none: so does AWS answer.
function errorBody({ code, message, details }: ServiceError): object {
  const text = message === '' ? {} : { [code === 'AccessDeniedException' ? 'Message' : 'message']: message }
  return { __type: code, ...text, ...details }
}

function answer(status: number, body: string, requestId: string): WireAnswer {
  return { status, headers: { 'content-type': contentType, 'x-amzn-requestid': requestId }, body }
}
