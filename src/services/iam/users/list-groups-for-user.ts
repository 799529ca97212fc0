import type { iam } from '../../../wire/index.ts'
import { groupShape } from '../groups/group-shapes.ts'
import { auditPage, pageOfAll } from '../paging.ts'
import { userOperation } from './user-operation.ts'

/** ListGroupsForUser: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListGroupsForUser.html */
export const listGroupsForUser = userOperation<iam.ListGroupsForUserRequest, iam.ListGroupsForUserResponse>({
  name: 'ListGroupsForUser',
  readOnly: true,
  requestParameters: auditPage,
  async run(input, { value: { account, groupNames = [] } }, { accounts }) {
    const { items, answer } = pageOfAll(groupNames, input, name => name.toLowerCase())
    const groups = await Promise.all(items.map(name => accounts.identities.findGroup(account, name)))
    // One that was deleted since the user was read is no group of the user any more.
    const shown = groups.filter(group => group !== undefined).map(({ value }) => groupShape(value))
    return { output: { Groups: shown, ...answer } }
  },
})
