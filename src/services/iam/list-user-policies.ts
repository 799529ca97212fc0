import type { iam } from '../../wire/index.ts'
import { userOperation } from './user-operation.ts'

/** ListUserPolicies: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUserPolicies.html */
export const listUserPolicies = userOperation<iam.ListUserPoliciesRequest, iam.ListUserPoliciesResponse>({
  name: 'ListUserPolicies',
  readOnly: true,
  requestParameters: ({ UserName: userName }) => ({ userName }),
  async run(_input, user) {
    return { output: { PolicyNames: user.value.policies.map(policy => policy.name).sort(), IsTruncated: false } }
  },
})
