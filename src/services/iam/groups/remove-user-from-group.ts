import { leaveGroup } from '../../../accounts/index.ts'
import { membershipOperation } from './membership-operation.ts'

/** RemoveUserFromGroup: https://docs.aws.amazon.com/IAM/latest/APIReference/API_RemoveUserFromGroup.html */
export const removeUserFromGroup = membershipOperation({
  name: 'RemoveUserFromGroup',
  change(user, group) {
    const isMember = user.value.groupNames?.includes(group.value.groupName) === true
    return isMember ? leaveGroup(user, group.value.groupName) : []
  },
})
