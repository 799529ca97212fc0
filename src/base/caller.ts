import type { Instant } from './instant.ts'

/** Who signed a request, established by its signature. Plain values: what policies and the trail need to know. */
export type Caller = RootCaller | UserCaller | RoleSessionCaller

interface CallerBase {
  readonly account: string
  /** The principal's ARN as messages and `GetCallerIdentity` show it; the session's ARN for roles. */
  readonly arn: string
  /** `aws:userid`: account id for root, `AIDA…` for a user, `AROA…:session` for a role session. */
  readonly userId: string
  readonly accessKeyId: string
  /** `aws:PrincipalTag/*`. */
  readonly tags: Readonly<Record<string, string>>
}

/** An account's root user, by temporary credentials. */
export interface RootCaller extends CallerBase {
  readonly kind: 'root'
  readonly issuedAt: Instant
}

/** An IAM user, by an access key. */
export interface UserCaller extends CallerBase {
  readonly kind: 'user'
  readonly userName: string
}

/** A session of a role. */
export interface RoleSessionCaller extends CallerBase {
  readonly kind: 'role-session'
  /** The role's own ARN, with its path: what `aws:PrincipalArn` says. */
  readonly roleArn: string
  /** `AROA…`. */
  readonly roleId: string
  readonly roleName: string
  readonly sessionName: string
  readonly issuedAt: Instant
  readonly expiresAt: Instant
}

/** `aws:PrincipalArn`: the role's ARN for a session, else the caller's own. */
export function principalArn(caller: Caller): string {
  return caller.kind === 'role-session' ? caller.roleArn : caller.arn
}
