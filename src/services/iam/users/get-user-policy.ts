import { ServiceError } from '../../../base/index.ts'
import type { iam } from '../../../wire/index.ts'
import { encodeDocument } from '../policy-document.ts'
import { userOperation } from './user-operation.ts'

/** GetUserPolicy: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUserPolicy.html */
export const getUserPolicy = userOperation<iam.GetUserPolicyRequest, iam.GetUserPolicyResponse>({
  name: 'GetUserPolicy',
  readOnly: true,
  requestParameters: ({ UserName: userName, PolicyName: policyName }) => ({ userName, policyName }),
  async run({ PolicyName: name }, user) {
    const policy = user.value.policies.find(known => known.name === name)
    if (policy === undefined) {
      throw new ServiceError('NoSuchEntity', `The user policy with name ${name} cannot be found.`)
    }
    const { userName: UserName } = user.value
    return { output: { UserName, PolicyName: name, PolicyDocument: encodeDocument(policy.document) } }
  },
})
