import type { Instant } from './instant.ts'

/** Who signed a request, established by its signature or token. Plain values: what policies and the trail need to know. */
export type Caller =
  | RootCaller
  | UserCaller
  | RoleSessionCaller
  | FederatedUserCaller
  | WebIdentityCaller
  | ServiceCaller

interface CallerBase {
  readonly account: string
  /** The principal's ARN as messages and `GetCallerIdentity` show it; the session's ARN for roles. */
  readonly arn: string
  /** `aws:userid`: account id for root, `AIDA…` for a user, `AROA…:session` for a role session. */
  readonly userId: string
  /** Empty where none was used. */
  readonly accessKeyId: string
  /** `aws:PrincipalTag/*`. */
  readonly tags: Readonly<Record<string, string>>
}

/** From when and until when a temporary credential is good. */
export interface SessionTimes {
  readonly issuedAt: Instant
  readonly expiresAt: Instant
}

/** What a session was limited to when it was made; absent where it was not. It is part of the caller, so that no copy loses it. */
export interface SessionLimits {
  /** Session policies, as given. */
  readonly documents: readonly string[]
  /** ARNs of managed policies that are session policies. */
  readonly policyArns: readonly string[]
}

/** An account's root user, by temporary credentials. */
export interface RootCaller extends CallerBase {
  readonly kind: 'root'
  readonly issuedAt: Instant
}

/** An IAM user, by an access key, or by a session that GetSessionToken gave. */
export interface UserCaller extends CallerBase {
  readonly kind: 'user'
  readonly userName: string
  /** Absent for an access key. */
  readonly session?: SessionTimes
}

/** A session of a role. */
export interface RoleSessionCaller extends CallerBase, SessionTimes {
  readonly kind: 'role-session'
  /** The role's own ARN, with its path: what `aws:PrincipalArn` says. */
  readonly roleArn: string
  /** `AROA…`. */
  readonly roleId: string
  readonly roleName: string
  readonly sessionName: string
  readonly limits?: SessionLimits
  /** Keys of session tags that a session of a further role inherits. */
  readonly transitiveTagKeys?: readonly string[]
  /** `aws:SourceIdentity`: set once, and inherited by every session that follows. */
  readonly sourceIdentity?: string
  /** By whose token the role was assumed. */
  readonly webIdentity?: SessionWebIdentity
}

/** The web identity behind a role's session. */
export interface SessionWebIdentity {
  /** ARN of the identity provider: `aws:FederatedProvider`. */
  readonly providerArn: string
  /** Condition keys that stay with the session: `HOST:sub`, `HOST:aud`, … */
  readonly conditionKeys: Readonly<Record<string, string | readonly string[]>>
}

/** A session that GetFederationToken gave to a user for somebody else: it can do what the user and its session policies both allow. */
export interface FederatedUserCaller extends CallerBase, SessionTimes {
  readonly kind: 'federated-user'
  /** The name that the session was given. */
  readonly name: string
  /** The user that gave it. */
  readonly issuer: { readonly arn: string; readonly userId: string; readonly userName: string }
  readonly limits: SessionLimits
}

/** The holder of an OIDC token, who has no credentials yet and may only assume a role. Its ARN is the identity provider's. */
export interface WebIdentityCaller extends CallerBase {
  readonly kind: 'web-identity'
  readonly issuer: string
  readonly subject: string
  /** The audience that the token was for. */
  readonly audience: string
  readonly conditionKeys: Readonly<Record<string, string | readonly string[]>>
  /** What the token itself asks for: session tags, and a source identity. */
  readonly requested: {
    readonly tags: Readonly<Record<string, string>>
    readonly transitiveTagKeys: readonly string[]
    readonly sourceIdentity?: string
  }
}

/** A service that an operator has registered, acting as itself. Its ARN is its name. */
export interface ServiceCaller extends CallerBase {
  readonly kind: 'service'
  /** e.g. `backup.example.internal`. */
  readonly serviceName: string
}

/** `aws:PrincipalArn`: the role's ARN for a session, else the caller's own. */
export function principalArn(caller: Caller): string {
  return caller.kind === 'role-session' ? caller.roleArn : caller.arn
}

/** When a caller's temporary credential was issued; `undefined` for one that lasts, or that is none. */
export function sessionIssuedAt(caller: Caller): Instant | undefined {
  switch (caller.kind) {
    case 'root':
    case 'role-session':
    case 'federated-user':
      return caller.issuedAt
    case 'user':
      return caller.session?.issuedAt
    case 'web-identity':
    case 'service':
      return undefined
  }
}

/** Unique id of the user or role that a caller is, or that issued its session: `AIDA…`, `AROA…`. */
export function uniqueIdOf(caller: Caller): string | undefined {
  switch (caller.kind) {
    case 'user':
      return caller.userId
    case 'role-session':
      return caller.roleId
    case 'federated-user':
      return caller.issuer.userId
    case 'root':
    case 'web-identity':
    case 'service':
      return undefined
  }
}
