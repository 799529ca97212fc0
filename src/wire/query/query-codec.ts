import { ServiceError } from '../../base/index.ts'
import type { ServiceCodec, WireAnswer, WireRequest } from '../codec.ts'
import { authenticationError, statusOf, unknownOperation } from '../errors.ts'
import type { ServiceModel } from '../service-model.ts'
import { violationMessage } from '../violations.ts'
import type { Violations } from '../violations.ts'
import { compileFormDecoder } from './decoder.ts'
import type { FormDecoder } from './decoder.ts'
import { parseForm } from './form.ts'
import type { FormNode } from './form.ts'
import { compileXmlEncoder, escapeXml } from './xml.ts'
import type { XmlEncoder } from './xml.ts'

/** The codec of a service that speaks AWS Query or EC2 Query: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html */
export function createQueryCodec(model: ServiceModel): ServiceCodec {
  const decoders = new Map<string, FormDecoder>()
  const encoders = new Map<string, XmlEncoder>()
  const isEc2 = model.protocol === 'ec2'

  return {
    service: model.service,
    open(request) {
      const form = parseForm(request.body.toString('latin1'))
      const operation = form.children.get('Action')?.value ?? ''
      const version = form.children.get('Version')?.value ?? 'NO_VERSION_SPECIFIED'
      if (version !== model.version || !Object.hasOwn(model.operations, operation)) {
        throw unknownOperation(model.service, operation, version)
      }
      return { operation, decode: () => decode(operation, form, request) }
    },
    encodeOutput(operation, output, requestId) {
      return xmlAnswer(
        200,
        isEc2 ? ec2Output(operation, output, requestId) : queryOutput(operation, output, requestId),
        requestId,
      )
    },
    encodeError(error, requestId) {
      const status = statusOf(model.protocol, error.code)
      return xmlAnswer(status, isEc2 ? ec2Error(error, requestId) : queryError(error, status, requestId), requestId)
    },
    authenticationError: failure => authenticationError(model.protocol, failure),
  }

  function decode(operation: string, form: FormNode, request: WireRequest): unknown {
    requireForm(request)
    let decoder = decoders.get(operation)
    if (decoder === undefined) {
      decoder = compileFormDecoder(model, model.operations[operation]!.input)
      decoders.set(operation, decoder)
    }
    const violations: Violations = []
    const input = decoder(form, '', violations)
    if (violations.length > 0) {
      throw new ServiceError(isEc2 ? 'InvalidParameterValue' : 'ValidationError', violationMessage(violations))
    }
    return input
  }

  function content(operation: string, output: unknown): string | undefined {
    const { output: name } = model.operations[operation]!
    if (name === undefined) return undefined
    let encoder = encoders.get(operation)
    if (encoder === undefined) {
      encoder = compileXmlEncoder(model, name)
      encoders.set(operation, encoder)
    }
    return encoder(output ?? {})
  }

  function ec2Output(operation: string, output: unknown, requestId: string): string {
    const members = content(operation, output) ?? '<return>true</return>'
    return `<${operation}Response xmlns="${model.xmlNamespace}/"><requestId>${requestId}</requestId>${members}</${operation}Response>`
  }

  function queryOutput(operation: string, output: unknown, requestId: string): string {
    const members = content(operation, output)
    const result = members === undefined ? '' : `<${operation}Result>${members}</${operation}Result>`
    return `<${operation}Response xmlns="${model.xmlNamespace}">${result}<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${operation}Response>`
  }

  function queryError({ code, message }: ServiceError, status: number, requestId: string): string {
    const type = status >= 500 ? 'Receiver' : 'Sender'
    // AWS has no element for a message that there is not.
    const text = message === '' ? '' : `<Message>${escapeXml(message)}</Message>`
    const error = `<Error><Type>${type}</Type><Code>${code}</Code>${text}</Error>`
    return `<ErrorResponse xmlns="${model.xmlNamespace}">${error}<RequestId>${requestId}</RequestId></ErrorResponse>`
  }
}

function ec2Error({ code, message }: ServiceError, requestId: string): string {
  const error = `<Error><Code>${code}</Code><Message>${escapeXml(message)}</Message></Error>`
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors>${error}</Errors><RequestID>${requestId}</RequestID></Response>`
}

function requireForm({ contentType }: WireRequest): void {
  const [media = ''] = (contentType ?? '').split(';')
  // A presigned request is a GET and has no body to tell the type of.
  if (contentType === undefined || media.trim().toLowerCase() === 'application/x-www-form-urlencoded') return
  throw new ServiceError('MalformedQueryString', 'Content-Type must be application/x-www-form-urlencoded')
}

function xmlAnswer(status: number, body: string, requestId: string): WireAnswer {
  return { status, headers: { 'content-type': 'text/xml;charset=UTF-8', 'x-amzn-requestid': requestId }, body }
}
