import type { Authorizer, Verdict } from '../authorization/index.ts'
import { ServiceError } from '../base/index.ts'
import type { PreparedOperation } from '../services/operation.ts'
import { ConflictError } from '../storage/index.ts'
import type { Commit, Store } from '../storage/index.ts'
import { buildEvents } from '../trail/index.ts'
import type { TrailEvent } from '../trail/index.ts'
import type { Call, Performed } from './call.ts'
import { auditFacts } from './record.ts'

export interface PerformSources {
  readonly authorizer: Authorizer
  readonly store: Store
  readonly newEventId: () => string
}

/** A performed call and its record. Where `stored`, the record is in the store's outbox already, with the change. */
export interface Recorded {
  readonly performed: Performed
  readonly events: readonly TrailEvent[]
  readonly stored: boolean
}

// Two changes of one record at once are rare; five in a row are a fault.
const maxAttempts = 5

/**
 * Resolves, authorizes and runs a call, and commits its changes together with their record. A commit that meets a
 * conflict starts over from the resolution, so that what was authorized is what is changed.
 */
export async function perform(call: Call, sources: PerformSources): Promise<Recorded> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await performOnce(call, sources)
    } catch (error) {
      if (!(error instanceof ConflictError) || attempt === maxAttempts) throw error
    }
  }
}

async function performOnce(call: Call, sources: PerformSources): Promise<Recorded> {
  const requestedAt = call.scope.now
  let prepared: PreparedOperation | undefined
  let verdict: Verdict | undefined
  try {
    prepared = await prepare(call)
    verdict = await authorize(call, prepared, sources.authorizer)
    if (verdict?.refusal !== undefined) throw call.service.refusal(verdict.refusal.message)
    const outcome = await prepared.run()
    const performed: Performed = {
      requestedAt,
      verdict,
      resources: outcome.resources ?? prepared.resources,
      result: {
        kind: 'done',
        output: outcome.output,
        responseElements: outcome.responseElements ?? null,
        additionalEventData: outcome.additionalEventData,
      },
    }
    const events = buildEvents(auditFacts(call, performed), sources.newEventId)
    if (outcome.commit === undefined) return { performed, events, stored: false }
    await sources.store.commit(withRecord(outcome.commit, events))
    return { performed, events, stored: true }
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error
    const resources = prepared?.resources ?? []
    const performed: Performed = { requestedAt, verdict, resources, result: { kind: 'failed', error } }
    return { performed, events: buildEvents(auditFacts(call, performed), sources.newEventId), stored: false }
  }
}

async function prepare(call: Call): Promise<PreparedOperation> {
  if (call.input.kind === 'refused') throw call.input.error
  return call.operation.prepare(call.input.value, call.scope)
}

async function authorize(
  call: Call,
  prepared: PreparedOperation,
  authorizer: Authorizer,
): Promise<Verdict | undefined> {
  if (prepared.checks === 'no permission needed') return undefined
  const { scope, request } = call
  const userAgent = request.headers.get('user-agent')
  const referer = request.headers.get('referer')
  const facts = {
    requestId: scope.requestId,
    caller: scope.caller,
    path: scope.path,
    region: scope.region,
    now: scope.now,
    ...(userAgent === undefined ? {} : { userAgent }),
    ...(referer === undefined ? {} : { referer }),
  }
  const verdict = await authorizer.authorize(facts, prepared.checks)
  // Fail closed: a refusal without a reason would otherwise let the call through.
  if (!verdict.allowed && verdict.refusal === undefined) throw new TypeError('A refusal has no reason')
  return verdict
}

function withRecord(commit: Commit, events: readonly TrailEvent[]): Commit {
  return { ...commit, outbox: [...(commit.outbox ?? []), ...events.map(event => event.line)] }
}
