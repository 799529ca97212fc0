import type { sts } from '../../wire/index.ts'
import { operation } from '../operation.ts'

/**
 * GetCallerIdentity. AWS asks for no permission, and a policy can't deny it.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 */
export const getCallerIdentity = operation<
  object,
  sts.GetCallerIdentityRequest,
  sts.GetCallerIdentityResponse,
  undefined
>({
  name: 'GetCallerIdentity',
  readOnly: true,
  requestParameters: () => null,
  async resolve() {
    return { checks: 'no permission needed', subject: undefined }
  },
  async run(_input, _subject, { caller }) {
    return { output: { UserId: caller.userId, Account: caller.account, Arn: caller.arn } }
  },
})
