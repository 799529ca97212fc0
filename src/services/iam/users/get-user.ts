import { accountRootArn } from '../../../base/index.ts'
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
  // The root user has no path, and no name where the account has no alias.
  async ofRoot(_input, { accounts }, { caller: { account } }) {
    const { createdAt } = (await accounts.findAccount(account))!.value
    const root: Partial<iam.User> = { UserId: account, Arn: accountRootArn(account), CreateDate: createdAt }
    return { output: { User: root as iam.User } }
  },
})
