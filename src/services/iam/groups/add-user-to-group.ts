import { joinGroup } from '../../../accounts/index.ts'
import { membershipOperation } from './membership-operation.ts'

/** AddUserToGroup: https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddUserToGroup.html */
export const addUserToGroup = membershipOperation({
  name: 'AddUserToGroup',
  change(user, group) {
    const isMember = user.value.groupNames?.includes(group.value.groupName) === true
    return isMember ? [] : joinGroup(user, group)
  },
})
