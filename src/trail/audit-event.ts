import type { Caller, Instant, NetworkPath } from '../base/index.ts'

/** A JSON value as the trail records it; keys in the trail's spelling (`keyId`, `aWSAccountId`). */
export type AuditValue = string | number | boolean | null | readonly AuditValue[] | AuditValues
/** Members of a record by name; `undefined` ones are left out. */
export type AuditValues = { readonly [key: string]: AuditValue | undefined }

/** A resource that a record names. */
export interface AuditResource {
  readonly arn: string
  readonly accountId: string
  /** CloudFormation's type name, e.g. `AWS::KMS::Key`. */
  readonly type: string
}

/** Everything a record is built from: the values that went through the pipeline. */
export interface AuditFacts {
  readonly requestId: string
  readonly caller: Caller
  readonly path: NetworkPath
  readonly requestedAt: Instant
  readonly region: string
  /** e.g. `kms.amazonaws.com`. */
  readonly eventSource: string
  readonly eventName: string
  readonly readOnly: boolean
  readonly userAgent: string
  /** TLS of the connection and the Host header as sent; absent on a plain loopback connection. */
  readonly tls?: AuditTls
  readonly requestParameters: AuditValues | null
  readonly responseElements: AuditValues | null
  readonly additionalEventData?: AuditValues
  readonly resources: readonly AuditResource[]
  readonly error?: AuditError
  /** Not permitted: a record for the caller's account alone. */
  readonly isRefused: boolean
  /** The endpoint policy refused and no other layer would have: AWS records nothing in the management events. */
  readonly refusedByEndpointOnly: boolean
}

/** A connection's TLS as the record's `tlsDetails` has it. */
export interface AuditTls {
  readonly version: string
  readonly cipher: string
  readonly host: string
}

/** The record's `errorCode` and `errorMessage`. */
export interface AuditError {
  /** As the trail spells it: `AccessDenied` for a refusal of KMS, else the error's code. */
  readonly code: string
  readonly message: string
}
