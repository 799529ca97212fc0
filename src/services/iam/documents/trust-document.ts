import type { Accounts } from '../../../accounts/index.ts'
import { ServiceError, parseArn, parseStrictJson } from '../../../base/index.ts'
import { PolicyDocumentError, compileTrustPolicy, principalsToBind } from '../../../policy/index.ts'
import type { BoundPrincipals, PolicyFault } from '../../../policy/index.ts'
import { lengthWithoutSpace, malformed } from '../policy-document.ts'
import { requiredKeys } from './shared-issuers.ts'
import { trustStatements } from './trust-statements.ts'
import type { TrustStatement } from './trust-statements.ts'

const longest = 2_048

/** Where the users and roles that a trust policy names are looked up. */
type Principals = Pick<Accounts, 'findPrincipal' | 'findRole' | 'findAccount'>

/**
 * Checks the trust policy of a role, and finds the ids of the users and roles that it names, which it is bound to.
 *
 * @throws {ServiceError} LimitExceeded, MalformedPolicyDocument in IAM's words
 */
export async function requireTrustPolicy(document: string, principals: Principals): Promise<BoundPrincipals> {
  if (lengthWithoutSpace(document) > longest)
    throw new ServiceError('LimitExceeded', `Cannot exceed quota for ACLSizePerRole: ${longest}`)
  try {
    compileTrustPolicy(document, { name: 'trust policy of the request' })
  } catch (error) {
    if (error instanceof PolicyDocumentError) throw malformed(wordFault(error.reason, document))
    throw error
  }
  for (const statement of trustStatements(document)) requireSharedClaims(statement)
  return bind(document, principals)
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

async function bind(document: string, principals: Principals): Promise<BoundPrincipals> {
  const bound = new Map<string, string>()
  for (const name of principalsToBind(document)) {
    const id = await identify(name, principals)
    if (id !== undefined) bound.set(name, id)
    // Of accounts that are elsewhere, nobody can tell here who is in them.
    else if (await isOfThisInstallation(name, principals))
      throw malformed(`Invalid principal in policy: "AWS":"${name}"`)
  }
  return Object.fromEntries(bound)
}

/** The id of a user or role, or of the role of a session. */
async function identify(name: string, principals: Principals): Promise<string | undefined> {
  const { account, resource } = parseArn(name) ?? { account: '', resource: '' }
  const role = /^assumed-role\/([^/]+)\//.exec(resource)?.[1]
  const found = role === undefined ? await principals.findPrincipal(name) : await principals.findRole(account, role)
  if (found === undefined) return undefined
  return 'userId' in found.value ? found.value.userId : found.value.roleId
}

// An id alone is what IAM shows in place of somebody who is no more.
async function isOfThisInstallation(name: string, principals: Principals): Promise<boolean> {
  const account = parseArn(name)?.account
  return account === undefined || (await principals.findAccount(account)) !== undefined
}
