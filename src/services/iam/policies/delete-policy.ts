import { deleteManagedPolicy } from '../../../accounts/index.ts'
import type { iam } from '../../../wire/index.ts'
import { policyChange } from './policy-operation.ts'

/** DeletePolicy: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html */
export const deletePolicy = policyChange<iam.DeletePolicyRequest, undefined>({
  name: 'DeletePolicy',
  async run(_input, policy, { accounts }) {
    const { account, arn } = policy.value
    const uses = await accounts.identities.countUses(account, arn)
    return { output: undefined, commit: { writes: deleteManagedPolicy(policy, uses) } }
  },
})
