import { accountRootArn, isAccountId, parseArn } from '../base/index.ts'

/** Who asks, as policies see them. */
export interface PrincipalFacts {
  readonly kind: 'root' | 'user' | 'role-session' | 'federated-user' | 'web-identity' | 'service'
  readonly account: string
  /** The principal's own ARN: of the session for a role session, of the identity provider for a web identity; a service's name. */
  readonly arn: string
  /** The ARN of the role for a role session, and of the user for what GetFederationToken gave; else the same as `arn`. */
  readonly issuerArn: string
}

/**
 * How a principal is named by a statement, which decides what can still limit an allow of a resource's policy: everybody, the
 * account (which delegates to its IAM policies), the principal itself as user or session, whoever issued its session, or what has no
 * IAM policies at all: a service, or the holder of a provider's token.
 */
export type PrincipalMatch = 'anyone' | 'account' | 'user' | 'issuer' | 'session' | 'without-policies'

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

// A token alone is nobody: only who names its provider means it. So a role that trusts "*" is not open to every configured issuer.
const anyone: PrincipalMatcher = {
  match: ({ kind }) => (kind === 'web-identity' ? undefined : 'anyone'),
  spares: () => true,
}

// AWS's own, and those that an operator registers: a name that is not registered matches nobody.
const servicePattern = /^(?=.{3,128}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$/

/** Compiles a `Principal` (or `NotPrincipal`) element. */
export function compilePrincipal(element: unknown): PrincipalMatcher | PrincipalFault {
  if (element === undefined) return 'no-principal'
  if (element === '*') return anyone
  if (typeof element !== 'object' || element === null || Array.isArray(element)) return 'invalid-principal'
  const named: NamedPrincipals = { arns: new Set(), accounts: new Set(), providers: new Set(), services: new Set() }
  let isAnyone = false
  for (const [kind, listed] of Object.entries(element)) {
    const values: readonly unknown[] = Array.isArray(listed) ? listed : [listed]
    if (values.length === 0) return 'no-principal'
    for (const value of values) {
      if (typeof value !== 'string' || !isPrincipal(kind, value)) return 'invalid-principal'
      if (kind === 'AWS' && value === '*') isAnyone = true
      addPrincipal(named, kind, value)
    }
  }
  if (Object.keys(element).length === 0) return 'no-principal'
  return isAnyone ? anyone : namedPrincipals(named)
}

interface NamedPrincipals {
  readonly arns: Set<string>
  readonly accounts: Set<string>
  readonly providers: Set<string>
  readonly services: Set<string>
}

function addPrincipal({ arns, accounts, providers, services }: NamedPrincipals, kind: string, value: string): void {
  if (kind === 'Federated') providers.add(value)
  else if (kind === 'Service') services.add(value)
  else {
    const account = accountOf(value)
    if (account === undefined) arns.add(value)
    else accounts.add(account)
  }
}

function namedPrincipals({ arns, accounts, providers, services }: NamedPrincipals): PrincipalMatcher {
  return {
    match({ kind, account, arn, issuerArn }) {
      if (kind === 'web-identity') return providers.has(arn) ? 'without-policies' : undefined
      if (kind === 'service') return services.has(arn) ? 'without-policies' : undefined
      if (arns.has(arn)) return arn === issuerArn ? 'user' : 'session'
      if (arns.has(issuerArn)) return 'issuer'
      return accounts.has(account) ? 'account' : undefined
    },
    spares({ kind, account, arn, issuerArn }) {
      if (kind === 'web-identity') return providers.has(arn)
      if (kind === 'service') return services.has(arn)
      if (!accounts.has(account)) return false
      return kind === 'root' || (arns.has(arn) && arns.has(issuerArn))
    },
  }
}

/** The account, where a value stands for a whole account: twelve digits, or its root's ARN. */
function accountOf(value: string): string | undefined {
  if (isAccountId(value)) return value
  const account = parseArn(value)?.account
  return account !== undefined && value === accountRootArn(account) ? account : undefined
}

/** Whether a value can be a principal of that kind: `AWS`, `Service` or `Federated`. */
export function isPrincipal(kind: string, value: string): boolean {
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
