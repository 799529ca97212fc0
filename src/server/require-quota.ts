import { quotaOfKey, quotaOfOperation } from '../services/index.ts'
import type { PreparedOperation } from '../services/operation.ts'
import type { Call } from './call.ts'
import type { RequestQuotas } from './request-quotas.ts'
import { tooFast } from './too-fast.ts'

/**
 * Counts a request of KMS against the quota of its class, where its key does not decide which that is. As in AWS it is that of whoever
 * asks, or for whom a service asks, whose key it may be.
 *
 * @throws {ServiceError} ThrottlingException
 */
export function requireQuota(call: Call, quotas: RequestQuotas): void {
  const position = quotaOf(call)
  if (position !== 'by-key' && position !== undefined) take(call, position, quotas)
}

/**
 * The same where the key decides. What came to no key, or to one that the caller may not use, counts as what uses a symmetric key:
 * quotas tell nobody what kind of key another account has.
 *
 * @throws {ServiceError} ThrottlingException
 */
export function requireKeyQuota(call: Call, permitted: PreparedOperation | undefined, quotas: RequestQuotas): void {
  if (quotaOf(call) === 'by-key') take(call, quotaOfKey(keySpecOf(permitted)), quotas)
}

function quotaOf({ service, operation, input }: Call): number | 'by-key' | undefined {
  if (service.name !== 'kms') return undefined
  return quotaOfOperation(operation.name, input.kind === 'decoded' ? input.value : undefined)
}

function keySpecOf(prepared: PreparedOperation | undefined): string | undefined {
  if (prepared === undefined || prepared.checks === 'no permission needed') return undefined
  const [{ resource }] = prepared.checks
  return resource.kind === 'key' ? String(resource.context['kms:KeySpec']) : undefined
}

function take({ scope }: Call, position: number, quotas: RequestQuotas): void {
  if (quotas.take(scope.caller.account, scope.region, position, scope.now)) return
  throw tooFast()
}
