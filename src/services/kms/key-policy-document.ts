import { allowsPutKeyPolicy } from '../../authorization/index.ts'
import type { AccessFacts, Authorizer, KeyResource } from '../../authorization/index.ts'
import { ServiceError } from '../../base/index.ts'
import { PolicyDocumentError, compileKeyPolicy } from '../../policy/index.ts'
import type { CompiledPolicy } from '../../policy/index.ts'
import type { RequestScope } from '../operation.ts'

/** Compiles a key policy that came in a request. @throws {ServiceError} MalformedPolicyDocumentException, LimitExceededException */
export function compileRequestedPolicy(text: string, keyArn: string): CompiledPolicy {
  try {
    return compileKeyPolicy(text, { name: `key policy of ${keyArn}` })
  } catch (error) {
    if (!(error instanceof PolicyDocumentError)) throw error
    throw new ServiceError(
      error.reason.kind === 'too-long' ? 'LimitExceededException' : 'MalformedPolicyDocumentException',
      error.message,
    )
  }
}

/**
 * AWS's lockout check: the caller must be able to change the policy again, on the way that this request came in.
 *
 * @throws {ServiceError} MalformedPolicyDocumentException
 */
export async function requireNoLockout(
  authorizer: Authorizer,
  scope: RequestScope,
  resource: KeyResource,
): Promise<void> {
  const { requestId, caller, path, region, now } = scope
  const facts: AccessFacts = { requestId, caller, path, region, now }
  if (await allowsPutKeyPolicy(authorizer, facts, resource)) return
  throw new ServiceError(
    'MalformedPolicyDocumentException',
    'The new key policy will not allow you to update the key policy in the future.',
  )
}
