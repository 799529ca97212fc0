import type { AccessCheck } from '../../authorization/index.ts'
import { ServiceError, formatArn } from '../../base/index.ts'
import type { sts } from '../../wire/index.ts'
import { operation } from '../operation.ts'
import { auditCredentials, credentialsShape } from './issued-credentials.ts'
import type { StsNeeds } from './needs.ts'
import { packedPercentage, sessionLimits } from './session-policies.ts'
import { auditSessionTags, requestedTags, sessionTagKeys } from './session-tags.ts'

const standardSeconds = 43_200

type Tags = Readonly<Record<string, string>>

/**
 * GetFederationToken. Without session policies the session is permitted nothing by IAM: only resources' policies that name it.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html
 */
export const getFederationToken = operation<
  StsNeeds,
  sts.GetFederationTokenRequest,
  sts.GetFederationTokenResponse,
  Tags
>({
  name: 'GetFederationToken',
  readOnly: false,
  requestParameters: input => ({
    name: input.Name,
    policy: input.Policy,
    policyArns: input.PolicyArns?.map(({ arn }) => ({ arn })),
    durationSeconds: input.DurationSeconds,
    tags: auditSessionTags(input.Tags),
  }),
  async resolve({ Name: name, Tags: listed }, { caller: { account } }) {
    const tags = requestedTags(listed)
    const resource = { kind: 'named', account, arn: formatArn('sts', '', account, `federated-user/${name}`) } as const
    const context = sessionTagKeys(tags)
    const get: AccessCheck = { action: 'sts:GetFederationToken', resource, context }
    const isTagged = Object.keys(tags).length > 0
    return { checks: isTagged ? [get, { action: 'sts:TagSession', resource, context }] : [get], subject: tags }
  },
  async run(input, tags, { caller }, { accounts }) {
    if (caller.kind !== 'user' || caller.session !== undefined)
      throw new ServiceError('AccessDenied', 'Cannot call GetFederationToken with session credentials')
    const { Name: name, DurationSeconds: seconds = standardSeconds } = input
    const { account, userName, userId } = caller
    const limits = (await sessionLimits(input, account, accounts)) ?? { documents: [], policyArns: [] }
    const PackedPolicySize = packedPercentage(limits, tags)
    const isTagged = Object.keys(tags).length > 0
    const holder = { kind: 'federated-user', account, name, userName, userId, limits } as const
    const session = accounts.issueSession(isTagged ? { ...holder, tags } : holder, seconds)
    const user = { FederatedUserId: `${account}:${name}`, Arn: formatArn('sts', '', account, `federated-user/${name}`) }
    return {
      output: { Credentials: credentialsShape(session), FederatedUser: user, PackedPolicySize },
      responseElements: {
        credentials: auditCredentials(session),
        federatedUser: { arn: user.Arn, federatedUserId: user.FederatedUserId },
        packedPolicySize: PackedPolicySize,
      },
    }
  },
})
