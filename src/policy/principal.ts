import { accountRootArn, isAccountId, parseArn, uniqueIdPattern } from '../base/index.ts'

/** Who asks, as policies see them. */
export interface PrincipalFacts {
  readonly kind: 'root' | 'user' | 'role-session' | 'federated-user' | 'web-identity' | 'service'
  readonly account: string
  /** The principal's own ARN: of the session for a role session, of the identity provider for a web identity; a service's name. */
  readonly arn: string
  /** The ARN of the role for a role session, and of the user for what GetFederationToken gave; else the same as `arn`. */
  readonly issuerArn: string
  /** Unique id (`AIDA…`, `AROA…`) of the user or role that the principal is, or that issued its session; absent for what has none. */
  readonly uniqueId?: string
  /** The ids under which a grant can name it, with how each names it: its own, its issuer's, its account's. Absent where grants are not asked. */
  readonly ids?: ReadonlyMap<string, PrincipalMatch>
}

/**
 * Users, roles and sessions that a document names, with the unique id of the user or role that each was when the document was saved.
 * Whoever has the name later is somebody else; and a user that was renamed since is still the one that is meant.
 */
export type BoundPrincipals = Readonly<Record<string, string>>

/**
 * How a principal is named by a statement, which decides what can still limit an allow of a resource's policy: everybody, the
 * account (which delegates to its IAM policies), the principal itself as user or session, whoever issued its session, or what has no
 * IAM policies at all: a service, or the holder of a provider's token.
 */
export type PrincipalMatch = 'anyone' | 'account' | 'user' | 'issuer' | 'session' | 'without-policies'

/** A compiled `Principal` element. Compared by whole values: no prefixes, no wildcards but the single `*`. */
export interface PrincipalMatcher {
  match(principal: PrincipalFacts, effect: 'Allow' | 'Deny'): PrincipalMatch | undefined
  /**
   * Whether a denying `NotPrincipal` of these names spares the principal: all that it is must be named, so a user with its
   * account, and a session with its role and account.
   * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
   */
  spares(principal: PrincipalFacts): boolean
}

/** Why a `Principal` element is refused. */
export type PrincipalFault = 'no-principal' | 'invalid-principal'

// A token alone is nobody: who trusts "*" does not trust every configured issuer. A denial of "*" denies everybody.
const anyone: PrincipalMatcher = {
  match: ({ kind }, effect) => (kind === 'web-identity' && effect === 'Allow' ? undefined : 'anyone'),
  spares: () => true,
}

// A provider that is named beside everybody is trusted.
const anyoneAnd = (named: PrincipalMatcher): PrincipalMatcher => ({
  match: (principal, effect) => anyone.match(principal, effect) ?? named.match(principal, effect),
  spares: () => true,
})

