import { putUserPolicy } from '../../accounts/index.ts'
import { ServiceError } from '../../base/index.ts'
import type { iam } from '../../wire/index.ts'
import { requirePolicy } from './policy-document.ts'
import { userOperation } from './user-operation.ts'

// All inline policies of a user together, white space not counted.
const maxCharacters = 2_048

/** PutUserPolicy: https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html */
export const putUserPolicyOperation = userOperation<iam.PutUserPolicyRequest, undefined>({
  name: 'PutUserPolicy',
  readOnly: false,
  requestParameters: ({ UserName: userName, PolicyName: policyName, PolicyDocument: policyDocument }) => ({
    userName,
    policyName,
    policyDocument,
  }),
  async run({ PolicyName: name, PolicyDocument: document }, user) {
    const others = user.value.policies.filter(policy => policy.name !== name)
    const length = [...others, { document }].reduce(
      (sum, policy) => sum + policy.document.replaceAll(/\s/g, '').length,
      0,
    )
    if (length > maxCharacters) {
      const text = `Maximum policy size of ${maxCharacters} bytes exceeded for user ${user.value.userName}`
      throw new ServiceError('LimitExceeded', text)
    }
    requirePolicy(document)
    return { output: undefined, commit: { writes: putUserPolicy(user, { name, document }) } }
  },
})
