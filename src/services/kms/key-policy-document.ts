import { ServiceError } from '../../base/index.ts'
import { PolicyDocumentError, compileKeyPolicy } from '../../policy/index.ts'
import type { CompiledPolicy } from '../../policy/index.ts'

/** Compiles a key policy that came in a request. @throws {ServiceError} MalformedPolicyDocumentException, LimitExceededException */
export function compileRequestedPolicy(text: string, keyArn: string): CompiledPolicy {
  try {
    return compileKeyPolicy(text, { name: `new key policy of ${keyArn}` })
  } catch (error) {
    if (!(error instanceof PolicyDocumentError)) throw error
    throw new ServiceError(
      error.reason.kind === 'too-long' ? 'LimitExceededException' : 'MalformedPolicyDocumentException',
      error.message,
    )
  }
}
