import { removeInlinePolicy, userCollection } from '../../../accounts/index.ts'
import { ServiceError } from '../../../base/index.ts'
import type { iam } from '../../../wire/index.ts'
import { userOperation } from './user-operation.ts'

/** DeleteUserPolicy: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUserPolicy.html */
export const deleteUserPolicyOperation = userOperation<iam.DeleteUserPolicyRequest, undefined>({
  name: 'DeleteUserPolicy',
  readOnly: false,
  requestParameters: ({ UserName: userName, PolicyName: policyName }) => ({ userName, policyName }),
  async run({ PolicyName: name }, user) {
    if (!user.value.policies.some(policy => policy.name === name)) {
      throw new ServiceError('NoSuchEntity', `The user policy with name ${name} cannot be found.`)
    }
    return {
      output: undefined,
      commit: { writes: removeInlinePolicy({ collection: userCollection, record: user }, name) },
    }
  },
})
