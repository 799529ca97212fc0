import { bindPrincipals } from '../../../accounts/index.ts'
import type { PrincipalDirectory } from '../../../accounts/index.ts'
import { ServiceError, parseStrictJson } from '../../../base/index.ts'
import { PolicyDocumentError, compileTrustPolicy } from '../../../policy/index.ts'
import type { BoundPrincipals, PolicyFault } from '../../../policy/index.ts'
import { lengthWithoutSpace, malformed } from '../policy-document.ts'
import { requiredKeys } from './shared-issuers.ts'
import { trustStatements } from './trust-statements.ts'
import type { TrustStatement } from './trust-statements.ts'

const longest = 2_048

/**
 * Checks the trust policy of a role, and finds the ids of the users and roles that it names, which it is bound to.
 *
 * @throws {ServiceError} LimitExceeded, MalformedPolicyDocument in IAM's words
 */
export async function requireTrustPolicy(document: string, principals: PrincipalDirectory): Promise<BoundPrincipals> {
  if (lengthWithoutSpace(document) > longest)
    throw new ServiceError('LimitExceeded', `Cannot exceed quota for ACLSizePerRole: ${longest}`)
  try {
    compileTrustPolicy(document, { name: 'trust policy of the request' })
  } catch (error) {
    if (error instanceof PolicyDocumentError) throw malformed(wordFault(error.reason, document))
    throw error
  }
  for (const statement of trustStatements(document)) requireSharedClaims(statement)
  const binding = await bindPrincipals(document, principals)
  if (binding.kind === 'unknown') throw malformed(`Invalid principal in policy: "AWS":"${binding.principal}"`)
  return binding.principals
}

function wordFault(fault: PolicyFault, document: string): string {
  switch (fault.kind) {
    case 'syntax':
      return document.trim() === 'null' ? 'This text appears not to be a policy' : 'This policy contains invalid Json'
    case 'no-statement':
      return isEmpty(document) ? 'Syntax error at position (1,3)' : 'Could not parse the policy: Statement is empty!'
    case 'unknown-version':
      return 'The policy must contain a valid version string'
    case 'duplicate-sid':
      return 'The Statement Ids in the policy are not unique'
    case 'no-principal':
      return 'Invalid principal in policy: com.amazon.balsa.error.InvalidPolicyException: The passed in policy has a statement with no principals!'
    case 'missing-field':
    case 'invalid-effect':
    case 'principal-not-object':
    case 'empty-principal':
    case 'unknown-principal':
    case 'not-principal':
    case 'action-not-to-assume':
    case 'prohibited-field':
      return new PolicyDocumentError(fault).message
    default:
      return 'Syntax error in policy.'
  }
}

const isEmpty = (document: string): boolean => Object.keys(parseStrictJson(document) as object).length === 0

const cognito = 'cognito-identity.amazonaws.com'

/** A provider that serves everybody must be trusted for somebody only. */
function requireSharedClaims({ effect, federated, conditions }: TrustStatement): void {
  if (effect === 'Deny') return
  for (const principal of federated) {
    const keys = requiredKeys(principal)
    if (keys === undefined || keys.some(key => isLookedAt(key, conditions))) continue
    if (principal === cognito && conditions.length === 0)
      throw malformed('A condition block must be present for the Cognito provider')
    const text = `Trust policy with trusted principal ${principal} must evaluate, using StringEquals, StringLike or StringEqualsIgnoreCase, ${keys.join(' or ')} which is not scoped to all.`
    throw malformed(text)
  }
}

// Not the forms that hold where the key is absent.
const comparing = /^(?:ForAnyValue:)?String(?:Equals|Like|EqualsIgnoreCase)$/i

// Stricter than AWS, which lets "*" through beside another value: the condition would mean everybody all the same.
function isLookedAt(wanted: string, conditions: TrustStatement['conditions']): boolean {
  return conditions.some(
    ({ operator, key, values }) =>
      key.toLowerCase() === wanted.toLowerCase() &&
      comparing.test(operator) &&
      values.length > 0 &&
      values.every(value => /[^*?]/.test(value)),
  )
}
