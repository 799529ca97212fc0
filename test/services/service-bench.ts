// A service's operations on a store of their own, and typical requests of each: all that tests of permissions need.
import type { Caller, NetworkPath } from '../../src/base/index.ts'
import type { PreparedOperation, RequestScope, Service } from '../../src/services/index.ts'
import type { IamRoom } from '../iam/iam-room.ts'

/** Who asks, if not root, and with what; and by which way, if not at the public door. */
export interface TypicalRequest {
  readonly input: object
  readonly caller?: Caller
  readonly path?: NetworkPath
}

/** Requests by operation: between them, they have everything that policies can look at. */
export type TypicalRequests = Readonly<Record<string, readonly TypicalRequest[]>>

/** A service with the world that its requests are about. */
export interface ServiceBench {
  readonly service: Pick<Service<never>, 'name' | 'operations'>
  readonly requests: TypicalRequests
  prepare(name: string, request: TypicalRequest): Promise<PreparedOperation>
}

/** Opens the bench of a service in a room, which is disposed of by whoever has opened it. */
export async function openBench<Needs>(
  room: IamRoom,
  service: Service<Needs>,
  needs: Needs,
  requests: TypicalRequests,
): Promise<ServiceBench> {
  return {
    service,
    requests,
    prepare: (name, request) => service.operations.get(name)!.prepare(request.input, scopeOf(room, request), needs),
  }
}

/** What an operation may know of a typical request. */
export function scopeOf(room: IamRoom, { caller, path }: TypicalRequest): RequestScope {
  const scope = room.scope(caller)
  return path === undefined ? scope : { ...scope, path }
}
