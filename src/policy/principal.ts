import { accountRootArn, isAccountId, parseArn } from '../base/index.ts'

/** Who asks, as policies see them. */
export interface PrincipalFacts {
  readonly kind: 'root' | 'user' | 'role-session'
  readonly account: string
  /** The principal's own ARN: of the session for a role session. */
  readonly arn: string
  /** The ARN of the role for a role session; else the same as `arn`. */
  readonly principalArn: string
}

/**
 * How a principal is named by a statement, which decides what can still limit an allow of a key policy: everybody, the
 * account (which delegates to its IAM policies), or the principal itself as user, role or session.
 */
export type PrincipalMatch = 'anyone' | 'account' | 'user' | 'role' | 'session'

/** A compiled `Principal` element. Compared by whole values: no prefixes, no wildcards but the single `*`. */
export interface PrincipalMatcher {
  match(principal: PrincipalFacts): PrincipalMatch | undefined
  /**
   * Whether a denying `NotPrincipal` of these names spares the principal: all that it is must be named, so a user with its
   * account, and a session with its role and account.
   * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
   */
  spares(principal: PrincipalFacts): boolean
}

/** Why a `Principal` element is refused. */
export type PrincipalFault = 'no-principal' | 'invalid-principal'

const anyone: PrincipalMatcher = { match: () => 'anyone', spares: () => true }

const servicePattern = /^[a-z0-9.-]+\.(?:amazonaws\.com|aws\.internal)$/

/** Compiles a `Principal` (or `NotPrincipal`) element. */
export function compilePrincipal(element: unknown): PrincipalMatcher | PrincipalFault {
  if (element === undefined) return 'no-principal'
  if (element === '*') return anyone
  if (typeof element !== 'object' || element === null || Array.isArray(element)) return 'invalid-principal'
  const arns = new Set<string>()
  const accounts = new Set<string>()
  let isAnyone = false
  for (const [kind, listed] of Object.entries(element)) {
    const values: readonly unknown[] = Array.isArray(listed) ? listed : [listed]
    if (values.length === 0) return 'no-principal'
    for (const value of values) {
      if (typeof value !== 'string' || !isPrincipal(kind, value)) return 'invalid-principal'
      if (kind !== 'AWS') continue
      if (value === '*') isAnyone = true
      const account = accountOf(value)
      if (account === undefined) arns.add(value)
      else accounts.add(account)
    }
  }
  if (Object.keys(element).length === 0) return 'no-principal'
  return isAnyone ? anyone : namedPrincipals(arns, accounts)
}

function namedPrincipals(arns: ReadonlySet<string>, accounts: ReadonlySet<string>): PrincipalMatcher {
  return {
    match(principal) {
      if (arns.has(principal.arn)) return principal.kind === 'role-session' ? 'session' : 'user'
      if (principal.kind === 'role-session' && arns.has(principal.principalArn)) return 'role'
      return accounts.has(principal.account) ? 'account' : undefined
    },
    spares({ kind, account, arn, principalArn }) {
      if (!accounts.has(account)) return false
      return kind === 'root' || (arns.has(arn) && arns.has(principalArn))
    },
  }
}

/** The account, where a value stands for a whole account: twelve digits, or its root's ARN. */
function accountOf(value: string): string | undefined {
  if (isAccountId(value)) return value
  const account = parseArn(value)?.account
  return account !== undefined && value === accountRootArn(account) ? account : undefined
}

function isPrincipal(kind: string, value: string): boolean {
  switch (kind) {
    case 'AWS':
      return value === '*' || isAccountId(value) || isPrincipalArn(value)
    case 'Service':
      return servicePattern.test(value)
    case 'Federated':
      return value.length > 0 && !/[*?\s]/.test(value)
    default:
      return false
  }
}

const iamPrincipal = /^(?:root|(?:user|role)(?:\/[\w+=,.@-]+)+)$/
const stsPrincipal = /^(?:assumed-role\/[\w+=,.@-]+\/[\w+=,.@-]+|federated-user\/[\w+=,.@-]+)$/

function isPrincipalArn(value: string): boolean {
  const arn = parseArn(value)
  if (arn === undefined || arn.partition !== 'aws' || arn.region !== '' || !isAccountId(arn.account)) return false
  return (
    (arn.service === 'iam' && iamPrincipal.test(arn.resource)) ||
    (arn.service === 'sts' && stsPrincipal.test(arn.resource))
  )
}
