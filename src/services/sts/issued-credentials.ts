import type { IssuedSession } from '../../accounts/index.ts'
import { formatAuditDate } from '../../trail/index.ts'
import type { AuditValues } from '../../trail/index.ts'
import type { sts } from '../../wire/index.ts'

/** A session's credentials as STS answers them. */
export function credentialsShape(session: IssuedSession): sts.Credentials {
  return {
    AccessKeyId: session.accessKeyId,
    SecretAccessKey: session.secretAccessKey,
    SessionToken: session.sessionToken,
    Expiration: session.expiresAt,
  }
}

/** A session's credentials as the trail records the answer: without the secret, and without the token that opens the session. */
export function auditCredentials({ accessKeyId, expiresAt }: IssuedSession): AuditValues {
  return { accessKeyId, expiration: formatAuditDate(expiresAt) }
}
