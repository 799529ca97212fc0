import type { AccessCheck, AccessFacts } from '../authorization/index.ts'
import type { ServiceError } from '../base/index.ts'
import type { Commit } from '../storage/index.ts'
import type { AuditResource, AuditValues } from '../trail/index.ts'
import type { ServiceName } from '../wire/index.ts'

/** What an operation may know of the request it answers: what authorization knows of it. */
export type RequestScope = AccessFacts

/** At least one permission, or the plain word that AWS asks for none (GetCallerIdentity): forgetting it does not compile. */
export type NeededChecks = readonly [AccessCheck, ...AccessCheck[]] | 'no permission needed'

/** What a request acts on, found before anybody is asked for permission. */
export interface Resolution<Subject> {
  /** Every permission that the request needs; all must be given. */
  readonly checks: NeededChecks
  /** What `run` works on: the records that were authorized are the records that are used. */
  readonly subject: Subject
  /** The resources that the trail names. */
  readonly resources?: readonly AuditResource[]
}

/** What running an operation results in. Values only: the pipeline commits the changes together with their record. */
export interface Outcome<Output> {
  readonly output: Output
  /** The changes; applied atomically with the trail's record before the answer leaves. */
  readonly commit?: Commit
  /** The trail's `responseElements`, where it records any; keys in the trail's spelling. */
  readonly responseElements?: AuditValues
  /** The trail's `additionalEventData`. */
  readonly additionalEventData?: AuditValues
  /** What it did in other Regions, which has a record there too. */
  readonly elsewhere?: readonly ElsewhereRecord[]
  /** Resources known only after running (CreateKey): replaces those of the resolution. */
  readonly resources?: readonly AuditResource[]
}

/** What the trail has of a request in another Region than the one that it was sent to: a call that the service made there for the caller. */
export interface ElsewhereRecord {
  readonly region: string
  readonly eventName: string
  readonly requestParameters: AuditValues
  readonly responseElements: AuditValues
  readonly resources: readonly AuditResource[]
}

/** The declaration of one operation: one file, one exported value. */
export interface OperationDeclaration<Needs, Input, Output, Subject> {
  /** AWS's name; the shape of that name comes from the model table. */
  readonly name: string
  /** Whether the trail calls it a read. True for all of KMS's cryptographic operations. */
  readonly readOnly: boolean
  /**
   * Finds what the request acts on and says what must be permitted. Runs before authorization: it reads and never writes.
   */
  readonly resolve: (input: Input, scope: RequestScope, needs: Needs) => Promise<Resolution<Subject>>
  /** Does the work. Permissions are settled when this runs. May be called again when its commit met a conflict. */
  readonly run: (input: Input, subject: Subject, scope: RequestScope, needs: Needs) => Promise<Outcome<Output>>
  /** The trail's `requestParameters` (keys in the trail's spelling), or `null` where AWS records none; some tell what comes with the caller. */
  readonly requestParameters: (input: Input, scope: RequestScope) => AuditValues | null
}

/** An operation whose shapes are no longer visible: what the pipeline handles. */
export interface Operation<Needs> {
  readonly name: string
  readonly readOnly: boolean
  readonly requestParameters: (input: unknown, scope: RequestScope) => AuditValues | null
  readonly prepare: (input: unknown, scope: RequestScope, needs: Needs) => Promise<PreparedOperation>
}

/** A request that is ready to run once its checks are passed. */
export interface PreparedOperation {
  readonly checks: NeededChecks
  readonly resources: readonly AuditResource[]
  readonly run: () => Promise<Outcome<unknown>>
}

/**
 * Declares an operation. The input has been decoded and checked by `wire` against the model's shape of that name, so its
 * type is taken from there.
 */
export function operation<Needs, Input, Output, Subject>(
  declaration: OperationDeclaration<Needs, Input, Output, Subject>,
): Operation<Needs> {
  return {
    name: declaration.name,
    readOnly: declaration.readOnly,
    requestParameters: (input, scope) => declaration.requestParameters(input as Input, scope),
    async prepare(input, scope, needs) {
      const { checks, subject, resources } = await declaration.resolve(input as Input, scope, needs)
      return {
        checks,
        resources: resources ?? [],
        run: () => declaration.run(input as Input, subject, scope, needs),
      }
    },
  }
}

/** One API: its operations and its way of refusing. */
export interface Service<Needs> {
  /** Signing name, e.g. `kms`; also the prefix of its IAM actions. */
  readonly name: ServiceName
  /** The trail's event source, e.g. `kms.amazonaws.com`. */
  readonly eventSource: string
  readonly operations: ReadonlyMap<string, Operation<Needs>>
  /** The error that a refusal with this text is on this service's wire; `encoded` only where the service tells the details that way, and the action has a resource. */
  readonly refusal: (message: string, encoded: string) => ServiceError
  /** Whether refusals carry an encoded message, for DecodeAuthorizationMessage. */
  readonly encodesRefusals?: boolean
}

/** Builds a service's operation table. */
export function operationTable<Needs>(operations: readonly Operation<Needs>[]): ReadonlyMap<string, Operation<Needs>> {
  return new Map(operations.map(declared => [declared.name, declared]))
}
