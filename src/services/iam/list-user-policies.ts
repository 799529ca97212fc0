import type { iam } from '../../wire/index.ts'
import { auditPage, pageOfAll } from './paging.ts'
import { userOperation } from './user-operation.ts'

/** ListUserPolicies: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUserPolicies.html */
export const listUserPolicies = userOperation<iam.ListUserPoliciesRequest, iam.ListUserPoliciesResponse>({
  name: 'ListUserPolicies',
  readOnly: true,
  requestParameters: input => ({ userName: input.UserName, ...auditPage(input) }),
  async run(input, user) {
    const names = user.value.policies.map(policy => policy.name)
    const { items, answer } = pageOfAll(names, input, name => name)
    return { output: { PolicyNames: items, ...answer } }
  },
})
