import type { KeyUses } from '../keys/index.ts'
import { cryptographicOperations } from '../services/index.ts'
import type { Call } from './call.ts'
import type { Recorded } from './perform.ts'

/** Notes that a call has used keys, where it has: both of ReEncrypt, each with the event in its own account's trail. */
export function noteKeyUses({ scope, service, operation }: Call, { performed, events }: Recorded, uses: KeyUses): void {
  if (performed.result.kind !== 'done' || service.name !== 'kms' || !cryptographicOperations.has(operation.name)) return
  for (const { arn, accountId } of performed.resources) {
    const event = events.find(({ account }) => account === accountId)
    if (event === undefined) continue
    uses.note(`${scope.region}/${arn.slice(arn.lastIndexOf('/') + 1)}`, {
      operation: operation.name,
      at: scope.now,
      eventId: event.id,
      requestId: scope.requestId,
    })
  }
}
