import { bindPrincipals } from '../../accounts/index.ts'
import type { PrincipalDirectory } from '../../accounts/index.ts'
import { ServiceError } from '../../base/index.ts'
import { PolicyDocumentError, compileKeyPolicy } from '../../policy/index.ts'
import type { BoundPrincipals, CompiledPolicy } from '../../policy/index.ts'

/** A key policy of a request, ready to decide and to be stored. */
export interface RequestedPolicy {
  readonly compiled: CompiledPolicy
  readonly boundPrincipals: BoundPrincipals
}

/**
 * Compiles a key policy that came in a request, and binds the users and roles that it names to what they are now.
 *
 * @throws {ServiceError} MalformedPolicyDocumentException, also where it names somebody who does not exist; LimitExceededException
 */
export async function readRequestedPolicy(
  text: string,
  keyArn: string,
  principals: PrincipalDirectory,
): Promise<RequestedPolicy> {
  const source = { name: `new key policy of ${keyArn}` }
  try {
    compileKeyPolicy(text, source)
    const binding = await bindPrincipals(text, principals)
    if (binding.kind === 'unknown') throw new PolicyDocumentError({ kind: 'invalid-principal' })
    return {
      compiled: compileKeyPolicy(text, source, binding.principals),
      boundPrincipals: binding.principals,
    }
  } catch (error) {
    if (!(error instanceof PolicyDocumentError)) throw error
    throw new ServiceError(
      error.reason.kind === 'too-long' ? 'LimitExceededException' : 'MalformedPolicyDocumentException',
      error.message,
    )
  }
}
