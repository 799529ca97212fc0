import { deleteGroup } from '../../../accounts/index.ts'
import type { iam } from '../../../wire/index.ts'
import { groupOperation } from './group-operation.ts'

/** DeleteGroup: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteGroup.html */
export const deleteGroupOperation = groupOperation<iam.DeleteGroupRequest, undefined>({
  name: 'DeleteGroup',
  readOnly: false,
  async run(_input, group, { accounts }) {
    const { account, groupName } = group.value
    const members = await accounts.identities.listGroupUsers(account, groupName, { limit: 1 })
    return { output: undefined, commit: { writes: deleteGroup(group, members.length > 0) } }
  },
})