// AWS's own, and those that an operator registers: a name that is not registered matches nobody.
const servicePattern = /^(?=.{3,128}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$/

/** Compiles a `Principal` (or `NotPrincipal`) element. */
export function compilePrincipal(element: unknown, bound: BoundPrincipals = {}): PrincipalMatcher | PrincipalFault {
  if (element === undefined) return 'no-principal'
  if (element === '*') return anyone
  if (typeof element !== 'object' || element === null || Array.isArray(element)) return 'invalid-principal'
  const named = new NamedPrincipals(bound)
  let isAnyone = false
  for (const [kind, listed] of Object.entries(element)) {
    const values: readonly unknown[] = Array.isArray(listed) ? listed : [listed]
    if (values.length === 0) return 'no-principal'
    for (const value of values) {
      if (typeof value !== 'string' || !isPrincipal(kind, value)) return 'invalid-principal'
      if (kind === 'AWS' && value === '*') isAnyone = true
      named.add(kind, value)
    }
  }
  if (Object.keys(element).length === 0) return 'no-principal'
  return isAnyone ? anyoneAnd(named) : named
}

class NamedPrincipals implements PrincipalMatcher {
  readonly #bound: BoundPrincipals
  readonly #arns = new Set<string>()
  readonly #uniqueIds = new Set<string>()
  readonly #sessions = new Map<string, string>()
  readonly #accounts = new Set<string>()
  readonly #providers = new Set<string>()
  readonly #services = new Set<string>()

  constructor(bound: BoundPrincipals) {
    this.#bound = bound
  }

  add(kind: string, value: string): void {
    if (kind === 'Federated') this.#providers.add(value)
    else if (kind === 'Service') this.#services.add(value)
    else this.#addAws(value)
  }

  #addAws(value: string): void {
    const account = accountOf(value)
    const uniqueId = Object.hasOwn(this.#bound, value) ? this.#bound[value] : undefined
    if (account !== undefined) this.#accounts.add(account)
    else if (isUniqueId(value)) this.#uniqueIds.add(value)
    else if (uniqueId === undefined) this.#arns.add(value)
    else if (isSessionArn(value)) this.#sessions.set(value, uniqueId)
    else this.#uniqueIds.add(uniqueId)
  }

  match({ kind, account, arn, issuerArn, uniqueId }: PrincipalFacts): PrincipalMatch | undefined {
    if (kind === 'web-identity') return this.#providers.has(arn) ? 'without-policies' : undefined
    if (kind === 'service') return this.#services.has(arn) ? 'without-policies' : undefined
    const isItself = arn === issuerArn
    if (this.#namesItself(arn, uniqueId)) return isItself ? 'user' : 'session'
    if (this.#namesIssuer(issuerArn, uniqueId)) return isItself ? 'user' : 'issuer'
    return this.#accounts.has(account) ? 'account' : undefined
  }

  spares({ kind, account, arn, issuerArn, uniqueId }: PrincipalFacts): boolean {
    if (kind === 'web-identity') return this.#providers.has(arn)
    if (kind === 'service') return this.#services.has(arn)
    if (!this.#accounts.has(account)) return false
    if (kind === 'root') return true
    const namesIssuer = this.#namesIssuer(issuerArn, uniqueId)
    return namesIssuer && (arn === issuerArn || this.#namesItself(arn, uniqueId))
  }

  #namesItself(arn: string, uniqueId: string | undefined): boolean {
    const bound = this.#sessions.get(arn)
    return this.#arns.has(arn) || (bound !== undefined && bound === uniqueId)
  }

  #namesIssuer(issuerArn: string, uniqueId: string | undefined): boolean {
    return this.#arns.has(issuerArn) || (uniqueId !== undefined && this.#uniqueIds.has(uniqueId))
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
      return value === '*' || isAccountId(value) || isUniqueId(value) || isPrincipalArn(value)
    case 'Service':
      return servicePattern.test(value)
    case 'Federated':
      return value.length > 0 && !/[*?\s]/.test(value)
    default:
      return false
  }
}

const uniqueId = new RegExp(`^${uniqueIdPattern}$`)

/** Whether a principal is a unique id: what a document shows in place of a user or role that is no more. */
export function isUniqueId(value: string): boolean {
  return uniqueId.test(value)
}

const isSessionArn = (value: string): boolean => parseArn(value)?.service === 'sts'

// A path has what IAM takes in one, but no wildcards.
const iamPrincipal = /^(?:root|(?:user|role)\/(?:[!-)+->@-~]+\/)?[\w+=,.@-]+)$/
const stsPrincipal = /^(?:assumed-role\/[\w+=,.@-]+\/[\w+=,.@-]+|federated-user\/[\w+=,.@-]+)$/

function isPrincipalArn(value: string): boolean {
  const arn = parseArn(value)
  if (arn === undefined || arn.partition !== 'aws' || arn.region !== '' || !isAccountId(arn.account)) return false
  return (
    (arn.service === 'iam' && iamPrincipal.test(arn.resource)) ||
    (arn.service === 'sts' && stsPrincipal.test(arn.resource))
  )
}
