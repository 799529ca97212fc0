import { deleteUser } from '../../../accounts/index.ts'
import type { iam } from '../../../wire/index.ts'
import { userOperation } from './user-operation.ts'

/** DeleteUser: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html */
export const deleteUserOperation = userOperation<iam.DeleteUserRequest, undefined>({
  name: 'DeleteUser',
  readOnly: false,
  async run(_input, user) {
    return { output: undefined, commit: { writes: deleteUser(user) } }
  },
})
