import type { AuthenticationFailure, ServiceError } from '../base/index.ts'
import type { ServiceName } from './service-name.ts'

/** What `wire` needs of a request. */
export interface WireRequest {
  /** `X-Amz-Target`. */
  readonly target: string | undefined
  readonly contentType: string | undefined
  readonly body: Buffer
}

/** A request whose operation is known and whose input is still bytes. */
export interface OpenedRequest {
  readonly operation: string
  /** Decodes the input and checks it against its shape. @throws {ServiceError} */
  decode(): unknown
}

/** An answer as HTTP carries it. */
export interface WireAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Bytes ↔ values of one service. */
export interface ServiceCodec {
  readonly service: ServiceName
  /** Finds the operation without decoding further. @throws {ServiceError} */
  open(request: WireRequest): OpenedRequest
  encodeOutput(operation: string, output: unknown, requestId: string): WireAnswer
  encodeError(error: ServiceError, requestId: string): WireAnswer
  /** The protocol's error for a request without identity. */
  authenticationError(failure: AuthenticationFailure): ServiceError
}
