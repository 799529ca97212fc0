import { ServiceError } from '../../base/index.ts'
import type { Caller, WebIdentityCaller } from '../../base/index.ts'
import type { AuditValues } from '../../trail/index.ts'
import type { sts } from '../../wire/index.ts'
import { operation } from '../operation.ts'
import { roleChecks } from './assume-role.ts'
import type { StsNeeds } from './needs.ts'
import { startRoleSession } from './role-session.ts'
import { auditTagMap } from './session-tags.ts'
import { findRoleToAssume } from './role-to-assume.ts'
import type { RoleToAssume } from './role-to-assume.ts'

// AWS says no more, so that nobody learns by it which roles there are.
const refusal = 'Not authorized to perform sts:AssumeRoleWithWebIdentity'

/**
 * AssumeRoleWithWebIdentity. The request is not signed: its token, which has been verified, says who the caller is.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 */
export const assumeRoleWithWebIdentity = operation<
  StsNeeds,
  sts.AssumeRoleWithWebIdentityRequest,
  sts.AssumeRoleWithWebIdentityResponse,
  RoleToAssume
>({
  name: 'AssumeRoleWithWebIdentity',
  readOnly: true,
  // The token is a secret as long as it lasts; what it asks for is not.
  requestParameters: (input, { caller }) => ({
    roleArn: input.RoleArn,
    roleSessionName: input.RoleSessionName,
    durationSeconds: input.DurationSeconds,
    policy: input.Policy,
    policyArns: input.PolicyArns?.map(({ arn }) => ({ arn })),
    ...(caller.kind === 'web-identity' ? auditRequested(caller.requested) : {}),
  }),
  async resolve(input, { caller }, { accounts }) {
    const found = await findRoleToAssume(input.RoleArn, accounts)
    const { sourceIdentity, tags, transitiveTagKeys } = requireToken(caller).requested
    const asked = { RoleSessionName: input.RoleSessionName, tags, transitiveTagKeys, sourceIdentity }
    return {
      checks: roleChecks('sts:AssumeRoleWithWebIdentity', found, asked, refusal),
      subject: found,
      resources: [{ arn: found.resource.arn, accountId: found.resource.account, type: 'AWS::IAM::Role' }],
    }
  },
  async run(input, { role }, { caller }, { accounts }) {
    const { arn: providerArn, conditionKeys, requested, subject, audience } = requireToken(caller)
    const { sourceIdentity, tags, transitiveTagKeys } = requested
    const wanted = { ...input, tags, transitiveTagKeys, sourceIdentity, isChained: false }
    const outcome = await startRoleSession({ ...wanted, webIdentity: { providerArn, conditionKeys } }, role!, accounts)
    return {
      output: {
        ...outcome.output,
        SubjectFromWebIdentityToken: subject,
        Audience: audience,
        Provider: providerArn,
      },
      responseElements: {
        ...outcome.responseElements,
        subjectFromWebIdentityToken: subject,
        audience,
        provider: providerArn,
      },
    }
  },
})

// The token of a request that hides its operation behind percent signs was not looked at: then it is the signer's, who has none.
function requireToken(caller: Caller): WebIdentityCaller {
  if (caller.kind === 'web-identity') return caller
  throw new ServiceError('AccessDenied', refusal)
}

function auditRequested({ tags, transitiveTagKeys, sourceIdentity }: WebIdentityCaller['requested']): AuditValues {
  return {
    principalTags: auditTagMap(tags),
    transitiveTagKeys: transitiveTagKeys.length === 0 ? undefined : transitiveTagKeys,
    sourceIdentity,
  }
}
