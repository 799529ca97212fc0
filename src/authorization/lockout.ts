import { ServiceError } from '../base/index.ts'
import type { AccessFacts, KeyResource } from './access.ts'
import type { Authorizer, Verdict } from './authorize.ts'

/** A key policy is refused because its author could not change it again. Carries the decision, so that it can be explained. */
export class LockoutError extends ServiceError {
  readonly verdict: Verdict

  constructor(verdict: Verdict) {
    super(
      'MalformedPolicyDocumentException',
      'The new key policy will not allow you to update the key policy in the future.',
    )
    this.verdict = verdict
  }
}

/**
 * AWS's lockout check: the caller must be able to put a key policy again under the policy that the resource carries, on the way
 * that this request came in.
 *
 * @throws {LockoutError}
 */
export async function requireNoLockout(
  authorizer: Authorizer,
  facts: AccessFacts,
  resource: KeyResource,
): Promise<void> {
  const verdict = await authorizer.authorize(facts, [{ action: 'kms:PutKeyPolicy', resource }])
  if (!verdict.allowed) throw new LockoutError(verdict)
}
