import type { iam } from '../../wire/index.ts'
import { userOperation } from './user-operation.ts'

/** ListAttachedUserPolicies: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAttachedUserPolicies.html */
export const listAttachedUserPolicies = userOperation<
  iam.ListAttachedUserPoliciesRequest,
  iam.ListAttachedUserPoliciesResponse
>({
  name: 'ListAttachedUserPolicies',
  readOnly: true,
  requestParameters: ({ UserName: userName }) => ({ userName }),
  // There are no managed policies, so none is attached.
  async run() {
    return { output: { AttachedPolicies: [], IsTruncated: false } }
  },
})
