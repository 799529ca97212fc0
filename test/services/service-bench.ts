// A service's operations on a store of their own, and typical requests of each: all that tests of permissions need.
import type { Caller } from '../../src/base/index.ts'
import type { PreparedOperation, Service } from '../../src/services/index.ts'
import type { IamRoom } from '../iam/iam-room.ts'

/** Who asks, if not root, and with what. */
export interface TypicalRequest {
  readonly input: object
  readonly caller?: Caller
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
    prepare: (name, { input, caller }) => service.operations.get(name)!.prepare(input, room.scope(caller), needs),
  }
}
