import { LockoutError } from '../authorization/index.ts'
import type { Authorizer, RefusalMessages, Verdict } from '../authorization/index.ts'
import type { ServiceError } from '../base/index.ts'
import { MissingManagedKey } from '../services/index.ts'
import type { PreparedOperation } from '../services/operation.ts'
import { ConflictError } from '../storage/index.ts'
import type { Commit, Store } from '../storage/index.ts'
import { buildEvents } from '../trail/index.ts'
import type { RequestEvent } from '../trail/index.ts'
import type { Call, Performed } from './call.ts'
import { publicFailure } from './internal-error.ts'
import type { ManagedKeys } from './managed-keys.ts'
import { auditFacts, factsElsewhere } from './record.ts'
import { requireKeyQuota, requireQuota } from './require-quota.ts'
import type { RequestQuotas } from './request-quotas.ts'

/** What `perform` needs beside the call. */
export interface PerformSources {
  readonly authorizer: Authorizer
  readonly refusalMessages: RefusalMessages
  readonly store: Store
  readonly newEventId: () => string
  readonly quotas: RequestQuotas
  readonly managedKeys: ManagedKeys
}

/** A performed call and its record. Where `stored`, the record is in the store's outbox already, with the change. */
export interface Recorded {
  readonly performed: Performed
  readonly events: readonly RequestEvent[]
  readonly stored: boolean
}

// Whoever meets a conflict was overtaken by somebody who got through. So of as many as change one record at once (a policy that is
// being attached everywhere), the last gets through at its so many-th attempt; who still does not has met a fault.
const maxAttempts = 100

/** How far an attempt has come: what its record tells, however it ends. */
interface Progress {
  prepared?: PreparedOperation
  verdict?: Verdict | undefined
  isCommitted?: boolean
}

/**
 * Resolves, authorizes and runs a call, and commits its changes together with their record. A commit that meets a
 * conflict starts over from the resolution, so that what was authorized is what is changed. Whatever happens, there is a
 * record of it: also of our own bugs.
 */
export async function perform(call: Call, sources: PerformSources): Promise<Recorded> {
  for (let attempt = 1; ; attempt++) {
    const progress: Progress = {}
    try {
      if (attempt === 1) requireQuota(call, sources.quotas)
      return await attemptCall(call, sources, progress)
    } catch (error) {
      if (error instanceof ConflictError && attempt < maxAttempts) continue
      return failed(call, sources, progress, error)
    }
  }
}

async function attemptCall(call: Call, sources: PerformSources, progress: Progress): Promise<Recorded> {
  if (call.refusal !== undefined) throw refusalOf(call, nothingDecided, call.refusal, sources)
  const prepared = await prepare(call, sources)
  progress.prepared = prepared
  const verdict = await authorize(call, prepared, sources.authorizer)
  progress.verdict = verdict
  requireKeyQuota(call, verdict?.refusal === undefined ? prepared : undefined, sources.quotas)
  if (verdict?.refusal !== undefined) throw refusalOf(call, verdict, verdict.refusal.message, sources)
  const outcome = await prepared.run()
  const performed: Performed = {
    requestedAt: call.scope.now,
    verdict,
    resources: outcome.resources ?? prepared.resources,
    result: {
      kind: 'done',
      output: outcome.output,
      responseElements: outcome.responseElements ?? null,
      additionalEventData: outcome.additionalEventData,
    },
  }
  const facts = auditFacts(call, performed)
  const elsewhere = (outcome.elsewhere ?? []).map(record => factsElsewhere(facts, record))
  const events = [facts, ...elsewhere].flatMap(each => buildEvents(each, sources.newEventId))
  if (outcome.commit === undefined) return { performed, events, stored: false }
  await commit(withRecord(outcome.commit, events), sources.store, progress)
  return { performed, events, stored: true }
}

// No policy was asked.
const nothingDecided: Verdict = { allowed: false, decisions: [], refusedByEndpointOnly: false }

function refusalOf(
  { service, scope }: Call,
  verdict: Verdict,
  message: string,
  { refusalMessages }: PerformSources,
): ServiceError {
  const isEncoded = service.encodesRefusals && !isAboutNothing(verdict)
  return service.refusal(message, isEncoded ? refusalMessages.encode(verdict, scope.caller) : '')
}

/** Whether the refused action has no resource: EC2 encodes nothing then. */
function isAboutNothing({ decisions }: Verdict): boolean {
  return decisions.find(({ decision }) => !decision.allowed)?.question.resource.kind === 'none'
}

async function commit(change: Commit, store: Store, progress: Progress): Promise<void> {
  try {
    await store.commit(change)
  } catch (error) {
    // The store's word for a commit that was applied, though somebody who had to hear of it failed.
    progress.isCommitted = error instanceof AggregateError
    throw error
  }
}

function failed(call: Call, sources: PerformSources, progress: Progress, cause: unknown): Recorded {
  const performed: Performed = {
    requestedAt: call.scope.now,
    verdict: cause instanceof LockoutError ? withLockout(progress.verdict, cause) : progress.verdict,
    resources: progress.prepared?.resources ?? [],
    result: { kind: 'failed', error: publicFailure(call.service.name, cause) },
  }
  // A change that was applied has its record already.
  if (progress.isCommitted === true) return { performed, events: [], stored: true }
  return { performed, events: buildEvents(auditFacts(call, performed), sources.newEventId), stored: false }
}

/** The decision of the lockout check beside those of the request itself. */
function withLockout(verdict: Verdict | undefined, { message, verdict: lockout }: LockoutError): Verdict {
  return {
    allowed: false,
    decisions: [...(verdict?.decisions ?? []), ...lockout.decisions],
    refusal: { ...lockout.refusal!, message },
    refusedByEndpointOnly: false,
  }
}

async function prepare(call: Call, { quotas, managedKeys }: PerformSources): Promise<PreparedOperation> {
  try {
    return await prepareOrMake(call, managedKeys)
  } catch (error) {
    requireKeyQuota(call, undefined, quotas)
    throw error
  }
}

async function prepareOrMake(call: Call, managedKeys: ManagedKeys): Promise<PreparedOperation> {
  const { input, operation, scope } = call
  if (input.kind === 'refused') throw input.error
  try {
    return await operation.prepare(input.value, scope)
  } catch (error) {
    if (error instanceof MissingManagedKey && (await managedKeys.make(call, error)))
      return operation.prepare(input.value, scope)
    throw error
  }
}

async function authorize(
  { scope }: Call,
  { checks }: PreparedOperation,
  authorizer: Authorizer,
): Promise<Verdict | undefined> {
  if (checks === 'no permission needed') return undefined
  const verdict = await authorizer.authorize(scope, checks)
  // Fail closed: a refusal without a reason would otherwise let the call through.
  if (!verdict.allowed && verdict.refusal === undefined) throw new TypeError('A refusal has no reason')
  return verdict
}

function withRecord(change: Commit, events: readonly RequestEvent[]): Commit {
  return { ...change, outbox: [...(change.outbox ?? []), ...events.map(event => event.line)] }
}
