import type { iam } from '../../wire/index.ts'
import { userOperation } from './user-operation.ts'

/** ListGroupsForUser: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListGroupsForUser.html */
export const listGroupsForUser = userOperation<iam.ListGroupsForUserRequest, iam.ListGroupsForUserResponse>({
  name: 'ListGroupsForUser',
  readOnly: true,
  requestParameters: ({ UserName: userName }) => ({ userName }),
  // There are no groups, so nobody is in one.
  async run() {
    return { output: { Groups: [], IsTruncated: false } }
  },
})
