import type { AccessKeyValue } from '../../../accounts/index.ts'
import { ServiceError } from '../../../base/index.ts'
import type { StoredRecord } from '../../../storage/index.ts'
import type { iam } from '../../../wire/index.ts'
import type { RequestScope } from '../../operation.ts'
import { operation } from '../../operation.ts'
import { holderCheck } from '../holders/holder-check.ts'
import { userKind } from '../holders/holder-kind.ts'
import type { IamNeeds } from '../needs.ts'

/**
 * GetAccessKeyLastUsed: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html. It names no user but a key,
 * and a key that there is not, or that is another account's, is refused in the same words as one that the caller may not ask about.
 */
export const getAccessKeyLastUsed = operation<
  Pick<IamNeeds, 'accounts'>,
  iam.GetAccessKeyLastUsedRequest,
  iam.GetAccessKeyLastUsedResponse,
  StoredRecord<AccessKeyValue> | undefined
>({
  name: 'GetAccessKeyLastUsed',
  readOnly: true,
  requestParameters: ({ AccessKeyId: accessKeyId }) => ({ accessKeyId }),
  async resolve({ AccessKeyId: id }, scope, { accounts }) {
    const { account } = scope.caller
    const found = await accounts.findAccessKey(id)
    const accessKey = found?.value.account === account ? found : undefined
    const action = 'iam:GetAccessKeyLastUsed'
    const refusal = refusalOf(id, scope)
    if (accessKey === undefined) {
      const resource = { kind: 'none', account } as const
      return { checks: [{ action, resource, refusal }], subject: undefined }
    }
    const name = accessKey.value.userName
    const value = (await accounts.identities.findUser(account, name))?.value
    return { checks: [{ ...holderCheck(userKind, { account, name, value }, action), refusal }], subject: accessKey }
  },
  async run({ AccessKeyId: id }, accessKey, scope, { accounts }) {
    if (accessKey === undefined) throw new ServiceError('AccessDenied', refusalOf(id, scope))
    const use = await accounts.findLastUse(id)
    const lastUsed =
      use === undefined
        ? { ServiceName: 'N/A', Region: 'N/A' }
        : { LastUsedDate: use.at, ServiceName: use.service, Region: use.region }
    return { output: { UserName: accessKey.value.userName, AccessKeyLastUsed: lastUsed } }
  },
})

// No colon after "perform", and no reason: AWS's words.
function refusalOf(id: string, { caller }: RequestScope): string {
  return `User: ${caller.arn} is not authorized to perform iam:GetAccessKeyLastUsed on resource: access key ${id}`
}
