import type { AccessCheck, ConditionValues } from '../../authorization/index.ts'
import { ServiceError } from '../../base/index.ts'
import type { Caller } from '../../base/index.ts'
import type { sts } from '../../wire/index.ts'
import { operation } from '../operation.ts'
import type { StsNeeds } from './needs.ts'
import { findRoleToAssume } from './role-to-assume.ts'
import type { RoleToAssume } from './role-to-assume.ts'
import { startRoleSession } from './role-session.ts'
import {
  auditSessionTags,
  auditTagMap,
  incomingTags,
  requestedTags,
  sessionTagKeys,
  sessionTags,
} from './session-tags.ts'
import type { SessionTags } from './session-tags.ts'

interface Subject extends RoleToAssume {
  readonly session: SessionTags
  readonly sourceIdentity: string | undefined
}

/** AssumeRole: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export const assumeRole = operation<StsNeeds, sts.AssumeRoleRequest, sts.AssumeRoleResponse, Subject>({
  name: 'AssumeRole',
  readOnly: true,
  requestParameters: (input, { caller }) => ({
    roleArn: input.RoleArn,
    roleSessionName: input.RoleSessionName,
    externalId: input.ExternalId,
    durationSeconds: input.DurationSeconds,
    policy: input.Policy,
    policyArns: input.PolicyArns?.map(({ arn }) => ({ arn })),
    tags: auditSessionTags(input.Tags),
    transitiveTagKeys: input.TransitiveTagKeys,
    incomingTransitiveTags: auditTagMap(incomingTags(caller)),
    sourceIdentity: input.SourceIdentity ?? inheritedIdentity(caller),
    serialNumber: input.SerialNumber,
  }),
  async resolve(input, { caller }, { accounts }) {
    requireMayAssume(input, caller)
    const found = await findRoleToAssume(input.RoleArn, accounts)
    const session = sessionTags(requestedTags(input.Tags), input.TransitiveTagKeys ?? [], incomingTags(caller))
    const sourceIdentity = input.SourceIdentity ?? inheritedIdentity(caller)
    const { resource } = found
    return {
      checks: roleChecks('sts:AssumeRole', found, { ...input, ...session, sourceIdentity }),
      subject: { ...found, session, sourceIdentity },
      resources: [{ arn: resource.arn, accountId: resource.account, type: 'AWS::IAM::Role' }],
    }
  },
  async run(input, { role, session, sourceIdentity }, { caller }, { accounts }) {
    requireSameIdentity(input, caller)
    return startRoleSession({ ...input, ...session, sourceIdentity, isChained: isTemporary(caller) }, role!, accounts)
  },
})

/** What a session is asked for with, as far as policies can look at it. */
interface AskedSession {
  readonly RoleSessionName: string
  readonly ExternalId?: string | undefined
  readonly tags: Readonly<Record<string, string>>
  readonly transitiveTagKeys: readonly string[]
  readonly sourceIdentity: string | undefined
}

/** The permissions that assuming a role needs: to assume it, and to set tags and a source identity where it has them. */
export function roleChecks(
  action: string,
  { resource }: RoleToAssume,
  asked: AskedSession,
  refusal?: string,
): readonly [AccessCheck, ...AccessCheck[]] {
  const { sourceIdentity, tags, transitiveTagKeys } = asked
  const identity: ConditionValues = sourceIdentity === undefined ? {} : { 'sts:SourceIdentity': sourceIdentity }
  const session: ConditionValues = { 'sts:RoleSessionName': asked.RoleSessionName, ...identity }
  const external: ConditionValues = asked.ExternalId === undefined ? {} : { 'sts:ExternalId': asked.ExternalId }
  const tagKeys = sessionTagKeys(tags, transitiveTagKeys)
  const check = (name: string, context: ConditionValues): AccessCheck => ({
    action: name,
    resource,
    context,
    ...(refusal === undefined ? {} : { refusal }),
  })
  return [
    check(action, { ...session, ...external, ...tagKeys }),
    ...(Object.keys(tags).length === 0 ? [] : [check('sts:TagSession', { ...session, ...external, ...tagKeys })]),
    // AWS does not show the tags to this one.
    ...(sourceIdentity === undefined ? [] : [check('sts:SetSourceIdentity', { ...session, ...external })]),
  ]
}

function requireMayAssume(input: sts.AssumeRoleRequest, caller: Caller): void {
  if (caller.kind === 'root') throw denied('Roles may not be assumed by root accounts.')
  if (caller.kind === 'federated-user') throw denied('Cannot call AssumeRole with federated user credentials')
  if (input.SerialNumber !== undefined || input.TokenCode !== undefined) throw noSuchDevice()
  if (input.ProvidedContexts !== undefined)
    throw new ServiceError('ValidationError', 'Provided contexts are not supported: there is no context provider')
}

/** The error for a request with a one-time code: nobody has a device for such codes here. The two spaces are AWS's. */
export function noSuchDevice(): ServiceError {
  return denied(
    'MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.',
  )
}

const denied = (message: string): ServiceError => new ServiceError('AccessDenied', message)

const inheritedIdentity = (caller: Caller): string | undefined =>
  caller.kind === 'role-session' ? caller.sourceIdentity : undefined

// Whoever stands behind a chain of sessions is said once, at its beginning.
function requireSameIdentity(
  { SourceIdentity: wanted, RoleArn: roleArn }: sts.AssumeRoleRequest,
  caller: Caller,
): void {
  const inherited = inheritedIdentity(caller)
  if (wanted === undefined || inherited === undefined || wanted === inherited) return
  throw denied(`User: ${caller.arn} is not authorized to perform: sts:SetSourceIdentity on resource: ${roleArn}`)
}

const isTemporary = (caller: Caller): boolean =>
  caller.kind === 'role-session' || (caller.kind === 'user' && caller.session !== undefined)
