import type { iam } from '../../../wire/index.ts'
import { userOperation } from './user-operation.ts'
import { userShape } from './user-shapes.ts'

/** GetUser: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUser.html */
export const getUser = userOperation<iam.GetUserRequest, iam.GetUserResponse>({
  name: 'GetUser',
  readOnly: true,
  async run(_input, user) {
    return { output: { User: userShape(user.value) } }
  },
})
