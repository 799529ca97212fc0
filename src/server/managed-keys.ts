import type { Authorizer } from '../authorization/index.ts'
import type { Random, ServiceCaller } from '../base/index.ts'
import type { SlowWork } from '../crypto/index.ts'
import type { Keys } from '../keys/index.ts'
import { planManagedKey } from '../services/index.ts'
import type { ManagedKeyStep, MissingManagedKey } from '../services/index.ts'
import { ConflictError } from '../storage/index.ts'
import type { Store } from '../storage/index.ts'
import { buildEvents } from '../trail/index.ts'
import type { AuditFacts, Trail } from '../trail/index.ts'
import type { Call } from './call.ts'

/** Makes the managed keys of integrated services when they are first asked for. */
export interface ManagedKeys {
  /** Makes the key that a call misses; `false` where its caller might not use it, for whom there is none. */
  make(call: Call, missing: MissingManagedKey): Promise<boolean>
}

/** What making a managed key needs. */
export interface ManagedKeySources {
  readonly keys: Keys
  readonly random: Random
  readonly work: SlowWork
  readonly authorizer: Authorizer
  readonly store: Store
  readonly trail: Trail
  readonly newEventId: () => string
}

/** The managed keys of an installation. Of several who ask at once, one makes the key, and all use it. */
export function openManagedKeys(sources: ManagedKeySources): ManagedKeys {
  const { authorizer, store, trail, newEventId } = sources
  return {
    async make(call, { serviceName }) {
      const { scope, operation } = call
      const { check, writes, steps } = await planManagedKey({ serviceName, operation: operation.name }, scope, sources)
      if (!(await authorizer.authorize(scope, [check])).allowed) return false
      const events = steps.flatMap(step => buildEvents(factsOf(step, call, serviceName), newEventId))
      try {
        await store.commit({ writes, outbox: events.map(({ line }) => line) })
      } catch (error) {
        // Somebody else has made it meanwhile.
        if (error instanceof ConflictError) return true
        throw error
      }
      await trail.drainOutbox()
      return true
    },
  }
}

/** The service itself makes its keys, whoever it does so for. */
function factsOf(step: ManagedKeyStep, { scope, service, request }: Call, serviceName: string): AuditFacts {
  const { requestId, caller, path, now: requestedAt, region } = scope
  const { account, accessKeyId } = caller
  const maker: ServiceCaller = {
    kind: 'service',
    account,
    arn: serviceName,
    userId: serviceName,
    accessKeyId,
    tags: {},
    serviceName,
  }
  return {
    ...step,
    requestId,
    caller: maker,
    path,
    requestedAt,
    region,
    eventSource: service.eventSource,
    readOnly: false,
    userAgent: request.headers.get('user-agent') ?? '',
    isRefused: false,
    refusedByEndpointOnly: false,
  }
}
