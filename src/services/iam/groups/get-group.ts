import type { iam } from '../../../wire/index.ts'
import { auditPage, pageOfRecords } from '../paging.ts'
import { listedUserShape } from '../users/user-shapes.ts'
import { groupOperation } from './group-operation.ts'
import { groupShape } from './group-shapes.ts'

/** GetGroup: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetGroup.html. The pages are those of its members. */
export const getGroup = groupOperation<iam.GetGroupRequest, iam.GetGroupResponse>({
  name: 'GetGroup',
  readOnly: true,
  requestParameters: auditPage,
  async run(input, { value }, { accounts }) {
    const { account, groupName } = value
    const { items, answer } = await pageOfRecords(
      page => accounts.identities.listGroupUsers(account, groupName, page),
      input,
    )
    return { output: { Group: groupShape(value), Users: items.map(listedUserShape), ...answer } }
  },
})
