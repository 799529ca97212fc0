import type { OpenedRequest, ServiceCodec } from '../wire/index.ts'
import type { HttpRequest } from './http-request.ts'

/** The operation that a request names, and how its input is decoded. @throws {ServiceError} where it names none that there is. */
export function openRequest(request: HttpRequest, codec: ServiceCodec): OpenedRequest {
  const { headers, url } = request
  // A presigned request has its parameters where a posted one has its body.
  const body = request.method === 'GET' ? Buffer.from(url.slice(2), 'latin1') : request.body
  return codec.open({ target: headers.get('x-amz-target'), contentType: headers.get('content-type'), body })
}
