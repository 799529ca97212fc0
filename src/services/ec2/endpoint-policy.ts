import { bindPrincipals, showPrincipals } from '../../accounts/index.ts'
import type { PrincipalDirectory } from '../../accounts/index.ts'
import { ServiceError } from '../../base/index.ts'
import type { EndpointValue } from '../../network/index.ts'
import { PolicyDocumentError, compileEndpointPolicy, endpointPolicyFault } from '../../policy/index.ts'

/** What is stored of an endpoint's policy. */
export type EndpointPolicy = Pick<EndpointValue, 'policy' | 'boundPrincipals'>

/**
 * Checks an endpoint policy of a request, and binds the users and roles that it names. Each of its statements needs the element
 * Principal itself, other than a key policy's: NotPrincipal does not take its place. NotAction and NotResource may be used.
 *
 * @throws {ServiceError} InvalidPolicyDocument
 */
export async function readEndpointPolicy(policy: string, principals: PrincipalDirectory): Promise<EndpointPolicy> {
  requireEndpointPolicy(policy)
  const binding = await bindPrincipals(policy, principals)
  // All that AWS says of a principal that does not exist.
  if (binding.kind === 'unknown') throw new ServiceError('InvalidPolicyDocument', 'UnknownError')
  return { policy, boundPrincipals: binding.principals }
}

/** The endpoint as it is shown: whoever its policy names by the name or id that is right now. */
export async function shownEndpoint(endpoint: EndpointValue, principals: PrincipalDirectory): Promise<EndpointValue> {
  return { ...endpoint, policy: await showPrincipals(endpoint.policy, endpoint.boundPrincipals, principals) }
}

function requireEndpointPolicy(text: string): void {
  try {
    const { statements } = compileEndpointPolicy(text, { name: 'policy of the request' })
    if (statements.length === 0) throw invalid('It has no statement')
    const without = statements.find(({ principal }) => principal?.negated !== false)
    if (without !== undefined) throw invalid(`Statement ${without.number} has no Principal`)
  } catch (error) {
    if (!(error instanceof PolicyDocumentError)) throw error
    const { reason } = error
    if (reason.kind === 'syntax') throw invalid(`Syntax error at position (${reason.line},${reason.column})`)
    throw invalid(error.message)
  }
  const fault = endpointPolicyFault(text)
  if (fault !== undefined) throw invalid(fault)
}

const invalid = (what: string): ServiceError =>
  new ServiceError('InvalidPolicyDocument', `The Policy Document is not valid. ${what}`)
