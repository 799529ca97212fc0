import type { Accounts, IssuedSession, RoleValue, SessionHolder } from '../../accounts/index.ts'
import { ServiceError, formatArn } from '../../base/index.ts'
import type { SessionWebIdentity } from '../../base/index.ts'
import type { StoredRecord } from '../../storage/index.ts'
import type { AuditValues } from '../../trail/index.ts'
import type { sts } from '../../wire/index.ts'
import type { Outcome } from '../operation.ts'
import { auditCredentials, credentialsShape } from './issued-credentials.ts'
import { packedPercentage, requireRoom, sessionLimits } from './session-policies.ts'
import type { LimitsInput } from './session-policies.ts'

const standardSeconds = 3_600
const longestChainedSeconds = 3_600

/** What a role's session is to be. */
export interface WantedSession extends LimitsInput {
  readonly RoleSessionName: string
  readonly DurationSeconds?: number | undefined
  readonly tags: Readonly<Record<string, string>>
  readonly transitiveTagKeys: readonly string[]
  readonly sourceIdentity: string | undefined
  /** Whether the caller's own credentials are temporary: then the session is short, whatever the role permits. */
  readonly isChained: boolean
  readonly webIdentity?: SessionWebIdentity
}

/** What AssumeRole and AssumeRoleWithWebIdentity both answer. */
export interface RoleSessionAnswer {
  readonly Credentials: sts.Credentials
  readonly AssumedRoleUser: sts.AssumedRoleUser
  readonly PackedPolicySize?: number
  readonly SourceIdentity?: string
}

/** Issues a session of a role to whoever was permitted to assume it. @throws {ServiceError} */
export async function startRoleSession(
  wanted: WantedSession,
  { value: role }: StoredRecord<RoleValue>,
  accounts: Accounts,
): Promise<Outcome<RoleSessionAnswer>> {
  const { RoleSessionName: sessionName, tags, transitiveTagKeys, sourceIdentity, webIdentity } = wanted
  const { account, roleName, roleId } = role
  const seconds = requireDuration(wanted, role)
  const limits = await sessionLimits(wanted, account, accounts)
  const packed = packedPercentage(limits, tags)
  const hasTags = Object.keys(tags).length > 0
  const holder: SessionHolder = {
    kind: 'role',
    account,
    roleName,
    roleId,
    sessionName,
    ...(limits === undefined ? {} : { limits }),
    ...(hasTags ? { tags } : {}),
    ...(transitiveTagKeys.length === 0 ? {} : { transitiveTagKeys }),
    ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
    ...(webIdentity === undefined ? {} : { webIdentity }),
  }
  requireRoom(holder)
  const session = accounts.issueSession(holder, seconds)
  const output: RoleSessionAnswer = {
    Credentials: credentialsShape(session),
    AssumedRoleUser: {
      AssumedRoleId: `${roleId}:${sessionName}`,
      Arn: formatArn('sts', '', account, `assumed-role/${roleName}/${sessionName}`),
    },
    ...(limits === undefined && !hasTags ? {} : { PackedPolicySize: packed }),
    ...(sourceIdentity === undefined ? {} : { SourceIdentity: sourceIdentity }),
  }
  return { output, responseElements: auditAnswer(session, output) }
}

function auditAnswer(session: IssuedSession, answer: RoleSessionAnswer): AuditValues {
  const { AssumedRoleId: assumedRoleId, Arn: arn } = answer.AssumedRoleUser
  return {
    credentials: auditCredentials(session),
    assumedRoleUser: { assumedRoleId, arn },
    packedPolicySize: answer.PackedPolicySize,
    sourceIdentity: answer.SourceIdentity,
  }
}

function requireDuration({ DurationSeconds: seconds, isChained }: WantedSession, role: RoleValue): number {
  if (seconds === undefined) return standardSeconds
  if (isChained && seconds > longestChainedSeconds) {
    throw validation(
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
    )
  }
  if (seconds > role.maxSessionSeconds)
    throw validation('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.')
  return seconds
}

const validation = (message: string): ServiceError => new ServiceError('ValidationError', message)
