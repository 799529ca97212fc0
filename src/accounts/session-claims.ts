import type { Instant, SessionLimits, SessionWebIdentity } from '../base/index.ts'

/** What a session token says. */
export type SessionClaims = RoleSessionClaims | RootSessionClaims | UserSessionClaims | FederatedUserClaims

/** What every session has. */
export interface SessionClaimsBase {
  readonly accessKeyId: string
  readonly account: string
  readonly issuedAt: Instant
  readonly expiresAt: Instant
}

/** A session of a role. */
export interface RoleSessionClaims extends SessionClaimsBase {
  readonly kind: 'role'
  readonly roleName: string
  readonly roleId: string
  readonly sessionName: string
  readonly limits?: SessionLimits
  /** Session tags. */
  readonly tags?: Readonly<Record<string, string>>
  readonly transitiveTagKeys?: readonly string[]
  readonly sourceIdentity?: string
  readonly webIdentity?: SessionWebIdentity
}

/** A session of an account's root user. */
export interface RootSessionClaims extends SessionClaimsBase {
  readonly kind: 'root'
}

/** A session of a user, from GetSessionToken. */
export interface UserSessionClaims extends SessionClaimsBase {
  readonly kind: 'user'
  readonly userName: string
  readonly userId: string
}

/** A session that a user gave to somebody, from GetFederationToken. */
export interface FederatedUserClaims extends SessionClaimsBase {
  readonly kind: 'federated-user'
  readonly name: string
  readonly userName: string
  readonly userId: string
  readonly limits: SessionLimits
  readonly tags?: Readonly<Record<string, string>>
}

type Issued = 'accessKeyId' | 'issuedAt' | 'expiresAt'

/** Claims without what a session gets when it is issued: whose it is, and what limits it. */
export type SessionHolder =
  | Omit<RoleSessionClaims, Issued>
  | Omit<RootSessionClaims, Issued>
  | Omit<UserSessionClaims, Issued>
  | Omit<FederatedUserClaims, Issued>
