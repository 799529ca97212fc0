import { accountRootArn, asciiLower, formatArn } from '../base/index.ts'
import type {
  FederatedUserCaller,
  RoleSessionCaller,
  RootCaller,
  UserCaller,
  WebIdentityCaller,
} from '../base/index.ts'
import type { PrincipalTag, RoleValue, UserValue } from './account-records.ts'
import type { VerifiedWebIdentity } from './web-identity/web-identities.ts'
import type { FederatedUserClaims, RoleSessionClaims, RootSessionClaims, UserSessionClaims } from './session-claims.ts'

/** The root user of an account, as its session makes it. */
export function rootCaller({ account, accessKeyId, issuedAt }: RootSessionClaims): RootCaller {
  return { kind: 'root', account, arn: accountRootArn(account), userId: account, accessKeyId, tags: {}, issuedAt }
}

/** A user, by an access key or by a session of its own. */
export function userCaller(user: UserValue, credential: string | UserSessionClaims): UserCaller {
  const { account, arn, userId, userName, tags } = user
  const caller = { kind: 'user', account, arn, userId, userName, tags: tagRecord(tags) } as const
  if (typeof credential === 'string') return { ...caller, accessKeyId: credential }
  const { accessKeyId, issuedAt, expiresAt } = credential
  return { ...caller, accessKeyId, session: { issuedAt, expiresAt } }
}

/** A session of a role. Its session tags stand over the role's own. */
export function roleSessionCaller(role: RoleValue, claims: RoleSessionClaims): RoleSessionCaller {
  const { account, roleId, roleName } = role
  const { sessionName, accessKeyId, issuedAt, expiresAt, limits, transitiveTagKeys, sourceIdentity, webIdentity } =
    claims
  return {
    kind: 'role-session',
    account,
    arn: formatArn('sts', '', account, `assumed-role/${roleName}/${sessionName}`),
    userId: `${roleId}:${sessionName}`,
    accessKeyId,
    tags: tagRecord(role.tags, claims.tags),
    roleArn: role.arn,
    roleId,
    roleName,
    sessionName,
    issuedAt,
    expiresAt,
    ...(limits === undefined ? {} : { limits }),
    ...(transitiveTagKeys === undefined ? {} : { transitiveTagKeys }),
    ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
    ...(webIdentity === undefined ? {} : { webIdentity }),
  }
}

/** Whom a user gave a session to. Its session tags stand over the user's own. */
export function federatedUserCaller(user: UserValue, claims: FederatedUserClaims): FederatedUserCaller {
  const { account, arn, userId, userName } = user
  const { name, accessKeyId, issuedAt, expiresAt, limits } = claims
  return {
    kind: 'federated-user',
    account,
    arn: formatArn('sts', '', account, `federated-user/${name}`),
    userId: `${account}:${name}`,
    accessKeyId,
    tags: tagRecord(user.tags, claims.tags),
    name,
    issuer: { arn, userId, userName },
    issuedAt,
    expiresAt,
    limits,
  }
}

/** The holder of a verified token, in the account whose role it wants to assume. */
export function webIdentityCaller(account: string, verified: VerifiedWebIdentity): WebIdentityCaller {
  const { providerArn, issuer, subject, audience, conditionKeys, requested } = verified
  const userId = `${providerArn}:${audience}:${subject}`
  return {
    kind: 'web-identity',
    account,
    arn: providerArn,
    userId,
    accessKeyId: '',
    tags: {},
    issuer,
    subject,
    audience,
    conditionKeys,
    requested,
  }
}

// Keys of tags are compared without regard to case: a session tag takes the place of the principal's tag. Only of one that policies
// find under the same condition key: who may set the one must not be able to hide another.
function tagRecord(
  tags: readonly PrincipalTag[],
  over: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const record = Object.create(null) as Record<string, string>
  const covered = new Set(Object.keys(over).map(asciiLower))
  for (const { key, value } of tags) if (!covered.has(asciiLower(key))) record[key] = value
  for (const [key, value] of Object.entries(over)) record[key] = value
  return record
}
