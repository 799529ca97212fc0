import type { iam } from '../../../wire/index.ts'
import { auditPage, pageOfAll } from '../paging.ts'
import { userOperation } from './user-operation.ts'

/** ListGroupsForUser: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListGroupsForUser.html */
export const listGroupsForUser = userOperation<iam.ListGroupsForUserRequest, iam.ListGroupsForUserResponse>({
  name: 'ListGroupsForUser',
  readOnly: true,
  requestParameters: auditPage,
  // There are no groups, so nobody is in one.
  async run(input) {
    const { items, answer } = pageOfAll<iam.Group>([], input, group => group.GroupName)
    return { output: { Groups: items, ...answer } }
  },
})
