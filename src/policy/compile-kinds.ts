import { compileDocument } from './compile.ts'
import type { CompiledPolicy, PolicySource } from './compiled-policy.ts'
import type { BoundPrincipals } from './principal.ts'
import {
  endpointPolicyRules,
  identityPolicyRules,
  keyPolicyRules,
  resourceControlPolicyRules,
  serviceControlPolicyRules,
  trustPolicyRules,
} from './document-rules.ts'

/** Compiles a key policy, with the principals that it was bound to when it was saved. @throws {PolicyDocumentError} */
export function compileKeyPolicy(text: string, source: PolicySource, bound?: BoundPrincipals): CompiledPolicy {
  return compileDocument(text, source, keyPolicyRules, bound)
}

/** Compiles an identity policy: of a user, group or role, a boundary or a session. @throws {PolicyDocumentError} */
export function compileIdentityPolicy(text: string, source: PolicySource): CompiledPolicy {
  return compileDocument(text, source, identityPolicyRules)
}

/** Compiles the policy of a VPC endpoint, with the principals that it was bound to when it was saved. @throws {PolicyDocumentError} */
export function compileEndpointPolicy(text: string, source: PolicySource, bound?: BoundPrincipals): CompiledPolicy {
  return compileDocument(text, source, endpointPolicyRules, bound)
}

/**
 * Compiles the trust policy of a role. Its statements name no resource: ask it only about the role that it is of.
 *
 * @throws {PolicyDocumentError}
 */
export function compileTrustPolicy(text: string, source: PolicySource, bound?: BoundPrincipals): CompiledPolicy {
  return compileDocument(text, source, trustPolicyRules, bound)
}

/** Compiles a service control policy of an organization. @throws {PolicyDocumentError} */
export function compileServiceControlPolicy(text: string, source: PolicySource): CompiledPolicy {
  return compileDocument(text, source, serviceControlPolicyRules)
}

/** Compiles a resource control policy of an organization. @throws {PolicyDocumentError} */
export function compileResourceControlPolicy(text: string, source: PolicySource): CompiledPolicy {
  return compileDocument(text, source, resourceControlPolicyRules)
}

/** AWS's policy that is attached everywhere where no other is said to be: it limits nothing. */
export const fullAccessServicePolicy: CompiledPolicy = compileServiceControlPolicy(
  '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
  { name: 'FullAWSAccess', arn: 'arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess' },
)

/** AWS's policy that is always attached everywhere, and the only resource control policy that allows. */
export const fullAccessResourcePolicy: CompiledPolicy = compileDocument(
  '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}',
  { name: 'RCPFullAWSAccess', arn: 'arn:aws:organizations::aws:policy/resource_control_policy/p-RCPFullAWSAccess' },
  { ...resourceControlPolicyRules, checkStatement: () => undefined },
)
