import type { ServiceError } from '../base/index.ts'
import type { PreparedOperation, RequestScope, Service } from '../services/operation.ts'
import type { AuditValues } from '../trail/index.ts'
import type { ServiceName } from '../wire/index.ts'

/** A service together with what its operations need: the pipeline no longer sees what that is. */
export interface BoundService {
  readonly name: ServiceName
  readonly eventSource: string
  readonly refusal: (message: string, encoded: string) => ServiceError
  readonly encodesRefusals: boolean
  readonly find: (operationName: string) => BoundOperation | undefined
}

/** An operation that has what it works on: it needs nothing more than the input and the scope of a request. */
export interface BoundOperation {
  readonly name: string
  readonly readOnly: boolean
  readonly requestParameters: (input: unknown, scope: RequestScope) => AuditValues | null
  readonly prepare: (input: unknown, scope: RequestScope) => Promise<PreparedOperation>
}

/** Binds a service's operations to the rooms that they work on. */
export function bindService<Needs>(service: Service<Needs>, needs: Needs): BoundService {
  const bound = new Map<string, BoundOperation>()
  for (const [name, operation] of service.operations) {
    bound.set(name, { ...operation, prepare: (input, scope) => operation.prepare(input, scope, needs) })
  }
  return {
    name: service.name,
    eventSource: service.eventSource,
    refusal: service.refusal,
    encodesRefusals: service.encodesRefusals ?? false,
    find: operationName => bound.get(operationName),
  }
}
