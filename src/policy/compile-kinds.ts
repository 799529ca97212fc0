import { compileDocument } from './compile.ts'
import type { CompiledPolicy, PolicySource } from './compiled-policy.ts'
import { endpointPolicyRules, identityPolicyRules, keyPolicyRules, trustPolicyRules } from './document-rules.ts'

/** Compiles a key policy. @throws {PolicyDocumentError} */
export function compileKeyPolicy(text: string, source: PolicySource): CompiledPolicy {
  return compileDocument(text, source, keyPolicyRules)
}

/** Compiles an identity policy: of a user, group or role, a boundary or a session. @throws {PolicyDocumentError} */
export function compileIdentityPolicy(text: string, source: PolicySource): CompiledPolicy {
  return compileDocument(text, source, identityPolicyRules)
}

/** Compiles the policy of a VPC endpoint. @throws {PolicyDocumentError} */
export function compileEndpointPolicy(text: string, source: PolicySource): CompiledPolicy {
  return compileDocument(text, source, endpointPolicyRules)
}

/**
 * Compiles the trust policy of a role. Its statements name no resource: ask it only about the role that it is of.
 *
 * @throws {PolicyDocumentError}
 */
export function compileTrustPolicy(text: string, source: PolicySource): CompiledPolicy {
  return compileDocument(text, source, trustPolicyRules)
}
