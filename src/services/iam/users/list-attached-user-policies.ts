import type { iam } from '../../../wire/index.ts'
import { auditPage, pageOfAll } from '../paging.ts'
import { userOperation } from './user-operation.ts'

/** ListAttachedUserPolicies: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAttachedUserPolicies.html */
export const listAttachedUserPolicies = userOperation<
  iam.ListAttachedUserPoliciesRequest,
  iam.ListAttachedUserPoliciesResponse
>({
  name: 'ListAttachedUserPolicies',
  readOnly: true,
  requestParameters: input => ({
    userName: input.UserName,
    pathPrefix: input.PathPrefix,
    ...auditPage(input),
  }),
  // There are no managed policies, so none is attached.
  async run(input) {
    const { items, answer } = pageOfAll<iam.AttachedPolicy>([], input, ({ PolicyName: name = '' }) => name)
    return { output: { AttachedPolicies: items, ...answer } }
  },
})
