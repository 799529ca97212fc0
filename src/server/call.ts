import type { Instant, ServiceError } from '../base/index.ts'
import type { Verdict } from '../authorization/index.ts'
import type { RequestScope } from '../services/operation.ts'
import type { AuditResource, AuditValues } from '../trail/index.ts'
import type { BoundOperation, BoundService } from './bound-service.ts'
import type { HttpRequest } from './http-request.ts'

/** A request whose signer is known and whose operation exists: from here on there is a record of it. */
export interface Call {
  readonly request: HttpRequest
  readonly service: BoundService
  readonly operation: BoundOperation
  readonly scope: RequestScope
  /** Decoded and checked against the shape, or what was wrong with it. */
  readonly input: DecodedInput
  /** Why the signer can't act as it says: nothing is done but to record that. */
  readonly refusal?: string
}

/** What decoding gave. A call whose input is refused has a record like any other. */
export type DecodedInput =
  | { readonly kind: 'decoded'; readonly value: unknown }
  | { readonly kind: 'refused'; readonly error: ServiceError }

/** What became of a call: everything that the record and the answer are made from. */
export interface Performed {
  readonly requestedAt: Instant
  readonly verdict?: Verdict | undefined
  readonly resources: readonly AuditResource[]
  readonly result: PerformedResult
}

/** How a call ended: with its output and what the record tells of it, or with the error that the caller gets. */
export type PerformedResult =
  | {
      readonly kind: 'done'
      readonly output: unknown
      readonly responseElements: AuditValues | null
      readonly additionalEventData: AuditValues | undefined
    }
  | { readonly kind: 'failed'; readonly error: ServiceError }
